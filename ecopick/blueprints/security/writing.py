"""What every write of an administrator has in common."""

from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import authorize
from ecopick.domains.auth.commands.sessions import end_all_sessions
from ecopick.domains.auth.commands.step_up import require_confirmed
from ecopick.domains.security.commands.blocking import block_source
from ecopick.domains.security.inputs import BlockSource
from ecopick.domains.security.models import BlockedSource
from ecopick.web.state import current_actor, db_session


def for_writing() -> tuple[Session, Actor]:
    """The session and actor of an administrator who just proved to be themself.

    ``Forbidden`` for everybody else, before anything is looked for.
    """
    session, actor = db_session(), current_actor()
    authorize(session, actor, "security:manage", None)
    require_confirmed(actor)
    return session, actor


def block_and_end(session: Session, actor: Actor, data: BlockSource) -> BlockedSource:
    """Block a source; a blocked person's sessions end in the same transaction."""
    found = block_source(session, actor, data)
    if found.user_id is not None:
        session.flush()
        end_all_sessions(session, found.user_id, reason="blocked")
    return found
