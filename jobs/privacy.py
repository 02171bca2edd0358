"""Exports of data on people, erasures whose time has come, retention of the streams."""

import logging
import tempfile
import uuid
from typing import Any, BinaryIO, cast

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.text import use_language
from ecopick.domains.auth.models import AuthIdentity, WebAuthnCredential
from ecopick.domains.people.models import Membership, User
from ecopick.domains.privacy.commands.erasing import (
    Work,
    clean_everywhere,
    forget,
    forget_settings,
    settle,
)
from ecopick.domains.privacy.commands.keeping import end_periods
from ecopick.domains.privacy.lifecycle import (
    EXPORT_KEPT,
    MAX_ATTEMPTS,
    ErasureState,
    ExportState,
)
from ecopick.domains.privacy.models import PrivacyErasure, PrivacyExport
from ecopick.domains.privacy.queries.extract import Extract, add_rows
from ecopick.domains.privacy.queries.people import hold_of, is_held, owners_holding
from ecopick.domains.privacy.wording import Traces
from jobs.privacy_archive import digest, write_archive
from jobs.runtime import Runtime, origin_of, runtime

log = logging.getLogger("ecopick.jobs.privacy")
IN_MEMORY = 8 * 1024 * 1024


def _owners(at: Runtime, kind: str) -> list[uuid.UUID]:
    with at.database.transaction(Actor.system().scope) as session:
        rows = session.scalars(
            text("select owners_with_privacy_work(:kind, :at)"), {"kind": kind, "at": clock.now()}
        )
        return [uuid.UUID(str(row)) for row in rows]


# Exports.


def make_waiting() -> int:
    """Make every export that was asked for; how many are ready now."""
    at, made = runtime(), 0
    with at.alone("privacy_exports") as alone:
        for owner_id in _owners(at, "exports") if alone else ():
            with at.as_system(owner_id) as (session, _system):
                waiting = session.scalars(
                    select(PrivacyExport.id)
                    .where(
                        PrivacyExport.property_owner_id == owner_id,
                        PrivacyExport.state == ExportState.WAITING,
                    )
                    .order_by(PrivacyExport.created_at)
                ).all()
            made += sum(_make(at, owner_id, each) for each in waiting)
    return made


def remove_expired() -> int:
    """Remove the objects of exports whose week is over; how many."""
    at, removed = runtime(), 0
    for owner_id in _owners(at, "expired"):
        with at.as_system(owner_id) as (session, _system):
            rows = session.execute(
                select(PrivacyExport.id, PrivacyExport.storage_key).where(
                    PrivacyExport.property_owner_id == owner_id,
                    PrivacyExport.storage_key.is_not(None),
                    PrivacyExport.expires_at <= clock.now(),
                )
            ).all()
        for row in rows:
            at.storage.delete(row.storage_key)
            _keep(at, owner_id, row.id, storage_key=None, state=ExportState.REMOVED)
            removed += 1
    return removed


def _make(at: Runtime, owner_id: uuid.UUID, export_id: uuid.UUID) -> bool:
    """Make one; one that fails three times is given up."""
    asked = _begin(at, owner_id, export_id)
    key = f"{owner_id}/privacy-exports/{export_id}.zip"
    try:
        extract = _extract(at, asked)
        _keep(at, owner_id, export_id, files_total=len(extract.files))

        def done(files: int) -> None:
            _keep(at, owner_id, export_id, files_done=files)

        with use_language(asked.language), tempfile.SpooledTemporaryFile(IN_MEMORY) as spool:
            target = cast(BinaryIO, spool)
            write_archive(target, at.storage, extract, done)
            size = target.tell()
            target.seek(0)
            sha256 = digest(target)
            target.seek(0)
            at.storage.put(key, target, size=size)
    except Exception:
        log.exception("privacy export %s was not made", export_id)
        if asked.attempts >= MAX_ATTEMPTS:
            _keep(at, owner_id, export_id, state=ExportState.FAILED)
        return False
    _keep(
        at,
        owner_id,
        export_id,
        state=ExportState.READY,
        storage_key=key,
        size_bytes=size,
        sha256=sha256,
        ready_at=clock.now(),
        expires_at=clock.now() + EXPORT_KEPT,
    )
    return True


def _begin(at: Runtime, owner_id: uuid.UUID, export_id: uuid.UUID) -> PrivacyExport:
    with at.as_system(owner_id) as (session, _system):
        session.execute(
            update(PrivacyExport)
            .where(PrivacyExport.id == export_id)
            .values(attempts=PrivacyExport.attempts + 1, files_done=0)
        )
        found = session.get_one(PrivacyExport, export_id)
        session.refresh(found)
    return found


def _keep(at: Runtime, owner_id: uuid.UUID, export_id: uuid.UUID, **facts: Any) -> None:
    with at.as_system(owner_id) as (session, _system):
        session.execute(update(PrivacyExport).where(PrivacyExport.id == export_id).values(**facts))


def _extract(at: Runtime, asked: PrivacyExport) -> Extract:
    """What the asker may take along: of the account everything, of an owner what it holds."""
    extract, person_id = Extract(), asked.subject_id
    owners = [asked.property_owner_id]
    whole = asked.property_owner_id == PLATFORM_OWNER_ID
    if whole:
        with at.database.transaction(Actor.system().scope) as session:
            related = [
                owner for owner, is_related in owners_holding(session, person_id) if is_related
            ]
        owners += [owner for owner in related if owner != PLATFORM_OWNER_ID]
    for owner_id in owners:
        with at.database.transaction(Scope((owner_id,), asked.asked_by_id)) as session:
            add_rows(extract, session, person_id, owner_id, only_owned=not whole)
    return extract


# Erasures.


def erase_due() -> int:
    """Carry out every erasure whose time has come; how many."""
    at, done = runtime(), 0
    with at.alone("privacy_erasures") as alone, origin_of("privacy_erasures", None, None):
        for owner_id in _owners(at, "erasures") if alone else ():
            with at.as_system(owner_id) as (session, _system):
                due = session.scalars(
                    select(PrivacyErasure).where(
                        PrivacyErasure.property_owner_id == owner_id,
                        PrivacyErasure.state == ErasureState.WAITING,
                        PrivacyErasure.due_at <= clock.now(),
                    )
                ).all()
            for erasure in due:
                try:
                    done += _carry_out(at, erasure)
                except Exception:
                    log.exception("privacy erasure %s waits for the next run", erasure.id)
    return done


def _carry_out(at: Runtime, erasure: PrivacyErasure) -> bool:
    person_id, owner_id = erasure.subject_id, erasure.property_owner_id
    with at.as_system(owner_id) as (session, _system):
        whole = owner_id == PLATFORM_OWNER_ID
        held = is_held(session, person_id) if whole else bool(hold_of(session, owner_id, person_id))
    if held:
        _settle(at, erasure, ErasureState.HELD)
        return False
    traces = _traces(at, person_id)
    if not whole:
        _forget(at, erasure, owner_id, traces, leaves=True, is_related=True)
        if _is_left_alone(at, person_id):
            _end_account(at, erasure, traces)
    else:
        _end_account(at, erasure, traces)
    _settle(at, erasure, ErasureState.DONE)
    return True


def _traces(at: Runtime, person_id: uuid.UUID) -> Traces:
    with at.database.transaction(Scope((), person_id)) as session:
        user = session.get_one(User, person_id)
        return Traces.of(
            email=user.email,
            name=user.name,
            first_name=user.first_name,
            last_name=user.last_name,
            phone=user.phone,
        )


def _forget(
    at: Runtime,
    erasure: PrivacyErasure,
    owner_id: uuid.UUID,
    traces: Traces,
    *,
    leaves: bool,
    is_related: bool,
) -> None:
    work = Work(erasure.id, erasure.subject_id, traces, leaves, is_related)
    with at.as_system(owner_id) as (session, system):
        gone = forget(session, system, work)
    for key in gone:
        at.storage.delete(key)


def _end_account(at: Runtime, erasure: PrivacyErasure, traces: Traces) -> None:
    """Every owner's part, then the account itself."""
    with at.database.transaction(Actor.system().scope) as session:
        owners = owners_holding(session, erasure.subject_id)
    for owner_id, is_related in owners:
        _forget(at, erasure, owner_id, traces, leaves=False, is_related=is_related)
    with at.as_system(PLATFORM_OWNER_ID) as (session, system):
        work = Work(erasure.id, erasure.subject_id, traces, False, True)
        clean_everywhere(session, system, work)
        if not session.scalar(select(func.erase_account(erasure.id, clock.now()))):
            raise RuntimeError("the account may not be erased")
    with at.database.transaction(Scope((), erasure.subject_id)) as session:
        forget_settings(session, Actor.system(), work)


def _is_left_alone(at: Runtime, person_id: uuid.UUID) -> bool:
    """Whether nobody else has to do with a person who has no way to sign in either."""
    with at.database.transaction(Actor.system().scope) as session:
        related = [o for o, is_related in owners_holding(session, person_id) if is_related]
    if set(related) - {PLATFORM_OWNER_ID}:
        return False
    with at.database.transaction(Scope((), person_id)) as session:
        return not _can_sign_in(session, person_id)


def _can_sign_in(session: Session, person_id: uuid.UUID) -> bool:
    ways = (
        select(User.id).where(User.id == person_id, User.password_hash.is_not(None)),
        select(WebAuthnCredential.id).where(WebAuthnCredential.user_id == person_id),
        select(AuthIdentity.id).where(AuthIdentity.user_id == person_id),
        select(Membership.id).where(Membership.user_id == person_id, Membership.ended_at.is_(None)),
    )
    return any(session.scalar(way.limit(1)) is not None for way in ways)


def _settle(at: Runtime, erasure: PrivacyErasure, state: ErasureState) -> None:
    with at.as_system(erasure.property_owner_id) as (session, system):
        settle(session, system, session.get_one(PrivacyErasure, erasure.id), state)


# Retention.


def end_periods_all() -> int:
    """Empty what is personal in months that no owner keeps any longer; how many keys."""
    at, ended = runtime(), 0
    with at.alone("privacy_retention") as alone, origin_of("privacy_retention", None, None):
        if not alone:
            return 0
        with at.database.transaction(Actor.system().scope) as session:
            owners = session.scalars(
                text("select distinct property_owner_id from audit_all_heads()")
            ).all()
        for owner in owners:
            with at.as_system(uuid.UUID(str(owner))) as (session, system):
                ended += end_periods(session, system, None)
    return ended
