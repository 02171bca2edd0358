"""What a person changes of how they sign in. The scope must be the person's own."""

from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.domains.people.models import User
from ecopick.domains.people.queries import find_self


@command("profile:edit", find=find_self, audit_as="ENTITY_UPDATED")
def set_password(session: Session, actor: Actor, user: User, password_hash: str) -> User:
    """Sign in with another password from now on."""
    user.password_hash = password_hash
    user.password_updated_at = clock.now()
    return user


@command("profile:edit", find=find_self, audit_as=None)
def keep_stronger_hash(
    session: Session, actor: Actor, user: User, weak_hash: str, password_hash: str
) -> bool:
    """The same password at today's cost; False where it was changed meanwhile.

    Not a decision of the person, so only the sign-in itself is recorded.
    """
    if user.password_hash != weak_hash:
        return False
    user.password_hash = password_hash
    return True


@command("profile:edit", find=find_self, audit_as="ENTITY_UPDATED")
def set_email(session: Session, actor: Actor, user: User, email: str) -> User:
    """Be reached and sign in by another address, whose control was proved."""
    user.email = email.lower()
    user.email_verified = True
    return user
