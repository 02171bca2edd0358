"""Imports that nobody waits for: a few thousand rows at a time, each batch kept or not at all.

What a dead worker left is gone on with by the next sweep: batches that were kept are
only read again, for their keys. A long file gives way to other work every two minutes.
"""

import logging
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

from sqlalchemy import delete, select, text, update

from ecopick.adapters.errors import ObjectMissing
from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.errors import Conflict
from ecopick.core.permissions import authorize
from ecopick.core.text import use_language
from ecopick.core.uow import WorkSession
from ecopick.domains.auth.queries.actors import load_user_actor
from ecopick.domains.imports.book import Book, open_book
from ecopick.domains.imports.commands import import_batch, keep_problems
from ecopick.domains.imports.files import Row as Cells
from ecopick.domains.imports.files import read_rows
from ecopick.domains.imports.judging import counts, judge, read
from ecopick.domains.imports.lifecycle import KEPT, OPEN, UNFINISHED, ImportState
from ecopick.domains.imports.models import Import, ImportProblem
from ecopick.domains.imports.queries import find_import, keep_progress
from ecopick.domains.notifications import commands
from ecopick.domains.notifications.audience import people_of
from ecopick.domains.notifications.import_wording import import_ended, import_failed
from jobs.outbox import DELIVER, DISPATCH
from jobs.runtime import Runtime, origin_of, runtime

log = logging.getLogger("ecopick.jobs.imports")
WORK = "jobs.imports.work"
BATCH = 2000
MAX_ATTEMPTS = 3
# A job may take three minutes; it is over well before.
SECONDS = 100.0


class CalledOff(Exception):
    """Nobody wants the rest of it any more."""


def work() -> int:
    """Go on with every import that is not finished, one an owner at a time; how many ended."""
    at, ended, until = runtime(), 0, time.monotonic() + SECONDS
    for owner_id in _owners(at, "unfinished"):
        with at.alone(f"imports:{owner_id}") as alone:
            if alone:
                ended += _work_for(at, owner_id, until)
    if ended:
        at.enqueue(DISPATCH)
        at.enqueue(DELIVER)
    if time.monotonic() > until:
        at.enqueue(WORK)
    return ended


def _work_for(at: Runtime, owner_id: uuid.UUID, until: float) -> int:
    with at.as_system(owner_id) as (session, _system):
        runs = session.scalars(
            select(Import).where(Import.state.in_(UNFINISHED)).order_by(Import.created_at)
        ).all()
    ended = 0
    for run in runs:
        with use_language(run.language), origin_of("import", None, None):
            ended += _go_on(at, run, until)
    return ended


def _go_on(at: Runtime, run: Import, until: float) -> bool:
    """Work on one import; whether it has ended now. One that fails three times is given up."""
    actor = load_user_actor(at.database, run.user_id, run.property_owner_id)
    if actor is None or run.attempts >= MAX_ATTEMPTS:
        _close(at, run, ImportState.FAILED)
        return False
    try:
        _keep(at, run, started_at=run.started_at or clock.now(), attempts=Import.attempts + 1)
        if not _rows(at, actor, run, until):
            # Not a failure: the file is long.
            _keep(at, run, attempts=0)
            return False
    except CalledOff:
        return False
    except ObjectMissing:
        log.exception("the file of import %s is gone", run.id)
        _close(at, run, ImportState.FAILED)
        return False
    except Exception:
        log.exception("import %s broke off", run.id)
        return False
    trial = run.state is ImportState.CHECKING
    return _close(at, run, ImportState.CHECKED if trial else ImportState.DONE)


def _rows(at: Runtime, actor: Actor, run: Import, until: float) -> bool:
    """Work on the rows that are left, on one batch at least; False where the time is over
    before they are."""
    assert run.storage_key is not None
    with at.database.transaction(actor.scope) as session:
        trial = run.state is ImportState.CHECKING
        book = open_book(session, run.property_owner_id, trial=trial)
    done, has_gone_on = 0, False
    with at.storage.open(run.storage_key) as stream:
        for batch in _batches(read_rows(stream, run.charset, run.delimiter)):
            done += len(batch)
            if done <= run.rows_done:
                with _planned_anew(at, actor) as session:
                    read(session, run, batch, book)
                continue
            if has_gone_on and time.monotonic() > until:
                return False
            _step(at, actor, run, batch, book)
            has_gone_on = True
    return True


def _batches(rows: Iterator[Cells]) -> Iterable[list[Cells]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


@contextmanager
def _planned_anew(at: Runtime, actor: Actor) -> Iterator[WorkSession]:
    """A transaction whose statements are planned for the tables as they are now: a plan that
    was kept from the first batches reads tables whole that are large by now."""
    with at.database.transaction(actor.scope) as session:
        session.execute(text("set local plan_cache_mode = force_custom_plan"))
        yield session


def _step(at: Runtime, actor: Actor, run: Import, batch: Sequence[Cells], book: Book) -> None:
    """One batch: all of it in one transaction, with how far the import is."""
    with _planned_anew(at, actor) as session:
        if run.state is ImportState.CHECKING:
            # The right may have ended while it waited: then this raises.
            authorize(session, actor, "import:run", find_import(session, actor, run.id))
            rows = judge(session, run, batch, book)
        else:
            try:
                rows = import_batch(session, actor, run.id, batch, book)
            except Conflict as error:
                raise CalledOff from error
        keep_problems(session, run, rows)
        told = counts(rows)
        kept = keep_progress(
            session,
            run,
            rows_done=Import.rows_done + len(batch),
            created=Import.created + told["created"],
            changed=Import.changed + told["changed"],
            unchanged=Import.unchanged + told["unchanged"],
            refused=Import.refused + told["refused"],
        )
        if not kept:
            raise CalledOff


def _keep(at: Runtime, run: Import, **facts: object) -> bool:
    with at.as_system(run.property_owner_id) as (session, _system):
        return keep_progress(session, run, **facts)


def _close(at: Runtime, run: Import, state: ImportState) -> bool:
    """Note the end of the trial or of the import, and tell whoever began it; whether it did
    not fail."""
    owner_id, trial = run.property_owner_id, run.state is ImportState.CHECKING
    failed = state is ImportState.FAILED
    with at.as_system(owner_id) as (session, system):
        ended_at = None if trial and not failed else clock.now()
        if not keep_progress(session, run, state=state, ended_at=ended_at):
            return False
        ended = session.get_one(Import, run.id)
        taken = ended.created + ended.changed + ended.unchanged
        if failed:
            notice = import_failed(run.file_name, taken=0 if trial else taken)
        else:
            notice = import_ended(run.file_name, trial=trial, taken=taken, refused=ended.refused)
        telling = commands.Telling(
            notice,
            people_of(session, {run.user_id}),
            f"import:{run.id}:{state}:{ended.started_at}",
            resource=("Import", run.id),
        )
        commands.tell(session, system, owner_id, [telling])
    return not failed


def remove_expired() -> int:
    """Remove files and errors of imports that ended a week ago, or were left lying; how many."""
    at, removed, before = runtime(), 0, clock.now() - KEPT
    for owner_id in _owners(at, "expired"):
        with at.as_system(owner_id) as (session, _system):
            old = session.execute(
                select(Import.id, Import.storage_key, Import.state).where(
                    Import.storage_key.is_not(None),
                    text("coalesce(ended_at, created_at) <= :before"),
                    Import.state.not_in(UNFINISHED),
                ),
                {"before": before},
            ).all()
        for row in old:
            at.storage.delete(row.storage_key)
            facts = {"state": ImportState.CANCELLED} if row.state in OPEN else {}
            with at.as_system(owner_id) as (session, _system):
                session.execute(delete(ImportProblem).where(ImportProblem.import_id == row.id))
                session.execute(
                    update(Import).where(Import.id == row.id).values(storage_key=None, **facts)
                )
            removed += 1
    return removed


def _owners(at: Runtime, kind: str) -> list[uuid.UUID]:
    with at.database.transaction(Actor.system().scope) as session:
        rows = session.scalars(
            text("select owners_with_imports(:kind, :at)"),
            {"kind": kind, "at": clock.now() - KEPT},
        )
        return [uuid.UUID(str(row)) for row in rows]
