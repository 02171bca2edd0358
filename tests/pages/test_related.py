"""Related tickets, links and incidents on their pages, without scripts."""

import re
import uuid

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.domains.tickets.lifecycle import TicketStatus
from ecopick.domains.tickets.models import (
    Attachment,
    IncidentRun,
    Message,
    Ticket,
    TicketLink,
)
from tests.domains.tickets.test_main_line import add_evidence, answer, assign_vendor, report
from tests.factories import World
from tests.pages.test_tickets import Desk
from tests.statements import LOG, statements


def rows(world: World, query: object) -> list[object]:
    """What a query finds behind the walls."""
    with Session(world.engine) as session:
        return list(session.scalars(query))  # type: ignore[call-overload]


def stored(world: World, ticket: Ticket) -> Ticket:
    (found,) = rows(world, select(Ticket).where(Ticket.id == ticket.id))
    assert isinstance(found, Ticket)
    return found


def page_of(ticket: Ticket, **query: str) -> str:
    more = "".join(f"&{name}={value}" for name, value in query.items())
    return f"/en/tickets/{ticket.id}?section=related{more}"


def incident(desk: Desk, children: list[Ticket], **form: object) -> Ticket:
    """A new incident over tickets, made by the form; answers the parent."""
    where, _page = desk.post(
        "/en/tickets/join",
        into="new",
        title="No heating in the house",
        building_id=str(desk.world.building_id),
        category="hvac",
        priority="URGENT",
        ticket_id=[str(row.id) for row in children],
        **form,
    )
    key = uuid.UUID(re.search(r"tickets/([0-9a-f-]{36})", where).group(1))  # type: ignore[union-attr]
    (parent,) = rows(desk.world, select(Ticket).where(Ticket.id == key))
    assert isinstance(parent, Ticket)
    return parent


def test_links_are_made_shown_and_taken_back(client: FlaskClient, world: World) -> None:
    desk = Desk(client, world, "manager")
    one, other = report(world), report(world, "neighbour", unit_id=world.neighbour_unit_id)
    page = desk.get(page_of(one))
    assert "Similar text" in page and f"EP-{other.number} was caused by this" in page
    fragment = desk.get(page_of(one), **{"HX-Request-Type": "partial"})
    assert "<html" not in fragment and "Similar text" in fragment
    form = {"kind": "CAUSED_BY", "other_id": str(other.id), "shown": str(other.id)}
    where, _page = desk.post(f"/en/tickets/{one.id}/links", **form)
    assert str(other.id) in where
    page = desk.get(where)
    assert "Caused by this" in page and "Tickets linked" in page and "Linked tickets" in page
    (link,) = rows(world, select(TicketLink).where(TicketLink.from_id == one.id))
    _where, page = desk.post(f"/en/tickets/{one.id}/links", 409, **form)
    assert "linked already" in page
    where, _page = desk.post(f"/en/tickets/{other.id}/links/{link.id}/remove")
    assert f"/links/{link.id}/restore" in desk.get(where)
    desk.post(f"/en/tickets/{other.id}/links/{link.id}/restore")
    assert "This was caused by" in desk.get(page_of(one))
    history = desk.get(f"/en/tickets/{one.id}?section=history")
    assert f"named EP-{other.number} as the cause" in history


def test_a_duplicate_is_asked_about_first(client: FlaskClient, world: World) -> None:
    desk = Desk(client, world, "manager")
    original = report(world, "neighbour", unit_id=world.neighbour_unit_id)
    twin = report(world)
    page = desk.get(f"/en/tickets/{twin.id}/duplicate?of={original.id}")
    assert f"Cancel EP-{twin.number}" in page and 'name="follow"' in page
    assert not re.search(r'name="(cancel|follow)"[^>]*checked', page)
    where, _page = desk.post(
        f"/en/tickets/{twin.id}/links",
        kind="DUPLICATE_OF",
        other_id=str(original.id),
        cancel="true",
        follow="true",
    )
    assert "This is a duplicate of" in desk.get(where)
    assert stored(world, twin).status is TicketStatus.CANCELLED
    history = desk.get(f"/en/tickets/{twin.id}?section=history")
    assert f"Duplicate of EP-{original.number}" in history
    _where, page = desk.post(
        f"/en/tickets/{original.id}/links", 409, kind="DUPLICATE_OF", other_id=str(twin.id)
    )
    assert "duplicate of this ticket" in page


def test_an_incident_is_joined_told_and_ended(client: FlaskClient, world: World) -> None:
    desk = Desk(client, world, "manager")
    mine = report(world)
    theirs = report(world, "neighbour", unit_id=world.neighbour_unit_id)
    third = report(world, "manager", unit_id=None)
    form = desk.get("/en/tickets/join?" + "&".join(f"ticket_id={t.id}" for t in (mine, theirs)))
    assert (
        f'value="{theirs.id}"' in form
        and "A new incident" in form
        and "Water" not in form.split("<main")[0]
    )
    # The bar below the list posts what is selected; closed tickets stay out.
    closed = report(world, "manager", unit_id=None)
    desk.post(f"/en/tickets/{closed.id}/status", status="CANCELLED", reason="Irrtum")
    chosen = {"ticket_id": [str(mine.id), str(closed.id)], "next": "/en/tickets"}
    _where, form = desk.post("/en/tickets/join", 200, **chosen)
    assert "1 closed ticket stays out" in form and f'value="{closed.id}"' not in form
    assert 'formaction="/en/tickets/join"' in desk.get("/en/tickets")
    parent = incident(desk, [mine, theirs, third])
    form = desk.get(f"/en/tickets/join?ticket_id={mine.id}")
    assert f'value="{parent.id}" checked' in form and "A new incident" not in form
    page = desk.get(page_of(parent))
    assert "Tickets of this incident" in page and "3 people reported it" in page
    assert "Part of an incident" in desk.get(page_of(mine))
    # A ticket of an incident can take none below it, and stands in one only.
    for into, ids in ((mine.id, [third.id]), (third.id, [parent.id])):
        _where, page = desk.post(
            "/en/tickets/join", 409, into=str(into), ticket_id=[str(key) for key in ids]
        )
        assert "data-error-summary" in page
    where, _page = desk.post(f"/en/tickets/{third.id}/incident/leave", shown=str(parent.id))
    assert f"/incident/return/{parent.id}" in desk.get(where)
    desk.post(f"/en/tickets/{third.id}/incident/return/{parent.id}")
    assert stored(world, third).parent_id == parent.id

    key = str(uuid.uuid4())
    told = f"/en/tickets/{parent.id}/incident/message"
    first = desk.post(told, body="Pumpe bestellt", idempotency_key=key)[0]
    assert desk.post(told, body="Pumpe bestellt", idempotency_key=key)[0] == first
    assert "3 tickets done" in desk.get(first)
    said = rows(world, select(Message).where(Message.body == "Pumpe bestellt"))
    assert sorted(m.ticket_id for m in said) == sorted([parent.id, mine.id, theirs.id, third.id])  # type: ignore[attr-defined]

    # Each reporter hears of their own ticket and of no other.
    page = Desk(client, world, "resident").get(f"/en/tickets/{mine.id}")
    assert "Pumpe bestellt" in page and "for several homes" in page
    assert not any(str(other.id) in page for other in (parent, theirs, third))
    desk = Desk(client, world, "manager")

    # Work under way on one; the others cannot be resolved, and say why.
    for ticket in (parent, mine):
        answer(world, assign_vendor(world, ticket))
    add_evidence(world, parent)
    where, _page = desk.post(f"/en/tickets/{parent.id}/status", status="RESOLVED")
    assert where.endswith("/incident/finish?status=RESOLVED")
    page = desk.get(where)
    assert "Nobody works on it yet" in page and "Attach the proof of work" in page
    assert re.search(rf'name="choice-{mine.id}" value="apply" checked', page)
    where, _page = desk.post(
        f"/en/tickets/{parent.id}/incident/finish",
        status="RESOLVED",
        evidence="true",
        body="Es ist wieder warm",
        **{
            f"choice-{mine.id}": "apply",
            f"choice-{theirs.id}": "apply",
            f"choice-{third.id}": "detach",
        },
    )
    page = desk.get(where)
    assert "1 ticket could not be done" in page and 'data-outcome="refused"' in page
    assert stored(world, parent).status is TicketStatus.RESOLVED
    assert stored(world, mine).status is TicketStatus.RESOLVED
    assert stored(world, theirs).status is TicketStatus.NEW
    assert stored(world, third).parent_id is None
    files = rows(world, select(Attachment.storage_key).where(Attachment.ticket_id == mine.id))
    assert files == [f"evidence/{parent.id}"]
    # The refused ticket kept nothing of its half-done steps.
    assert not rows(
        world,
        select(Message).where(Message.ticket_id == theirs.id, Message.body == "Es ist wieder warm"),
    )
    assert "1 ticket of this incident is still open" in desk.get(page_of(parent))


def test_many_tickets_are_a_jobs_work(client: FlaskClient, world: World, settings) -> None:  # type: ignore[no-untyped-def]
    from ecopick.domains.tickets.commands import incident_runs
    from jobs import incidents as job
    from jobs.runtime import make_runtime, use_runtime

    desk = Desk(client, world, "manager")
    children = [report(world, "manager") for _each in range(incident_runs.AT_ONCE + 1)]
    parent = incident(desk, children)
    where, _page = desk.post(f"/en/tickets/{parent.id}/incident/message", body="Wir sind dran")
    page = desk.get(where)
    assert "0 of 26 tickets" in page and "every 1s" in page
    use_runtime(make_runtime(settings, world.database))
    try:
        assert job.work() >= 1
        assert job.work() == 0
    finally:
        use_runtime(None)
    assert "26 tickets done" in desk.get(where)
    assert len(rows(world, select(Message).where(Message.body == "Wir sind dran"))) == 27
    (run,) = rows(world, select(IncidentRun).where(IncidentRun.parent_id == parent.id))
    assert len(run.results) == 26  # type: ignore[attr-defined]
    with statements(world.database, but=LOG) as sent:
        desk.get(page_of(parent))
    assert len(sent) <= 14, sent


@pytest.mark.parametrize("who", ["caretaker", "resident", "vendor"])
def test_only_management_links_and_joins(client: FlaskClient, world: World, who: str) -> None:
    one, other = report(world), report(world)
    assign_vendor(world, one)
    desk = Desk(client, world, who)
    form = {"kind": "CAUSED_BY", "other_id": str(other.id)}
    assert desk.client.post(
        f"/en/tickets/{one.id}/links", data={"csrf_token": desk.token(client), **form}
    ).status_code in (403, 422)
    # The other ticket does not exist for the vendor.
    refusal = 404 if who == "vendor" else 403
    desk.post("/en/tickets/join", refusal, into=str(one.id), ticket_id=[str(other.id)])
