"""A person who opens their own account."""

from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.domains.people.inputs import PersonRow
from ecopick.domains.people.models import User


def _nothing(session: Session, actor: Actor, key: object) -> None:
    return None


@command("system:register_person", find=_nothing, audit_as="ENTITY_CREATED")
def register_person(
    session: Session, actor: Actor, subject: None, data: PersonRow, user: User
) -> User:
    """Store ``user``, whose address was proved; without any role.

    Only the system does this, for whoever registers. The scope must hold the
    user's id.
    """
    user.email = data.email.lower()
    user.email_verified = True
    user.name = data.name
    user.language = data.language
    user.password_hash = data.password_hash
    user.password_updated_at = clock.now() if data.password_hash else None
    session.add(user)
    return user
