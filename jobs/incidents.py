"""Messages to, and the end of, incidents with many tickets: batch by batch."""

import logging
import uuid

from sqlalchemy import select, text, update

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.text import use_language
from ecopick.domains.auth.queries.actors import load_user_actor
from ecopick.domains.tickets.commands.incident_runs import advance_run
from ecopick.domains.tickets.models import IncidentRun
from jobs.outbox import DISPATCH
from jobs.runtime import Runtime, origin_of, runtime

log = logging.getLogger("ecopick.jobs.incidents")
BATCH = 10


def work() -> int:
    """Go on with every run that has not ended; how many have ended now."""
    at, ended = runtime(), 0
    with at.alone("incidents") as alone, origin_of("incidents", None, None):
        if not alone:
            return 0
        with at.database.transaction(Actor.system().scope) as session:
            owners = session.scalars(text("select owners_with_incident_runs()")).all()
        for owner_id in {uuid.UUID(str(owner)) for owner in owners}:
            with at.as_system(owner_id) as (session, _system):
                runs = session.execute(
                    select(IncidentRun.id, IncidentRun.asked_by_id)
                    .where(IncidentRun.ended_at.is_(None))
                    .order_by(IncidentRun.created_at)
                ).all()
            ended += sum(_finish(at, owner_id, run.id, run.asked_by_id) for run in runs)
    if ended:
        at.enqueue(DISPATCH)
    return ended


def _finish(at: Runtime, owner_id: uuid.UUID, run_id: uuid.UUID, person_id: uuid.UUID) -> bool:
    """Do all that is left of a run; False where it breaks off, to go on at the next sweep."""
    try:
        actor = load_user_actor(at.database, person_id, owner_id)
        if actor is None:
            _give_up(at, owner_id, run_id)
            return False
        with use_language(actor.language):
            while True:
                with at.database.transaction(actor.scope) as session:
                    if advance_run(session, actor, run_id, BATCH).ended_at is not None:
                        return True
    except Exception:
        log.exception("run %s broke off", run_id)
        return False


def _give_up(at: Runtime, owner_id: uuid.UUID, run_id: uuid.UUID) -> None:
    """Whoever asked is gone: nobody may act in their name."""
    with at.as_system(owner_id) as (session, _system):
        session.execute(
            update(IncidentRun).where(IncidentRun.id == run_id).values(ended_at=clock.now())
        )
