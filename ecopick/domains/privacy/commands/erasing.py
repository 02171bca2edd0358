"""Carrying an erasure out, owner by owner; every step can be done again.

With one owner, a person is replaced by a nameless stand-in, so that requests and
messages keep an author while the person stays whole elsewhere. The texts of all
related owners lose every trace of the person, and keys under which the audit
holds such traces are destroyed. The chain covers what is encrypted, so it stays.
"""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, Text, and_, cast, delete, or_, select, update
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.audit.models import AccessDecision, AccessEvent, AuditEvent, KeyKind, SubjectKey
from ecopick.core.audit.subjects import load_keys, open_text
from ecopick.core.changes import note
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.models import IdempotencyKey
from ecopick.domains.audit.models import CaseFile
from ecopick.domains.governance.models import ResourcePermission
from ecopick.domains.imports.lifecycle import OPEN, UNFINISHED, ImportState
from ecopick.domains.imports.models import Import
from ecopick.domains.notifications.models import Notification
from ecopick.domains.people.models import (
    Invitation,
    InvitationStatus,
    Membership,
    User,
    UserSetting,
    UserUnit,
)
from ecopick.domains.privacy.holdings import (
    EVERYWHERE,
    ORGANISATIONS,
    STREAMS,
    owned_tables,
    people_columns,
    tables,
    text_columns,
)
from ecopick.domains.privacy.lifecycle import ERASED, ErasureState, ExportState
from ecopick.domains.privacy.models import PrivacyErasure, PrivacyExport
from ecopick.domains.privacy.wording import Traces
from ecopick.domains.routing.models import RoutingRule
from ecopick.domains.scheduling.models import ScheduledTask
from ecopick.domains.tickets.lifecycle import ListExportState
from ecopick.domains.tickets.models import (
    Assignment,
    Attachment,
    ListExport,
    Message,
    Ticket,
    TicketStakeholder,
)

BATCH = 500
# Whose rows these are decides who sees them, or they tell what was asked.
NOT_HANDED_OVER = frozenset(
    {"account_mails", "auth_sessions", "idempotency_keys", "privacy_erasures", "privacy_exports"}
)
_SEALED = re.compile(r"v1\.[0-9a-f-]{36}\.[A-Za-z0-9+/=]+")


@dataclass(frozen=True)
class Work:
    """One owner's part of an erasure. ``leaves``: the owner alone forgets the person;
    ``is_related``: the owner has to do with the person, so that names are theirs."""

    erasure_id: uuid.UUID
    person_id: uuid.UUID
    traces: Traces
    leaves: bool
    is_related: bool


def _nothing(session: Session, actor: Actor, key: Any) -> Work:
    raise TypeError("work is carried out, not found")


@command("privacy:carry_out", find=_nothing, audit_as="ENTITY_DEACTIVATED")
def forget(session: Session, actor: Actor, work: Work) -> list[str]:
    """Do one owner's part; answers the storage keys that are to be deleted."""
    assert actor.owner_id is not None
    owner_id, gone = actor.owner_id, list[str]()
    traces = work.traces if work.is_related else work.traces.without_names()
    changed = 0
    if work.is_related:
        involved = _involved(session, owner_id, work.person_id)
        changed += _clean_owned(session, owner_id, traces, only=involved)
        gone = _files(session, owner_id, work.person_id)
    changed += _clean_owned(session, owner_id, traces.without_parts(), only=None)
    if not work.leaves:
        changed += _clean(session, traces.without_parts(), _named(ORGANISATIONS), None)
    keys = _destroy_texts(session, owner_id, traces)
    if work.is_related:
        keys += _destroy_person(session, owner_id, work.person_id)
        _close(session, owner_id, work, traces)
    if work.leaves:
        _hand_over(session, owner_id, work.person_id)
    note(
        session,
        resource="users",
        resource_id=work.person_id,
        privacy_erasure=work.erasure_id,
        texts=changed,
        keys=keys,
    )
    return gone


@command("privacy:carry_out", find=_nothing, audit_as=None)
def clean_everywhere(session: Session, actor: Actor, work: Work) -> int:
    """Take traces out of what belongs to no owner; part of the end of an account."""
    return _clean(session, work.traces.without_parts(), _named(EVERYWHERE), None)


@command("privacy:carry_out", find=_nothing, audit_as=None)
def forget_settings(session: Session, actor: Actor, work: Work) -> None:
    """Drop how the person arranged their pages; in the person's own scope."""
    session.execute(delete(UserSetting).where(UserSetting.user_id == work.person_id))


def _named(names: frozenset[str]) -> list[Table]:
    return [tables().tables[name] for name in sorted(names)]


def _involved(session: Session, owner_id: uuid.UUID, person_id: uuid.UUID) -> set[uuid.UUID]:
    """Requests with which the person had to do."""
    found: set[uuid.UUID] = set()
    for column, person in (
        (Ticket.id, Ticket.reporter_id),
        (Message.ticket_id, Message.author_id),
        (TicketStakeholder.ticket_id, TicketStakeholder.user_id),
        (Assignment.ticket_id, Assignment.assigned_to_user_id),
        (Attachment.ticket_id, Attachment.uploaded_by_id),
    ):
        owned: Any = column.class_
        found |= set(
            session.scalars(
                select(column).where(
                    owned.property_owner_id == owner_id, person == person_id, column.is_not(None)
                )
            )
        )
    return found


def _clean_owned(
    session: Session, owner_id: uuid.UUID, traces: Traces, only: set[uuid.UUID] | None
) -> int:
    """Clean the owner's texts; with ``only``, those of these requests."""
    changed = 0
    for table in owned_tables():
        where = [table.c.property_owner_id == owner_id]
        if only is not None:
            column = table.c.id if table.name == "tickets" else table.c.get("ticket_id")
            if column is None or not only:
                continue
            where.append(column.in_(sorted(only)))
        changed += _clean(session, traces, [table], and_(*where))
    if only is None:
        mine = tables().tables["property_owners"]
        changed += _clean(session, traces, [mine], mine.c.id == owner_id)
    return changed


def _clean(session: Session, traces: Traces, among: list[Table], where: Any) -> int:
    changed = 0
    for table in among:
        columns = text_columns(table)
        if not columns:
            continue
        hit = or_(*(cast(column, Text).op("~*")(traces.rough) for column in columns))
        query = select(*table.primary_key.columns, *columns).where(hit)
        if where is not None:
            query = query.where(where)
        for row in session.execute(query).mappings().all():
            fresh = {c.name: traces.take_out(row[c.name]) for c in columns}
            fresh = {name: value for name, value in fresh.items() if value != row[name]}
            if fresh:
                key = and_(*(c == row[c.name] for c in table.primary_key.columns))
                session.execute(update(table).where(key).values(fresh))
                changed += 1
    return changed


def _files(session: Session, owner_id: uuid.UUID, person_id: uuid.UUID) -> list[str]:
    """Files that may tell of the person: case files, lists and imported tables of the owner,
    exports on them."""
    case_files = session.scalars(
        select(CaseFile).where(
            CaseFile.property_owner_id == owner_id, CaseFile.storage_key.is_not(None)
        )
    ).all()
    exports = session.scalars(
        select(PrivacyExport).where(
            PrivacyExport.property_owner_id == owner_id,
            PrivacyExport.subject_id == person_id,
        )
    ).all()
    lists = session.scalars(
        select(ListExport).where(
            ListExport.property_owner_id == owner_id,
            or_(
                ListExport.storage_key.is_not(None),
                ListExport.state == ListExportState.WAITING,
            ),
        )
    ).all()
    imports = session.scalars(
        select(Import).where(Import.property_owner_id == owner_id, Import.storage_key.is_not(None))
    ).all()
    gone = [
        *(run.storage_key for run in imports),
        *(made.storage_key for made in case_files),
        *(export.storage_key for export in exports),
        *(listed.storage_key for listed in lists),
    ]
    for made in case_files:
        made.storage_key = None
    for run in imports:
        run.storage_key = None
        if run.state in OPEN | UNFINISHED:
            run.state = ImportState.CANCELLED
    for export in exports:
        export.storage_key, export.state = None, ExportState.REMOVED
    for listed in lists:
        listed.storage_key, listed.state = None, ListExportState.REMOVED
    return [key for key in gone if key]


def _destroy_texts(session: Session, owner_id: uuid.UUID, traces: Traces) -> int:
    """Destroy the keys of texts in the streams that name the person; how many."""
    hit: set[uuid.UUID] = set()
    for facts in _sealed_facts(session, owner_id):
        load_keys(session, owner_id, [each for sealed in facts for each in sealed])
        for sealed in facts:
            for value in sealed:
                subject = uuid.UUID(value.split(".", 2)[1])
                if subject in hit:
                    continue
                opened = open_text(session, owner_id, value)
                if opened is not None and traces.are_in(opened):
                    hit.add(subject)
    if not hit:
        return 0
    return _destroy(session, owner_id, SubjectKey.subject_id.in_(sorted(hit)), KeyKind.TEXT)


def _sealed_facts(session: Session, owner_id: uuid.UUID) -> Iterator[list[list[str]]]:
    """The sealed values of the owner's entries, a batch at a time."""
    sources: tuple[tuple[Any, tuple[Any, ...]], ...] = (
        (AuditEvent, (AuditEvent.changes, AuditEvent.meta)),
        (AccessEvent, (AccessEvent.metadata_,)),
        (AccessDecision, (AccessDecision.reason,)),
    )
    for model, columns in sources:
        texts = [cast(column, Text) for column in columns]
        rows = session.execute(
            select(*texts)
            .where(
                model.property_owner_id == owner_id,
                or_(*(each.contains("v1.") for each in texts)),
            )
            .execution_options(yield_per=BATCH)
        )
        for part in rows.partitions():
            yield [_SEALED.findall(" ".join(each or "" for each in row)) for row in part]


def _destroy_person(session: Session, owner_id: uuid.UUID, person_id: uuid.UUID) -> int:
    return _destroy(session, owner_id, SubjectKey.subject_id == person_id, KeyKind.PERSON)


def _destroy(session: Session, owner_id: uuid.UUID, which: Any, kind: KeyKind) -> int:
    done = session.execute(
        update(SubjectKey)
        .where(
            SubjectKey.property_owner_id == owner_id,
            SubjectKey.kind == kind,
            SubjectKey.destroyed_at.is_(None),
            which,
        )
        .values(wrapped_key=None, destroyed_at=clock.now())
        .returning(SubjectKey.subject_id),
        execution_options={"synchronize_session": False},
    ).all()
    session.info.pop("subject_keys", None)
    return len(done)


def _close(session: Session, owner_id: uuid.UUID, work: Work, traces: Traces) -> None:
    """End what still runs with the owner: roles, homes, rights, rules, invitations, notices."""
    now, person_id = clock.now(), work.person_id
    quiet = {"synchronize_session": False}
    for statement in (
        update(Membership)
        .where(
            Membership.property_owner_id == owner_id,
            Membership.user_id == person_id,
            Membership.ended_at.is_(None),
        )
        .values(ended_at=now),
        update(UserUnit)
        .where(
            UserUnit.property_owner_id == owner_id,
            UserUnit.user_id == person_id,
            UserUnit.is_active,
        )
        .values(is_active=False),
        update(Invitation)
        .where(
            Invitation.property_owner_id == owner_id,
            Invitation.email.contains(ERASED),
            Invitation.status == InvitationStatus.PENDING,
        )
        .values(status=InvitationStatus.REVOKED, revoked_at=now),
        update(ResourcePermission)
        .where(
            ResourcePermission.property_owner_id == owner_id,
            ResourcePermission.user_id == person_id,
            ResourcePermission.revoked_at.is_(None),
        )
        .values(revoked_at=now),
        update(RoutingRule)
        .where(
            RoutingRule.property_owner_id == owner_id,
            RoutingRule.default_assignee_user_id == person_id,
        )
        .values(is_active=False),
        update(ScheduledTask)
        .where(
            ScheduledTask.property_owner_id == owner_id,
            ScheduledTask.assignee_user_id == person_id,
        )
        .values(assignee_user_id=None),
        update(Notification)
        .where(Notification.property_owner_id == owner_id, Notification.user_id == person_id)
        .values(title=ERASED, body=ERASED, failed_at=now),
        delete(IdempotencyKey).where(
            IdempotencyKey.property_owner_id == owner_id, IdempotencyKey.actor_id == person_id
        ),
    ):
        session.execute(statement, execution_options=quiet)


def _hand_over(session: Session, owner_id: uuid.UUID, person_id: uuid.UUID) -> None:
    """Let a nameless stand-in be whatever the person was with this owner."""
    stand_in = User(id=new_id(), email=f"erased-{uuid.uuid4().hex}@erased.invalid", name=ERASED)
    session.add(stand_in)
    session.flush()
    for table in tables().sorted_tables:
        if (
            "property_owner_id" not in table.columns
            or table.name in NOT_HANDED_OVER
            or table.name in STREAMS
        ):
            continue
        names = [column.name for column in people_columns(table)]
        if table.name == "outbox":
            names.append("actor_id")
        for name in names:
            session.execute(
                update(table)
                .where(table.c.property_owner_id == owner_id, table.c[name] == person_id)
                .values({name: stand_in.id})
            )


def _no_erasure(session: Session, actor: Actor, key: Any) -> PrivacyErasure:
    raise TypeError("an erasure is settled, not found")


@command("privacy:carry_out", find=_no_erasure, audit_as="ENTITY_STATUS_CHANGED")
def settle(
    session: Session, actor: Actor, erasure: PrivacyErasure, state: ErasureState
) -> PrivacyErasure:
    """Record that an erasure was carried out, or that a hold stands against it."""
    erasure.state = state
    if state is ErasureState.DONE:
        erasure.done_at = clock.now()
    return erasure
