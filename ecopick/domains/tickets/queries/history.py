"""What was done to a ticket, by whom, field by field."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.audit.models import AuditEvent
from ecopick.core.audit.subjects import open_text, open_values
from ecopick.domains.people.models import User
from ecopick.domains.people.queries import people, shown_name
from ecopick.domains.property.queries import building_names
from ecopick.domains.tickets.queries.find import as_id, get_ticket
from ecopick.domains.tickets.queries.redaction import sees_team
from ecopick.domains.vendors.models import VendorOrg

MAX_ENTRIES = 500
PERSON_FIELDS = frozenset({"assigned_to_user_id", "reporter_id", "user_id", "responded_by_id"})
VENDOR_FIELDS = frozenset({"vendor_org_id"})
BUILDING_FIELDS = frozenset({"building_id"})
# Keys without a meaning for people.
SILENT = frozenset(
    {
        "author_id",
        "content_type",
        "current_assignment_id",
        "height",
        "id",
        "property_owner_id",
        "resume_status",
        "scan_state",
        "search",
        "sla_warn_at",
        "storage_key",
        "thumbnail_key",
        "sha256",
        "size_bytes",
        "undo_until",
        "uploaded_by_id",
        "version",
        "width",
    }
)


@dataclass(frozen=True)
class Change:
    """One field, before and after; ``field`` is its plain name."""

    field: str
    before: Any
    after: Any

    def as_dict(self) -> dict[str, Any]:
        """The shape of the audit stream."""
        return {"field": self.field, "from": self.before, "to": self.after}


@dataclass(frozen=True)
class HistoryEntry:
    """One entry of the business audit, with names instead of ids."""

    id: uuid.UUID
    action: str
    actor_id: uuid.UUID | None
    actor_name: str | None
    created_at: datetime
    entries: tuple[Change, ...]
    meta: dict[str, Any]

    @property
    def changes(self) -> list[dict[str, Any]]:
        """The changes in the shape of the audit stream."""
        return [change.as_dict() for change in self.entries]


def history(session: Session, actor: Actor, key: Any) -> list[HistoryEntry]:
    """The audit entries of a visible ticket, newest first, at most 500; staff only.

    Encrypted values of people are opened; erased ones stay None.
    """
    ticket = get_ticket(session, actor, key)
    if not sees_team(actor, ticket):
        return []
    rows = session.execute(
        select(
            AuditEvent.id,
            AuditEvent.action,
            AuditEvent.actor_id,
            shown_name.label("actor_name"),
            AuditEvent.created_at,
            AuditEvent.changes,
            AuditEvent.meta,
        )
        .outerjoin(User, User.id == AuditEvent.actor_id)
        .where(
            AuditEvent.property_owner_id == ticket.property_owner_id,
            AuditEvent.ticket_id == ticket.id,
        )
        .order_by(AuditEvent.created_at.desc(), AuditEvent.id.desc())
        .limit(MAX_ENTRIES)
    ).all()
    opened = {
        row.id: [_open(session, ticket.property_owner_id, item) for item in row.changes or []]
        for row in rows
    }
    names = _names(session, [item for items in opened.values() for item in items])
    return [
        HistoryEntry(
            id=row.id,
            action=str(row.action),
            actor_id=row.actor_id,
            actor_name=row.actor_name,
            created_at=row.created_at,
            entries=tuple(
                _named(item, names) for item in opened[row.id] if item.before != item.after
            ),
            meta=open_values(session, ticket.property_owner_id, row.meta),
        )
        for row in rows
    ]


def _open(session: Session, owner_id: uuid.UUID, item: dict[str, Any]) -> Change:
    def plain(value: Any) -> Any:
        return open_text(session, owner_id, value) if isinstance(value, str) else value

    return Change(str(item["field"]), plain(item.get("from")), plain(item.get("to")))


def field_name(field: str) -> str:
    """The column of a field that may carry its table: ``assignments.state``."""
    return field.rsplit(".", 1)[-1]


def _names(session: Session, items: list[Change]) -> dict[uuid.UUID, str]:
    """Names of every person, vendor and building that the changes mention."""
    wanted: dict[str, set[uuid.UUID]] = {"people": set(), "vendors": set(), "buildings": set()}
    for item in items:
        name = field_name(item.field)
        kind = (
            "people"
            if name in PERSON_FIELDS
            else "vendors"
            if name in VENDOR_FIELDS
            else "buildings"
            if name in BUILDING_FIELDS
            else None
        )
        if kind:
            ids = (as_id(value) for value in (item.before, item.after) if value)
            wanted[kind].update(found for found in ids if found is not None)
    found = {key: line.name for key, line in people(session, wanted["people"]).items()}
    found |= building_names(session, wanted["buildings"])
    if wanted["vendors"]:
        rows = session.execute(
            select(VendorOrg.id, VendorOrg.name).where(VendorOrg.id.in_(wanted["vendors"]))
        )
        found |= {row.id: row.name for row in rows}
    return found


def _named(item: Change, names: dict[uuid.UUID, str]) -> Change:
    def named(value: Any) -> Any:
        key = as_id(value) if isinstance(value, str) else None
        return names.get(key, value) if key is not None else value

    return Change(item.field, named(item.before), named(item.after))


def shown_changes(entry: HistoryEntry) -> list[Change]:
    """The changes that mean something to people, each once."""
    found = {(field_name(item.field), str(item.after)): item for item in entry.entries}
    return [
        item
        for item in found.values()
        if field_name(item.field) not in SILENT
        and not (item.before is None and item.after in (False, ""))
        and not (item.field.endswith("_id") and as_id(item.after or item.before) is not None)
    ]
