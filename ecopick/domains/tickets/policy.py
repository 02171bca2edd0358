"""Who may see a ticket and who may do what with it.

Seeing is written once, as conditions that serve both a whole list
(``visible_to``) and one ticket (``ticket:view``), so the two cannot differ.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import Rule, allows, policy
from ecopick.core.roles import OPERATIONS_ROLES, TENANT_STAFF_ROLES, MembershipRole
from ecopick.domains.governance.commands.use import uses_right
from ecopick.domains.governance.queries import granted, has_grant
from ecopick.domains.governance.resources import Resource, resource
from ecopick.domains.property.models import Building, PropertyOwner, Unit
from ecopick.domains.property.policy import may_report_at
from ecopick.domains.tickets.lifecycle import (
    OPEN_ASSIGNMENT,
    AssignmentState,
    AssignmentType,
    TicketStatus,
)
from ecopick.domains.tickets.models import Assignment, Ticket, TicketStakeholder
from ecopick.domains.tickets.outside import of_link

# Where an explicit grant for tickets may stand.
GRANTED_ON = {
    "Ticket": Ticket.id,
    "Building": Ticket.building_id,
    "PropertyOwner": Ticket.property_owner_id,
}


def view_rules(actor: Actor) -> Iterator[tuple[str, ColumnElement[bool]]]:
    """The named conditions, any of which lets ``actor`` see a ticket."""
    if actor.kind == "system":
        yield "system", Ticket.property_owner_id.in_(actor.owner_ids)
        return
    if actor.kind == "public":
        yield "request_link", of_link(actor)
        return
    if actor.is_app_admin and actor.break_glass_reason and actor.owner_id:
        yield "app_admin", Ticket.property_owner_id == actor.owner_id
    yield "operations", in_buildings_of(actor, OPERATIONS_ROLES)
    yield "reporter", Ticket.reporter_id == actor.user_id
    yield "resident", _resident(actor)
    yield "vendor", Ticket.vendor_org_id.in_(actor.vendor_org_ids)
    yield "stakeholder", _stakeholder(actor)
    yield "tenant_company_staff", _tenant_company_staff(actor)
    yield "permission", granted(actor, "view", "tickets", GRANTED_ON)


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The tickets that ``actor`` may see, as a condition of a query."""
    return or_(false(), *(condition for _, condition in view_rules(actor)))


def in_buildings_of(actor: Actor, roles: frozenset[MembershipRole]) -> ColumnElement[bool]:
    """The tickets of the owner for which one of ``roles`` in its staff counts."""
    if actor.owner_id is None:
        return false()
    buildings = actor.staff_buildings(actor.owner_id, roles)
    everywhere = true() if buildings is None else Ticket.building_id.in_(buildings)
    return and_(Ticket.property_owner_id == actor.owner_id, everywhere)


def _tenant_company_staff(actor: Actor) -> ColumnElement[bool]:
    """A company's own staff, unless the owner's settings switch this off."""
    companies = actor.tenant_company_ids(TENANT_STAFF_ROLES)
    if not companies:
        return false()
    owners = select(PropertyOwner.id).where(
        PropertyOwner.settings.contains({"tenant_company_staff": False}).is_not(True)
    )
    return and_(Ticket.tenant_company_id.in_(companies), Ticket.property_owner_id.in_(owners))


def _resident(actor: Actor) -> ColumnElement[bool]:
    homes = [
        Ticket.unit_id == home.unit_id
        if home.since is None
        else and_(Ticket.unit_id == home.unit_id, Ticket.created_at >= home.since)
        for home in actor.user_units
    ]
    return and_(Ticket.shared_at_home, or_(false(), *homes))


def _stakeholder(actor: Actor) -> ColumnElement[bool]:
    # Those who follow as somebody of the home see it as residents, while they are.
    return exists(
        select(TicketStakeholder.id).where(
            TicketStakeholder.ticket_id == Ticket.id,
            TicketStakeholder.user_id == actor.user_id,
            TicketStakeholder.removed_at.is_(None),
            TicketStakeholder.can_view,
            ~TicketStakeholder.of_household,
        )
    )


@dataclass(frozen=True)
class Known:
    """What was just read of a ticket for one reader, so that rules need not look again."""

    ticket_id: uuid.UUID
    user_id: uuid.UUID | None
    assignment: Assignment | None
    participation: TicketStakeholder | None
    holds_rights: bool


@contextmanager
def knowing(session: Session, facts: Known) -> Iterator[None]:
    """Let the rules use ``facts`` for their ticket and reader; for reading only."""
    session.info["known"] = facts
    try:
        yield
    finally:
        session.info.pop("known", None)


def _known(session: Session, ticket: Ticket, actor: Actor | None = None) -> Known | None:
    facts: Known | None = session.info.get("known")
    if facts is None or facts.ticket_id != ticket.id:
        return None
    return facts if actor is None or facts.user_id == actor.user_id else None


def stakeholder_of(session: Session, actor: Actor, ticket: Ticket) -> TicketStakeholder | None:
    """The actor's own live participation in the ticket; to follow at home gives no rights."""
    if (facts := _known(session, ticket, actor)) is not None:
        return facts.participation
    return session.scalars(
        select(TicketStakeholder).where(
            TicketStakeholder.ticket_id == ticket.id,
            TicketStakeholder.user_id == actor.user_id,
            TicketStakeholder.removed_at.is_(None),
            ~TicketStakeholder.of_household,
        )
    ).one_or_none()


def open_assignment(session: Session, ticket: Ticket) -> Assignment | None:
    """The assignment that is pending or accepted, if any."""
    if (facts := _known(session, ticket)) is not None:
        return facts.assignment
    return session.scalars(
        select(Assignment).where(
            Assignment.ticket_id == ticket.id, Assignment.state.in_(OPEN_ASSIGNMENT)
        )
    ).one_or_none()


def answer_stands_alone(session: Session, ticket: Ticket, assignment: Assignment) -> bool:
    """Whether nothing was built on an answer, so that it could be taken back."""
    if assignment.state == AssignmentState.ACCEPTED:
        return ticket.status == TicketStatus.IN_PROGRESS
    free = ticket.status in (TicketStatus.TRIAGED, TicketStatus.VENDOR_OPPORTUNITY)
    return (
        assignment.state == AssignmentState.DECLINED
        and free
        and open_assignment(session, ticket) is None
    )


def is_assignee(actor: Actor, assignment: Assignment | None) -> bool:
    """Whether the assignment asks this person, or the vendor they work for."""
    if assignment is None:
        return False
    if assignment.type == AssignmentType.INTERNAL:
        return assignment.assigned_to_user_id == actor.user_id
    return assignment.vendor_org_id in actor.vendor_org_ids


def lives_there(actor: Actor, ticket: Ticket) -> bool:
    """Whether the ticket is about a unit that the actor uses."""
    return any(home.unit_id == ticket.unit_id for home in actor.user_units)


@policy("ticket:view")
def may_see(session: Session, actor: Actor, ticket: Ticket) -> bool:
    """Any of the conditions for seeing a ticket."""
    return bool(session.scalar(select(exists().where(Ticket.id == ticket.id, visible_to(actor)))))


@policy(
    "ticket:edit",
    "ticket:resolve",
    "ticket:triage",
    "ticket:assign",
    "ticket:manage_stakeholders",
    "ticket:publish_opportunity",
    "ticket:work",
    "ticket:cancel",
    "ticket:comment",
    "ticket:attach",
    "ticket:note",
    "ticket:export",
    "ticket:explain",
    name="management",
)
def management(session: Session, actor: Actor, ticket: Ticket) -> bool:
    """Management roles that count for the ticket's building."""
    return actor.is_management(ticket.property_owner_id, ticket.building_id)


@policy(
    "ticket:triage",
    "ticket:comment",
    "ticket:attach",
    "ticket:note",
    name="operations",
)
def operations(session: Session, actor: Actor, ticket: Ticket) -> bool:
    """Operations roles that count for the ticket's building."""
    return actor.is_operations(ticket.property_owner_id, ticket.building_id)


@policy("ticket:edit", "ticket:work", name="stakeholder_edit")
def stakeholder_edit(session: Session, actor: Actor, ticket: Ticket) -> bool:
    """Participants who may edit."""
    mine = stakeholder_of(session, actor, ticket)
    return mine is not None and mine.can_edit


@policy("ticket:resolve", name="stakeholder_resolve")
def stakeholder_resolve(session: Session, actor: Actor, ticket: Ticket) -> bool:
    """Participants who may resolve."""
    mine = stakeholder_of(session, actor, ticket)
    return mine is not None and mine.can_resolve


@policy("ticket:comment", "ticket:attach", name="stakeholder_comment")
def stakeholder_comment(session: Session, actor: Actor, ticket: Ticket) -> bool:
    """Participants who may look and write."""
    mine = stakeholder_of(session, actor, ticket)
    return mine is not None and mine.can_view and mine.can_comment


@policy("ticket:comment", "ticket:attach", "ticket:close", "ticket:reopen", name="reporter")
def reporter(session: Session, actor: Actor, ticket: Ticket) -> bool:
    """Whoever reported it."""
    return ticket.reporter_id == actor.user_id


@policy("ticket:comment", "ticket:attach", name="resident")
def resident(session: Session, actor: Actor, ticket: Ticket) -> bool:
    """People of the unit, for what they may see."""
    return lives_there(actor, ticket) and may_see(session, actor, ticket)


@policy("ticket:cancel", name="reporter_early")
def reporter_early(session: Session, actor: Actor, ticket: Ticket) -> bool:
    """Whoever reported it, while it is new or triaged."""
    early = ticket.status in (TicketStatus.NEW, TicketStatus.TRIAGED)
    return early and ticket.reporter_id == actor.user_id


@policy("ticket:work", name="accepted_assignee")
def accepted_assignee(session: Session, actor: Actor, ticket: Ticket) -> bool:
    """Whoever accepted the present assignment, or works for the vendor that did."""
    found = open_assignment(session, ticket)
    accepted = found is not None and found.state == AssignmentState.ACCEPTED
    return accepted and is_assignee(actor, found)


@policy("ticket:await_tenant", name="work_or_triage")
def work_or_triage(session: Session, actor: Actor, ticket: Ticket) -> bool:
    """Whoever may work on it or triage it."""
    return allows(session, actor, "ticket:work", ticket) or allows(
        session, actor, "ticket:triage", ticket
    )


@policy("ticket:close", "ticket:reopen", name="edit")
def may_edit(session: Session, actor: Actor, ticket: Ticket) -> bool:
    """Whoever may edit it."""
    return allows(session, actor, "ticket:edit", ticket)


@policy("ticket:comment", "ticket:attach", name="assigned_vendor")
def assigned_vendor(session: Session, actor: Actor, ticket: Ticket) -> bool:
    """People of the assigned vendor."""
    return ticket.vendor_org_id is not None and ticket.vendor_org_id in actor.vendor_org_ids


@policy("ticket:respond_assignment", "vendor:respond_assignment", name="recipient")
def recipient(session: Session, actor: Actor, assignment: Assignment) -> bool:
    """Whom the assignment asks: a person, or everybody at a vendor."""
    return is_assignee(actor, assignment)


def vendor_of(assignment: Assignment) -> dict[str, uuid.UUID]:
    """Where an explicit right to answer for the asked vendor may stand."""
    if assignment.type != AssignmentType.VENDOR or assignment.vendor_org_id is None:
        return {}
    return {
        "VendorOrg": assignment.vendor_org_id,
        "PropertyOwner": assignment.property_owner_id,
    }


@policy(
    "ticket:respond_assignment",
    "vendor:respond_assignment",
    name="permission",
    on_use=uses_right("respond_assignment", "vendors", vendor_of),
)
def may_answer_by_right(session: Session, actor: Actor, assignment: Assignment) -> bool:
    """An explicit right to answer for the asked vendor, on it or on the whole owner."""
    return has_grant(session, actor, "respond_assignment", "vendors", vendor_of(assignment))


@policy("ticket:claim", name="vendor_member")
def vendor_member(session: Session, actor: Actor, ticket: Ticket) -> bool:
    """People of any vendor of the owner, while the job is open to vendors."""
    return bool(actor.vendor_org_ids) and ticket.open_to_vendors


def stands_in(ticket: Ticket) -> dict[str, uuid.UUID]:
    """The ticket and what it stands in: where an explicit right for it may be."""
    return {kind: getattr(ticket, column.key) for kind, column in GRANTED_ON.items()}


def _explicit_grant(verb: str) -> Rule:
    """A rule that looks for an explicit right of ``verb`` on the ticket or what it stands in."""

    def permission(session: Session, actor: Actor, ticket: Ticket) -> bool:
        """An explicit right on the ticket, its building or the whole owner."""
        facts = _known(session, ticket, actor)
        if facts is not None and not facts.holds_rights:
            return False
        return has_grant(session, actor, verb, "tickets", stands_in(ticket))

    return permission


# Acts and the verb of the right that allows them.
_VERBS = {
    "edit": "edit",
    "resolve": "resolve",
    "assign": "assign",
    "manage_stakeholders": "assign",
    "publish_opportunity": "assign",
    "triage": "triage",
    "export": "export",
    "comment": "comment",
    "attach": "comment",
}
for _act, _verb in _VERBS.items():
    policy(
        f"ticket:{_act}",
        name="permission",
        on_use=uses_right(
            _verb, "tickets", stands_in, building_of=lambda ticket: ticket.building_id
        ),
    )(_explicit_grant(_verb))


@resource("Ticket")
def _as_resource(session: Session, actor: Actor, ticket_id: uuid.UUID) -> Resource | None:
    found = session.scalar(select(Ticket).where(Ticket.id == ticket_id, visible_to(actor)))
    if found is None:
        return None
    return Resource("Ticket", found.id, found.property_owner_id, found.building_id, found.title)


# Creating: the subject is the building, or the unit in it.
@policy("ticket:create", name="place")
def may_report(session: Session, actor: Actor, place: Building | Unit) -> bool:
    """Staff, residents and tenants report where their roles, homes and leases reach."""
    if isinstance(place, Building):
        return may_report_at(session, actor, place)
    building = session.get_one(Building, place.building_id)
    return may_report_at(session, actor, building, place)


def _place(place: Building | Unit) -> dict[str, uuid.UUID]:
    building_id = place.id if isinstance(place, Building) else place.building_id
    above = {"Building": building_id, "PropertyOwner": place.property_owner_id}
    return {type(place).__name__: place.id} | above


@policy(
    "ticket:create",
    name="permission",
    on_use=uses_right(
        "raise_tickets", "tickets", _place, building_of=lambda place: _place(place)["Building"]
    ),
)
def may_report_by_grant(session: Session, actor: Actor, place: Building | Unit) -> bool:
    """An explicit right to raise tickets in the unit, its building or the whole owner."""
    return has_grant(session, actor, "raise_tickets", "tickets", _place(place))
