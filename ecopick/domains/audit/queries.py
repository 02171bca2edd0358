"""Reading the streams: pages by key, names and personal values in plain."""

import base64
import binascii
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session, defer

from ecopick.core import audit
from ecopick.core.actor import Actor
from ecopick.core.audit.models import AccessDecision, AccessEvent, AuditEvent, AuthAuditEvent
from ecopick.core.audit.subjects import load_keys, open_text, open_values
from ecopick.core.finding import as_id, missing
from ecopick.core.permissions import authorize
from ecopick.core.tenancy import PLATFORM_OWNER_ID
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.audit.inputs import ExportAudit, ListAudit, Stream
from ecopick.domains.audit.models import AuditProof, CaseFile
from ecopick.domains.audit.outputs import AuditLine, AuditPage
from ecopick.domains.audit.policy import MODELS, visible_to
from ecopick.domains.people.queries import people
from ecopick.domains.property.models import PropertyOwner
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.queries.find import get_ticket

EXPORT_BATCH = 1000
Entry = AuditEvent | AccessEvent | AccessDecision | AuthAuditEvent


def list_entries(session: Session, actor: Actor, filters: ListAudit) -> AuditPage:
    """A page of one stream, newest first. Raises Forbidden for anybody but management."""
    authorize(session, actor, "audit:view", None)
    owner_id = actor.owner_id or PLATFORM_OWNER_ID
    audit.read(actor, "LIST", "AuditLog", None, owner_id=owner_id, metadata=_told(filters))
    rows = _rows(session, actor, filters, filters.limit + 1)
    page = rows[: filters.limit]
    return AuditPage(
        items=_lines(session, filters.stream, page),
        next_cursor=_pack(page[-1]) if len(rows) > filters.limit else None,
    )


def begin_export(session: Session, actor: Actor, filters: ExportAudit) -> None:
    """Ask for the right to export and record that it is used. Only for property owners."""
    authorize(session, actor, "audit:export", None)
    owner_id = actor.owner_id or PLATFORM_OWNER_ID
    audit.read(actor, "EXPORT", "AuditLog", None, owner_id=owner_id, metadata=_told(filters))


def export_entries(session: Session, actor: Actor, filters: ExportAudit) -> Iterator[AuditLine]:
    """Every visible entry that the filters let through, newest first, read in batches.

    ``begin_export`` asks for the right first.
    """
    while True:
        rows = _rows(session, actor, filters, EXPORT_BATCH)
        yield from _lines(session, filters.stream, rows)
        if len(rows) < EXPORT_BATCH:
            return
        filters = filters.model_copy(update={"cursor": _pack(rows[-1])})
        session.expunge_all()


def actions(session: Session, actor: Actor, stream: Stream) -> list[str]:
    """The actions that occur in a stream, for the filter; from its newest 5000 entries."""
    model = MODELS[stream]
    newest = (
        select(model.action)
        .where(visible_to(actor, stream))
        .order_by(model.created_at.desc())
        .limit(5000)
        .subquery()
    )
    return sorted(str(each) for each in session.scalars(select(newest.c.action).distinct()))


def last_proofs(session: Session, actor: Actor) -> tuple[AuditProof | None, AuditProof | None]:
    """The newest proof, whatever became of it, and the newest that found everything whole."""
    authorize(session, actor, "audit:view", None)
    query = (
        select(AuditProof)
        .where(AuditProof.property_owner_id == actor.owner_id)
        .order_by(AuditProof.created_at.desc(), AuditProof.id.desc())
        .limit(1)
    )
    newest = session.scalars(query).one_or_none()
    whole = session.scalars(query.where(AuditProof.is_whole.is_(True))).one_or_none()
    return newest, whole


def case_files(session: Session, actor: Actor, key: Any) -> tuple[Ticket, list[CaseFile]]:
    """A visible ticket and its case files, newest first; for those who may export it."""
    ticket = get_ticket(session, actor, key)
    authorize(session, actor, "ticket:export", ticket)
    rows = session.scalars(
        select(CaseFile)
        .where(CaseFile.ticket_id == ticket.id)
        .order_by(CaseFile.created_at.desc(), CaseFile.id.desc())
        .limit(20)
    )
    return ticket, list(rows)


def find_case_file(session: Session, actor: Actor, key: Any, file_key: Any) -> CaseFile:
    """One case file of a visible ticket. Raises NotFound."""
    _ticket_row, found = case_files(session, actor, key)
    file_id = as_id(file_key)
    for each in found:
        if each.id == file_id:
            return each
    raise missing(actor, "CaseFile", file_key)


def note_download(actor: Actor, case_file: CaseFile) -> None:
    """Record that a case file leaves the house."""
    audit.read(
        actor,
        "EXPORT",
        "Ticket",
        case_file.ticket_id,
        owner_id=case_file.property_owner_id,
        metadata={"case_file": str(case_file.id)},
    )


def _told(filters: ListAudit) -> dict[str, Any]:
    return filters.model_dump(mode="json", exclude_none=True, exclude={"cursor", "limit"})


def _rows(session: Session, actor: Actor, filters: ListAudit, limit: int) -> list[Entry]:
    model = MODELS[filters.stream]
    key = tuple_(model.created_at, model.id)
    query = (
        select(model)
        .options(defer(model.body), defer(model.content_hash))
        .where(visible_to(actor, filters.stream), *_conditions(filters))
    )
    if filters.cursor:
        query = query.where(key < tuple_(*_unpack(filters.cursor)))
    query = query.order_by(model.created_at.desc(), model.id.desc()).limit(limit)
    return list(session.scalars(query))


def _conditions(filters: ListAudit) -> Iterator[ColumnElement[bool]]:
    model: Any = MODELS[filters.stream]
    changes = filters.stream is Stream.CHANGES
    if filters.actor_id is not None:
        yield (model.actor_id if changes else model.user_id) == filters.actor_id
    if filters.action is not None:
        yield model.action == filters.action
    if filters.request_id is not None:
        yield (model.request_id == filters.request_id) | (
            model.correlation_id == filters.request_id
        )
    if filters.from_day is not None:
        yield model.created_at >= datetime.combine(filters.from_day, time(), UTC)
    if filters.to_day is not None:
        yield model.created_at < datetime.combine(filters.to_day, time(), UTC) + timedelta(days=1)
    yield from _resources(filters, model)


def _resources(filters: ListAudit, model: Any) -> Iterator[ColumnElement[bool]]:
    if filters.stream is Stream.SIGN_INS:
        return
    if filters.stream is Stream.CHANGES:
        if filters.ticket_id is not None:
            yield model.ticket_id == filters.ticket_id
        if filters.resource_type is not None:
            yield model.meta["resource"].astext == filters.resource_type
        if filters.resource_id is not None:
            yield model.meta["resource_id"].astext == str(filters.resource_id)
        return
    if filters.ticket_id is not None:
        yield model.resource_type == "Ticket"
        yield model.resource_id == filters.ticket_id
    if filters.resource_type is not None:
        yield func.lower(model.resource_type) == filters.resource_type.lower()
    if filters.resource_id is not None:
        yield model.resource_id == filters.resource_id


def _pack(row: Entry) -> str:
    raw = json.dumps([row.created_at.isoformat(), str(row.id)]).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _unpack(cursor: str) -> tuple[datetime, uuid.UUID]:
    try:
        at, entry_id = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", True))
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise ValueError("a moment without a zone")
        return moment, uuid.UUID(entry_id)
    except (ValueError, TypeError, AttributeError, binascii.Error):
        text = _("This page of the list no longer exists. Start from the first one.")
        raise wrong_field("cursor", text) from None


def _lines(session: Session, stream: Stream, rows: list[Entry]) -> list[AuditLine]:
    """Entries with names and plain values; the same few statements however many rows."""
    if not rows:
        return []
    owner_id = rows[0].property_owner_id
    load_keys(session, owner_id, [value for row in rows for value in _sealed(row)])
    names = people(session, [_who(row) for row in rows])
    numbers = _ticket_numbers(session, {_ticket(row) for row in rows} - {None})
    found = []
    for row in rows:
        actor_id = _who(row)
        person = names.get(actor_id) if actor_id else None
        line: dict[str, Any] = {
            "id": row.id,
            "stream": stream.value,
            "at": row.created_at,
            "actor_id": actor_id,
            "actor_name": person.name if person else (None if actor_id else "Ecopick"),
            "action": str(row.action),
            "ticket_id": _ticket(row),
            "ticket_number": numbers.get(_ticket(row)),
            "ip": open_text(session, owner_id, row.ip),
            "user_agent": open_text(session, owner_id, row.user_agent),
            "method": row.method,
            "route": row.route,
            "request_id": row.request_id,
            "correlation_id": row.correlation_id,
        }
        found.append(AuditLine(**line, **_special(session, row)))
    return found


def _special(session: Session, row: Entry) -> dict[str, Any]:
    """What only entries of this stream have."""
    match row:
        case AuditEvent():
            meta = open_values(session, row.property_owner_id, row.meta)
            changes = [
                {
                    **change,
                    "from": _open(session, row.property_owner_id, change.get("from")),
                    "to": _open(session, row.property_owner_id, change.get("to")),
                }
                for change in row.changes or ()
            ]
            resource_id = meta.pop("resource_id", None)
            return {
                "resource_type": meta.pop("resource", None),
                "resource_id": uuid.UUID(resource_id) if resource_id else None,
                "changes": changes,
                "meta": meta,
            }
        case AccessDecision():
            return {
                "resource_type": row.resource_type,
                "resource_id": row.resource_id,
                "granted": row.granted,
                "policy": row.policy_name,
                "reason": open_text(session, row.property_owner_id, row.reason),
            }
        case AccessEvent():
            return {
                "resource_type": row.resource_type,
                "resource_id": row.resource_id,
                "meta": open_values(session, row.property_owner_id, row.metadata_),
            }
        case _:
            return {
                "outcome": row.outcome,
                "reason": row.reason_code,
                "meta": dict(row.meta or {}),
            }


def _open(session: Session, owner_id: uuid.UUID, value: Any) -> Any:
    return open_text(session, owner_id, value) if isinstance(value, str) else value


def _sealed(row: Entry) -> Iterator[str | None]:
    """Values of an entry that may be encrypted."""
    yield from (row.ip, row.user_agent)
    if isinstance(row, AuditEvent):
        yield from _strings(row.meta)
        for change in row.changes or ():
            for value in (change.get("from"), change.get("to")):
                yield value if isinstance(value, str) else None

    elif isinstance(row, AccessEvent):
        yield from _strings(row.metadata_)
    elif isinstance(row, AccessDecision):
        yield row.reason


def _strings(facts: dict[str, Any] | None) -> Iterator[str]:
    yield from (value for value in (facts or {}).values() if isinstance(value, str))


def _who(row: Entry) -> uuid.UUID | None:
    return row.actor_id if isinstance(row, AuditEvent) else row.user_id


def _ticket(row: Entry) -> uuid.UUID | None:
    if isinstance(row, AuditEvent):
        return row.ticket_id
    if isinstance(row, AuthAuditEvent) or row.resource_type != "Ticket":
        return None
    return row.resource_id


def _ticket_numbers(session: Session, ids: set[Any]) -> dict[uuid.UUID | None, str]:
    if not ids:
        return {}
    rows = session.execute(
        select(Ticket.id, Ticket.number, PropertyOwner.ticket_prefix)
        .join(PropertyOwner, PropertyOwner.id == Ticket.property_owner_id)
        .where(Ticket.id.in_(ids))
    )
    return {row.id: f"{row.ticket_prefix}-{row.number}" for row in rows}
