"""Who looks after the safety of the installation: app administrators alone."""

from typing import Any

from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import policy


@policy("security:view", "security:manage")
def app_admin(session: Session, actor: Actor, subject: Any) -> bool:
    """App administrators, signed in as themselves."""
    return actor.is_app_admin and actor.kind == "user"


@policy("support:start", name="app_admin")
def gives_support(session: Session, actor: Actor, subject: Any) -> bool:
    """App administrators, as themselves; the access itself then gives the right."""
    return actor.is_app_admin and actor.kind == "user" and actor.support is None
