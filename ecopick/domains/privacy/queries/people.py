"""Finding a person whom an owner holds, and what was asked about them."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Uuid, cast, column, func, literal, select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.finding import as_id, missing
from ecopick.core.permissions import authorize
from ecopick.core.tenancy import PLATFORM_OWNER_ID
from ecopick.domains.people.models import Membership, User, UserUnit
from ecopick.domains.privacy.lifecycle import DEFAULT_MONTHS, KeptStream
from ecopick.domains.privacy.models import (
    PrivacyErasure,
    PrivacyExport,
    PrivacyHold,
    PrivacyRetention,
)
from ecopick.domains.privacy.policy import HeldPerson
from ecopick.domains.tickets.models import Ticket

SHOWN = 10


def find_held(session: Session, actor: Actor, key: object) -> HeldPerson:
    """A person of the actor's owner: by role, home or request, past ones included."""
    person_id, owner_id = as_id(key), actor.owner_id
    tied: ColumnElement[bool] = literal(False)
    if owner_id is not None and person_id is not None:
        for model, person in (
            (Membership, Membership.user_id),
            (UserUnit, UserUnit.user_id),
            (Ticket, Ticket.reporter_id),
        ):
            owned: Any = model
            tied = tied | (
                select(owned.id)
                .where(owned.property_owner_id == owner_id, person == person_id)
                .exists()
            )
    found = session.scalar(
        select(User).where(User.id == person_id, User.is_system.is_(False), tied)
    )
    if found is None:
        raise missing(actor, "User", key)
    return HeldPerson(found)


def owners_holding(session: Session, person_id: uuid.UUID) -> list[tuple[uuid.UUID, bool]]:
    """Every owner, and whether it has to do with the person."""
    found = func.owners_holding(cast(person_id, Uuid)).table_valued(
        column("property_owner_id", Uuid), column("is_related", Boolean)
    )
    return [(row.property_owner_id, row.is_related) for row in session.execute(select(found))]


def is_held(session: Session, person_id: uuid.UUID) -> bool:
    """Whether any owner must keep what it holds on the person."""
    return bool(session.scalar(select(func.is_held(cast(person_id, Uuid)))))


def is_last_owner(session: Session, person_id: uuid.UUID) -> bool:
    """Whether an owner would be left without anybody in its owner role."""
    return bool(session.scalar(select(func.is_last_owner(cast(person_id, Uuid)))))


def hold_of(session: Session, owner_id: uuid.UUID, person_id: uuid.UUID) -> PrivacyHold | None:
    """The owner's hold on the person that is in force."""
    return session.scalars(
        select(PrivacyHold).where(
            PrivacyHold.property_owner_id == owner_id,
            PrivacyHold.user_id == person_id,
            PrivacyHold.lifted_at.is_(None),
        )
    ).one_or_none()


@dataclass(frozen=True)
class Asked:
    """What was asked about a person at one place."""

    exports: list[PrivacyExport]
    erasure: PrivacyErasure | None
    hold: PrivacyHold | None


def asked_about(session: Session, owner_id: uuid.UUID, person_id: uuid.UUID) -> Asked:
    """Exports and the newest erasure of a person, at the owner or of the whole account."""
    exports = session.scalars(
        select(PrivacyExport)
        .where(
            PrivacyExport.property_owner_id == owner_id,
            PrivacyExport.subject_id == person_id,
        )
        .order_by(PrivacyExport.created_at.desc(), PrivacyExport.id.desc())
        .limit(SHOWN)
    )
    erasure = session.scalars(
        select(PrivacyErasure)
        .where(
            PrivacyErasure.property_owner_id == owner_id,
            PrivacyErasure.subject_id == person_id,
        )
        .order_by(PrivacyErasure.created_at.desc(), PrivacyErasure.id.desc())
        .limit(1)
    ).one_or_none()
    hold = hold_of(session, owner_id, person_id) if owner_id != PLATFORM_OWNER_ID else None
    return Asked(list(exports), erasure, hold)


def own_data(session: Session, actor: Actor) -> Asked:
    """What the person asked about their own account."""
    session.info["authorized"] = True  # Asked for by the person's own id.
    return asked_about(session, PLATFORM_OWNER_ID, actor.user_id)


def data_of(session: Session, actor: Actor, key: object) -> tuple[User, Asked]:
    """A person of the owner and what was asked about them; for owners only."""
    held = find_held(session, actor, key)
    authorize(session, actor, "privacy:export", held)
    assert actor.owner_id is not None
    return held.user, asked_about(session, actor.owner_id, held.user.id)


def find_export(session: Session, actor: Actor, key: object) -> PrivacyExport:
    """An export of one's own data, or one of the actor's owner. Raises NotFound."""
    found: PrivacyExport = _find(session, actor, PrivacyExport, key)
    return found


def find_erasure(session: Session, actor: Actor, key: object) -> PrivacyErasure:
    """An erasure of one's own account, or one of the actor's owner, locked. Raises NotFound."""
    found: PrivacyErasure = _find(session, actor, PrivacyErasure, key)
    return found


def _find(session: Session, actor: Actor, model: Any, key: object) -> Any:
    own = (model.property_owner_id == PLATFORM_OWNER_ID) & (model.subject_id == actor.user_id)
    found = session.scalars(
        select(model)
        .where(model.id == as_id(key), own | (model.property_owner_id == actor.owner_id))
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise missing(actor, model.__name__, key)
    return found


def retention(session: Session, owner_id: uuid.UUID) -> dict[KeptStream, int]:
    """Months for each stream, as the owner decided or by default."""
    rows = session.execute(
        select(PrivacyRetention.stream, PrivacyRetention.months).where(
            PrivacyRetention.property_owner_id == owner_id
        )
    )
    return {**DEFAULT_MONTHS, **{row.stream: row.months for row in rows}}


def retention_page(session: Session, actor: Actor) -> dict[KeptStream, int]:
    """The owner's retention; for owners only."""
    authorize(session, actor, "privacy:retain", None)
    assert actor.owner_id is not None
    return retention(session, actor.owner_id)
