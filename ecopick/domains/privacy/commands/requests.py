"""What people ask about data on a person; workers do the work."""

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import audit, clock
from ecopick.core.actor import Actor
from ecopick.core.changes import note
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict, NotFound
from ecopick.core.tenancy import PLATFORM_OWNER_ID
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.people.models import User
from ecopick.domains.people.queries import find_self
from ecopick.domains.privacy.inputs import EraseAccount, ErasePerson, HoldPerson, SetRetention
from ecopick.domains.privacy.lifecycle import GRACE, ErasureState, ExportState, KeptStream
from ecopick.domains.privacy.models import (
    PrivacyErasure,
    PrivacyExport,
    PrivacyHold,
    PrivacyRetention,
)
from ecopick.domains.privacy.policy import HeldPerson
from ecopick.domains.privacy.queries.people import (
    find_erasure,
    find_held,
    hold_of,
    is_held,
    is_last_owner,
)
from ecopick.domains.security.queries.people import person_named

HELD = _(
    "The data on this person must be kept at the moment, because a legal hold is set. "
    "It can be erased once the hold is lifted."
)


@command("privacy:export", find=find_self, audit_as="ENTITY_CREATED")
def ask_for_own(session: Session, actor: Actor, person: User) -> PrivacyExport:
    """Everything on oneself; the export under way if there is one."""
    return _ask(session, actor, person.id, PLATFORM_OWNER_ID)


@command("privacy:export", find=find_held, audit_as="ENTITY_CREATED")
def ask_for_person(session: Session, actor: Actor, held: HeldPerson) -> PrivacyExport:
    """What the actor's owner holds on a person; the export under way if there is one."""
    return _ask(session, actor, held.user.id, _owner_of(actor))


def _owner_of(actor: Actor) -> uuid.UUID:
    assert actor.owner_id is not None
    return actor.owner_id


def _ask(
    session: Session, actor: Actor, person_id: uuid.UUID, owner_id: uuid.UUID
) -> PrivacyExport:
    waiting = session.scalars(
        select(PrivacyExport)
        .where(
            PrivacyExport.property_owner_id == owner_id,
            PrivacyExport.subject_id == person_id,
            PrivacyExport.asked_by_id == actor.user_id,
            PrivacyExport.state == ExportState.WAITING,
        )
        .limit(1)
        .with_for_update()
    ).one_or_none()
    if waiting is not None:
        return waiting
    made = PrivacyExport(
        id=new_id(),
        property_owner_id=owner_id,
        subject_id=person_id,
        asked_by_id=actor.user_id,
        language=actor.language,
    )
    session.add(made)
    return made


def note_download(actor: Actor, export: PrivacyExport) -> None:
    """Record that an export leaves the house."""
    audit.read(
        actor,
        "EXPORT",
        "User",
        export.subject_id,
        owner_id=export.property_owner_id,
        metadata={"privacy_export": str(export.id)},
    )


# Erasure.


@command("privacy:erase", find=find_held, audit_as="ENTITY_CREATED")
def erase_person(
    session: Session, actor: Actor, held: HeldPerson, data: ErasePerson
) -> PrivacyErasure:
    """Have the actor's owner forget a person; their roles and homes there end with it.

    ``Conflict`` where a legal hold is set, or for the last PROPERTY_OWNER.
    """
    _confirmed(data.confirmation, held.user.email)
    owner_id = _owner_of(actor)
    if hold_of(session, owner_id, held.user.id) is not None:
        raise Conflict(HELD, code="legal_hold")
    _refuse_last_owner(session, held.user.id)
    return _erase(session, actor, held.user.id, owner_id)


@command("privacy:erase", find=find_self, audit_as="ENTITY_CREATED")
def erase_own(session: Session, actor: Actor, person: User, data: ErasePerson) -> PrivacyErasure:
    """Have one's whole account forgotten after seven days. ``Conflict`` as for a person."""
    _confirmed(data.confirmation, person.email)
    return _erase_account(session, actor, person.id)


def _no_subject(session: Session, actor: Actor, key: object) -> None:
    return None


@command("privacy:erase_account", find=_no_subject, audit_as="ENTITY_CREATED")
def erase_account_of(
    session: Session, actor: Actor, subject: None, data: EraseAccount
) -> PrivacyErasure:
    """Have anybody's whole account forgotten after seven days, by an administrator."""
    _confirmed(data.confirmation, data.email)
    person_id = person_named(session, data.email)
    if person_id is None:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    return _erase_account(session, actor, person_id)


def _confirmed(typed: str, email: str) -> None:
    if typed.strip().lower() != email.strip().lower():
        raise wrong_field(
            "confirmation", _("Please type the email address exactly as it is shown.")
        )


def _refuse_last_owner(session: Session, person_id: uuid.UUID) -> None:
    if is_last_owner(session, person_id):
        raise Conflict(
            _("This is the last owner role. Please give it to somebody else first."),
            code="last_owner",
        )


def _erase_account(session: Session, actor: Actor, person_id: uuid.UUID) -> PrivacyErasure:
    if is_held(session, person_id):
        raise Conflict(HELD, code="legal_hold")
    _refuse_last_owner(session, person_id)
    return _erase(session, actor, person_id, PLATFORM_OWNER_ID)


def _erase(
    session: Session, actor: Actor, person_id: uuid.UUID, owner_id: uuid.UUID
) -> PrivacyErasure:
    waiting = session.scalars(
        select(PrivacyErasure)
        .where(
            PrivacyErasure.property_owner_id == owner_id,
            PrivacyErasure.subject_id == person_id,
            PrivacyErasure.state == ErasureState.WAITING,
        )
        .limit(1)
    ).one_or_none()
    if waiting is not None:
        return waiting
    whole = owner_id == PLATFORM_OWNER_ID
    made = PrivacyErasure(
        id=new_id(),
        property_owner_id=owner_id,
        subject_id=person_id,
        asked_by_id=actor.user_id,
        due_at=clock.now() + GRACE if whole else clock.now(),
    )
    session.add(made)
    return made


@command("privacy:erase", find=find_erasure, audit_as="ENTITY_STATUS_CHANGED")
def undo_erasure(session: Session, actor: Actor, erasure: PrivacyErasure) -> PrivacyErasure:
    """Take an erasure back that was not carried out yet. ``Conflict`` once it was."""
    if erasure.state is not ErasureState.WAITING:
        raise Conflict(_("This can no longer be taken back."), code="too_late")
    erasure.state, erasure.undone_at = ErasureState.UNDONE, clock.now()
    return erasure


# Holds and retention.


@command("privacy:hold", find=find_held, audit_as="ENTITY_CREATED")
def hold_person(session: Session, actor: Actor, held: HeldPerson, data: HoldPerson) -> PrivacyHold:
    """Keep what the owner holds on a person until the hold is lifted."""
    owner_id = _owner_of(actor)
    if hold_of(session, owner_id, held.user.id) is not None:
        raise Conflict(_("A legal hold is already set for this person."), code="legal_hold")
    made = PrivacyHold(
        id=new_id(),
        property_owner_id=owner_id,
        user_id=held.user.id,
        reason=data.reason,
        set_by_id=actor.user_id,
    )
    session.add(made)
    return made


@command("privacy:hold", find=find_held, audit_as="ENTITY_DEACTIVATED")
def lift_hold(session: Session, actor: Actor, held: HeldPerson) -> PrivacyHold:
    """End the hold on a person. ``NotFound`` where there is none."""
    found = hold_of(session, _owner_of(actor), held.user.id)
    if found is None:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    found.lifted_at, found.lifted_by_id = clock.now(), actor.user_id
    return found


@command("privacy:retain", find=_no_subject, audit_as="ENTITY_UPDATED")
def set_retention(session: Session, actor: Actor, subject: None, data: SetRetention) -> None:
    """For how long the owner keeps what is personal in its streams."""
    owner_id = _owner_of(actor)
    known = {
        row.stream: row
        for row in session.scalars(
            select(PrivacyRetention)
            .where(PrivacyRetention.property_owner_id == owner_id)
            .with_for_update()
        )
    }
    chosen: dict[str, Any] = data.model_dump()
    for stream in KeptStream:
        row = known.get(stream)
        if row is None:
            session.add(
                PrivacyRetention(
                    id=new_id(),
                    property_owner_id=owner_id,
                    stream=stream,
                    months=chosen[stream.value],
                )
            )
        else:
            row.months = chosen[stream.value]
    note(session, resource="privacy_retention", **chosen)
