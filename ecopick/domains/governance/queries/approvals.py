"""Reading approvals: the inbox, one request with its steps, who could decide."""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session, selectinload

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.finding import as_id, missing
from ecopick.core.permissions import allows
from ecopick.core.roles import MANAGEMENT_ROLES, MembershipRole
from ecopick.domains.governance.inputs import ListApprovals
from ecopick.domains.governance.lifecycle import UNDECIDED, AccessRequestStatus, Move, possible
from ecopick.domains.governance.models import AccessRequest, AccessRequestTask, ApprovalDelegate
from ecopick.domains.governance.policy import decidable_by, visible_to
from ecopick.domains.people.models import Membership, User
from ecopick.domains.people.queries import people, role_counts, staff_with

LIMIT = 200
VIEWS = ("waiting", "mine", "decided")


@dataclass(frozen=True)
class Step:
    """One review step as it is shown."""

    id: uuid.UUID
    reviewer_id: uuid.UUID
    reviewer_name: str
    kind: str
    status: str
    order_index: int
    due_at: datetime | None
    decided_at: datetime | None
    note: str | None
    decided_by_name: str | None


@dataclass(frozen=True)
class Approval:
    """A request for approval as it is shown."""

    id: uuid.UUID
    property_owner_id: uuid.UUID
    ticket_id: uuid.UUID | None
    requester_id: uuid.UUID
    requester_name: str
    approver_id: uuid.UUID
    approver_name: str
    action: str
    status: AccessRequestStatus
    title: str | None
    reason: str | None
    note: str | None
    resource_type: str | None
    resource_id: uuid.UUID | None
    resource_name: str | None
    building_id: uuid.UUID | None
    amount: Decimal | None
    currency: str
    country: str | None
    valid_hours: int
    submitted_at: datetime | None
    decided_at: datetime | None
    closed_at: datetime | None
    expires_at: datetime | None
    due_at: datetime | None
    lines: list[dict[str, Any]] = field(default_factory=list)
    questions: list[dict[str, Any]] = field(default_factory=list)
    used: dict[str, Any] | None = None
    steps: list[Step] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether it waits for a decision."""
        return self.status in UNDECIDED


def find_approval(session: Session, actor: Actor, key: Any) -> AccessRequest:
    """The visible approval, for reading. Raises NotFound."""
    return _find(session, actor, key, lock=False)


def lock_approval(session: Session, actor: Actor, key: Any) -> AccessRequest:
    """The visible approval, locked and fresh, its steps too. Raises NotFound."""
    return _find(session, actor, key, lock=True)


def _find(session: Session, actor: Actor, key: Any, *, lock: bool) -> AccessRequest:
    session.info["authorized"] = True
    request_id = as_id(key)
    found = None
    if request_id is not None:
        query = select(AccessRequest).where(AccessRequest.id == request_id, visible_to(actor))
        if lock:
            query = query.with_for_update(key_share=True)
        found = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise missing(actor, "AccessRequest", request_id)
    return found


def list_approvals(session: Session, actor: Actor, filters: ListApprovals) -> list[Approval]:
    """Approvals that the actor may see, what is due first before what is newest, at most 200."""
    session.info["authorized"] = True
    rows = session.scalars(
        select(AccessRequest)
        .where(*_chosen(actor, filters))
        .options(selectinload(AccessRequest.tasks))
        .order_by(*_order(filters))
        .limit(LIMIT)
    ).all()
    return shown(session, rows)


def _chosen(actor: Actor, filters: ListApprovals) -> Iterator[ColumnElement[bool]]:
    yield visible_to(actor)
    if filters.status is not None:
        yield AccessRequest.status == filters.status
    if filters.view == "waiting":
        yield waits_for(actor)
    if filters.view == "mine":
        yield AccessRequest.requested_by_id == actor.user_id
    if filters.view == "decided":
        yield AccessRequest.status.not_in([*UNDECIDED, AccessRequestStatus.DRAFT])


def _order(filters: ListApprovals) -> tuple[Any, ...]:
    if filters.view == "waiting":
        return AccessRequest.expires_at.asc().nulls_last(), AccessRequest.id
    return AccessRequest.created_at.desc(), AccessRequest.id.desc()


def waits_for(actor: Actor) -> ColumnElement[bool]:
    """Approvals on which the actor may decide now."""
    return AccessRequest.status.in_(list(UNDECIDED)) & exists().where(
        AccessRequestTask.access_request_id == AccessRequest.id, decidable_by(actor)
    )


def counts(session: Session, actor: Actor) -> dict[str, int]:
    """How many approvals each view of the inbox holds."""
    conditions = {name: list(_chosen(actor, ListApprovals(view=name))) for name in VIEWS}
    row = session.execute(
        select(*(func.count().filter(*each).label(name) for name, each in conditions.items()))
        .select_from(AccessRequest)
        .where(visible_to(actor))
    ).one()
    return dict(row._mapping)


def waiting(actor: Actor) -> Select[int]:
    """The number of approvals that wait for the actor, as a query."""
    return select(func.count()).select_from(AccessRequest).where(waits_for(actor))


def waiting_count(session: Session, actor: Actor) -> int:
    """How many approvals wait for the actor."""
    return session.scalar(waiting(actor)) or 0


def get_approval(session: Session, actor: Actor, key: Any) -> Approval:
    """One visible approval with its steps. Raises NotFound."""
    return shown(session, [find_approval(session, actor, key)])[0]


def available_moves(session: Session, actor: Actor, key: Any) -> set[str]:
    """What the actor may do with an approval now: decide, skip, cancel, close, ask."""
    request = find_approval(session, actor, key)
    moves = possible(request.status)
    found: set[str] = set()
    if request.status in UNDECIDED:
        found = {
            act
            for act in ("decide", "skip", "ask")
            if allows(session, actor, f"approval:{act}", request)
        }
    for move in (Move.CANCEL, Move.CLOSE):
        if move in moves and allows(session, actor, f"approval:{move}", request):
            found.add(move.value)
    return found


def shown(session: Session, rows: Iterable[AccessRequest]) -> list[Approval]:
    """Approvals with the names of everybody in them."""
    found = list(rows)
    ids: set[uuid.UUID | None] = set()
    for row in found:
        ids |= {row.requested_by_id, row.approver_id}
        ids |= {task.reviewer_user_id for task in row.tasks}
        ids |= {_decided_by(task) for task in row.tasks}
    names = {key: line.name for key, line in people(session, ids).items()}
    return [_shown(row, names) for row in found]


def _decided_by(task: AccessRequestTask) -> uuid.UUID | None:
    found = (task.metadata_ or {}).get("decided_by")
    return uuid.UUID(found) if found else None


def _shown(row: AccessRequest, names: dict[uuid.UUID, str]) -> Approval:
    about = row.metadata_ or {}
    steps = [_step(task, names) for task in row.tasks]
    open_steps = [step.due_at for step in steps if step.status in ("PENDING", "IN_PROGRESS")]
    return Approval(
        id=row.id,
        property_owner_id=row.property_owner_id,
        ticket_id=row.ticket_id,
        requester_id=row.requested_by_id,
        requester_name=names.get(row.requested_by_id, "—"),
        approver_id=row.approver_id,
        approver_name=names.get(row.approver_id, "—"),
        action=row.action,
        status=row.status,
        title=about.get("title"),
        reason=row.reason,
        note=row.decision_note,
        resource_type=about.get("resource_type"),
        resource_id=uuid.UUID(about["resource_id"]) if about.get("resource_id") else None,
        resource_name=about.get("resource_name"),
        building_id=uuid.UUID(about["building_id"]) if about.get("building_id") else None,
        amount=Decimal(about["amount"]) if about.get("amount") else None,
        currency=about.get("currency", "EUR"),
        country=about.get("country"),
        valid_hours=about.get("valid_hours", 24),
        submitted_at=row.submitted_at,
        decided_at=row.decided_at,
        closed_at=row.closed_at,
        expires_at=row.expires_at,
        due_at=next((due for due in open_steps if due), None) or row.expires_at,
        lines=about.get("lines", []),
        questions=about.get("questions", []),
        used=about.get("used"),
        steps=steps,
    )


def _step(task: AccessRequestTask, names: dict[uuid.UUID, str]) -> Step:
    decided_by = _decided_by(task)
    return Step(
        id=task.id,
        reviewer_id=task.reviewer_user_id,
        reviewer_name=names.get(task.reviewer_user_id, "—"),
        kind=task.task_type.value,
        status=task.status.value,
        order_index=task.order_index,
        due_at=task.due_at,
        decided_at=task.decided_at,
        note=task.decision_note,
        decided_by_name=names.get(decided_by) if decided_by else None,
    )


# Who decides.


def may_approve(
    session: Session, owner_id: uuid.UUID, user_id: uuid.UUID, building_id: uuid.UUID | None
) -> bool:
    """Whether the person's management role reaches this building, or the whole owner."""
    listed = staff_with(session, owner_id, MANAGEMENT_ROLES, building_id)
    return any(line.id == user_id for line in listed)


def pick_approver(
    session: Session, owner_id: uuid.UUID, building_id: uuid.UUID | None, requester_id: uuid.UUID
) -> uuid.UUID | None:
    """Who decides where nobody was named: a manager, else the other owner role.

    Never the requester. A manager who asks is decided on by a PROPERTY_OWNER
    first, and a PROPERTY_OWNER by a manager: four eyes, even where there is
    one manager.
    """
    order = [
        MembershipRole.BUILDING_MANAGER,
        MembershipRole.BUILDING_ADMIN,
        MembershipRole.PROPERTY_OWNER,
    ]
    by_role = {
        role: [line.id for line in staff_with(session, owner_id, {role}, building_id)]
        for role in order
    }
    if any(requester_id in by_role[role] for role in order[:2]):
        order = [MembershipRole.PROPERTY_OWNER, *order[:2]]
    for role in order:
        for user_id in by_role[role]:
            if user_id != requester_id:
                return user_id
    return None


def approvers(session: Session, actor: Actor) -> list[tuple[uuid.UUID, str]]:
    """Management of the actor's owner but for themself, by name: who can be asked to decide."""
    session.info["authorized"] = True
    if actor.owner_id is None:
        return []
    ids = session.scalars(
        select(Membership.user_id).where(
            Membership.property_owner_id == actor.owner_id,
            Membership.tenant_company_id.is_(None),
            Membership.role.in_(list(MANAGEMENT_ROLES)),
            role_counts(),
        )
    )
    found = people(session, set(ids) - {actor.user_id})
    return sorted(((key, line.name) for key, line in found.items()), key=lambda each: each[1])


@dataclass(frozen=True)
class DelegateLine:
    """Who decides in whose place, and when."""

    id: uuid.UUID
    name: str
    starts_at: datetime
    ends_at: datetime


def own_delegates(session: Session, actor: Actor) -> list[DelegateLine]:
    """Who decides, or will decide, in the actor's place."""
    rows = session.execute(
        select(ApprovalDelegate, User.id)
        .join(User, User.id == ApprovalDelegate.delegate_id)
        .where(
            ApprovalDelegate.user_id == actor.user_id,
            ApprovalDelegate.property_owner_id == actor.owner_id,
            ApprovalDelegate.ended_at.is_(None),
            ApprovalDelegate.ends_at > clock.now(),
        )
        .order_by(ApprovalDelegate.starts_at)
    ).all()
    names = people(session, {row.id for row in rows})
    return [
        DelegateLine(
            row.ApprovalDelegate.id,
            names[row.id].name,
            row.ApprovalDelegate.starts_at,
            row.ApprovalDelegate.ends_at,
        )
        for row in rows
    ]


def who_is_told(
    session: Session, task: AccessRequestTask, requester_id: uuid.UUID
) -> set[uuid.UUID]:
    """Everybody who may decide on a step now: the reviewer and who stands in for them."""
    now = clock.now()
    ids = session.scalars(
        select(ApprovalDelegate.delegate_id).where(
            ApprovalDelegate.property_owner_id == task.property_owner_id,
            ApprovalDelegate.user_id == task.reviewer_user_id,
            ApprovalDelegate.ended_at.is_(None),
            ApprovalDelegate.starts_at <= now,
            ApprovalDelegate.ends_at > now,
        )
    )
    return ({task.reviewer_user_id} | set(ids)) - {requester_id}
