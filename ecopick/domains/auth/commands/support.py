"""Working for an owner as an app administrator: with a reason, for a short time, and told.

The access belongs to the session in which it was opened. While it lasts every
audit entry names the administrator and the reason, whoever's eyes they use.
"""

import uuid
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ecopick.core import audit, clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.errors import Conflict
from ecopick.core.events import emit
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import Database
from ecopick.core.validation import wrong_field
from ecopick.domains.auth.events import SupportStarted
from ecopick.domains.auth.inputs import StartSupport
from ecopick.domains.auth.models import SupportAccess
from ecopick.domains.auth.queries.actors import load_user_actor
from ecopick.domains.auth.queries.credentials import find_credentials
from ecopick.domains.auth.queries.support import owners_for_support


def start_support(database: Database, actor: Actor, data: StartSupport) -> SupportAccess:
    """Open an access; its owner's property owners are told at once.

    ``Invalid`` for an unknown owner and for a person who has nothing to do with
    it; ``Conflict`` while another access is open in this session.
    """
    if actor.session is None or actor.support is not None:
        raise Conflict(_("Please end the support that is open first."))
    with database.transaction(Scope((), actor.user_id)) as session:
        owners = dict(owners_for_support(session))
    if data.property_owner_id not in owners:
        raise wrong_field("property_owner_id", _("Please choose one of the options."))
    subject_id = _subject(database, actor, data)
    access = SupportAccess(
        property_owner_id=data.property_owner_id,
        user_id=actor.user_id,
        family_id=actor.session.family_id,
        subject_id=subject_id,
        reason=data.reason,
        ends_at=clock.now() + timedelta(minutes=data.minutes),
        created_at=clock.now(),
    )
    at_work = replace(
        actor,
        owner_id=data.property_owner_id,
        owner_ids=(data.property_owner_id,),
        break_glass_reason=data.reason,
    )
    with database.transaction(at_work.scope) as session:
        return _open(session, at_work, access)


def _subject(database: Database, actor: Actor, data: StartSupport) -> uuid.UUID | None:
    """The person whose eyes are to be used; they must have to do with the owner."""
    if data.email is None:
        return None
    nobody = wrong_field("email", _("Nobody with this address has to do with this owner."))
    with database.transaction(Scope((PLATFORM_OWNER_ID,), actor.user_id)) as session:
        found = find_credentials(session, data.email)
    if found is None or found.user_id == actor.user_id:
        raise nobody
    person = load_user_actor(database, found.user_id)
    owners = {fact.property_owner_id for fact in person.memberships} if person else set()
    if person is None or data.property_owner_id not in owners | set(person.owner_ids):
        raise nobody
    if person.is_app_admin:
        raise wrong_field("email", _("Administrators cannot be acted for."))
    return found.user_id


def _given(session: Session, actor: Actor, key: object) -> SupportAccess:
    raise LookupError("an access is opened, never looked up")


@command("support:start", find=_given, audit_as="ENTITY_CREATED")
def _open(session: Session, actor: Actor, access: SupportAccess) -> SupportAccess:
    session.add(access)
    session.flush()
    emit(session, actor, SupportStarted(access.property_owner_id, access.id))
    return access


def end_support(database: Database, actor: Actor) -> bool:
    """End the access of this session; whether one was open."""
    if actor.support is None:
        return False
    admin_id, moment = actor.support.admin_id, clock.now()
    scope = Scope((*actor.owner_ids, PLATFORM_OWNER_ID), admin_id)
    admin = replace(actor, user_id=admin_id, support=None)
    with database.transaction(scope) as session:
        access = session.scalars(
            select(SupportAccess)
            .where(SupportAccess.id == actor.support.id, SupportAccess.ended_at.is_(None))
            .with_for_update()
        ).one_or_none()
        if access is None:
            return False
        session.execute(
            update(SupportAccess).where(SupportAccess.id == access.id).values(ended_at=moment)
        )
        audit.write(
            session,
            admin,
            "ENTITY_DEACTIVATED",
            owner_id=access.property_owner_id,
            meta={"resource": "support_accesses", "resource_id": str(access.id)},
        )
    return True
