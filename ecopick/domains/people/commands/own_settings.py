"""How a person arranges their own pages. The scope must be the person's own."""

from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.domains.people.models import User, UserSetting
from ecopick.domains.people.queries import find_self
from ecopick.domains.people.settings import checked


def save_setting(session: Session, actor: Actor, key: str, value: Any) -> Any:
    """Keep ``value`` under a known key and answer it as kept; Invalid for anything else."""
    return _keep(session, actor, None, key, checked(key, value))


# Not in the audit: the width of a panel is no decision, and its log is kept for years.
@command("profile:edit", find=find_self, audit_as=None)
def _keep(session: Session, actor: Actor, user: User, key: str, value: Any) -> Any:
    now = clock.now()
    row = insert(UserSetting).values(
        id=new_id(), user_id=user.id, key=key, value=value, updated_at=now
    )
    session.execute(
        row.on_conflict_do_update(
            index_elements=["user_id", "key"], set_={"value": value, "updated_at": now}
        )
    )
    return value
