"""Changing people: their language, and the first account of an installation."""

from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.roles import MembershipRole
from ecopick.domains.people.inputs import AdministratorRow, ChooseLanguage
from ecopick.domains.people.models import Membership, User
from ecopick.domains.people.queries import find_self
from ecopick.domains.property.models import PropertyOwner


@command("profile:edit", find=find_self, audit_as="ENTITY_UPDATED")
def choose_language(session: Session, actor: Actor, user: User, data: ChooseLanguage) -> User:
    """Read in ``data.language`` from now on, in pages and mails."""
    user.language = data.language
    return user


def _nothing(session: Session, actor: Actor, key: object) -> None:
    return None


@command("system:create_administrator", find=_nothing, audit_as="ENTITY_CREATED")
def create_administrator(
    session: Session, actor: Actor, subject: None, data: AdministratorRow, user: User
) -> User:
    """Store ``user`` as an app administrator, as PROPERTY_OWNER of a new owner if one is named.

    Only the system does this, from the command line. The scope must hold the
    user's id and, with ``owner_name``, ``actor.owner_id`` as the new owner's id.
    """
    user.email = data.email.lower()
    user.name = data.name
    user.language = data.language
    user.email_verified = True
    user.is_app_admin = True
    user.password_hash = data.password_hash
    user.password_updated_at = clock.now()
    session.add(user)
    if data.owner_name is not None and actor.owner_id is not None:
        session.add(
            PropertyOwner(id=actor.owner_id, name=data.owner_name, owner_type=data.owner_type)
        )
        session.flush()
        session.add(
            Membership(
                user_id=user.id,
                role=MembershipRole.PROPERTY_OWNER,
                property_owner_id=actor.owner_id,
            )
        )
    return user
