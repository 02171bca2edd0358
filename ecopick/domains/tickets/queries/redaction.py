"""What a vendor may not know before the job is theirs."""

from ecopick.core.actor import Actor
from ecopick.domains.tickets.lifecycle import AssignmentState
from ecopick.domains.tickets.models import Assignment, Ticket
from ecopick.domains.tickets.policy import lives_there


def hides_people(actor: Actor, ticket: Ticket, assignment: Assignment | None) -> bool:
    """Whether occupants' names, phones, access notes, messages and files stay hidden.

    So for anybody who sees the ticket only as a vendor, until the vendor's
    assignment is accepted.
    """
    if actor.kind == "system" or actor.is_operations(ticket.property_owner_id, ticket.building_id):
        return False
    if ticket.reporter_id == actor.user_id or lives_there(actor, ticket):
        return False
    if not actor.vendor_org_ids:
        return False
    theirs = assignment is not None and assignment.vendor_org_id in actor.vendor_org_ids
    accepted = assignment is not None and assignment.state == AssignmentState.ACCEPTED
    return not (theirs and accepted)


def sees_team(actor: Actor, ticket: Ticket) -> bool:
    """Whether team notes are shown: to the owner's own staff."""
    return actor.kind == "system" or actor.is_operations(
        ticket.property_owner_id, ticket.building_id
    )
