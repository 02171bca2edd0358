"""Random links and incidents never close a circle, nest, or leave their owner."""

import os
import uuid
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from ecopick.core.errors import AppError
from ecopick.domains.tickets.commands.incidents import join_incident, leave_incident
from ecopick.domains.tickets.commands.related import link_tickets, restore_link, unlink_tickets
from ecopick.domains.tickets.commands.status import transition_ticket_status
from ecopick.domains.tickets.incident_inputs import JoinIncident, LinkTickets
from ecopick.domains.tickets.inputs import ChangeStatus
from ecopick.domains.tickets.lifecycle import LinkKind, TicketStatus
from ecopick.domains.tickets.models import Ticket, TicketLink
from tests.domains.tickets.test_main_line import report
from tests.factories import World

WALKS = 100 if os.environ.get("ECOPICK_FULL") else 6
OWN = 4
place = st.integers(0, OWN)
steps = st.lists(
    st.tuples(
        st.sampled_from(("duplicate", "cause", "unlink", "restore", "join", "leave", "cancel")),
        place,
        place,
    ),
    min_size=5,
    max_size=14,
)


def _step(session: Session, actor: Any, act: str, one: uuid.UUID, other: uuid.UUID) -> None:
    links = session.scalars(select(TicketLink).where(TicketLink.from_id == one)).all()
    match act:
        case "duplicate" | "cause":
            kind = LinkKind.DUPLICATE_OF if act == "duplicate" else LinkKind.CAUSED_BY
            link_tickets(session, actor, one, LinkTickets(other_id=other, kind=kind))
        case "unlink" if links:
            unlink_tickets(session, actor, one, links[0].id)
        case "restore" if links:
            restore_link(session, actor, one, links[-1].id)
        case "join":
            join_incident(session, actor, one, JoinIncident(ticket_id=[other]))
        case "leave":
            leave_incident(session, actor, one)
        case "cancel":
            change = ChangeStatus(status=TicketStatus.CANCELLED)
            transition_ticket_status(session, actor, one, change)


@settings(
    max_examples=WALKS,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=not os.environ.get("ECOPICK_FULL"),
)
@given(steps)
def test_links_and_incidents_keep_their_shape(
    world: World, other_world: World, walk: list[tuple[str, int, int]]
) -> None:
    """The last of the tickets is another owner's: nothing ever reaches it."""
    ids = [report(world, "manager").id for _each in range(OWN)] + [report(other_world).id]
    manager = world.actor("manager")
    for act, one, other in walk:
        try:
            with world.database.transaction(manager.scope) as session:
                _step(session, manager, act, ids[one], ids[other])
        except AppError:
            pass
        check_shape(world, ids)


def check_shape(world: World, ids: list[uuid.UUID]) -> None:
    """What holds after every step, whoever did it."""
    with Session(world.engine) as session:
        live = session.scalars(
            select(TicketLink).where(TicketLink.from_id.in_(ids), TicketLink.removed_at.is_(None))
        ).all()
        originals = {row.from_id: row.to_id for row in live if row.kind is LinkKind.DUPLICATE_OF}
        assert len(originals) == sum(row.kind is LinkKind.DUPLICATE_OF for row in live)
        for start in originals:
            seen, step = {start}, originals.get(start)
            while step is not None:
                assert step not in seen, "a duplicate of itself"
                seen.add(step)
                step = originals.get(step)
        assert all(ids[OWN] not in (row.from_id, row.to_id) for row in live)
        parent = aliased(Ticket)
        pairs = session.execute(
            select(Ticket, parent)
            .join(parent, parent.id == Ticket.parent_id)
            .where(Ticket.id.in_(ids))
        ).all()
        for child, above in pairs:
            assert above.parent_id is None and above.id != child.id
            assert above.property_owner_id == child.property_owner_id
