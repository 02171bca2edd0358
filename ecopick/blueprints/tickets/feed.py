"""What happened on a ticket, as one conversation: messages, files and changes by day."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ecopick.core.text import gettext as _
from ecopick.domains.tickets.lifecycle import AttachmentType
from ecopick.domains.tickets.models import StakeholderRole
from ecopick.domains.tickets.outputs import AttachmentOut, MessageOut, TicketOut
from ecopick.domains.tickets.queries.history import Change, HistoryEntry, field_name
from ecopick.web import labels
from ecopick.web.formats import local_date, local_datetime, near_day, zoned

# Shown as the message or file itself.
SHOWN_ELSEWHERE = frozenset({"MESSAGE_POSTED", "ATTACHMENT_UPLOADED"})
Show = Literal["all", "messages", "changes"]


@dataclass(frozen=True)
class Item:
    """A message, a file without one, or a change, at its time."""

    at: datetime
    kind: Literal["report", "message", "file", "change"]
    message: MessageOut | None = None
    file: AttachmentOut | None = None
    entry: HistoryEntry | None = None
    sentence: str = ""
    icon: str = "circle"
    tone: str = "slate"


@dataclass
class Day:
    """All items of one day, oldest first."""

    title: str
    items: list[Item] = field(default_factory=list)


def feed(
    ticket: TicketOut, entries: Iterable[HistoryEntry], tz: str, show: Show = "all"
) -> list[Day]:
    """The days of a ticket's activity, oldest first."""
    items: list[Item] = []
    if show != "changes":
        if ticket.description:
            items.append(Item(ticket.created_at, "report"))
        items += [Item(row.created_at, "message", message=row) for row in ticket.messages]
        items += [
            Item(row.created_at, "file", file=row)
            for row in ticket.attachments
            if row.message_id is None
        ]
    if show != "messages":
        items += [
            Item(
                ticket.created_at if entry.action == "TICKET_CREATED" else entry.created_at,
                "change",
                entry=entry,
                sentence=sentence(entry),
                icon=icon(entry),
                tone=tone(entry),
            )
            for entry in entries
            if entry.action not in SHOWN_ELSEWHERE
        ]
    items.sort(key=lambda item: (item.at, item.kind != "change"))
    days: dict[object, Day] = {}
    for item in items:
        key = zoned(item.at, tz).date()
        days.setdefault(key, Day(day_title(item.at, tz))).items.append(item)
    return list(days.values())


def day_title(at: datetime, tz: str) -> str:
    """ "Today, 12 March", else the date."""
    near, date = near_day(at, tz), local_date(at, tz)
    return date if near == date else f"{near[:1].upper()}{near[1:]}, {date}"


def _change(entry: HistoryEntry, *names: str) -> Change | None:
    return next((c for c in entry.entries if field_name(c.field) in names), None)


def _swept(entry: HistoryEntry) -> bool:
    return entry.action == "TICKET_UPDATED" and entry.meta.get("source") == "sla_sweep"


def _late(entry: HistoryEntry) -> bool:
    return _change(entry, "sla_breached_at") is not None


def icon(entry: HistoryEntry) -> str:
    """The icon of an entry of the history."""
    if _swept(entry):
        return "triangle-alert" if _late(entry) else "timer"
    return labels.icon_of(entry.action, "AuditAction") or "circle"


def tone(entry: HistoryEntry) -> str:
    """The tone of an entry of the history."""
    if _swept(entry):
        return "red" if _late(entry) else "amber"
    return labels.tone_of(entry.action, "AuditAction")


def sentence(entry: HistoryEntry) -> str:
    """An entry of the history in one sentence."""
    who = entry.actor_name or "Ecopick"
    status = next((c for c in entry.entries if c.field in ("status", "tickets.status")), None)
    match entry.action:
        case "TICKET_CREATED":
            return _("%(name)s reported this", name=who)
        case "TRIAGED":
            return _("%(name)s reviewed this", name=who)
        case "ASSIGNED" | "DISPATCHED":
            target = _change(entry, "assigned_to_user_id", "vendor_org_id")
            if target is not None and target.after:
                return _("%(name)s assigned this to %(whom)s", name=who, whom=target.after)
            return _("%(name)s assigned this", name=who)
        case "VENDOR_ACCEPTED":
            return _("%(name)s accepted the job", name=who)
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
        "unit_section_id": _("Section"),
        "tenant_company_id": _("Tenant company"),
        "arrival_from": _("Arrival from"),
        "arrival_until": _("Arrival until"),
        "open_to_vendors": _("Open to vendors"),
        "vendor_deadline": _("Deadline for vendors"),
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
    if name == "role" and value in set(StakeholderRole):
        return labels.label(value, "StakeholderRole")
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
