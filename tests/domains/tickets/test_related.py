"""Links between tickets, and what is found near one."""

import pytest
from sqlalchemy import select

from ecopick.core.audit.models import AuditEvent
from ecopick.core.errors import Conflict, Forbidden, Invalid, NotFound
from ecopick.domains.tickets.commands.related import link_tickets, restore_link, unlink_tickets
from ecopick.domains.tickets.incident_inputs import LinkTickets, ListRelated
from ecopick.domains.tickets.lifecycle import LinkKind, TicketStatus
from ecopick.domains.tickets.models import Ticket, TicketLink
from ecopick.domains.tickets.queries.detail import ticket_view
from ecopick.domains.tickets.queries.related import (
    linked_tickets,
    related_counts,
    related_groups,
)
from tests.domains.tickets.test_main_line import now_at, report
from tests.factories import World


def link(world: World, one: Ticket, other: Ticket, kind: str, who: str = "manager", **how: bool):
    """Somebody links two tickets."""
    actor = world.actor(who)
    data = LinkTickets(other_id=other.id, kind=LinkKind(kind), **how)
    with world.database.transaction(actor.scope) as session:
        return link_tickets(session, actor, one.id, data)


def test_a_link_stands_in_both_histories_and_can_be_taken_back(world: World) -> None:
    one, other = report(world), report(world, title="Der Keller steht unter Wasser")
    made = link(world, one, other, "CAUSED_BY")
    manager = world.actor("manager")
    for ticket, outward in ((one, True), (other, False)):
        with world.database.transaction(manager.scope) as session:
            view = ticket_view(session, manager, ticket.id).ticket
            (line,) = linked_tickets(session, manager, view)
            assert (line.outward, line.kind) == (outward, LinkKind.CAUSED_BY)
            assert related_counts(session, view).linked == 1
            entry = session.scalars(
                select(AuditEvent).where(
                    AuditEvent.ticket_id == ticket.id, AuditEvent.action == "TICKET_UPDATED"
                )
            ).one()
            assert entry.meta["source"] == "linked" and entry.meta["other"].startswith("EP-")
    with pytest.raises(Conflict):
        link(world, one, other, "CAUSED_BY")
    with world.database.transaction(manager.scope) as session:
        unlink_tickets(session, manager, other.id, made.id)
    with world.database.transaction(manager.scope) as session:
        view = ticket_view(session, manager, one.id).ticket
        assert linked_tickets(session, manager, view) == []
        restore_link(session, manager, one.id, made.id)
        assert len(linked_tickets(session, manager, view)) == 1


def test_links_need_both_tickets(world: World, other_world: World) -> None:
    one, other = report(world), report(world, "neighbour", unit_id=world.neighbour_unit_id)
    foreign = report(other_world)
    with pytest.raises(Forbidden):
        link(world, one, other, "DUPLICATE_OF", "caretaker")
    with pytest.raises(Invalid):
        link(world, one, other, "DUPLICATE_OF", "resident")
    with pytest.raises(NotFound):
        link(world, foreign, one, "DUPLICATE_OF")
    for wrong in (foreign, one):
        with pytest.raises(Invalid) as caught:
            link(world, one, wrong, "DUPLICATE_OF")
        assert "other_id" in caught.value.fields


def test_a_duplicate_is_cancelled_and_its_reporter_follows_or_nothing_happens(
    world: World,
) -> None:
    original = report(world, "neighbour", unit_id=world.neighbour_unit_id)
    twin = report(world)
    third = report(world, "neighbour", unit_id=world.neighbour_unit_id)
    link(world, twin, original, "DUPLICATE_OF", cancel=True, follow=True)
    assert now_at(world, twin).status is TicketStatus.CANCELLED
    resident = world.actor("resident")
    with world.database.transaction(resident.scope) as session:
        assert ticket_view(session, resident, original.id).ticket.number == original.number
    with pytest.raises(Conflict, match="circle"):
        link(world, original, twin, "DUPLICATE_OF")
    with pytest.raises(Conflict, match="terminal"):  # Nobody can follow what is cancelled.
        link(world, third, twin, "DUPLICATE_OF", cancel=True, follow=True)
    assert now_at(world, third).status is not TicketStatus.CANCELLED
    manager = world.actor("manager")
    with world.database.transaction(manager.scope) as session:
        made = select(TicketLink.id).where(TicketLink.from_id == third.id)
        assert session.scalars(made).all() == []


def test_related_tickets_stand_in_the_closest_group(world: World) -> None:
    ticket = report(world)
    same_unit = report(world, title="Heizung kalt")
    alike = report(
        world, "manager", building_id=world.second_building_id, unit_id=None,
        title="Wasser tritt unter Küchenspüle aus",
    )  # fmt: skip
    nearby = [
        report(world, "manager", unit_id=world.neighbour_unit_id, title=f"Tür klemmt {n}")
        for n in range(6)
    ]
    manager = world.actor("manager")
    with world.database.transaction(manager.scope) as session:
        view = ticket_view(session, manager, ticket.id).ticket
        found = {
            group.name: group for group in related_groups(session, manager, view, ListRelated())
        }
        assert [line.id for line in found["unit"].lines] == [same_unit.id]
        assert [line.id for line in found["similar"].lines] == [alike.id]
        building = found["building"]
        assert [line.id for line in building.lines] == [row.id for row in nearby[:0:-1]]
        asked = ListRelated(group="building", cursor=building.next_cursor)
        (rest,) = related_groups(session, manager, view, asked)
        assert [line.id for line in rest.lines] == [nearby[0].id] and rest.next_cursor is None
        assert related_counts(session, view).in_building == 7
