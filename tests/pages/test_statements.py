"""What a page asks of the database: exact figures, so that a change of them is seen.

The same with few rows and with many. The announcement of the scope is not counted.
"""

import re

from flask.testing import FlaskClient

from tests.domains.tickets.test_main_line import assign_vendor, report
from tests.factories import World
from tests.pages.test_dashboard import fill
from tests.pages.test_tickets import Desk, photo
from tests.statements import statements

MOST = {"list": 8, "workspace": 14, "dashboard": 12}
LIST = {"/en/tickets": 7, "/en/tickets?view=open&sort=due": 7, "/en/tickets?q=water": 8}
SECTIONS = {
    "overview": 12,
    "details": 9,
    "activity": 12,
    "team": 10,
    "history": 12,
    "sla": 12,
    "attachments": 9,
    "ai": 10,
    "related": 12,
    "billing": 10,
    "vendor": 14,
}
DASHBOARDS = {"manager": 10, "owner": 10, "caretaker": 9, "vendor": 9, "resident": 8}


def figure(desk: Desk, address: str) -> tuple[int, str]:
    """How many statements a page takes."""
    with statements(desk.world.database) as seen:
        page = desk.get(address)
    return len(seen), page


def section_figures(desk: Desk, address: str) -> dict[str, int]:
    """The figure of each section that the person may open, by its name."""
    found = {}
    for section in SECTIONS:
        count, page = figure(desk, f"{address}?section={section}&from=view%3Dopen%26sort%3Ddue")
        current = re.search(r'aria-current="page" data-section="(\w+)"', page)
        assert current is not None
        if current[1] == section:
            found[section] = count
    return found


def figures(client: FlaskClient, world: World, address: str) -> dict[str, dict[str, int]]:
    desk = Desk(client, world, "manager")
    desk.get("/en/tickets")  # Whatever a process or a session keeps is there from now on.
    found = {
        "list": {each: figure(desk, each)[0] for each in LIST},
        "workspace": section_figures(desk, address),
        "dashboard": {},
    }
    for who in DASHBOARDS:
        desk = Desk(client, world, who)
        desk.get("/en/tickets")
        found["dashboard"][who] = figure(desk, "/en/")[0]
    return found


def test_pages_take_as_many_statements_as_written_here(client: FlaskClient, world: World) -> None:
    ticket = report(world)
    assign_vendor(world, ticket)
    address = f"/en/tickets/{ticket.id}"
    few = figures(client, world, address)
    desk = Desk(client, world, "manager")
    fill(world, first=100)
    for n in range(4):
        desk.post(f"{address}/messages", body=f"Note {n} to the team", visibility="team")
        desk.post(f"{address}/messages", body=f"Photo {n}", file=(photo(), f"sink-{n}.jpg"))
    many = figures(client, world, address)
    assert few == many
    assert many == {"list": LIST, "workspace": SECTIONS, "dashboard": DASHBOARDS}
    over = {name: max(found.values()) for name, found in many.items()}
    assert {name: most for name, most in over.items() if most > MOST[name]} == {}


def test_whoever_has_only_some_rights_costs_no_more(client: FlaskClient, world: World) -> None:
    """Their rights are read along; the section of invoices is not theirs."""
    ticket = report(world)
    assign_vendor(world, ticket)
    found = section_figures(Desk(client, world, "caretaker"), f"/en/tickets/{ticket.id}")
    assert set(SECTIONS) - set(found) == {"billing"}
    assert {name: count for name, count in found.items() if count > MOST["workspace"]} == {}
