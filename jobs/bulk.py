"""Acts on many tickets that nobody waits for: some at a time, each step kept.

A worker that dies leaves what was done as it is; the next sweep goes on from there.
"""

import logging
import uuid

from sqlalchemy import select, text, update

from ecopick.core.actor import Actor
from ecopick.core.text import use_language
from ecopick.domains.auth.queries.actors import load_user_actor
from ecopick.domains.tickets.commands.bulk import carry_on, give_up
from ecopick.domains.tickets.models import BulkAct
from ecopick.domains.tickets.queries.bulk import UNFINISHED
from jobs.outbox import DISPATCH
from jobs.runtime import Runtime, origin_of, runtime

log = logging.getLogger("ecopick.jobs.bulk")
MAX_ATTEMPTS = 5


def work() -> int:
    """Go on with every act that is not finished; how many are now."""
    at, ended = runtime(), 0
    with at.database.transaction(Actor.system().scope) as session:
        owners = session.scalars(text("select owners_with_bulk_acts()")).all()
    for owner in owners:
        owner_id = uuid.UUID(str(owner))
        with at.as_system(owner_id) as (session, _system):
            acts = session.execute(
                select(BulkAct.id, BulkAct.user_id, BulkAct.language, BulkAct.attempts)
                .where(BulkAct.state.in_(UNFINISHED))
                .order_by(BulkAct.created_at)
            ).all()
        for act in acts:
            with at.alone(f"bulk_act:{act.id}") as alone:
                if not alone:
                    continue
                with use_language(act.language), origin_of("bulk_act", None, None):
                    ended += _finish(at, owner_id, act.id, act.user_id, act.attempts)
    if ended:
        at.enqueue(DISPATCH)
    return ended


def _finish(
    at: Runtime, owner_id: uuid.UUID, act_id: uuid.UUID, user_id: uuid.UUID, attempts: int
) -> bool:
    """Do all that is left of an act; False where it breaks off, to go on at the next sweep."""
    actor = load_user_actor(at.database, user_id, owner_id)
    if actor is None or attempts >= MAX_ATTEMPTS:
        with at.as_system(owner_id) as (session, _system):
            give_up(session, act_id)
        return False
    try:
        left = True
        while left:
            with at.database.transaction(actor.scope) as session:
                left = carry_on(session, actor, act_id)
    except Exception:
        log.exception("act %s broke off", act_id)
        with at.as_system(owner_id) as (session, _system):
            session.execute(
                update(BulkAct).where(BulkAct.id == act_id).values(attempts=BulkAct.attempts + 1)
            )
        return False
    return True
