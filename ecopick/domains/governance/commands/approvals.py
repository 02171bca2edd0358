"""The way of an approval: asked for, looked at, decided step by step, used or lapsed."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.changes import note
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict, Forbidden
from ecopick.core.events import emit
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.governance.events import ApprovalEnded, ApprovalQuestion, ApprovalRequested
from ecopick.domains.governance.inputs import (
    AskQuestion,
    DecideApproval,
    Decision,
    RequestApproval,
    SkipStep,
)
from ecopick.domains.governance.lifecycle import (
    OPEN_TASK,
    UNDECIDED,
    AccessRequestStatus,
    AccessRequestTaskStatus,
    Move,
    advance,
)
from ecopick.domains.governance.models import (
    AccessRequest,
    AccessRequestTask,
    AccessRequestTaskType,
)
from ecopick.domains.governance.policy import Desk, stands_in
from ecopick.domains.governance.queries.approvals import lock_approval, may_approve, pick_approver
from ecopick.domains.governance.queries.grants import needs_asking
from ecopick.domains.governance.resources import Resource
from ecopick.domains.property.queries import home_of

DECIDE_WITHIN = timedelta(days=7)
OPTION = _("Please choose one of the options.")
R = AccessRequestStatus


def _no_find(session: Session, actor: Actor, key: object) -> Desk:
    raise RuntimeError("an approval is asked for somewhere")


def request_approval(
    session: Session,
    actor: Actor,
    data: RequestApproval,
    *,
    about: Resource | None = None,
    ticket_id: uuid.UUID | None = None,
) -> AccessRequest:
    """Ask for an approval; ``about`` and ``ticket_id`` were found visible by the caller.

    Raises Invalid for an approver who asks themself or whose role does not reach
    so far; Forbidden for people who may ask for nothing here.
    """
    owner_id = about.property_owner_id if about is not None else actor.owner_id
    if owner_id is None:
        raise Forbidden(_("You do not have permission to do this."))
    building_id = about.building_id if about is not None else None
    waits = about is not None and needs_asking(
        session, actor, data.action, {about.kind: about.id} | _above(about)
    )
    desk = Desk(owner_id, building_id, is_grantee=waits)
    request: AccessRequest = submit(session, actor, desk, data, about, ticket_id)
    return request


def _above(about: Resource) -> dict[str, uuid.UUID]:
    """Where a right on this thing may stand besides."""
    above = {"PropertyOwner": about.property_owner_id}
    return above | ({"Building": about.building_id} if about.building_id else {})


@command("approval:create", find=_no_find, audit_as="ENTITY_CREATED")
def submit(
    session: Session,
    actor: Actor,
    desk: Desk,
    data: RequestApproval,
    about: Resource | None,
    ticket_id: uuid.UUID | None,
) -> AccessRequest:
    """Store the request and its steps; it waits for the first reviewer at once."""
    approver_id, reviewers = _deciders(session, actor, desk, data)
    now = clock.now()
    expires_at = data.expires_at or now + DECIDE_WITHIN
    if expires_at <= now:
        raise wrong_field("expires_at", _("Please choose a time in the future."))
    request = AccessRequest(
        id=new_id(),
        property_owner_id=desk.property_owner_id,
        ticket_id=ticket_id,
        requested_by_id=actor.user_id,
        approver_id=approver_id,
        action=data.action,
        reason=data.reason,
        status=R.DRAFT,
        expires_at=expires_at,
        metadata_=_facts(data, about) | _money(session, desk, data),
    )
    advance(request, Move.SUBMIT)
    request.submitted_at = now
    session.add(request)
    session.flush()
    tasks = [
        _task(request, reviewer, index, data.due_at)
        for index, reviewer in enumerate((*reviewers, approver_id))
    ]
    session.add_all(tasks)
    session.flush()
    _tell_next(session, actor, request, tasks)
    return request


def _facts(data: RequestApproval, about: Resource | None) -> dict[str, Any]:
    facts: dict[str, Any] = {"valid_hours": data.valid_hours}
    if about is not None:
        facts |= {
            "resource_type": about.kind,
            "resource_id": str(about.id),
            "resource_name": about.name,
        }
        if about.building_id is not None:
            facts["building_id"] = str(about.building_id)
    if data.title:
        facts["title"] = data.title
    if data.lines:
        facts["lines"] = [line.model_dump(mode="json") for line in data.lines]
    return facts


def _money(session: Session, desk: Desk, data: RequestApproval) -> dict[str, str]:
    """The sum and its currency: as asked, else that of the building or the owner."""
    if data.amount is None and not data.lines:
        return {}
    home = home_of(session, desk.property_owner_id, desk.building_id)
    facts = {"currency": data.currency or home.currency}
    if home.country:
        facts["country"] = home.country
    return facts | ({"amount": str(data.amount)} if data.amount is not None else {})


def _deciders(
    session: Session, actor: Actor, desk: Desk, data: RequestApproval
) -> tuple[uuid.UUID, list[uuid.UUID]]:
    """Who approves, and who reviews before; nobody twice, never whoever asks."""
    chosen = data.approver_id or pick_approver(
        session, desk.property_owner_id, desk.building_id, actor.user_id
    )
    if chosen is None:
        raise wrong_field("approver_id", _("There is nobody else who could decide."))
    reviewers = [each for each in dict.fromkeys(data.reviewer_ids) if each != chosen]
    for field, listed in (("approver_id", [chosen]), ("reviewer_ids", reviewers)):
        for user_id in listed:
            if user_id == actor.user_id:
                raise wrong_field(field, _("Nobody decides on a request of their own."))
            if not may_approve(session, desk.property_owner_id, user_id, desk.building_id):
                raise wrong_field(field, OPTION)
    return chosen, reviewers


def _task(
    request: AccessRequest, reviewer_id: uuid.UUID, index: int, due_at: datetime | None
) -> AccessRequestTask:
    is_last = reviewer_id == request.approver_id
    return AccessRequestTask(
        id=new_id(),
        property_owner_id=request.property_owner_id,
        access_request_id=request.id,
        reviewer_user_id=reviewer_id,
        task_type=AccessRequestTaskType.APPROVE if is_last else AccessRequestTaskType.REVIEW,
        status=AccessRequestTaskStatus.PENDING,
        order_index=index,
        due_at=due_at or request.expires_at,
    )


def _tell_next(
    session: Session, actor: Actor, request: AccessRequest, tasks: list[AccessRequestTask]
) -> None:
    waiting = _current(tasks)
    if waiting is not None:
        emit(session, actor, ApprovalRequested(request.property_owner_id, request.id, waiting.id))


def _current(tasks: list[AccessRequestTask]) -> AccessRequestTask | None:
    """The first step that is not decided; later ones wait for it."""
    ordered = sorted(tasks, key=lambda task: task.order_index)
    return next((task for task in ordered if task.status in OPEN_TASK), None)


def _tasks(session: Session, request: AccessRequest) -> list[AccessRequestTask]:
    session.flush()
    session.refresh(request, ["tasks"])
    for task in request.tasks:
        session.refresh(task)
    return list(request.tasks)


def _own_step(session: Session, actor: Actor, request: AccessRequest) -> AccessRequestTask:
    step = _current(_tasks(session, request))
    if step is None:
        raise Conflict(_("This has been decided already."))
    in_place_of = set(session.scalars(stands_in(actor)))  # type: ignore[call-overload]
    if step.reviewer_user_id not in {actor.user_id} | in_place_of:
        raise Forbidden(_("You do not have permission to do this."))
    return step


def _still_open(request: AccessRequest) -> None:
    if request.status not in UNDECIDED:
        raise Conflict(_("This has been decided already."))
    if request.expires_at is not None and request.expires_at <= clock.now():
        raise Conflict(_("The time to decide has passed."))


@command("approval:decide", find=lock_approval, audit_as="ENTITY_STATUS_CHANGED")
def open_approval(session: Session, actor: Actor, request: AccessRequest) -> AccessRequest:
    """Begin with one's step: the request is in review from then on."""
    _still_open(request)
    _begin(request, _own_step(session, actor, request))
    return request


def _begin(request: AccessRequest, step: AccessRequestTask) -> None:
    if request.status is R.SUBMITTED:
        advance(request, Move.OPEN)
    if step.status is AccessRequestTaskStatus.PENDING:
        advance(step, Move.OPEN)


def decide_approval(
    session: Session, actor: Actor, key: Any, data: DecideApproval
) -> AccessRequest:
    """Approve or refuse one's step. Raises Conflict where somebody decided before."""
    request = lock_approval(session, actor, key)
    _still_open(request)
    decided: AccessRequest = _decide(session, actor, request, data)
    return decided


@command("approval:decide", find=lock_approval, audit_as="ENTITY_STATUS_CHANGED")
def _decide(
    session: Session, actor: Actor, request: AccessRequest, data: DecideApproval
) -> AccessRequest:
    if data.decision is Decision.REJECTED and not data.note:
        raise wrong_field("note", _("Please say why you refuse."))
    step = _own_step(session, actor, request)
    _begin(request, step)
    advance(step, Move.APPROVE if data.decision is Decision.APPROVED else Move.REJECT)
    step.decided_at = clock.now()
    step.decision_note = data.note
    step.metadata_ = {**(step.metadata_ or {}), "decided_by": str(actor.user_id)}
    if step.reviewer_user_id != actor.user_id:
        note(session, in_place_of=step.reviewer_user_id)
    if data.decision is Decision.REJECTED:
        _finish(session, actor, request, Move.REJECT, data.note)
    else:
        _go_on(session, actor, request, data.note)
    return request


def _go_on(session: Session, actor: Actor, request: AccessRequest, text: str | None) -> None:
    """After a step: the next one, or the approval itself."""
    tasks = _tasks(session, request)
    if _current(tasks) is not None:
        _tell_next(session, actor, request, tasks)
        return
    _finish(session, actor, request, Move.APPROVE, text)


def _finish(
    session: Session, actor: Actor, request: AccessRequest, move: Move, text: str | None
) -> None:
    _cancel_steps(session, request)
    advance(request, move)
    request.decided_at = clock.now()
    request.decision_note = text
    if move is Move.APPROVE:
        hours = (request.metadata_ or {}).get("valid_hours", 24)
        request.expires_at = clock.now() + timedelta(hours=hours)
    emit(session, actor, ApprovalEnded(request.property_owner_id, request.id, request.status))


def _cancel_steps(session: Session, request: AccessRequest) -> None:
    for task in _tasks(session, request):
        if task.status in OPEN_TASK:
            advance(task, Move.CANCEL)


@command("approval:skip", find=lock_approval, audit_as="ENTITY_STATUS_CHANGED")
def skip_step(
    session: Session, actor: Actor, request: AccessRequest, data: SkipStep
) -> AccessRequest:
    """Leave the present step out, with the reason; the approval itself is never left out."""
    _still_open(request)
    step = _current(_tasks(session, request))
    if step is None or step.task_type is AccessRequestTaskType.APPROVE:
        raise Conflict(_("The last step cannot be skipped: somebody has to decide."))
    if request.status is R.SUBMITTED:
        advance(request, Move.OPEN)
    advance(step, Move.SKIP)
    step.decided_at = clock.now()
    step.decision_note = data.reason
    step.metadata_ = {**(step.metadata_ or {}), "decided_by": str(actor.user_id)}
    note(session, skipped=step.id, reason=data.reason)
    _go_on(session, actor, request, None)
    return request


@command("approval:cancel", find=lock_approval, audit_as="ENTITY_STATUS_CHANGED")
def cancel_approval(session: Session, actor: Actor, request: AccessRequest) -> AccessRequest:
    """Take one's request back before it is decided."""
    advance(request, Move.CANCEL)
    _cancel_steps(session, request)
    request.closed_at = clock.now()
    emit(session, actor, ApprovalEnded(request.property_owner_id, request.id, request.status))
    return request


@command("approval:close", find=lock_approval, audit_as="ENTITY_STATUS_CHANGED")
def close_approval(session: Session, actor: Actor, request: AccessRequest) -> AccessRequest:
    """File a decided request; an approved right that was not used ends with it."""
    advance(request, Move.CLOSE)
    request.closed_at = clock.now()
    return request


@command("approval:ask", find=lock_approval, audit_as="ENTITY_UPDATED")
def ask_question(
    session: Session, actor: Actor, request: AccessRequest, data: AskQuestion
) -> AccessRequest:
    """Ask before the decision, or answer; the other side is told."""
    _still_open(request)
    said = {"by": str(actor.user_id), "name": actor.name, "at": clock.now().isoformat()}
    held = (request.metadata_ or {}).get("questions", [])
    request.metadata_ = {
        **(request.metadata_ or {}),
        "questions": [*held, {**said, "text": data.text}],
    }
    emit(session, actor, ApprovalQuestion(request.property_owner_id, request.id, data.text))
    return request


@command("system:expire", find=lock_approval, audit_as="ENTITY_STATUS_CHANGED")
def expire_request(session: Session, actor: Actor, request: AccessRequest) -> bool:
    """End a request whose time is over, decided or not; False if it is not.

    Undecided ones expire, their steps with them; what was approved and lapsed
    is closed.
    """
    if request.expires_at is None or request.expires_at > clock.now():
        return False
    if request.status is R.APPROVED:
        advance(request, Move.CLOSE)
        request.closed_at = clock.now()
        return True
    if request.status not in UNDECIDED:
        return False
    advance(request, Move.EXPIRE)
    _cancel_steps(session, request)
    emit(session, actor, ApprovalEnded(request.property_owner_id, request.id, request.status))
    return True


@command("system:remind", find=lock_approval)
def note_reminder(
    session: Session, actor: Actor, request: AccessRequest, task_id: uuid.UUID
) -> AccessRequestTask | None:
    """Note that a step's reviewer is reminded; None where that was done or nothing is open."""
    step = _current(_tasks(session, request))
    if step is None or step.id != task_id or (step.metadata_ or {}).get("reminded_at"):
        return None
    step.metadata_ = {**(step.metadata_ or {}), "reminded_at": clock.now().isoformat()}
    return step
