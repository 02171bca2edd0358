"""What was done to a ticket, by whom, field by field."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Text, cast, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from ecopick.core.actor import Actor
from ecopick.core.audit.models import AuditEvent
from ecopick.core.audit.subjects import load_keys, open_text, open_values
from ecopick.core.finding import as_id
from ecopick.domains.people.models import User
from ecopick.domains.people.queries import shown_name
from ecopick.domains.property.models import Building, TenantCompany, Unit, UnitSection
from ecopick.domains.tickets.inputs import HISTORY_KINDS, ReadHistory
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.queries.find import get_ticket
from ecopick.domains.tickets.queries.redaction import sees_team
from ecopick.domains.vendors.models import VendorOrg

MAX_ENTRIES = 500
# Fields that name something by its id, and where its name is.
_NAMED: dict[str, tuple[Any, Any]] = {
    **dict.fromkeys(
        (
            "added_by_id",
            "assigned_to_user_id",
            "author_id",
            "reporter_id",
            "responded_by_id",
            "user_id",
        ),
        (User, shown_name),
    ),
    "vendor_org_id": (VendorOrg, VendorOrg.name),
    "building_id": (Building, Building.name),
    "unit_id": (Unit, Unit.label),
    "unit_section_id": (UnitSection, UnitSection.name),
    "tenant_company_id": (TenantCompany, TenantCompany.name),
}
# Keys without a meaning for people.
SILENT = frozenset(
    {
        "action",
        "author_id",
        "code",
        "content_type",
        "current_assignment_id",
        "decided_at",
        "expires_at",
        "height",
        "id",
        "metadata",
        "options",
        "photo_id",
        "property_owner_id",
        "requested_by_id",
        "reminded_day_at",
        "reminded_soon_at",
        "resume_status",
        "sequence",
        "scan_state",
        "search",
        "sla_warn_at",
        "storage_key",
        "submitted_at",
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
    """One entry of the business audit, with names instead of ids.

    ``admin_name`` is the administrator who acted under a support access, be it in
    their own name or as ``actor_name``; ``mentions`` are names of people named.
    """

    id: uuid.UUID
    action: str
    actor_id: uuid.UUID | None
    actor_name: str | None
    created_at: datetime
    entries: tuple[Change, ...]
    meta: dict[str, Any]
    admin_name: str | None = None
    mentions: tuple[str, ...] = ()

    @property
    def changes(self) -> list[dict[str, Any]]:
        """The changes in the shape of the audit stream."""
        return [change.as_dict() for change in self.entries]


@dataclass(frozen=True)
class HistoryPage:
    """Some entries, newest first, and where the next ones begin."""

    entries: list[HistoryEntry]
    next_cursor: str | None = None


def history(session: Session, actor: Actor, key: Any) -> list[HistoryEntry]:
    """The audit entries of a visible ticket, newest first, at most 500; staff only.

    Encrypted values of people are opened; erased ones stay None.
    """
    ticket = get_ticket(session, actor, key)
    return read_entries(session, ticket.property_owner_id, entry_rows(session, actor, ticket))


def history_page(session: Session, actor: Actor, key: Any, asked: ReadHistory) -> HistoryPage:
    """A page of the audit entries of one kind or of all, newest first; empty but for staff."""
    return page_of(session, actor, get_ticket(session, actor, key), asked)


def page_of(session: Session, actor: Actor, ticket: Ticket, asked: ReadHistory) -> HistoryPage:
    """As ``history_page``, of a ticket that was found for the actor; three statements."""
    rows = entry_rows(
        session, actor, ticket, kind=asked.kind, before=asked.cursor, limit=asked.limit + 1
    )
    shown = rows[: asked.limit]
    more = len(rows) > asked.limit
    return HistoryPage(
        read_entries(session, ticket.property_owner_id, shown),
        str(shown[-1].id) if more else None,
    )


def entry_rows(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    *,
    kind: str | None = None,
    before: uuid.UUID | None = None,
    limit: int = MAX_ENTRIES,
) -> Sequence[Any]:
    """Stored entries of a ticket that was found for the actor, newest first; staff only."""
    if not sees_team(actor, ticket):
        return []
    statement = (
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
        .limit(limit)
    )
    if kind is not None:
        statement = statement.where(AuditEvent.action.in_(HISTORY_KINDS[kind]))
    if before is not None:
        last = aliased(AuditEvent)
        at = (
            select(last.created_at)
            .where(
                last.property_owner_id == ticket.property_owner_id,
                last.ticket_id == ticket.id,
                last.id == before,
            )
            .scalar_subquery()
        )
        statement = statement.where(
            AuditEvent.created_at <= at,
            or_(AuditEvent.created_at < at, AuditEvent.id < before),
        )
    return session.execute(statement).all()


def read_entries(session: Session, owner_id: uuid.UUID, rows: Sequence[Any]) -> list[HistoryEntry]:
    """Stored entries as people read them: values opened and ids named, in two statements."""
    load_keys(session, owner_id, (value for row in rows for value in _sealed(row)))
    opened = {
        row.id: [_open(session, owner_id, item) for item in row.changes or []] for row in rows
    }
    metas = {row.id: open_values(session, owner_id, row.meta) for row in rows}
    names = _names(session, [item for items in opened.values() for item in items], metas.values())
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
            meta=metas[row.id],
            admin_name=_name(names, metas[row.id].get("support_admin_id")),
            mentions=tuple(
                name for each in metas[row.id].get("mentions") or () if (name := _name(names, each))
            ),
        )
        for row in rows
    ]


def _sealed(row: Any) -> Iterable[str]:
    """Every value of an entry that may stand under a key."""
    values = [change.get(end) for change in row.changes or [] for end in ("from", "to")]
    return (value for value in [*values, *(row.meta or {}).values()] if isinstance(value, str))


def _name(names: dict[uuid.UUID, str], value: Any) -> str | None:
    key = as_id(value) if value else None
    return names.get(key) if key is not None else None


def _open(session: Session, owner_id: uuid.UUID, item: dict[str, Any]) -> Change:
    def plain(value: Any) -> Any:
        return open_text(session, owner_id, value) if isinstance(value, str) else value

    return Change(str(item["field"]), plain(item.get("from")), plain(item.get("to")))


def field_name(field: str) -> str:
    """The column of a field that may carry its table: ``assignments.state``."""
    return field.rsplit(".", 1)[-1]


def _names(
    session: Session, items: Iterable[Change], metas: Iterable[dict[str, Any]]
) -> dict[uuid.UUID, str]:
    """Names of everybody and everything that the entries mention, in one statement."""
    wanted: dict[tuple[Any, Any], set[uuid.UUID]] = {}
    for item in items:
        place = _NAMED.get(field_name(item.field))
        if place is not None:
            ids = (as_id(value) for value in (item.before, item.after) if value)
            wanted.setdefault(place, set()).update(each for each in ids if each is not None)
    people = wanted.setdefault((User, shown_name), set())
    for meta in metas:
        ids = (
            as_id(each) for each in [meta.get("support_admin_id"), *(meta.get("mentions") or ())]
        )
        people.update(each for each in ids if each is not None)
    parts: list[Select[Any]] = [
        select(model.id, cast(name, Text).label("name")).where(model.id.in_(ids))
        for (model, name), ids in wanted.items()
        if ids
    ]
    if not parts:
        return {}
    return {row.id: row.name for row in session.execute(union_all(*parts))}


def _named(item: Change, names: dict[uuid.UUID, str]) -> Change:
    def named(value: Any) -> Any:
        key = as_id(value) if isinstance(value, str) else None
        return names.get(key, value) if key is not None else value

    return Change(item.field, named(item.before), named(item.after))


def shown_changes(entry: HistoryEntry) -> list[Change]:
    """The changes that mean something to people, each once; what an invoice says is its page's."""
    if entry.meta.get("resource") == "invoices":
        return []
    found = {(field_name(item.field), str(item.after)): item for item in entry.entries}
    return [
        item
        for item in found.values()
        if field_name(item.field) not in SILENT
        and not (item.before is None and item.after in (False, ""))
        and not (item.field.endswith("_id") and as_id(item.after or item.before) is not None)
    ]
