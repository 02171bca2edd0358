"""What this person can do with this ticket now: lifecycle and policy together.

Buttons, API links and tools all come from here, so that no screen offers what
a command refuses.
"""

from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import allows
from ecopick.domains.tickets.lifecycle import (
    PERMISSIONS,
    Action,
    AssignmentState,
    TicketStatus,
    possible,
)
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.policy import is_assignee, open_assignment
from ecopick.domains.tickets.queries.quotes import is_waiting

# Not while the price of the work waits for an approval.
RESTS = frozenset({Action.ACCEPT, Action.CONFIRM, Action.RESOLVE})


def available_actions(
    session: Session, actor: Actor, ticket: Ticket, *, price_waits: bool | None = None
) -> list[Action]:
    """The actions that would be accepted now, in the lifecycle's order.

    ``price_waits`` is whether its price waits for an approval, where that was just read.
    """
    assignment = open_assignment(session, ticket)
    found: list[Action] = []
    candidates = [*possible(ticket.status)]
    if ticket.status == TicketStatus.NEW:
        candidates.append(Action.ASSIGN)
    if price_waits is None and assignment is not None and assignment.vendor_org_id is not None:
        price_waits = is_waiting(session, ticket)
    if price_waits:
        candidates = [action for action in candidates if action not in RESTS]
    for action in candidates:
        permission = PERMISSIONS[action]
        if permission is None:
            continue
        if action is Action.ACCEPT:
            if (
                assignment is not None
                and assignment.state == AssignmentState.PENDING
                and not assignment.is_claim
                and is_assignee(actor, assignment)
            ):
                found.append(action)
            continue
        if action is Action.START and (
            assignment is None or assignment.state != AssignmentState.ACCEPTED
        ):
            continue
        if action is Action.CLAIM and not actor.vendor_org_ids:
            continue
        if action is Action.PUBLISH and (
            assignment is not None and assignment.state == AssignmentState.ACCEPTED
        ):
            continue
        if allows(session, actor, permission, ticket):
            found.append(action)
    return found
