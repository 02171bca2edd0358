"""What vendors offer: prices side by side, a price that waits, prices kept, arranged visits."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from ecopick.core.db import Base
from ecopick.demo import desk, vendors
from ecopick.demo.life import Life
from ecopick.demo.open_tickets import COMPARED, OUTAGE
from ecopick.demo.people import BY_KEY, Person, members
from ecopick.demo.rows import Row, Rows, uid
from ecopick.demo.trail import Trail, diff
from ecopick.domains.billing.lifecycle import InvoiceStatus
from ecopick.domains.billing.models import Invoice
from ecopick.domains.tickets.commands.visits import CODE_LENGTH, CODE_LETTERS
from ecopick.domains.tickets.lifecycle import AssignmentState, TicketStatus
from ecopick.domains.tickets.models import Quote, Visit
from ecopick.domains.tickets.quote_lifecycle import QuoteState
from ecopick.domains.tickets.visit_states import VisitSide, VisitState

Q = QuoteState
CENT = Decimal("0.01")
# Text, quantity and price of one each, without tax.
Lines = Sequence[tuple[str, Decimal, Decimal]]
# Who offers what for the open job, how many days ahead, and what is said with it.
OFFERS: tuple[tuple[str, Lines, int, str], ...] = (
    (
        "dolomiti",
        (
            ("Valvola termostatica con testa", Decimal(1), Decimal("94.50")),
            ("Montaggio e sfiato", Decimal("2.5"), Decimal("54.00")),
            ("Trasferta", Decimal(1), Decimal("35.00")),
        ),
        4,
        "Il pezzo arriva giovedì; il bagno resta utilizzabile.",
    ),
    (
        "schwarzwald",
        (
            ("Thermostatventil mit Fühlerkopf", Decimal(1), Decimal("88.00")),
            ("Heizkreis spülen und entlüften", Decimal(3), Decimal("68.00")),
            ("Anfahrt", Decimal(1), Decimal("42.00")),
        ),
        2,
        "Ventil ist auf Lager. Wir brauchen etwa drei Stunden lang Zugang zum Bad.",
    ),
)


def build(rows: Rows, trail: Trail, lives: list[Life], now: datetime) -> None:
    """Prices and arranged times of the first owner's vendors, as they stand ``now``."""
    by_title = {life.ticket["title"]: life for life in lives}
    _compare(rows, trail, by_title[COMPARED], now)
    _wait(rows, trail, by_title[OUTAGE], now)
    _keep(rows, trail, lives)
    _arrange(rows, lives, now)


def _compare(rows: Rows, trail: Trail, life: Life, now: datetime) -> None:
    """An open job that collects prices: the cheaper one comes later."""
    life.ticket["collects_quotes"] = True
    since = life.ticket["updated_at"]
    for number, (vendor, lines, days, note) in enumerate(OFFERS, 1):
        at = since + (now - since) * number / 3
        quote = _offer(rows, life, vendor, lines, at, note=note)
        begins = _hour(life, now + timedelta(days=days), 9 if number == 1 else 13)
        quote |= {"arrival_from": begins, "arrival_until": begins + timedelta(hours=3)}
        quote["valid_until"] = (now + timedelta(days=14)).date()
        _note_offer(trail, life, quote, at)


def _wait(rows: Rows, trail: Trail, life: Life, now: datetime) -> None:
    """The pump costs more than one person may spend; its approval lies on another desk."""
    wish, job = desk.WISHES[0], life.current
    if job is None or job["vendor_org_id"] is None:
        return
    asked = now - timedelta(hours=wish.hours[0])
    lines = []
    for text, quantity, amount in wish.lines:
        count = Decimal(quantity.split()[0])
        lines.append((text, count, (Decimal(amount) / count).quantize(CENT)))
    at = max(asked - timedelta(minutes=4), job["responded_at"] or job["created_at"])
    quote = _offer(rows, life, _key(job), lines, at, note=wish.reason)
    _note_offer(trail, life, quote, at)
    asker, before = BY_KEY[wish.by], dict(quote)
    quote |= {
        "state": Q.WAITING, "approval_id": uid("approval", 0), "accepted_by_id": asker.id,
        "version": 2, "updated_at": max(asked, at),
    }  # fmt: skip
    _write(trail, life, quote, "ENTITY_STATUS_CHANGED", asker, before, quote["updated_at"])


def _keep(rows: Rows, trail: Trail, lives: list[Life]) -> None:
    """Prices that were agreed before the work: one invoice follows its own, one asks for more."""
    by_ticket = {life.ticket["id"]: life for life in lives}
    for status, more in ((InvoiceStatus.SUBMITTED, Decimal(1)), (InvoiceStatus.APPROVED, None)):
        invoice = next(
            (
                row
                for row in sorted(rows.of(Invoice), key=lambda row: -row["created_at"].timestamp())
                if row["status"] is status and _fits(by_ticket[row["ticket_id"]], row)
            ),
            None,
        )
        if invoice is not None:
            _agree(rows, trail, by_ticket[invoice["ticket_id"]], invoice, more or Decimal(0))


def _fits(life: Life, invoice: Row) -> bool:
    job, work = life.current, Decimal(str(invoice["line_items"][1]["quantity"]))
    if job is None or job["responded_at"] is None or work < 2:
        return False
    return job["vendor_org_id"] == invoice["vendor_org_id"] and _is_first(life)


def _agree(rows: Rows, trail: Trail, life: Life, invoice: Row, more: Decimal) -> None:
    """The price behind an invoice; ``more`` is by how many hours the invoice is longer."""
    job = life.assignments[-1]
    lines = [
        (
            str(line["description"]),
            Decimal(str(line["quantity"])) - (more if number == 1 else 0),
            Decimal(line["unit_amount"]),
        )
        for number, line in enumerate(invoice["line_items"])
    ]
    asked, agreed = job["created_at"], job["responded_at"]
    at = asked + (agreed - asked) / 2
    quote = _offer(rows, life, _key(job), lines, at)
    _note_offer(trail, life, quote, at)
    chooser, before = _chooser(life), dict(quote)
    quote |= {
        "state": Q.ACCEPTED, "accepted_by_id": chooser.id, "decided_by_id": chooser.id,
        "decided_at": agreed, "version": 2, "updated_at": agreed,
    }  # fmt: skip
    _write(trail, life, quote, "ENTITY_STATUS_CHANGED", chooser, before, agreed)


def _chooser(life: Life) -> Person:
    manager = BY_KEY["manager"]
    return manager if manager.house in ("", life.house.key) else BY_KEY["admin"]


def _arrange(rows: Rows, lives: list[Life], now: datetime) -> None:
    """One visit is agreed for tomorrow; for another the vendor has proposed times."""
    for state, wanted in (
        (VisitState.CONFIRMED, TicketStatus.IN_PROGRESS),
        (VisitState.PROPOSED, TicketStatus.AWAITING_VENDOR),
    ):
        life = next((each for each in lives if _may_visit(each, wanted)), None)
        if life is None:
            continue
        job = life.assignments[-1]
        tomorrow = _hour(life, now + timedelta(days=1), 9)
        window = (tomorrow, tomorrow + timedelta(hours=2))
        agreed = state is VisitState.CONFIRMED
        options = [] if agreed else [window, *_later(window)]
        job["arrival_from"], job["arrival_until"] = window if agreed else (None, None)
        job["undo_until"] = None
        rows.add(
            Visit, life.ticket["updated_at"], id=uid("visit", life.key), state=state,
            property_owner_id=life.house.owner_id, ticket_id=life.ticket["id"],
            assignment_id=job["id"], vendor_org_id=job["vendor_org_id"],
            proposed_by=VisitSide.VENDOR, code=_code(life), sequence=1 if agreed else 0,
            arrival_from=job["arrival_from"], arrival_until=job["arrival_until"],
            options=[{"from": a.isoformat(), "until": b.isoformat()} for a, b in options],
            reminded_day_at=now if agreed and tomorrow - now <= timedelta(days=1) else None,
        )  # fmt: skip


def _may_visit(life: Life, status: TicketStatus) -> bool:
    """Accepted by a vendor, and neither done nor waiting for its price."""
    job = life.current
    if job is None or job["vendor_org_id"] is None or job["state"] is not AssignmentState.ACCEPTED:
        return False
    plain = life.ticket["title"] != OUTAGE and not life.key.startswith("seed/")
    return plain and life.ticket["status"] is status and _is_first(life)


def _later(window: tuple[datetime, datetime]) -> list[tuple[datetime, datetime]]:
    begins, ends = window
    return [(begins + shift, ends + shift) for shift in (timedelta(hours=5), timedelta(days=1))]


def _code(life: Life) -> str:
    """Five letters that the technician photographs, always the same for the same job."""
    drawn = uid("code", life.key).int
    return "".join(CODE_LETTERS[(drawn >> 8 * at) % len(CODE_LETTERS)] for at in range(CODE_LENGTH))


def _is_first(life: Life) -> bool:
    """Whether it is the first owner's, in a country where prices are in euros."""
    return life.house.owner == "rheinbogen" and life.house.country != "CH"


def _hour(life: Life, day: datetime, hour: int) -> datetime:
    """This hour of that day on the building's clock; as stored, in UTC."""
    local = life.house.local(day).replace(hour=hour, minute=0, second=0, microsecond=0)
    return local.astimezone(day.tzinfo)


def _key(job: Row) -> str:
    return next(
        each.key for each in vendors.VENDORS if vendors.vendor_id(each.key) == job["vendor_org_id"]
    )


def _offer(
    rows: Rows, life: Life, vendor: str, lines: Lines, at: datetime, *, note: str | None = None
) -> Row:
    rate = vendors.VAT[vendors.BY_KEY[vendor].country]
    stored = [
        {
            "description": text, "quantity": f"{count.normalize():f}", "unit_amount": str(price),
            "tax_rate": f"{rate:f}", "amount": str((count * price).quantize(CENT)),
        }
        for text, count, price in lines
    ]  # fmt: skip
    net = sum((Decimal(line["amount"]) for line in stored), Decimal(0))
    tax = (net * rate / 100).quantize(CENT)
    return rows.add(
        Quote, at, id=uid("quote", life.key, vendor), property_owner_id=life.house.owner_id,
        ticket_id=life.ticket["id"], vendor_org_id=vendors.vendor_id(vendor), currency="EUR",
        net_amount=net, tax_rate=rate, tax_amount=tax, total_amount=net + tax, line_items=stored,
        note=note, offered_by_id=members(vendor)[0].id,
    )  # fmt: skip


def _note_offer(trail: Trail, life: Life, quote: Row, at: datetime) -> None:
    """The offer is recorded as it was made."""
    by = next(each for each in BY_KEY.values() if each.id == quote["offered_by_id"])
    _write(trail, life, quote, "ENTITY_CREATED", by, {}, at)


def _write(
    trail: Trail, life: Life, quote: Row, action: str, by: Person, before: Row, at: datetime
) -> None:
    trail.write(
        at, action, owner_id=life.house.owner_id, ticket_id=life.ticket["id"], actor_id=by.id,
        subject_id=None, changes=diff(before, quote),
        meta={"resource": "quotes", "resource_id": quote["id"]},
    )  # fmt: skip


MODELS: tuple[type[Base], ...] = (Quote, Visit)
