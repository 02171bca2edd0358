"""Writers of the four streams.

``write`` joins the business transaction: if it fails, so does the change.
Reads and granted decisions are collected and stored in batches by
``flush_reads``; a denial is stored at once on its own connection, so that the
rollback of what was denied does not take the record with it.

The chain covers ``body``: the canonical JSON of all columns (keys sorted, no
spaces, UTF-8), personal values already encrypted.
"""

import json
import queue
import threading
import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table, insert
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.audit.models import AccessDecision, AccessEvent, AuditEvent, AuthAuditEvent
from ecopick.core.audit.subjects import (
    TEXT_FIELDS,
    seal_about,
    seal_changes,
    seal_origin,
    seal_text,
)
from ecopick.core.changes import plain
from ecopick.core.context import Origin, origin
from ecopick.core.db import new_id
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.uow import Database, working_with

Entry = dict[str, Any]
Batch = list[tuple[Table, Entry]]
# How a decision's reason begins that names an administrator at work: ids only.
SUPPORT = "support "
_flushing = threading.Lock()
# As many batches are kept at most: memory ends before a long outage does.
MOST_KEPT = 10_000


def canonical(entry: Mapping[str, Any]) -> bytes:
    """The bytes that the chain covers."""
    return json.dumps(
        plain(dict(entry)), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()


def _insert(session: Session, table: Table, entries: list[Entry]) -> None:
    session.execute(insert(table), [{**entry, "body": canonical(entry)} for entry in entries])


def _base(owner_id: uuid.UUID, at: Origin) -> Entry:
    return {
        "id": new_id(),
        "property_owner_id": owner_id,
        "method": at.method,
        "route": at.route,
        "request_id": at.request_id,
        "correlation_id": at.correlation_id or at.request_id,
        "created_at": clock.now(),
    }


def _personal(
    session: Session,
    table: Table,
    entry: Entry,
    subject: uuid.UUID | None,
    facts: Mapping[str, str | None],
) -> Entry:
    """The entry with the address and program behind it, sealed for the person and month."""
    sealed = {
        name: seal_origin(
            session,
            entry["property_owner_id"],
            subject,
            value,
            stream=table.name,
            at=entry["created_at"],
        )
        for name, value in facts.items()
    }
    return {**entry, **sealed}


def _behind(at: Origin) -> dict[str, str | None]:
    return {"ip": at.ip, "user_agent": at.user_agent}


def write(
    session: Session,
    actor: Actor,
    action: str,
    *,
    owner_id: uuid.UUID,
    ticket_id: uuid.UUID | None = None,
    changes: list[dict[str, Any]] | None = None,
    meta: Mapping[str, Any] | None = None,
    subject_id: uuid.UUID | None = None,
) -> None:
    """Record a business change in the caller's transaction.

    ``subject_id`` is the person whom personal values in ``changes`` are about;
    where it is missing, they are kept as texts about what was changed.
    """
    session.flush()
    actor_id = actor.audit_user_id
    at = origin()
    table = _table(AuditEvent)
    entry = _personal(session, table, _base(owner_id, at), actor_id, _behind(at))
    facts = dict(plain(dict(meta or {})))
    if actor.via:
        facts["via"] = actor.via
    if actor.typed_name:
        facts["typed_name"] = seal_text(session, owner_id, actor_id, actor.typed_name)
    if actor.break_glass_reason:
        facts["app_admin_reason"] = actor.break_glass_reason
    facts |= _behind_support(actor)
    about = ticket_id or _uuid(facts.get("resource_id")) or actor_id
    if owner_id == PLATFORM_OWNER_ID:
        about = actor_id or subject_id
    for name in TEXT_FIELDS & facts.keys():
        facts[name] = seal_about(session, owner_id, about, facts[name])
    entry |= {
        "ticket_id": ticket_id,
        "actor_id": actor_id,
        "action": str(action),
        "meta": facts or None,
        "changes": seal_changes(session, owner_id, subject_id, changes or [], about),
    }
    _insert(session, table, [entry])


def _behind_support(actor: Actor) -> Entry:
    """The administrator behind an entry, and the access under which they work."""
    if actor.support is None:
        return {}
    return {
        "support_id": str(actor.support.id),
        "support_admin_id": str(actor.support.admin_id),
    }


def _uuid(value: object) -> uuid.UUID | None:
    return uuid.UUID(value) if isinstance(value, str) else None


def login(
    session: Session,
    action: str,
    outcome: str,
    *,
    user_id: uuid.UUID | None,
    email: str | None = None,
    reason_code: str | None = None,
    device_fingerprint: str | None = None,
    meta: Mapping[str, Any] | None = None,
) -> None:
    """Record an authentication outcome (success, failure, denied) with its reason."""
    at = origin()
    table = _table(AuthAuditEvent)
    entry = _personal(session, table, _base(PLATFORM_OWNER_ID, at), user_id, _behind(at))
    entry |= {
        "user_id": user_id,
        "email": seal_text(session, PLATFORM_OWNER_ID, user_id, email),
        "action": action,
        "outcome": outcome,
        "reason_code": reason_code,
        "device_fingerprint": device_fingerprint,
        "meta": dict(meta) if meta else None,
    }
    _insert(session, table, [entry])


def read(
    actor: Actor,
    action: str,
    resource_type: str,
    resource_id: uuid.UUID | None,
    *,
    owner_id: uuid.UUID,
    metadata: Mapping[str, Any] | None = None,
) -> None:
    """Note a significant read; stored with the next batch. Anonymous reads are not."""
    if actor.audit_user_id is None:
        return
    at = origin()
    entry = _base(owner_id, at) | {
        "user_id": actor.user_id,
        "action": action,
        "resource_type": resource_type,
        "resource_id": resource_id,
        "context_org_id": actor.owner_id,
        "metadata": {**(metadata or {}), **_behind_support(actor)} or None,
    }
    entry |= {"ip": at.ip, "user_agent": at.user_agent}
    working_with().notes.put((_table(AccessEvent), entry))


def decision(
    actor: Actor,
    action: str,
    resource_type: str,
    resource_id: uuid.UUID | None,
    *,
    owner_id: uuid.UUID,
    granted: bool,
    policy_name: str | None,
    reason: str | None = None,
) -> Entry | None:
    """Note a decision: a grant waits for the batch, a denial is returned to be
    stored at once by ``store``. None for anonymous actors and grants."""
    if actor.audit_user_id is None:
        return None
    at = origin()
    entry = _base(owner_id, at) | {
        "user_id": actor.user_id,
        "action": action,
        "resource_type": resource_type,
        "resource_id": resource_id,
        "granted": granted,
        "policy_name": policy_name,
        "reason": _why(actor, reason),
        "ip": at.ip,
        "user_agent": at.user_agent,
    }
    if granted:
        working_with().notes.put((_table(AccessDecision), entry))
        return None
    return entry


def _why(actor: Actor, reason: str | None) -> str | None:
    """The reason of a decision, with the administrator behind it."""
    if actor.support is None:
        return reason or actor.break_glass_reason
    behind = f"{SUPPORT}{actor.support.id} by {actor.support.admin_id}"
    return f"{reason}; {behind}" if reason else behind


def store_denial(database: Database, entry: Entry) -> None:
    """Store a denial on its own connection, whatever happens to the request."""
    _store(database, [(_table(AccessDecision), entry)])


def flush_reads(database: Database) -> int:
    """Store everything that waits, one transaction an owner; returns the count.

    Whoever calls while another thread is storing comes back only after it, so that
    nothing is then on its way. What a database that is away could not take is kept
    for the next call with it; the error is raised all the same.
    """
    with _flushing:
        batches, database.unstored = [*database.unstored, *_taken(database)], []
        stored = 0
        for index, batch in enumerate(batches):
            try:
                _store(database, batch)
            except (OperationalError, InterfaceError):
                database.unstored = batches[index:][-MOST_KEPT:]
                raise
            except SQLAlchemyError:
                database.unstored = batches[index + 1 :]
                raise
            stored += len(batch)
        return stored


def _taken(database: Database) -> list[Batch]:
    """What waits for the database, taken out, a batch for each owner."""
    by_owner: dict[uuid.UUID, Batch] = {}
    while True:
        try:
            table, entry = database.notes.get_nowait()
        except queue.Empty:
            return list(by_owner.values())
        by_owner.setdefault(entry["property_owner_id"], []).append((table, entry))


def _store(database: Database, batch: Batch) -> None:
    owner_id: uuid.UUID = batch[0][1]["property_owner_id"]
    with database.transaction(Scope((owner_id,), batch[0][1]["user_id"])) as session:
        tables: dict[Table, list[Entry]] = {}
        for table, entry in batch:
            sealed = _read(session, table, entry)
            tables.setdefault(table, []).append(sealed)
        for table, entries in tables.items():
            _insert(session, table, entries)


def _read(session: Session, table: Table, entry: Entry) -> Entry:
    """A read or decision with what was typed in it sealed as well: it may be a name."""
    owner_id, user_id = entry["property_owner_id"], entry["user_id"]
    facts = {name: entry[name] for name in ("ip", "user_agent")}
    sealed = _personal(session, table, entry, user_id, facts)
    if sealed.get("metadata"):
        sealed["metadata"] = {
            name: seal_about(session, owner_id, user_id, value)
            if isinstance(value, str) and not _is_uuid(value)
            else value
            for name, value in sealed["metadata"].items()
        }
    if sealed.get("granted") and sealed["reason"] and not sealed["reason"].startswith(SUPPORT):
        sealed["reason"] = seal_about(session, owner_id, user_id, sealed["reason"])
    return sealed


def _is_uuid(value: str) -> bool:
    try:
        uuid.UUID(value)
    except ValueError:
        return False
    return True


def _table(model: type) -> Table:
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table
