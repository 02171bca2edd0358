"""The ticket list without scripts: views, filters, columns, order, search, what waits."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.blueprints.tickets.columns import COLUMNS
from ecopick.core import clock
from ecopick.core.db import new_id
from ecopick.core.models import Outbox
from ecopick.domains.property.models import Building
from ecopick.domains.tickets.lifecycle import TicketPriority, TicketStatus
from ecopick.domains.tickets.models import SavedView, Ticket
from tests.factories import World
from tests.pages.test_tickets import Desk

ROW = re.compile(r'<tr id="ticket-([0-9a-f-]{36})"')


def add(world: World, count: int = 1, **values: object) -> list[uuid.UUID]:
    """Tickets of the first building, the first one the oldest."""
    now = clock.now()
    with Session(world.engine) as session:
        first = session.query(Ticket).filter_by(property_owner_id=world.owner_id).count() + 2000
    rows = [
        Ticket(
            **{
                "id": new_id(),
                "property_owner_id": world.owner_id,
                "number": first + at,
                "building_id": world.building_id,
                "title": f"Ticket {first + at}",
                "category": "general",
                "status": TicketStatus.TRIAGED,
                "priority": TicketPriority.MEDIUM,
                "reporter_id": world.people["resident"],
                "created_at": now - timedelta(hours=count - at),
                "updated_at": now - timedelta(hours=count - at),
                "sla_due_at": now + timedelta(days=1, hours=at),
                **values,
            }
        )
        for at in range(count)
    ]
    ids = [row.id for row in rows]
    world.add(*rows)
    return ids


def listed(page: str) -> list[uuid.UUID]:
    return [uuid.UUID(each) for each in ROW.findall(page)]


def link(page: str, words: str) -> str:
    """The address of the link with these words."""
    found = re.search(rf'<a[^>]*href="([^"]+)"[^>]*>(?:(?!</a>).)*{words}', page, re.S)
    assert found, words
    return unescape(found.group(1))


def test_filters_stand_in_the_address_and_come_off_one_by_one(
    client: FlaskClient, world: World
) -> None:
    urgent, high, low = (add(world, priority=each)[0] for each in ("URGENT", "HIGH", "LOW"))
    (other,) = add(world, building_id=world.second_building_id, priority="URGENT")
    desk = Desk(client, world, "manager")
    where = {"building_id": str(world.building_id), "priority": ["URGENT", "HIGH"], "view": "open"}
    page = desk.get(f"/en/tickets?{urlencode(where, doseq=True)}")
    assert set(listed(page)) == {urgent, high}
    assert "Wiehre-Höfe" in page and "Urgent, High" in page
    assert "Showing 2 of 2" in page
    without = re.search(r'class="remove" href="([^"]+)" aria-label="Remove filter Building"', page)
    assert without
    page = desk.get(unescape(without.group(1)))
    assert set(listed(page)) == {urgent, high, other} and low not in listed(page)
    form = desk.get(f"/en/tickets/filters?{urlencode(where, doseq=True)}")
    assert re.search(r'name="priority" value="HIGH" checked', form) and "3.07" in form
    nobody = desk.get("/en/tickets?assigned_to=none&assigned_to=me&reported=14&due=soon&due=past")
    assert listed(nobody) == []
    assert "No ticket fits these filters" in nobody and "Me" in nobody


def test_what_is_not_known_is_said_and_all_else_counts(client: FlaskClient, world: World) -> None:
    (kept,) = add(world, priority="HIGH")
    add(world, priority="LOW")
    desk = Desk(client, world, "manager")
    page = desk.get(
        "/en/tickets?priority=HIGH&priority=HUGE&status=LOST&assigned_to=Bob&cursor=x"
        "&reported=3&unread=perhaps&view=secret&saved=1&sort=colour&reported_from=tomorrow"
    )
    assert listed(page) == [kept]
    for words in ("“HUGE”", "“LOST”", "“Bob”", "“secret”", "“colour”", "“perhaps”", "tomorrow"):
        assert words in page
    assert "not there any more" in page and "You see its first one" in page


@pytest.mark.parametrize(
    "sort", ["due", "-due", "number", "-number", "priority", "-priority", "updated", "-updated",
             "created", "-created", "status", "-status", "place", "-place", "best"],
)  # fmt: skip
def test_every_order_shows_every_row_once_in_both_directions(
    client: FlaskClient, world: World, sort: str
) -> None:
    rows = add(world, 29) + add(world, 1, sla_due_at=None, status="NEW", priority="URGENT")
    desk = Desk(client, world, "manager")
    words = "&q=Ticket" if sort == "best" else ""
    unshown = desk.get(f"/en/tickets?view=open&sort={sort}{words}")
    assert re.search(r"Sort by: </span>\w", unshown), "the order is told whatever is shown"
    desk.post("/en/tickets/columns", column=list(COLUMNS))
    first = desk.get(f"/en/tickets?view=open&sort={sort}{words}")
    ids = listed(first)
    second = desk.get(link(first, "<span>Next</span>"))
    assert len(ids) == 25 and set(ids) | set(listed(second)) == set(rows)
    assert listed(desk.get(link(second, "<span>Back</span>"))) == ids
    direction = "descending" if sort.startswith("-") else "ascending"
    assert sort == "best" or f'aria-sort="{direction}"' in first


def test_columns_are_kept_for_the_person(client: FlaskClient, world: World) -> None:
    add(world)
    desk = Desk(client, world, "manager")
    head = desk.get("/en/tickets").split("<thead>")[1].split("</thead>")[0]
    assert "Place" in head and "Category" not in head
    desk.post("/en/tickets/columns", column=["category", "status", "nonsense"], next="/en/tickets")
    page = desk.get("/en/tickets")
    head = page.split("<thead>")[1].split("</thead>")[0]
    assert "Category" in head and "Request" in head and "Place" not in head
    desk.post("/en/tickets/columns", usual="true")
    assert "Place" in desk.get("/en/tickets").split("</thead>")[0]


def test_views_are_kept_changed_shared_and_removed(client: FlaskClient, world: World) -> None:
    (mine,) = add(world, priority="URGENT")
    add(world, priority="LOW")
    desk = Desk(client, world, "manager")
    where = "view=open&priority=URGENT&sort=-number"
    usual = desk.get(link(desk.get("/en/tickets?view=open&priority=URGENT"), "<span>Save view"))
    assert 'name="sort" value="due"' in usual and 'name="priority" value="URGENT"' in usual
    assert "Save view" in desk.get(f"/en/tickets/views/new?{where}")
    form = {"view": "open", "priority": "URGENT", "sort": "-number"}
    _, page = desk.post("/en/tickets/views", 422, name="", **form)
    assert 'name="priority" value="URGENT"' in page
    address, _ = desk.post(
        "/en/tickets/views", name="Hot <b>", is_shared="true", shares="1", **form
    )
    page = desk.get(address)
    assert listed(page) == [mine] and "Hot &lt;b&gt;" in page
    assert re.search(r"Hot &lt;b&gt;\s*<span class=\"count\">1<", page)
    view_id = address.rsplit("=", 1)[1]
    changed = desk.get(f"/en/tickets?saved={view_id}&view=open&priority=LOW")
    assert "Save changes" in changed and mine not in listed(changed)
    assert "Save changes" in changed and re.search(r'name="sort" value="-number"', changed)
    again = link(desk.get(address), "<span>Save view")
    assert 'name="priority" value="URGENT"' in desk.get(again)
    desk.post(f"/en/tickets/views/{view_id}", view="open", with_filters="1", q="Ticket")
    desk.post(f"/en/tickets/views/{view_id}", name="Warm", shares="1", is_shared="true")
    assert len(listed(desk.get(address))) == 2
    other = Desk(client, world, "caretaker")
    assert "Warm" in other.get("/en/tickets") and "Share with all" not in other.get(address)
    other.post(f"/en/tickets/views/{view_id}", 403, name="Mine now")
    _, page = other.post("/en/tickets/views", 403, name="For all", is_shared="1", shares="1")
    desk = Desk(client, world, "manager")
    desk.post(f"/en/tickets/views/{view_id}/remove")
    gone = desk.get(address)
    assert "View removed" in gone and "not there any more" in gone
    desk.post(f"/en/tickets/views/{view_id}/restore")
    assert "Warm" in desk.get("/en/tickets")
    with Session(world.engine) as session:
        names = session.scalars(
            select(Outbox.name)
            .where(Outbox.payload["view_id"].as_string() == view_id)
            .order_by(Outbox.created_at, Outbox.id)
        ).all()
    assert names == ["view.saved"] * 3 + ["view.removed", "view.saved"]


def test_a_ticket_names_the_view_it_was_opened_from(client: FlaskClient, world: World) -> None:
    add(world, priority="URGENT")
    desk = Desk(client, world, "manager")
    form = {"view": "open", "priority": "URGENT", "sort": "-number"}
    address, _ = desk.post("/en/tickets/views", name="Hot ones", **form)

    def crumbs(where: str) -> str:
        return desk.get(where).split('class="crumbs"')[1].split("</nav>")[0]

    def first(where: str) -> str:
        return link(desk.get(where), "Ticket 2")

    ticket = first(address)
    kept = crumbs(ticket)
    assert unescape(re.findall(r'<a href="([^"]+)"', kept)[1]) == f"{address}&sort=-number"
    assert "Hot ones" in kept
    changed = crumbs(first(f"{address}&view=open&priority=URGENT&updated=30"))
    assert "Hot ones" in changed and "updated=30" in changed
    assert "All open" in crumbs(first("/en/tickets?view=open"))
    desk.post(f"/en/tickets/views/{address.rsplit('=', 1)[1]}/remove")
    assert "Hot ones" not in crumbs(ticket)


def test_days_begin_where_the_building_stands(client: FlaskClient, world: World) -> None:
    """23:30 in New York is the next day in Freiburg."""
    late = datetime(2026, 3, 5, 4, 30, tzinfo=UTC)
    with Session(world.engine) as session, session.begin():
        session.get_one(Building, world.second_building_id).time_zone = "America/New_York"
    (far,) = add(world, building_id=world.second_building_id, created_at=late)
    (near,) = add(world, created_at=late)
    desk = Desk(client, world, "manager")

    def on(first: str, last: str) -> list[uuid.UUID]:
        return listed(desk.get(f"/en/tickets?reported_from={first}&reported_until={last}"))

    assert on("2026-03-04", "2026-03-04") == [far]
    assert on("2026-03-05", "2026-03-05") == [near]
    assert set(on("2026-03-04", "2026-03-05")) == {far, near}
    assert on("2026-03-06", "2026-03-07") == on("2026-03-02", "2026-03-03") == []


def test_a_view_that_is_no_longer_understood_opens(client: FlaskClient, world: World) -> None:
    (mine,) = add(world, priority="HIGH")
    view = SavedView(
        id=new_id(),
        property_owner_id=world.owner_id,
        user_id=world.people["manager"],
        name="Old",
        filters={"view": "open", "priority": ["HIGH", "GONE"], "colour": "red"},
        sort="newest",
    )
    view_id = view.id
    world.add(view)
    page = Desk(client, world, "manager").get(f"/en/tickets?saved={view_id}")
    assert listed(page) == [mine] and "“GONE”" in page


def test_words_are_found_ranked_and_marked(
    client: FlaskClient, world: World, other_world: World
) -> None:
    (warm,) = add(world, title="Warmwasser fehlt", unit_id=world.unit_id)
    (heating,) = add(world, title="Heizungen im Büro kalt", description="Fuite d'eau aussi")
    (number,) = add(world, number=7412, title="Something else")
    add(other_world, title="Warmwasser fehlt")
    desk = Desk(client, world, "manager")
    for words, found in (
        ("wasser", warm),
        ("heizung", heating),
        ("Hiezung", heating),
        ("fuites", heating),
        ("bueros kalt", heating),
        ("büros kalt", heating),
        ("EP-7412", number),
        ("7412", number),
        ("3.07 warmwasser", warm),
    ):
        page = desk.get(f"/en/tickets?{urlencode({'view': 'open', 'q': words})}")
        assert listed(page) == ([found] if found else []), words
    assert "Nothing found for “Aufzug”" in desk.get("/en/tickets?view=open&q=Aufzug")
    assert "<mark>Heizung" in desk.get("/en/tickets?view=open&q=Hiezung")
    name = "Resident"
    assert listed(desk.get(f"/en/tickets?view=open&q={name}")) != []
    vendor = Desk(client, world, "vendor")
    assert "Warmwasser" not in vendor.get(f"/en/tickets?q={name}")


def test_a_vendors_name_finds_nothing_for_tenants(client: FlaskClient, world: World) -> None:
    """Who was asked for an offer is not theirs to know."""
    about = {"reporter_id": world.people["resident"], "vendor_org_id": world.vendor_org_id}
    (sent,) = add(world, title="Hahn tropft", unit_id=world.unit_id, **about)
    assert listed(Desk(client, world, "manager").get("/en/tickets?view=open&q=Plumber")) == [sent]
    resident = Desk(client, world, "resident")
    assert "Hahn tropft" in resident.get("/en/tickets?q=Hahn")
    assert "Hahn tropft" not in resident.get("/en/tickets?q=Plumber")


def test_what_came_since_waits_and_what_was_seen_is_not_bold(
    client: FlaskClient, world: World
) -> None:
    (old,) = add(world)
    desk = Desk(client, world, "manager")
    page = desk.get("/en/tickets")
    assert "is-unread" in page and 'name="ticket_id"' in page
    refresh = re.search(r'data-live="tickets counts" hx-get="([^"]+)"', page)
    assert refresh
    add(world, 3, created_at=clock.now() + timedelta(seconds=5))
    fragment = desk.get(unescape(refresh.group(1)), **{"HX-Request-Type": "partial"})
    assert listed(fragment) == [old]
    assert "3 new tickets" in fragment and 'id="list-count" hx-swap-oob' in fragment
    assert len(listed(desk.get("/en/tickets"))) == 4
    desk.get(f"/en/tickets/{old}")
    row = desk.get("/en/tickets").split(f'id="ticket-{old}"')[1].split("</tr>")[0]
    assert "Unread" not in row
    assert listed(desk.get("/en/tickets?unread=false")) == [old]
    with Session(world.engine) as session, session.begin():
        session.get_one(Ticket, old).updated_at = clock.now() + timedelta(seconds=5)
    assert old in listed(desk.get("/en/tickets?unread=true"))


def test_views_have_an_interface(client: FlaskClient, world: World) -> None:
    desk = Desk(client, world, "manager")
    headers = {"X-CSRF-Token": desk.token(client)}
    body = {"name": "Mine", "filters": {"status": ["NEW"], "view": "open"}}
    made = client.post("/api/tickets/views", json=body, headers=headers)
    assert made.status_code == 201 and made.json["filters"] == {"status": ["NEW"], "view": "open"}
    path = f"/api/tickets/views/{made.json['id']}"
    changed = client.put(path, json={"name": "Other"}, headers=headers)
    assert changed.json["name"] == "Other" and changed.json["filters"]["status"] == ["NEW"]
    assert [each["name"] for each in client.get("/api/tickets/views").json["items"]] == ["Other"]
    changed = client.put(path, json={"filters": {}}, headers=headers)
    assert changed.json["filters"] == {} and "Other" in desk.get("/en/tickets")
    wrong = client.post(
        "/api/tickets/views", json={"name": "x", "filters": {"status": ["LOST"]}}, headers=headers
    )
    assert wrong.status_code == 422
    assert client.delete(path, headers=headers).status_code == 204
    assert client.get("/api/tickets/views").json["items"] == []
    Desk(client, world, "resident")
    assert client.get("/api/tickets/views").json["items"] == []
    assert (
        client.put(path, json={}, headers={"X-CSRF-Token": desk.token(client)}).status_code == 404
    )
