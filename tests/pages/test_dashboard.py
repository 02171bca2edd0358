"""The first page: figures that agree with their lists, what each role gets, its statements."""

import html
import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.db import new_id
from ecopick.domains.billing.lifecycle import InvoiceStatus
from ecopick.domains.billing.models import Invoice
from ecopick.domains.sla.models import SLAEvent, SLAEventType
from ecopick.domains.sla.targets import TARGETS
from ecopick.domains.tickets.inputs import ListTickets
from ecopick.domains.tickets.lifecycle import (
    AssignmentState,
    AssignmentType,
    TicketPriority,
    TicketStatus,
)
from ecopick.domains.tickets.models import Assignment, Message, Ticket
from ecopick.domains.tickets.queries.list import list_tickets
from tests.factories import World
from tests.figures import figure
from tests.signing_in import api_of
from tests.statements import statements

S = TicketStatus
MOST_STATEMENTS = 12
PARTS = ("kpis", "buildings", "work", "activity", "attention")


def fill(world: World, first: int = 1, times: int = 1) -> None:
    """Tickets in every state, on time and late, in both buildings; resolved ones before them."""
    now, rows, around = clock.now(), [], []
    for number, (status, age) in enumerate(
        [(status, hours) for hours in (1, 30, 200, 1000) for status in S] * times
    ):
        priority = list(TicketPriority)[number % 4]
        created = now - timedelta(hours=age)
        due = created + TARGETS[priority]
        done = status in (S.RESOLVED, S.CLOSED)
        resolved = min(now, created + TARGETS[priority] * (0.5 if number % 3 else 1.5))
        ticket = Ticket(
            id=new_id(),
            property_owner_id=world.owner_id,
            number=first + number,
            building_id=world.second_building_id if number % 5 == 0 else world.building_id,
            unit_id=None if number % 5 == 0 else world.unit_id,
            reporter_id=world.people["resident"],
            title=f"Ticket {first + number}",
            category="plumbing",
            priority=priority,
            status=status,
            sla_due_at=due,
            sla_breached_at=due if due < now and not done and number % 2 else None,
            resolved_at=resolved if done else None,
            cancelled_at=now if status is S.CANCELLED else None,
            created_at=created,
            updated_at=created,
        )
        rows.append(ticket)
        around += _around(world, ticket, number)
    world.add(*rows)
    world.add(*around)


def _around(world: World, ticket: Ticket, number: int) -> list[Any]:
    """An answer to every second reporter; a question to whoever is waited for."""
    rows: list[Any] = []
    base = {"property_owner_id": world.owner_id, "ticket_id": ticket.id}
    if number % 2:
        asked = ticket.created_at + timedelta(minutes=number)
        author = world.people["manager"]
        rows.append(Message(id=new_id(), **base, author_id=author, body="x", created_at=asked))
    if ticket.status is S.AWAITING_TENANT:
        rows.append(
            SLAEvent(id=new_id(), **base, type=SLAEventType.PAUSED, occurred_at=ticket.created_at)
        )
    return rows


def hand_out(world: World) -> None:
    """The first vendor accepts whatever is under way and not given to them yet."""
    with Session(world.engine) as session, session.begin():
        open_ones = select(Ticket).where(
            Ticket.property_owner_id == world.owner_id,
            Ticket.status == S.IN_PROGRESS,
            Ticket.vendor_org_id.is_(None),
        )
        for ticket in session.scalars(open_ones):
            assignment = give_to_vendor(world, ticket, arrival_from=ticket.created_at)
            session.add(assignment)
            session.flush()
            ticket.vendor_org_id, ticket.current_assignment_id = (
                world.vendor_org_id,
                assignment.id,
            )


def give_to_vendor(world: World, ticket: Ticket, **values: Any) -> Assignment:
    """An accepted assignment of the first vendor."""
    return Assignment(
        id=new_id(),
        property_owner_id=world.owner_id,
        ticket_id=ticket.id,
        type=AssignmentType.VENDOR,
        state=AssignmentState.ACCEPTED,
        vendor_org_id=world.vendor_org_id,
        **values,
    )


def tiles(page: str) -> dict[str, tuple[str, str]]:
    """Name of each figure: what it says, and where it leads."""
    found = re.findall(
        r'<a class="kpi[^"]*" href="([^"]+)"><span class="name">(.*?)</span>'
        r'<span class="figure">(.*?)(?:<small>.*?</small>)?</span>',
        page,
    )
    return {name: (number, html.unescape(href)) for href, name, number in found}


class Lists:
    """The lists behind the figures, as one person sees them."""

    def __init__(self, world: World, who: str) -> None:
        self.world, self.actor = world, world.actor(who)

    def count(self, href: str, **more: str) -> int:
        """How many tickets the list at an address holds, page by page."""
        asked = parse_qs(urlsplit(href).query)
        single = {name: found if name == "status" else found[0] for name, found in asked.items()}
        filters = ListTickets.model_validate({**single, **more, "limit": 200})
        count = 0
        with self.world.database.transaction(self.actor.scope) as session:
            while True:
                page = list_tickets(session, self.actor, filters)
                count += len(page.items)
                if page.next_cursor is None:
                    return count
                filters = filters.model_copy(update={"cursor": page.next_cursor})


def test_every_figure_is_the_number_of_tickets_behind_it(app: Flask, world: World) -> None:
    fill(world)
    api, lists = api_of(app, world, "manager"), Lists(world, "manager")
    for query in ("", f"?building_id={world.building_id}"):
        page = api.get(f"/en/{query}").text
        found = tiles(page)
        assert len(found) == 5
        for name in ("Open tickets", "Past due", "Waiting on others"):
            number, href = found[name]
            assert int(number) == lists.count(href) > 0, name
        share, href = found["SLA met, 30 days"]
        met = lists.count(href, figure="met_30_days")
        assert float(share) == round(100 * met / lists.count(href), 1)
        summary = api.get(f"/api/reports/overview{query}").json
        assert summary is not None
        number, href = found["First response"]
        assert summary["period"]["answered"] == lists.count(href) > 0
        assert summary["open"] == int(found["Open tickets"][0])
        assert summary["past_due"] == int(found["Past due"][0])
        assert summary["period"]["met"] == met
        assert sum(summary["by_status"].values()) == summary["open"]
        assert sum(each["open"] for each in summary["buildings"]) == summary["open"]
        shown = summary["buildings"]
        for place in shown:
            href = f"/en/tickets?view=open&building_id={place['id']}"
            caption = page.split(f'href="{html.escape(href)}"', 1)[1].split("</a>", 1)[0]
            assert f"{place['open']} open" in caption and lists.count(href) == place["open"]
            late = f"{place['past_due']} past due" in caption
            assert late is bool(place["past_due"])
        for mark, name in (("work-title", "My work"), ("no_reply", "No tenant reply")):
            part = page.split(mark, 1)[1]
            number = part.split('class="count">', 1)[1].split("<", 1)[0]
            href = re.search(
                r'href="([^"]*figure=(?:my_work|no_reply)[^"]*)"', page[page.index(mark) - 200 :]
            )  # type: ignore[assignment]
            assert href is not None and int(number) == lists.count(html.unescape(href[1])) > 0, name


def test_the_numbers_beside_every_page_are_asked_for_again(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    page = api.get("/en/tickets").text
    address = re.search(
        r'hx-get="(/en/dashboard/navigation[^"]*)" hx-trigger="live, every 30s"', page
    )
    assert address is not None
    fill(world)
    nav = api.get(address[1], headers={"HX-Request-Type": "partial"}).text
    assert nav.startswith("<nav") and 'aria-current="page" title="Tickets"' in nav
    count = nav.split('title="Tickets"', 1)[1].split('class="count">', 1)[1].split("<", 1)[0]
    assert int(count) == Lists(world, "manager").count("/en/tickets?view=open") > 0


def test_its_statements_do_not_grow_with_the_rows(app: Flask, world: World) -> None:
    counts: dict[str, list[int]] = {"page": []}
    everybody = ("manager", "caretaker", "resident", "tenant_admin", "vendor")
    people = {who: api_of(app, world, who) for who in everybody}
    api = api_of(app, world, "owner")
    for first, times in ((1, 1), (1000, 4)):
        fill(world, first, times)
        hand_out(world)
        api.get("/en/")
        with statements(world.database) as seen:
            assert api.get("/en/").status_code == 200
        counts["page"].append(len(seen))
        for who, their in people.items():
            their.get("/en/")
            with statements(world.database) as seen:
                assert their.get("/en/").status_code == 200
            counts.setdefault(who, []).append(len(seen))
        for part in PARTS:
            headers = {"HX-Request-Type": "partial"}
            with statements(world.database) as seen:
                answer = api.get(f"/en/dashboard/{part}", headers=headers)
            assert answer.status_code == 200 and "<html" not in answer.text
            assert f'id="{part}"' in answer.text
            counts.setdefault(part, []).append(len(seen))
    figure("dashboard", "SQL statements of the page", counts["page"][1], "<= 12")
    assert all(few == many for few, many in counts.values()), counts
    assert max(counts[page][1] for page in ("page", *people)) <= MOST_STATEMENTS, counts


@pytest.mark.parametrize(
    ("who", "has", "has_not"),
    [
        ("owner", ("kpis", "Invoices past", "My work"), ()),
        ("caretaker", ("My work", 'id="buildings"'), ("kpis", "Invoices past", "1,234.50")),
        ("resident", ("Report something", "Ticket 1"), ("My work", "Invoices past")),
        ("tenant_admin", ("Report something",), ("Ticket 1", "My work")),
        ("vendor", ("All jobs", "Ticket 1"), ("Report something", "My work", "Invoices past")),
        ("stranger", ("You have not reported anything yet",), ("Ticket 1", "My work")),
    ],
)
def test_everybody_gets_their_own(
    app: Flask, world: World, who: str, has: tuple[str, ...], has_not: tuple[str, ...]
) -> None:
    now = clock.now()
    ticket = Ticket(
        id=new_id(),
        property_owner_id=world.owner_id,
        number=1,
        building_id=world.building_id,
        unit_id=world.unit_id,
        reporter_id=world.people["resident"],
        title="Ticket 1",
        category="plumbing",
        priority=TicketPriority.URGENT,
        status=S.IN_PROGRESS,
        vendor_org_id=world.vendor_org_id,
        sla_due_at=now - timedelta(hours=1),
        created_at=now - timedelta(hours=2),
    )
    assignment = give_to_vendor(world, ticket, arrival_until=now - timedelta(minutes=5))
    ticket_id, assignment_id = ticket.id, assignment.id
    world.add(ticket)
    world.add(
        assignment,
        Invoice(
            id=new_id(),
            property_owner_id=world.owner_id,
            vendor_org_id=world.vendor_org_id,
            ticket_id=ticket_id,
            invoice_number="R-1",
            status=InvoiceStatus.SUBMITTED,
            total_amount="1234.50",
            due_date=now.date() - timedelta(days=3),
        ),
    )
    with Session(world.engine) as session, session.begin():
        session.get_one(Ticket, ticket_id).current_assignment_id = assignment_id
    answer = api_of(app, world, who).get("/en/")
    assert answer.status_code == 200
    for words in has:
        assert words in answer.text, words
    for words in has_not:
        assert words not in answer.text, words
