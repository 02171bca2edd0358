"""App administrators at work for an owner, and what that makes of them."""

import uuid
from dataclasses import replace

from sqlalchemy import Text, Uuid, column, func, select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor, Support
from ecopick.domains.auth.models import SupportAccess


def support_of(session: Session, actor: Actor) -> SupportAccess | None:
    """The support that an administrator gives in this session now, if any."""
    if actor.session is None:
        return None
    return session.scalars(
        select(SupportAccess)
        .where(
            SupportAccess.user_id == actor.user_id,
            SupportAccess.family_id == actor.session.family_id,
            SupportAccess.ended_at.is_(None),
            SupportAccess.ends_at > clock.now(),
        )
        .order_by(SupportAccess.created_at.desc())
        .limit(1)
    ).one_or_none()


def with_all_rights(admin: Actor, access: SupportAccess) -> Actor:
    """The administrator with all rights at the one owner, and nowhere else."""
    return replace(
        admin,
        owner_id=access.property_owner_id,
        owner_ids=(access.property_owner_id,),
        break_glass_reason=access.reason,
        support=_support(admin, access),
    )


def as_person(admin: Actor, access: SupportAccess, person: Actor) -> Actor:
    """The person, as far as that owner goes, in the administrator's session and language."""
    return replace(
        person,
        is_app_admin=False,
        language=admin.language,
        session_id=admin.session_id,
        session=admin.session,
        support=_support(admin, access),
    )


def _support(admin: Actor, access: SupportAccess) -> Support:
    return Support(
        id=access.id,
        admin_id=admin.user_id,
        admin_name=admin.name,
        reason=access.reason,
        ends_at=access.ends_at,
        as_person=access.subject_id is not None,
    )


def owners_for_support(session: Session) -> list[tuple[uuid.UUID, str]]:
    """Every owner as (id, name), by name; none for anybody but app administrators."""
    found = func.owners_for_support().table_valued(column("id", Uuid), column("name", Text))
    return [(row.id, row.name) for row in session.execute(select(found))]


def own_accesses(session: Session, actor: Actor) -> list[SupportAccess]:
    """What the administrator did for owners so far, newest first, at most 50."""
    session.info["authorized"] = True
    admin_id = actor.support.admin_id if actor.support else actor.user_id
    return list(
        session.scalars(
            select(SupportAccess)
            .where(SupportAccess.user_id == admin_id)
            .order_by(SupportAccess.created_at.desc(), SupportAccess.id.desc())
            .limit(50)
        )
    )
