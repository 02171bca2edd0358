"""Who takes data on a person along, has it erased or decides how long it stays."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import policy
from ecopick.core.roles import MembershipRole
from ecopick.core.tenancy import PLATFORM_OWNER_ID
from ecopick.domains.people.models import User
from ecopick.domains.privacy.models import PrivacyErasure, PrivacyExport


@dataclass(frozen=True)
class HeldPerson:
    """A person as one owner holds them."""

    user: User


Subject = User | HeldPerson | PrivacyExport | PrivacyErasure | None


def _is_owner(actor: Actor) -> bool:
    return actor.owner_id is not None and MembershipRole.PROPERTY_OWNER in actor.staff_roles(
        actor.owner_id
    )


@policy("privacy:export", "privacy:erase", name="own_data")
def oneself(session: Session, actor: Actor, subject: Subject) -> bool:
    """What is held on oneself."""
    if actor.kind != "user":
        return False
    if isinstance(subject, User):
        return subject.id == actor.user_id
    if isinstance(subject, (PrivacyExport, PrivacyErasure)):
        return (
            subject.property_owner_id == PLATFORM_OWNER_ID and subject.subject_id == actor.user_id
        )
    return False


@policy("privacy:export", "privacy:erase", "privacy:hold", name="property_owner")
def owner_of_data(session: Session, actor: Actor, subject: Subject) -> bool:
    """A PROPERTY_OWNER of the whole owner, for a person whom the owner holds."""
    if not _is_owner(actor):
        return False
    if isinstance(subject, (PrivacyExport, PrivacyErasure)):
        return subject.property_owner_id == actor.owner_id
    return isinstance(subject, HeldPerson)


@policy("privacy:erase_account", name="app_admin")
def administrator(session: Session, actor: Actor, subject: object) -> bool:
    """An administrator of the installation, for any account."""
    return actor.kind == "user" and actor.is_app_admin


@policy("privacy:retain", name="property_owner")
def owner_keeps(session: Session, actor: Actor, subject: object) -> bool:
    """A PROPERTY_OWNER of the whole owner."""
    return _is_owner(actor)


@policy("privacy:carry_out", name="nobody")
def nobody(session: Session, actor: Actor, subject: object) -> bool:
    """Only the product itself carries erasures out."""
    return False
