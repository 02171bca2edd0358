"""Lists as files: long ones are written here, and gone a day later.

A file that a dead worker left behind is begun again by the next sweep. Whoever asked
may call it off while it is written, and is told once it is ready.
"""

import logging
import tempfile
import uuid
from collections.abc import Iterable, Iterator
from typing import BinaryIO, cast

from sqlalchemy import select, text, update

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.text import use_language
from ecopick.domains.auth.queries.actors import load_user_actor
from ecopick.domains.notifications import commands
from ecopick.domains.notifications.audience import people_of
from ecopick.domains.notifications.list_wording import list_ready
from ecopick.domains.tickets.commands.exports import wanted
from ecopick.domains.tickets.lifecycle import EXPORT_KEPT, ListExportState
from ecopick.domains.tickets.models import ListExport
from ecopick.domains.tickets.queries.export import count_rows, export_rows, keep_progress
from ecopick.domains.tickets.queries.lines import TicketLine
from ecopick.web.list_files import columns_for, write_file
from jobs.outbox import DELIVER, DISPATCH
from jobs.runtime import Runtime, origin_of, runtime

log = logging.getLogger("ecopick.jobs.exports")
IN_MEMORY = 8 * 1024 * 1024
MAX_ATTEMPTS = 3
# After how many rows the progress is stored, and a cancellation noticed.
STEP = 1000


class CalledOff(Exception):
    """Nobody wants the file any more."""


def make_waiting() -> int:
    """Write every list that was asked for; how many are ready now."""
    at, made = runtime(), 0
    for owner_id in _owners(at, "waiting"):
        with at.as_system(owner_id) as (session, _system):
            waiting = session.scalars(
                select(ListExport.id)
                .where(ListExport.state == ListExportState.WAITING)
                .order_by(ListExport.created_at)
            ).all()
        for export_id in waiting:
            with at.alone(f"list_export:{export_id}") as alone:
                made += alone and _make(at, owner_id, export_id)
    if made:
        at.enqueue(DISPATCH)
        at.enqueue(DELIVER)
    return made


def remove_expired() -> int:
    """Remove the files whose day is over; how many."""
    at, removed = runtime(), 0
    for owner_id in _owners(at, "expired"):
        with at.as_system(owner_id) as (session, _system):
            rows = session.execute(
                select(ListExport.id, ListExport.storage_key).where(
                    ListExport.storage_key.is_not(None), ListExport.expires_at <= clock.now()
                )
            ).all()
        for row in rows:
            at.storage.delete(row.storage_key)
            with at.as_system(owner_id) as (session, _system):
                session.execute(
                    update(ListExport)
                    .where(ListExport.id == row.id)
                    .values(storage_key=None, state=ListExportState.REMOVED)
                )
            removed += 1
    return removed


def _owners(at: Runtime, kind: str) -> list[uuid.UUID]:
    with at.database.transaction(Actor.system().scope) as session:
        rows = session.scalars(
            text("select owners_with_list_exports(:kind, :at)"), {"kind": kind, "at": clock.now()}
        )
        return [uuid.UUID(str(row)) for row in rows]


def _make(at: Runtime, owner_id: uuid.UUID, export_id: uuid.UUID) -> bool:
    """Write one; one that fails three times is given up."""
    asked = _begin(at, owner_id, export_id)
    if asked is None:
        return False
    if asked.attempts > MAX_ATTEMPTS:  # Workers died over it.
        _keep(at, asked, state=ListExportState.FAILED)
        return False
    try:
        with origin_of("list_export", None, None):
            return _write(at, asked)
    except CalledOff:
        return False
    except Exception:
        log.exception("list %s was not written", export_id)
        if asked.attempts >= MAX_ATTEMPTS:
            _keep(at, asked, state=ListExportState.FAILED)
        return False


def _begin(at: Runtime, owner_id: uuid.UUID, export_id: uuid.UUID) -> ListExport | None:
    with at.as_system(owner_id) as (session, _system):
        found = session.get_one(ListExport, export_id)
        begun = keep_progress(
            session,
            found,
            attempts=ListExport.attempts + 1,
            rows_done=0,
            started_at=clock.now(),
        )
        session.refresh(found)
    return found if begun else None


def _keep(at: Runtime, export: ListExport, **facts: object) -> bool:
    with at.as_system(export.property_owner_id) as (session, _system):
        return keep_progress(session, export, **facts)


def _write(at: Runtime, asked: ListExport) -> bool:
    owner_id = asked.property_owner_id
    actor = load_user_actor(at.database, asked.user_id, owner_id)
    if actor is None:
        raise LookupError("whoever asked is gone")
    filters = wanted(asked)
    key = f"{owner_id}/lists/{asked.id}.{asked.format.value}"
    with use_language(asked.language), tempfile.SpooledTemporaryFile(IN_MEMORY) as spool:
        target = cast(BinaryIO, spool)
        with at.database.transaction(actor.scope) as session:
            # The right may have ended while it waited: then this raises.
            _keep(at, asked, rows_total=count_rows(session, actor, filters))
            rows = _counted(at, asked, export_rows(session, actor, filters))
            write_file(asked.format, target, rows, columns_for(asked.columns))
        size = target.tell()
        target.seek(0)
        at.storage.put(key, target, size=size)
    if not _ready(at, asked, key, size):
        at.storage.delete(key)
        return False
    return True


def _counted(at: Runtime, asked: ListExport, rows: Iterable[TicketLine]) -> Iterator[TicketLine]:
    """The rows, with the progress stored on the way."""
    done = 0
    for done, row in enumerate(rows, 1):
        yield row
        if done % STEP == 0 and not _keep(at, asked, rows_done=done):
            raise CalledOff
    if not _keep(at, asked, rows_done=done):
        raise CalledOff


def _ready(at: Runtime, asked: ListExport, key: str, size: int) -> bool:
    """Note that the file is there, and tell whoever asked; False where it was called off."""
    owner_id, now = asked.property_owner_id, clock.now()
    with at.as_system(owner_id) as (session, system):
        kept = keep_progress(
            session,
            asked,
            state=ListExportState.READY,
            storage_key=key,
            size_bytes=size,
            ready_at=now,
            expires_at=now + EXPORT_KEPT,
        )
        if kept:
            telling = commands.Telling(
                list_ready(asked.format.value, asked.rows_total),
                people_of(session, {asked.user_id}),
                f"list_ready:{asked.id}",
                resource=("ListExport", asked.id),
            )
            commands.tell(session, system, owner_id, [telling])
    return kept
