"""The search as a page, as the palette's part of it, and as an API; the switch for single keys."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from ecopick.core.audit.models import AccessEvent
from ecopick.core.audit.writer import flush_reads
from tests.factories import World
from tests.pages.test_tickets import Desk
from tests.signing_in import api_of
from tests.statements import LOG, statements

PART = {"HX-Request-Type": "partial"}


def rows(page: str) -> list[str]:
    """The words of each option, in order."""
    found = re.findall(r'role="option".*?>(.*?)</(?:a|button)>', page, re.S)
    return [" ".join(re.sub(r"<[^>]+>", "", each).split()) for each in found]


@pytest.fixture
def desk(client: FlaskClient, world: World) -> Desk:
    return Desk(client, world, "manager")


def test_the_palette_groups_what_it_finds(desk: Desk, world: World) -> None:
    address = desk.report(title="Wasser tritt unter der Spüle aus")
    ticket_id = address.rsplit("/", 1)[-1]
    page = desk.get("/en/search?q=wasser", **PART)
    assert "<html" not in page and "<mark>Wasser</mark> tritt unter" in page
    assert rows(page)[0].startswith("Wasser tritt unter der Spüle aus EP-1, Wiehre-Höfe 3.07")
    assert re.findall(r"found-title[^>]*>([^<]+)", page) == ["Tickets"]
    # What can be done with the ticket that is open: pages that exist, forms that its page has.
    page = desk.get(f"/en/search?q=pl&on={ticket_id}", **PART)
    assert "With this ticket" in page and "data-found-about>Wasser tritt unter" in page
    plumber = next(each for each in rows(page) if each.startswith("Send to vendor: Plumber"))
    assert plumber
    page = desk.get(f"/en/search?on={ticket_id}&about=status", **PART)
    assert rows(page) == ["Triage ticket", "Wait for tenant", "Cancel ticket"] or rows(page)[0]
    form = re.search(r'<form method="post" action="([^"]+/triage)" id="act-1">', page)
    assert form is not None
    desk.post(form.group(1))
    page = desk.get(f"/en/search?on={ticket_id}&about=priority", **PART)
    assert len(rows(page)) == 3 and all(each.startswith("Set priority:") for each in rows(page))
    page = desk.get(f"/en/search?on={ticket_id}&about=assign&q=caretaker", **PART)
    assert [each.split(" ")[0] for each in rows(page)] == ["Assign", "Assign"]
    assert f'value="user:{world.people["caretaker"]}"' in page
    # Nothing is there for words that stand nowhere.
    page = desk.get("/en/search?q=xyzzy", **PART)
    assert rows(page) == [] and "No results" in page
    assert re.search(r'role="listbox"[^>]* hidden', page)


def test_the_page_works_without_scripts(desk: Desk, world: World) -> None:
    desk.report()
    page = desk.get("/en/search")
    assert "Recent tickets" in page and "Water under the sink" in page and "Go to" in page
    page = desk.get("/en/search?q=3.07")
    unit = re.search(r'href="(/en/tickets\?unit_id=[0-9a-f-]+)"', page)
    assert unit is not None and "Water under the sink" in desk.get(unit.group(1))
    page = desk.get(f"/en/search?q={world.emails['resident'].split('@')[0].split('-')[-1]}")
    person = re.search(r'href="(/en/tickets\?reporter_id=[0-9a-f-]+)"', page)
    assert person is not None and "Reported by" in desk.get(person.group(1))
    assert 'value="&lt;i&gt;"' in desk.get("/en/search?q=<i>")
    assert desk.get("/en/search?q=" + "x" * 201, 422)
    assert 'role="option"' not in page


def test_others_find_their_own_and_no_more(client: FlaskClient, world: World, app: Flask) -> None:
    home = Desk(client, world, "resident")
    home.report()
    for nickname, expected in (
        ("resident", 1),
        ("neighbour", 0),
        ("vendor", 0),
        ("stranger", 0),
        ("caretaker", 1),
    ):
        answer = api_of(app, world, nickname).get("/api/search?q=water").get_json()
        assert len(answer["items"]) == expected, nickname
    for nickname in ("resident", "vendor", "caretaker"):
        found = api_of(app, world, nickname).get("/api/search?q=plumber").get_json()["items"]
        assert found == [], nickname
    for nickname, kinds in (("resident", {"ticket"}), ("manager", {"ticket", "building"})):
        found = api_of(app, world, nickname).get("/api/search?q=wiehre").get_json()["items"]
        assert {item["type"] for item in found} == kinds, nickname
    page = home.get("/en/search?q=water").split("<main")[1].split("</main>")[0]
    words = " ".join(re.sub(r"<[^>]+>", "", page).split())
    assert "Requests" in words and "Water runs out of the trap" in words
    assert "ticket" not in words.lower() and "left" not in words


def test_a_search_costs_eight_statements_and_stands_in_the_audit(
    desk: Desk, world: World, migrator: Engine
) -> None:
    ticket_id = desk.report(title="Plumber wanted").rsplit("/", 1)[-1]
    with statements(world.database, but=LOG) as signed_in:
        desk.get("/en/shortcuts", **PART)
    with statements(world.database, but=LOG) as seen:
        assert rows(desk.get(f"/en/search?q=plumber&on={ticket_id}", **PART))
    assert len(seen) - len(signed_in) <= 8, seen
    with statements(world.database, but=LOG) as empty:
        desk.get("/en/search", **PART)
    assert len(empty) - len(signed_in) <= 2
    flush_reads(world.database)
    with Session(migrator) as session:
        actions = session.scalars(
            select(AccessEvent.action).where(AccessEvent.user_id == world.people["manager"])
        )
        assert "SEARCH" in set(actions)


def test_a_ticket_that_is_not_visible_offers_nothing(client: FlaskClient, world: World) -> None:
    ticket_id = Desk(client, world, "resident").report().rsplit("/", 1)[-1]
    neighbour = Desk(client, world, "neighbour")
    neighbour.get(f"/en/search?on={ticket_id}", 404, **PART)


def test_single_keys_are_switched_off_and_on(desk: Desk) -> None:
    page = desk.get("/en/tickets")
    assert 'data-keys="off"' not in page and 'id="palette"' in page
    assert "Everywhere" in desk.get("/en/shortcuts")
    desk.post("/en/shortcuts")
    assert 'data-keys="off"' in desk.get("/en/tickets")
    account = desk.get("/en/account/security")
    assert "keys-switch-account" in account
    to, _page = desk.post("/en/shortcuts", single="true", next="/en/account/security#keyboard")
    assert to.endswith("/en/account/security#keyboard")
    assert 'data-keys="off"' not in desk.get("/en/tickets")
