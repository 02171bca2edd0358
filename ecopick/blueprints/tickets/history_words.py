"""Entries of a ticket's history in words: a sentence, an icon, and each field before and after."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from ecopick.blueprints.tickets.nearby import related_sentence
from ecopick.blueprints.tickets.visit_words import visit_sentence
from ecopick.core.text import gettext as _
from ecopick.domains.tickets.lifecycle import AttachmentType, TicketStatus
from ecopick.domains.tickets.models import ScanState, StakeholderRole
from ecopick.domains.tickets.outside import FOLLOWER_LINK, FORM, MAIL, REPORTER_LINK
from ecopick.domains.tickets.queries.history import Change, HistoryEntry, field_name
from ecopick.domains.tickets.queries.timeline import Interval
from ecopick.domains.tickets.quote_lifecycle import QuoteState
from ecopick.web import labels
from ecopick.web.formats import duration, local_datetime, local_time, near_day, zoned

# A mark on the clock and the entry that tells of it are made in one transaction.
SAME_STEP = timedelta(seconds=10)

# Ways in for people without an account.
OUTSIDE = frozenset({FORM, MAIL, REPORTER_LINK, FOLLOWER_LINK})


def status_change(entry: HistoryEntry) -> Change | None:
    """The change of the ticket's status, if the entry holds one; approvals have their own."""
    if entry.action.startswith("ENTITY_"):
        return None
    return next((c for c in entry.entries if c.field in ("status", "tickets.status")), None)


def ended_pause(entry: HistoryEntry, spans: Sequence[Interval]) -> Interval | None:
    """The pause of the clock that ended with the entry."""
    status = status_change(entry)
    if status is None or status.before != TicketStatus.AWAITING_TENANT:
        return None
    pauses = (span for span in spans if span.paused and not span.running)
    return next((span for span in pauses if abs(span.end - entry.created_at) < SAME_STEP), None)


def from_to(span: Interval, tz: str) -> str:
    """ "08:55 to 09:20", with the day of the start where that is another."""
    same_day = zoned(span.start, tz).date() == zoned(span.end, tz).date()
    start = local_time(span.start, tz) if same_day else local_datetime(span.start, tz)
    return _("%(start)s to %(end)s", start=start, end=local_time(span.end, tz))


def _change(entry: HistoryEntry, *names: str) -> Change | None:
    return next((c for c in entry.entries if field_name(c.field) in names), None)


def _swept(entry: HistoryEntry) -> bool:
    return entry.action == "TICKET_UPDATED" and entry.meta.get("source") == "sla_sweep"


def _verdict(entry: HistoryEntry) -> object:
    """What the virus scanner said, where the entry is about that."""
    scan = _change(entry, "scan_state") if entry.meta.get("resource") == "attachments" else None
    return scan.after if scan is not None and scan.before is not None else None


def _about_scan(entry: HistoryEntry) -> str | None:
    verdict = _verdict(entry)
    if verdict is None:
        return None
    if verdict == ScanState.INFECTED:
        return _("A virus was found in a file; the file was removed")
    return _("A file was checked for viruses and can be opened")


def _late(entry: HistoryEntry) -> bool:
    return _change(entry, "sla_breached_at") is not None


def icon(entry: HistoryEntry) -> str:
    """The icon of an entry of the history."""
    if _swept(entry):
        return "triangle-alert" if _late(entry) else "timer"
    if (verdict := _verdict(entry)) is not None:
        return "triangle-alert" if verdict == ScanState.INFECTED else "scan"
    return labels.icon_of(entry.action, "AuditAction") or "circle"


def tone(entry: HistoryEntry) -> str:
    """The tone of an entry of the history."""
    if _swept(entry):
        return "red" if _late(entry) else "amber"
    if _verdict(entry) == ScanState.INFECTED:
        return "red"
    return labels.tone_of(entry.action, "AuditAction")


def who_acted(entry: HistoryEntry) -> str:
    """The person behind an entry; both names where an administrator acted for support."""
    unknown = entry.meta.get("via") in OUTSIDE
    who = entry.actor_name or (_("Somebody without an account") if unknown else "Ecopick")
    if entry.meta.get("support_admin_id") is None:
        return who
    if entry.admin_name == entry.actor_name or entry.actor_name is None:
        return _("%(admin)s, support", admin=entry.admin_name or who)
    admin = entry.admin_name or _("an administrator")
    return _("%(name)s (%(admin)s, support)", name=who, admin=admin)


def _created(entry: HistoryEntry, who: str) -> str:
    channel = _change(entry, "channel")
    match channel.after if channel else None:
        case "qr":
            return _("%(name)s reported this by QR code", name=who)
        case "email":
            return _("%(name)s reported this by email", name=who)
        case "phone":
            return _("%(name)s reported this by phone", name=who)
        case "public":
            return _("Reported through the public form")
        case _:
            return _("%(name)s reported this", name=who)


def _assigned(entry: HistoryEntry, who: str) -> str:
    target = _change(entry, "assigned_to_user_id", "vendor_org_id")
    whom = target.after if target is not None else None
    if entry.meta.get("rule_id") and whom:
        return _("A routing rule sent this to %(whom)s", whom=whom)
    if whom:
        return _("%(name)s assigned this to %(whom)s", name=who, whom=whom)
    return _("%(name)s assigned this", name=who)


def _accepted(entry: HistoryEntry, who: str, tz: str) -> str:
    start, end = (_change(entry, name) for name in ("arrival_from", "arrival_until"))
    try:
        arrival = datetime.fromisoformat(str(start.after)) if start else None
        until = datetime.fromisoformat(str(end.after)) if end else None
    except ValueError:
        arrival = until = None
    if arrival is None or until is None:
        return _("%(name)s accepted the job", name=who)
    return _(
        "%(name)s accepted, arriving %(day)s between %(start)s and %(end)s",
        name=who,
        day=near_day(arrival, tz),
        start=local_time(arrival, tz),
        end=local_time(until, tz),
    )


def _about_private_link(entry: HistoryEntry) -> str | None:
    if entry.meta.get("resource") != "request_links":
        return None
    match entry.action:
        case "ENTITY_CREATED":
            return _("A neighbour is affected as well")
        case "ENTITY_DEACTIVATED":
            return _("A neighbour no longer follows this")
        case _:
            return _("Somebody confirmed their address")


def _about_invoice(entry: HistoryEntry, who: str) -> str | None:
    if entry.meta.get("resource") != "invoices":
        return None
    status = _change(entry, "status")
    if entry.action == "ENTITY_CREATED":
        return _("%(name)s wrote an invoice", name=who)
    if entry.action == "ENTITY_STATUS_CHANGED" and status is not None:
        words = labels.label(status.after, "InvoiceStatus")
        return _("%(name)s, invoice: %(status)s", name=who, status=words)
    if _change(entry, "first_approved_at"):
        return _("%(name)s approved an invoice, the first of two", name=who)
    return _("%(name)s edited an invoice", name=who)


def _about_quote(entry: HistoryEntry, who: str) -> str | None:
    if entry.meta.get("resource") != "quotes":
        return None
    if entry.action == "ENTITY_CREATED":
        return _("%(name)s offered a price", name=who)
    state = _change(entry, "state")
    if state is None:
        return None
    return _("%(name)s, quote: %(state)s", name=who, state=labels.label(state.after, "QuoteState"))


def _about_approval(entry: HistoryEntry, who: str) -> str | None:
    status = _change(entry, "status")
    if status is None:
        return None
    if entry.action == "ENTITY_CREATED" and _change(entry, "approver_id"):
        return _("%(name)s asked for an approval", name=who)
    if entry.action == "ENTITY_STATUS_CHANGED":
        words = labels.label(status.after, "AccessRequestStatus")
        return _("%(name)s, approval: %(status)s", name=who, status=words)
    return None


def sentence(entry: HistoryEntry, tz: str = "", spans: Sequence[Interval] = ()) -> str:
    """An entry of the history in one sentence.

    With the ``spans`` of the clock, the end of a pause tells how long it was.
    """
    who = who_acted(entry)
    status = status_change(entry)
    pause = ended_pause(entry, spans)
    if pause is not None:
        return _("SLA paused %(time)s while waiting for the tenant", time=duration(pause.length))
    match entry.action:
        case "TICKET_CREATED":
            return _created(entry, who)
        case "TRIAGED":
            return _("%(name)s reviewed this", name=who)
        case "ASSIGNED" | "DISPATCHED":
            return _assigned(entry, who)
        case "VENDOR_ACCEPTED":
            return _accepted(entry, who, tz)
        case "VENDOR_DECLINED":
            return _("%(name)s declined the job", name=who)
        case "RESOLVED":
            return _("%(name)s marked this as resolved", name=who)
        case "CLOSED":
            return _("%(name)s closed this", name=who)
        case "CANCELLED":
            return _("%(name)s cancelled this", name=who)
        case "MESSAGE_POSTED":
            return _("%(name)s wrote a message", name=who)
        case "ATTACHMENT_UPLOADED":
            return _("%(name)s added a file", name=who)
        case "STAKEHOLDER_ADDED":
            return _("%(name)s added a participant", name=who)
        case "STAKEHOLDER_REMOVED":
            return _("%(name)s removed a participant", name=who)
        case _ if status is not None:
            return _(
                "%(name)s: %(before)s → %(after)s",
                name=who,
                before=labels.label(status.before, "TicketStatus"),
                after=labels.label(status.after, "TicketStatus"),
            )
        case "TICKET_UPDATED" if (words := related_sentence(entry, who)) is not None:
            return words
        case "TICKET_UPDATED" if (words := visit_sentence(entry, who)) is not None:
            return words
        case _ if (words := _about_private_link(entry)) is not None:
            return words
        case _ if (words := _about_scan(entry)) is not None:
            return words
        case _ if (words := _about_invoice(entry, who)) is not None:
            return words
        case _ if (words := _about_quote(entry, who)) is not None:
            return words
        case _ if (words := _about_approval(entry, who)) is not None:
            return words
        case "TICKET_UPDATED" if _swept(entry):
            return _("This is past due") if _late(entry) else _("This is due soon")
        case "TICKET_UPDATED":
            return _("%(name)s edited this", name=who)
        case _:
            return f"{who}: {labels.label(entry.action, 'AuditAction')}"


FIELD_KINDS = {
    "status": "TicketStatus",
    "priority": "TicketPriority",
    "category": "Category",
    "state": "AssignmentState",
    "type": "AssignmentType",
    "channel": "Channel",
    "visibility": "Visibility",
    "role": "MembershipRole",
    "scan_state": "ScanState",
}


def field_words(change: Change) -> str:
    """What a field is called."""
    words = {
        "status": _("Status"),
        "state": _("Answer"),
        "priority": _("Priority"),
        "category": _("Category"),
        "title": _("Title"),
        "description": _("Description"),
        "access_note": _("Access"),
        "sla_due_at": _("Due"),
        "sla_breached_at": _("Past due since"),
        "sla_warned_at": _("Warned"),
        "triaged_at": _("Reviewed"),
        "resolved_at": _("Resolved"),
        "closed_at": _("Closed"),
        "cancelled_at": _("Cancelled"),
        "assigned_to_user_id": _("Assigned to"),
        "vendor_org_id": _("Vendor"),
        "building_id": _("Building"),
        "unit_id": _("Unit"),
        "reporter_id": _("Reported by"),
        "user_id": _("Person"),
        "number": _("Number"),
        "channel": _("Channel"),
        "reason": _("Reason"),
        "respond_by": _("Answer by"),
        "responded_at": _("Answered"),
        "responded_by_id": _("Answered by"),
        "added_by_id": _("Added by"),
        "added_at": _("Added"),
        "removed_at": _("Removed"),
        "can_view": _("Can read"),
        "can_comment": _("Can write messages"),
        "can_edit": _("Can edit"),
        "can_resolve": _("Can resolve"),
        "of_household": _("Follows at home"),
        "shared_at_home": _("Shared at home"),
        "unit_section_id": _("Section"),
        "tenant_company_id": _("Tenant company"),
        "arrival_from": _("Arrival from"),
        "arrival_until": _("Arrival until"),
        "open_to_vendors": _("Open to vendors"),
        "vendor_deadline": _("Deadline for vendors"),
        "collects_quotes": _("Quotes are compared"),
        "net_amount": _("Price without tax"),
        "tax_amount": _("Tax"),
        "total_amount": _("Total"),
        "valid_until": _("Holds until"),
        "line_items": _("Lines"),
        "note": _("Note"),
        "body": _("Message"),
        "visibility": _("Read by"),
        "file_name": _("File"),
        "role": _("Role"),
        "type": _("Kind"),
    }
    name = field_name(change.field)
    return words.get(name, name.replace("_", " ").capitalize())


def value_words(change: Change, value: object, tz: str) -> str:
    """A value of the history for people: words for codes, local times, yes and no."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    name = field_name(change.field)
    if name == "type" and value in set(AttachmentType):
        return labels.label(value, "AttachmentType")
    if name == "status" and value not in set(TicketStatus):
        return labels.label(value, "AccessRequestStatus")
    if name == "role" and value in set(StakeholderRole):
        return labels.label(value, "StakeholderRole")
    if name == "state" and value in set(QuoteState) - {"ACCEPTED"}:
        return labels.label(value, "QuoteState")
    if name in FIELD_KINDS:
        return labels.label(value, FIELD_KINDS[name])
    if isinstance(value, str) and (
        name.endswith("_at") or name.startswith(("arrival_", "respond_by", "vendor_deadline"))
    ):
        try:
            return local_datetime(datetime.fromisoformat(value), tz)
        except ValueError:
            return value
    text = str(value)
    return text if len(text) <= 240 else f"{text[:239]}…"
