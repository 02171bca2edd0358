"""What follows from finished and open work: performance, invoices, suggestions, news."""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from ecopick.core.db import Base
from ecopick.demo import phrases, vendors
from ecopick.demo.life import Life
from ecopick.demo.owners import OWNERS, owner_as_buyer
from ecopick.demo.people import BY_KEY, Person, manager_of, members
from ecopick.demo.rows import Row, Rows, uid
from ecopick.domains.billing.lifecycle import InvoiceStatus, RateType, TaxCategory
from ecopick.domains.billing.models import Invoice
from ecopick.domains.billing.sums import Line, totals
from ecopick.domains.insights.models import AIInsight, AIInsightStatus, InsightType
from ecopick.domains.notifications.models import Notification, NotificationChannel
from ecopick.domains.tickets.lifecycle import AssignmentState, TicketStatus
from ecopick.domains.vendors.models import VendorOpportunityView, VendorPerformance

# Until when an invoice is to be paid; some want their money sooner.
TERM = timedelta(days=30)
TERMS = dict.fromkeys(("schwarzwald", "kleber", "vogel"), timedelta(days=14))
# Notifications older than this have been read.
UNREAD_FOR = timedelta(hours=3)
S = TicketStatus
_PREFIXES = {key: prefix for key, _, _, prefix, *_ in OWNERS}
_VENDORS = {vendors.vendor_id(vendor.key): vendor for vendor in vendors.VENDORS}


def build(rows: Rows, lives: list[Life], now: datetime) -> None:
    """Everything that hangs on tickets without being a part of them."""
    random = Random(len(lives))
    numbers: dict[str, int] = {}
    for life in lives:
        vendor = _VENDORS.get(life.ticket["vendor_org_id"])
        if vendor is not None and life.ticket["resolved_at"] is not None:
            _perform(rows, random, life, vendor)
            if random.random() < 0.9:
                numbers[vendor.key] = numbers.get(vendor.key, 0) + 1
                _bill(rows, random, life, vendor, numbers[vendor.key], now)
        if life.ticket["status"] is S.VENDOR_OPPORTUNITY:
            _looked_at(rows, life, now)
        if life.ticket["status"] in (S.NEW, S.TRIAGED, S.IN_PROGRESS):
            _suggest(rows, random, life, now)
        if now - life.ticket["updated_at"] < timedelta(days=6):
            _tell(rows, life, now)


def _perform(rows: Rows, random: Random, life: Life, vendor: vendors.Vendor) -> None:
    ticket, assignment = life.ticket, life.assignments[-1]
    rating = random.choices((5, 4, 3, 2), (46, 36, 13, 5))[0]
    rated = ticket["closed_at"] is not None and random.random() < 0.7
    # Drawn by the ticket's own name: what else is drawn stays as it was.
    luck = Random(life.key).random()
    comment = phrases.RATINGS[rating][("de", "en", "fr", "it").index(life.house.language)]
    rows.add(
        VendorPerformance, ticket["resolved_at"], id=uid("performance", life.key),
        property_owner_id=life.house.owner_id, vendor_org_id=ticket["vendor_org_id"],
        ticket_id=ticket["id"],
        response_time_minutes=_minutes(assignment["responded_at"] - assignment["created_at"]),
        resolution_time_minutes=_minutes(ticket["resolved_at"] - ticket["created_at"]),
        sla_met_deadline=ticket["resolved_at"] <= ticket["sla_due_at"],
        visits=2 if luck < 0.08 else 1,
        reopened_at=ticket["resolved_at"] + timedelta(days=1 + 9 * luck) if luck > 0.95 else None,
        rating=rating if rated else None,
        rated_at=ticket["closed_at"] if rated else None,
        rating_comment=comment or None if rated and random.random() < 0.5 else None,
    )  # fmt: skip


def _minutes(span: timedelta) -> int:
    return int(span / timedelta(minutes=1))


def _line(
    text: str, category: str, rate: RateType, quantity: Decimal, price: Decimal, tax: Decimal
) -> Line:
    return Line(text, quantity, price, tax, TaxCategory.STANDARD, category, rate)


def _bill(
    rows: Rows, random: Random, life: Life, vendor: vendors.Vendor, number: int, now: datetime
) -> None:
    issued = life.ticket["resolved_at"] + timedelta(days=random.uniform(0.5, 4))
    if issued >= now:
        return
    tax, category = vendors.VAT[vendor.country], life.ticket["category"]
    travel, work, material = phrases.BILL[vendor.language]
    hours = Decimal(random.randint(2, 14)) / 4
    lines = [
        _line(travel, category, RateType.FIXED, Decimal(1), vendor.trip, tax),
        _line(work, category, RateType.HOURLY, hours, vendor.hourly, tax),
    ]
    if random.random() < 0.7:
        price = Decimal(random.randint(900, 18_500)) / 100
        lines.append(_line(material, category, RateType.PER_UNIT, Decimal(1), price, tax))
    summed = totals(lines)
    status, paid = _state(random, issued, now)
    decided = status in (InvoiceStatus.APPROVED, InvoiceStatus.PAID)
    rows.add(
        Invoice, issued.replace(microsecond=0), id=uid("invoice", life.key),
        property_owner_id=life.house.owner_id, vendor_org_id=life.ticket["vendor_org_id"],
        ticket_id=life.ticket["id"], invoice_number=f"{issued:%Y}-{number:04}", status=status,
        total_amount=summed.gross, tax_amount=summed.tax,
        line_items=[line.stored() for line in lines], issue_date=issued.date(),
        due_date=(issued + TERMS.get(vendor.key, TERM)).date(), paid_at=paid,
        service_date=life.ticket["resolved_at"].date(), **_hands(life, vendor, status, issued),
        approved_by_id=manager_of(life.house).id if decided else None,
    )  # fmt: skip


def _hands(life: Life, vendor: vendors.Vendor, status: InvoiceStatus, issued: datetime) -> Row:
    """Both sides, and who did what when."""
    sender, manager = members(vendor.key)[0].id, manager_of(life.house).id
    sent = None if status is InvoiceStatus.DRAFT else issued.replace(microsecond=0)
    looked = sent + timedelta(hours=20) if sent else None
    decided = status in (InvoiceStatus.APPROVED, InvoiceStatus.PAID)
    found: Row = {
        "seller": vendors.seller(vendor), "buyer": owner_as_buyer(life.house.owner),
        "created_by_id": sender, "submitted_at": sent,
        "submitted_by_id": sender if sent else None,
        "approved_at": looked if decided else None,
        "paid_by_id": manager if status is InvoiceStatus.PAID else None,
        "payment_reference": f"SEPA {life.number}" if status is InvoiceStatus.PAID else None,
    }  # fmt: skip
    if status is InvoiceStatus.DISPUTED:
        reason = phrases.DISPUTES[life.house.language]
        found |= {"disputed_at": looked, "disputed_by_id": manager, "dispute_reason": reason}
    if status is InvoiceStatus.CANCELLED:
        found |= {"cancelled_at": looked, "cancelled_by_id": sender}
    return found


def _state(
    random: Random, issued: datetime, now: datetime
) -> tuple[InvoiceStatus, datetime | None]:
    """Older invoices are paid, younger ones wait; a few are disputed or taken back."""
    chance, age = random.random(), now - issued
    if chance < 0.03:
        return InvoiceStatus.CANCELLED, None
    if chance < 0.08:
        return InvoiceStatus.DISPUTED, None
    if age > timedelta(days=24):
        paid = issued + timedelta(days=random.uniform(6, 22))
        return InvoiceStatus.PAID, paid.replace(microsecond=0)
    if age > timedelta(days=8):
        return (InvoiceStatus.APPROVED if chance < 0.75 else InvoiceStatus.SUBMITTED), None
    return (InvoiceStatus.SUBMITTED if chance < 0.7 else InvoiceStatus.DRAFT), None


def _looked_at(rows: Rows, life: Life, now: datetime) -> None:
    for vendor in vendors.VENDORS:
        if vendor.owner == life.house.owner and life.ticket["category"] in vendor.categories:
            viewed = life.ticket["updated_at"] + (now - life.ticket["updated_at"]) / 2
            rows.add(
                VendorOpportunityView, viewed, id=uid("view", life.key, vendor.key),
                property_owner_id=life.house.owner_id, ticket_id=life.ticket["id"],
                vendor_org_id=vendors.vendor_id(vendor.key), viewed_at=viewed,
                viewed_by_id=members(vendor.key)[0].id,
            )  # fmt: skip


def _suggest(rows: Rows, random: Random, life: Life, now: datetime) -> None:
    """A suggestion by the built-in rules, as it is made where no model is set up."""
    ticket = life.ticket
    same = life.house.name
    target = vendors.suitable(life.house.key, life.house.owner, ticket["category"])
    name = BY_KEY[target[1:]].name if target.startswith("@") else vendors.BY_KEY[target].name
    kind, content = random.choice([
        (InsightType.TRIAGE_SUGGESTION, {
            "text": f"Category and priority fit earlier requests in {same}.",
            "category": ticket["category"], "priority": ticket["priority"].value,
        }),
        (InsightType.VENDOR_RECOMMENDATION, {
            "text": f"{name} solved most requests of this kind in {same}.", "name": name,
        }),
        (InsightType.SUMMARY, {"text": f"{ticket['title']}. {len(life.messages)} messages so far."}),
    ])  # fmt: skip
    at = min(ticket["created_at"] + timedelta(minutes=1), now)
    rows.add(
        AIInsight, at, id=uid("insight", life.key), property_owner_id=life.house.owner_id,
        ticket_id=ticket["id"], type=kind, content=content, model_id="rules-v1",
        prompt_version="1", confidence=round(random.uniform(0.58, 0.93), 2),
        status=AIInsightStatus.GENERATED,
    )  # fmt: skip


def _tell(rows: Rows, life: Life, now: datetime) -> None:
    """What the demo accounts were told of late."""
    ticket, house = life.ticket, life.house
    manager = manager_of(house)
    reporter = next((p for p in BY_KEY.values() if p.id == ticket["reporter_id"]), manager)
    _notify(rows, life, manager, "ticket_created", ticket["created_at"], now)
    for message in life.messages:
        author = next(p for p in BY_KEY.values() if p.id == message["author_id"])
        reader = manager if author is not manager else reporter
        if message["visibility"] == "everyone" and reader is not author:
            _notify(rows, life, reader, "ticket_message", message["created_at"], now, author.name)
    for assignment in life.assignments:
        worker = assignment["assigned_to_user_id"]
        for person in BY_KEY.values():
            vendor = (
                person.vendor and vendors.vendor_id(person.vendor) == assignment["vendor_org_id"]
            )
            if person.id == worker or vendor:
                _notify(rows, life, person, "ticket_assigned", assignment["created_at"], now)
        if assignment["state"] is AssignmentState.ACCEPTED and assignment["responded_by_id"]:
            answered = next(p for p in BY_KEY.values() if p.id == assignment["responded_by_id"])
            _notify(
                rows,
                life,
                manager,
                "assignment_response",
                assignment["responded_at"],
                now,
                answered.name,
            )
    if ticket["sla_breached_at"] is not None:
        _notify(rows, life, manager, "sla_breached", ticket["sla_breached_at"], now)
    if ticket["resolved_at"] is not None and reporter is not manager:
        _notify(rows, life, reporter, "ticket_status_changed", ticket["resolved_at"], now)


def _notify(
    rows: Rows, life: Life, person: Person, kind: str, at: datetime, now: datetime, name: str = ""
) -> None:
    """One notification in the app; only the last hours' are still unread."""
    values: dict[str, Any] = {"title": life.ticket["title"], "name": name}
    title = phrases.NOTICES[kind][person.language].format(**values)
    key = f"demo:{kind}:{life.key}:{at.timestamp():.0f}"
    rows.add(
        Notification, at, id=uid("notification", person.key, key), user_id=person.id,
        property_owner_id=life.house.owner_id, type=kind,
        title=f"{_PREFIXES[life.house.owner]}-{life.number}: {title}", body=life.house.name,
        resource_type="Ticket", resource_id=life.ticket["id"],
        channel=NotificationChannel.IN_APP, dedup_key=key, sent_at=at,
        read_at=at + UNREAD_FOR / 3 if now - at > UNREAD_FOR else None,
    )  # fmt: skip


MODELS: tuple[type[Base], ...] = (
    VendorPerformance,
    Invoice,
    VendorOpportunityView,
    AIInsight,
    Notification,
)
