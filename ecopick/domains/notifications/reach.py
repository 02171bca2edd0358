"""How many people a message on several tickets reaches, before it is written."""

import uuid
from collections.abc import Collection
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, and_, exists, func, or_, select, union
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.roles import MANAGEMENT_ROLES, OPERATIONS_ROLES, VENDOR_ROLES, MembershipRole
from ecopick.domains.people.models import Membership, User
from ecopick.domains.people.queries import role_counts
from ecopick.domains.tickets.lifecycle import (
    OPEN_ASSIGNMENT,
    TERMINAL,
    AssignmentState,
    AssignmentType,
)
from ecopick.domains.tickets.models import (
    Assignment,
    StakeholderRole,
    Ticket,
    TicketStakeholder,
)
from ecopick.domains.tickets.queries.filters import in_scope
from ecopick.domains.tickets.queries.following import takes_part


def people_reached(
    session: Session, actor: Actor, ids: Collection[uuid.UUID], *, team: bool = False
) -> int:
    """How many others are told of a message on these tickets, in one statement.

    Nobody is on a closed ticket any more, and each person counts once, however many of
    the tickets are theirs. The same people as ``rules`` tells of the message itself.
    """
    session.info["authorized"] = True
    tickets = select(
        Ticket.id, Ticket.property_owner_id, Ticket.building_id, Ticket.reporter_id
    ).where(Ticket.id.in_(ids), in_scope(actor), Ticket.status.not_in(TERMINAL))
    chosen = tickets.cte("chosen")
    management = select(Membership.user_id, chosen.c.id).where(_staff(chosen, MANAGEMENT_ROLES))
    involved = union(
        select(chosen.c.reporter_id.label("user_id"), chosen.c.id), *_involved(chosen)
    ).subquery()
    found = select(involved.c.user_id).join(chosen, chosen.c.id == involved.c.id)
    if team:
        found = found.where(
            exists(
                select(Membership.id).where(
                    Membership.user_id == involved.c.user_id, _staff(chosen, OPERATIONS_ROLES)
                )
            )
        )
    people = union(found, select(management.subquery().c.user_id)).subquery()
    counted = (
        select(func.count())
        .select_from(people)
        .join(User, User.id == people.c.user_id)
        .where(User.is_system.is_(False), User.id != actor.user_id)
    )
    return int(session.scalar(counted) or 0)


def _staff(chosen: CTE, roles: frozenset[MembershipRole]) -> ColumnElement[bool]:
    """A membership in the owner's own staff that counts for the ticket's building."""
    return and_(
        Membership.property_owner_id == chosen.c.property_owner_id,
        Membership.tenant_company_id.is_(None),
        Membership.role.in_(roles),
        role_counts(),
        or_(Membership.building_id.is_(None), Membership.building_id == chosen.c.building_id),
    )


def _involved(chosen: CTE) -> tuple[Select[Any, Any], ...]:
    """Participants who may look, and the member of the staff who has or was asked for it."""
    vendor_person = exists(
        select(Membership.id).where(
            Membership.user_id == TicketStakeholder.user_id,
            Membership.role.in_(VENDOR_ROLES),
            role_counts(),
        )
    )
    accepted = exists(
        select(Membership.id)
        .join(Assignment, Assignment.vendor_org_id == Membership.vendor_org_id)
        .where(
            Assignment.ticket_id == TicketStakeholder.ticket_id,
            Assignment.state == AssignmentState.ACCEPTED,
            Membership.user_id == TicketStakeholder.user_id,
            Membership.role.in_(VENDOR_ROLES),
            role_counts(),
        )
    )
    participants = (
        select(TicketStakeholder.user_id, chosen.c.id)
        .join(chosen, chosen.c.id == TicketStakeholder.ticket_id)
        .where(
            takes_part(),
            TicketStakeholder.can_view,
            or_(and_(TicketStakeholder.role != StakeholderRole.VENDOR, ~vendor_person), accepted),
        )
    )
    assignees = (
        select(Assignment.assigned_to_user_id, chosen.c.id)
        .join(chosen, chosen.c.id == Assignment.ticket_id)
        .where(
            Assignment.state.in_(OPEN_ASSIGNMENT),
            Assignment.type == AssignmentType.INTERNAL,
            Assignment.assigned_to_user_id.is_not(None),
        )
    )
    return participants, assignees
