"""The service of tickets, through real commands on a real database."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from ecopick.core import clock, tenancy
from ecopick.core.actor import Actor
from ecopick.core.audit.models import AccessDecision, AuditEvent
from ecopick.core.errors import Conflict, Forbidden, Invalid, NotFound
from ecopick.core.uow import WriteOutsideCommand
from ecopick.domains.sla.queries import events_of
from ecopick.domains.tickets.commands.assignment import (
    assign_ticket,
    cancel_assignment,
    lapse_assignment,
    respond_assignment,
    undo_response,
)
from ecopick.domains.tickets.commands.conversation import post_message
from ecopick.domains.tickets.commands.intake import create_ticket, triage_ticket, update_ticket
from ecopick.domains.tickets.commands.status import (
    close_resolved,
    mark_breached,
    mark_warned,
    transition_ticket_status,
)
from ecopick.domains.tickets.inputs import (
    AssignTicket,
    CancelAssignment,
    ChangeStatus,
    CreateTicket,
    PostMessage,
    RespondAssignment,
    TriageTicket,
    UpdateTicket,
)
from ecopick.domains.tickets.lifecycle import AssignmentState, AttachmentType, TicketStatus
from ecopick.domains.tickets.models import Assignment, Attachment, ScanState, Ticket
from ecopick.domains.tickets.queries.find import get_ticket
from tests.factories import World
from tests.figures import timed

S = TicketStatus


def report(world: World, who: str = "resident", **values: object) -> Ticket:
    """A ticket reported by somebody, routed as the rules say."""
    actor = world.actor(who)
    data = CreateTicket.model_validate(
        {
            "building_id": world.building_id,
            "unit_id": world.unit_id,
            "title": "Wasser tritt unter der Küchenspüle aus",
            "category": "plumbing",
            "priority": "HIGH",
            **values,
        }
    )
    with world.database.transaction(actor.scope) as session:
        return create_ticket(session, actor, data)


def assign_vendor(world: World, ticket: Ticket, *, second: bool = False) -> Assignment:
    """The manager sends the ticket to a vendor."""
    manager = world.actor("manager")
    vendor = world.second_vendor_org_id if second else world.vendor_org_id
    with world.database.transaction(manager.scope) as session:
        return assign_ticket(
            session, manager, ticket.id, AssignTicket(type="VENDOR", vendor_org_id=vendor)
        )


def answer(
    world: World, assignment: Assignment, who: str = "vendor", *, accept: bool = True
) -> None:
    """The assignee answers."""
    actor = world.actor(who)
    with world.database.transaction(actor.scope) as session:
        respond_assignment(session, actor, assignment.id, RespondAssignment(accept=accept))


def status(world: World, ticket: Ticket, target: str, who: str = "manager") -> None:
    """Somebody changes the status."""
    actor = world.actor(who)
    with world.database.transaction(actor.scope) as session:
        transition_ticket_status(session, actor, ticket.id, ChangeStatus(status=S(target)))


def add_evidence(world: World, ticket: Ticket) -> None:
    """A clean piece of evidence, as the upload would leave it."""
    world.add(
        Attachment(
            property_owner_id=world.owner_id,
            ticket_id=ticket.id,
            uploaded_by_id=world.people["vendor"],
            type=AttachmentType.RESOLUTION_EVIDENCE,
            storage_key=f"evidence/{ticket.id}",
            file_name="after.jpg",
            scan_state=ScanState.CLEAN,
        )
    )


def now_at(world: World, ticket: Ticket) -> Ticket:
    """The ticket as it stands in the database."""
    system = Actor.system(world.owner_id)
    with world.database.transaction(system.scope) as session:
        return get_ticket(session, system, ticket.id)


def audit_actions(world: World, ticket: Ticket) -> list[str]:
    """The business audit of a ticket, oldest first."""
    system = Actor.system(world.owner_id)
    with world.database.transaction(system.scope) as session:
        return list(
            session.scalars(
                select(AuditEvent.action)
                .where(AuditEvent.ticket_id == ticket.id)
                .order_by(AuditEvent.created_at, AuditEvent.id)
            )
        )


def test_a_request_becomes_a_closed_ticket(world: World) -> None:
    ticket = report(world)
    assert now_at(world, ticket).status == S.NEW
    manager = world.actor("manager")
    with world.database.transaction(manager.scope) as session:
        triage_ticket(session, manager, ticket.id, TriageTicket())
    assignment = assign_vendor(world, ticket)
    answer(world, assignment)
    assert now_at(world, ticket).status == S.IN_PROGRESS
    with pytest.raises(Conflict, match="evidence_missing"):
        status(world, ticket, "RESOLVED", "vendor")
    add_evidence(world, ticket)
    status(world, ticket, "RESOLVED", "vendor")
    status(world, ticket, "CLOSED", "resident")
    found = now_at(world, ticket)
    assert (found.status, found.closed_at is not None) == (S.CLOSED, True)
    assert audit_actions(world, ticket) == [
        "TICKET_CREATED",
        "TRIAGED",
        "DISPATCHED",
        "VENDOR_ACCEPTED",
        "RESOLVED",
        "CLOSED",
    ]


def test_routing_triages_assigns_and_writes_as_the_system(world: World) -> None:
    rule_id = world.add_rule(vendor=True)
    ticket = report(world)
    found = now_at(world, ticket)
    assert (found.status, found.vendor_org_id) == (S.ASSIGNED, world.vendor_org_id)
    assert audit_actions(world, ticket) == ["TICKET_CREATED", "TRIAGED", "DISPATCHED"]
    system = Actor.system(world.owner_id)
    with world.database.transaction(system.scope) as session:
        entry = session.execute(
            select(AuditEvent.actor_id, AuditEvent.meta).where(
                AuditEvent.ticket_id == ticket.id, AuditEvent.action == "DISPATCHED"
            )
        ).one()
    assert entry.actor_id is None
    assert (entry.meta["source"], entry.meta["rule_id"]) == ("auto_route", str(rule_id))


def test_a_decline_goes_to_the_next_rule_without_the_decliner(world: World) -> None:
    world.add_rule(vendor=True, priority=10)
    world.add_rule(second_vendor=True)
    ticket = report(world)
    first = now_at(world, ticket).current_assignment_id
    actor = world.actor("vendor")
    with world.database.transaction(actor.scope) as session:
        respond_assignment(session, actor, first, RespondAssignment(accept=False, reason="full"))
    found = now_at(world, ticket)
    assert (found.status, found.vendor_org_id) == (S.ASSIGNED, world.second_vendor_org_id)
    second = world.actor("vendor_two")
    with world.database.transaction(second.scope) as session:
        respond_assignment(
            session, second, found.current_assignment_id, RespondAssignment(accept=False)
        )
    assert now_at(world, ticket).status == S.TRIAGED


def test_silence_is_cancelled_and_routed_on(world: World) -> None:
    world.add_rule(vendor=True, priority=10)
    world.add_rule(assignee="caretaker")
    ticket = report(world, priority="URGENT")
    first = now_at(world, ticket).current_assignment_id
    assert first is not None
    system = Actor.system(world.owner_id)
    with world.database.transaction(system.scope) as session:
        assert not lapse_assignment(session, system, first)
    clock.shift(timedelta(minutes=31))
    with world.database.transaction(system.scope) as session:
        assert lapse_assignment(session, system, first)
    with world.database.transaction(system.scope) as session:
        assert not lapse_assignment(session, system, first)
    found = now_at(world, ticket)
    assert (found.status, found.vendor_org_id) == (S.ASSIGNED, None)


def test_an_accept_can_be_undone_for_a_quarter_of_an_hour(world: World) -> None:
    ticket = report(world)
    assignment = assign_vendor(world, ticket)
    answer(world, assignment)
    actor = world.actor("vendor")
    clock.shift(timedelta(minutes=14))
    with world.database.transaction(actor.scope) as session:
        undo_response(session, actor, assignment.id)
    assert now_at(world, ticket).status == S.ASSIGNED
    answer(world, assignment)
    clock.shift(timedelta(minutes=16))
    with (
        pytest.raises(Conflict, match="undo_expired"),
        world.database.transaction(actor.scope) as session,
    ):
        undo_response(session, actor, assignment.id)


def test_waiting_for_the_tenant_pauses_the_clock(world: World) -> None:
    ticket = report(world)
    due = now_at(world, ticket).sla_due_at
    assert due == ticket.created_at + timedelta(minutes=240)
    status(world, ticket, "AWAITING_TENANT")
    clock.shift(timedelta(minutes=25))
    resident = world.actor("resident")
    with world.database.transaction(resident.scope) as session:
        post_message(session, resident, ticket.id, PostMessage(body="Ich bin ab 14 Uhr da."))
    found = now_at(world, ticket)
    assert found.status == S.NEW
    assert found.sla_due_at is not None and due is not None
    assert abs(found.sla_due_at - due - timedelta(minutes=25)) < timedelta(seconds=30)
    system = Actor.system(world.owner_id)
    with world.database.transaction(system.scope) as session:
        kinds = [event.type.value for event in events_of(session, ticket.id)]
    assert kinds == ["started", "paused", "resumed"]


def test_the_sweep_warns_and_marks_once(world: World) -> None:
    ticket = report(world, priority="URGENT")
    system = Actor.system(world.owner_id)
    clock.shift(timedelta(minutes=49))
    for expected in ([ticket.id], []):
        with world.database.transaction(system.scope) as session:
            assert mark_warned(session, system, world.owner_id, clock.now()) == expected
    clock.shift(timedelta(minutes=12))
    for expected in ([ticket.id], []):
        with world.database.transaction(system.scope) as session:
            assert mark_breached(session, system, world.owner_id, clock.now()) == expected


def test_a_solved_ticket_closes_itself_after_seven_days(world: World) -> None:
    ticket = report(world)
    answer(world, assign_vendor(world, ticket))
    add_evidence(world, ticket)
    status(world, ticket, "RESOLVED", "vendor")
    system = Actor.system(world.owner_id)
    with world.database.transaction(system.scope) as session:
        assert not close_resolved(session, system, ticket.id)
    clock.shift(timedelta(days=7, minutes=1))
    with world.database.transaction(system.scope) as session:
        assert close_resolved(session, system, ticket.id)
    assert now_at(world, ticket).status == S.CLOSED
    with pytest.raises(Conflict):
        status(world, ticket, "CANCELLED")
    with pytest.raises(Conflict, match="illegal_transition"):
        assign_vendor(world, ticket)


def test_reassigning_releases_whoever_was_asked(world: World) -> None:
    ticket = report(world)
    first = assign_vendor(world, ticket)
    answer(world, first)
    assign_vendor(world, ticket, second=True)
    system = Actor.system(world.owner_id)
    with world.database.transaction(system.scope) as session:
        states = {
            row.vendor_org_id: row.state
            for row in session.execute(
                select(Assignment.vendor_org_id, Assignment.state).where(
                    Assignment.ticket_id == ticket.id
                )
            )
        }
    assert states == {
        world.vendor_org_id: AssignmentState.CANCELLED,
        world.second_vendor_org_id: AssignmentState.PENDING,
    }
    with pytest.raises(NotFound):
        status(world, ticket, "RESOLVED", "vendor")


def test_management_takes_an_assignment_back(world: World) -> None:
    ticket = report(world)
    assign_vendor(world, ticket)
    manager = world.actor("manager")
    with world.database.transaction(manager.scope) as session:
        cancel_assignment(session, manager, ticket.id, CancelAssignment(reason="other plan"))
    found = now_at(world, ticket)
    assert (found.status, found.current_assignment_id) == (S.TRIAGED, None)


def test_who_may_not(world: World, other_world: World) -> None:
    ticket = report(world)
    with pytest.raises(Forbidden):
        status(world, ticket, "AWAITING_TENANT", "resident")
    with pytest.raises(NotFound):
        status(world, ticket, "CANCELLED", "neighbour")
    stranger = other_world.actor("manager")
    with (
        pytest.raises(NotFound),
        world.database.transaction(stranger.scope) as session,
    ):
        triage_ticket(session, stranger, ticket.id, TriageTicket())
    caretaker = world.actor("caretaker")
    with (
        pytest.raises(Forbidden),
        world.database.transaction(caretaker.scope) as session,
    ):
        update_ticket(session, caretaker, ticket.id, UpdateTicket(title="Nein"))


def test_foreign_ids_in_the_body_are_refused_and_nothing_is_written(
    world: World, other_world: World
) -> None:
    ticket = report(world)
    manager = world.actor("manager")
    for data in (
        AssignTicket(type="VENDOR", vendor_org_id=other_world.vendor_org_id),
        AssignTicket(type="INTERNAL", assigned_to_user_id=other_world.people["caretaker"]),
        AssignTicket(type="INTERNAL", assigned_to_user_id=world.people["resident"]),
    ):
        with (
            pytest.raises(Invalid),
            world.database.transaction(manager.scope) as session,
        ):
            assign_ticket(session, manager, ticket.id, data)
    assert now_at(world, ticket).status == S.NEW
    with pytest.raises(Invalid):
        report(world, unit_section_id=other_world.section_id)


def test_a_denial_survives_the_rollback(world: World) -> None:
    ticket = report(world)
    with pytest.raises(Forbidden):
        status(world, ticket, "AWAITING_TENANT", "resident")
    system = Actor.system(world.owner_id)
    with world.database.transaction(system.scope) as session:
        denied = session.execute(
            select(AccessDecision.action, AccessDecision.granted).where(
                AccessDecision.user_id == world.people["resident"],
                AccessDecision.resource_id == ticket.id,
                AccessDecision.granted.is_(False),
            )
        ).all()
    assert [tuple(row) for row in denied] == [("ticket:await_tenant", False)]


def test_a_write_outside_a_command_raises(world: World) -> None:
    ticket = report(world)
    manager = world.actor("manager")
    with world.database.session() as session, tenancy.use_scope(manager.scope):
        get_ticket(session, manager, ticket.id).title = "Sneaky"
        with pytest.raises(WriteOutsideCommand):
            session.flush()


def test_numbers_have_no_gaps_under_fifty_parallel_creates(world: World) -> None:
    errors: list[BaseException] = []

    def create() -> None:
        try:
            report(world, "manager")
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=create) for _ in range(50)]
    with timed("races", "50 parallel creates of one owner"):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert errors == []
    system = Actor.system(world.owner_id)
    with world.database.transaction(system.scope) as session:
        numbers = list(session.scalars(select(Ticket.number).order_by(Ticket.number)))
    assert numbers == list(range(1, 51))
