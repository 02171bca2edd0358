"""The link that grows: times, on the way, there, checked and proved, without an account."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import Engine, select, text
from werkzeug.test import TestResponse

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.errors import Conflict
from ecopick.core.roles import MembershipRole
from ecopick.domains.people.models import Membership
from ecopick.domains.property.codes import new_code
from ecopick.domains.property.models import PlaceCode, PropertyOwner
from ecopick.domains.tickets.commands import visits
from ecopick.domains.tickets.commands.sublinks import sublink_token
from ecopick.domains.tickets.link_inputs import ArrivalWindow
from ecopick.domains.tickets.models import Assignment, Ticket, VendorSublink
from ecopick.domains.tickets.queries.visits import VisitView, options_of, visit_view
from ecopick.domains.tickets.visit_states import VisitState
from tests.factories import World
from tests.jobs.steps import report, send_to_vendor
from tests.signing_in import Api, api_of
from tests.vendor_links import Browser, assignment_now, photo, token_of

ZONE = ZoneInfo("Europe/Berlin")


def visit_of(world: World, assignment: Assignment) -> VisitView:
    with world.database.transaction(Actor.system(world.owner_id).scope) as session:
        found = visit_view(session, assignment.id)
    assert found is not None
    return found


def times(days: int = 2, mark: str = "", hour: int = 9) -> dict[str, str]:
    day = (clock.now().astimezone(ZONE) + timedelta(days=days)).date()
    return {
        f"date{mark}": day.isoformat(),
        f"from_time{mark}": f"{hour:02}:00",
        f"until_time{mark}": f"{hour + 2:02}:00",
    }


def page_post(api: Api, path: str, **fields: str) -> TestResponse:
    """Send a form of a signed-in page."""
    return api.client.post(path, data={"csrf_token": api.csrf, **fields})


def own_checklist(world: World, *items: str) -> None:
    with world.engine.begin() as connection:
        connection.execute(
            text(
                "update property_owners set settings = settings ||"
                " jsonb_build_object('checklists', jsonb_build_object('plumbing', :items ::jsonb))"
                " where id = :owner"
            ),
            {"items": json.dumps(items), "owner": world.owner_id},
        )


def test_each_step_takes_one_tap_where_the_job_was_accepted(
    app: Flask, world: World, ticket: Ticket, vendor: Browser, assignment: Assignment
) -> None:
    own_checklist(world, "Haupthahn geschlossen", "Dichtheit geprüft")
    vendor.accept(typed_name="Bruno Rossi")
    assert visit_of(world, assignment).state is VisitState.CONFIRMED
    for _each in range(2):
        assert vendor.send("on-the-way").status_code == 303
    assert visit_of(world, assignment).state is VisitState.ON_THE_WAY
    assert vendor.send("arrived").status_code == 303
    assert vendor.send("checks", position="1", ticked="true").status_code == 303
    page = vendor.open().text
    assert "Bruno Rossi" in page and "Dichtheit geprüft" in page
    vendor.send("evidence", moment="after", file=photo())
    assert vendor.send("done").status_code == 303
    found = visit_of(world, assignment)
    assert found.state is VisitState.DONE and found.row.done_at is not None
    assert f"{vendor.address}/invoice" in vendor.open().text


def test_a_browser_that_did_not_accept_types_a_name_first(
    app: Flask, working: Browser, world: World, assignment: Assignment
) -> None:
    stranger = Browser(app, token_of(world, assignment))
    for step in ("on-the-way", "arrived"):
        assert stranger.send(step).status_code == 422
    assert stranger.send("times", **times()).status_code == 422
    assert stranger.send("links", name="Luca").status_code == 422
    assert stranger.send("name").status_code == 422
    assert visit_of(world, assignment).state is VisitState.CONFIRMED
    assert stranger.send("name", typed_name="Carla Bianchi").status_code == 303
    assert stranger.send("on-the-way").status_code == 303
    assert visit_of(world, assignment).state is VisitState.ON_THE_WAY


def test_vendor_and_tenant_agree_on_a_time(
    app: Flask, working: Browser, world: World, ticket: Ticket, assignment: Assignment
) -> None:
    """Proposed, asked otherwise, agreed: the assignment mirrors what counts."""
    offered = times(2) | times(3, "_2", 14)
    assert working.send("times", **offered, note="Mit Leiter").status_code == 303
    assert assignment_now(world, assignment).arrival_from is None
    tenant = api_of(app, world, "resident")
    here = f"/de/tickets/{ticket.id}"
    page = tenant.client.get(here).text
    assert "Mit Leiter" in page
    first, second = options_of(visit_of(world, assignment).row)
    asked = page_post(tenant, f"{here}/another-time", times="Lieber abends", **times(4, hour=18))
    assert asked.status_code == 303
    refused = page_post(tenant, f"{here}/appointment", window=second.value)
    assert refused.status_code == 409
    page = working.open().text
    assert "Lieber abends" in page
    (wish,) = options_of(visit_of(world, assignment).row)
    assert working.send("confirm", window=wish.value).status_code == 303
    assert assignment_now(world, assignment).arrival_from == wish.start
    assert working.send("times", **offered).status_code == 303
    picked = page_post(tenant, f"{here}/appointment", window=first.value)
    assert picked.status_code == 303
    found = visit_of(world, assignment)
    assert (found.state, found.agreed) == (VisitState.CONFIRMED, (first.start, first.end))
    event = Calendar.from_ical(tenant.client.get(f"{here}/appointment.ics").data).walk("VEVENT")[0]
    same = Calendar.from_ical(working.client.get(f"{working.address}/appointment.ics").data)
    assert event["SEQUENCE"] == found.row.sequence >= 4
    assert same.walk("VEVENT")[0]["UID"] == event["UID"]


def test_times_that_are_half_typed_are_kept(working: Browser) -> None:
    half = times(2) | {"until_time": ""}
    refused = working.send("times", **half, note="Vor Mittag")
    assert refused.status_code == 422
    assert "Vor Mittag" in refused.text and half["date"] in refused.text
    assert working.send("times", **times(-1)).status_code == 422
    assert working.send("times", **times(2, hour=9) | {"until_time": "08:00"}).status_code == 422


def test_being_there_is_proved_by_the_wall_and_by_a_photo(
    app: Flask, working: Browser, world: World, assignment: Assignment
) -> None:
    mine, other = (place_code(world, place) for place in (world.building_id, None))
    assert working.send("place", code=other).status_code == 422
    assert working.send("place", code="NOPE").status_code == 422
    scanned = working.client.get(f"/q/{mine}")
    assert scanned.status_code == 303 and f"code={mine}" in scanned.headers["Location"]
    page = working.client.get(scanned.headers["Location"].partition("#")[0]).text
    assert mine in page and visit_of(world, assignment).row.place_at is None
    assert working.send("place", code=mine.lower(), scanned="true").status_code == 303
    found = visit_of(world, assignment)
    assert found.state is VisitState.ARRIVED and not found.row.is_proved
    assert found.row.code in working.open().text
    assert working.send("evidence", moment="code", file=photo("codice.jpg")).status_code == 303
    assert visit_of(world, assignment).row.is_proved
    stranger = app.test_client().get(f"/q/{mine}")
    assert "/public/buildings/" in stranger.headers["Location"]


def place_code(world: World, building_id: Any) -> str:
    code = new_code()
    world.add(
        PlaceCode(
            property_owner_id=world.owner_id,
            building_id=building_id or world.second_building_id,
            code=code,
            issued_by_id=world.people["manager"],
        )
    )
    return code


def test_a_technicians_link_is_narrower(
    app: Flask, working: Browser, world: World, assignment: Assignment, migrator: Engine
) -> None:
    working.send("links", name="Luca Verdi")
    found = re.search(r'href="([^"]+/links/[0-9a-f-]{36})"', working.open().text)
    assert found is not None
    shown = working.client.get(found[1])
    assert shown.status_code == 200 and "<svg" in shown.text
    token = token_of_technician(world)
    tech = Browser(app, token)
    page = tech.open()
    assert page.status_code == 200 and "/links" not in page.text
    assert tech.send("name", typed_name="Luca Verdi").status_code == 303
    assert tech.send("on-the-way").status_code == 303
    nonce = tech.nonce()
    for step in ("decline", "undo", "links", "accept"):
        assert tech.send(step, nonce, typed_name="Luca", name="X").status_code in (404, 409), step
    tech.send("evidence", moment="after", file=photo())
    assert tech.send("done").status_code == 303
    page = tech.open().text
    assert "/invoice" not in page
    assert tech.client.get(f"{tech.address}/invoice").status_code == 404
    with migrator.connect() as connection:
        rows = connection.execute(text("select token_hash from vendor_sublinks")).scalars().all()
    assert all(token.encode() not in bytes(row) for row in rows)


def token_of_technician(world: World) -> str:
    """The token of the narrower link that was given last."""
    with world.database.transaction(Actor.system(world.owner_id).scope) as session:
        row = session.scalars(
            select(VendorSublink).order_by(VendorSublink.created_at.desc()).limit(1)
        ).one()
        return sublink_token(row)


def test_a_technicians_link_ends_with_its_parent(
    app: Flask, working: Browser, world: World, ticket: Ticket
) -> None:
    working.send("links", name="Luca Verdi")
    tech = Browser(app, token_of_technician(world))
    assert tech.open().status_code == 200
    found = re.search(r'name="sublink_id" value="([^"]+)"', working.open().text)
    assert found is not None
    assert working.send("links/end", sublink_id=found[1]).status_code == 303
    assert tech.open().status_code == 410
    working.send("links", name="Anna Neri")
    other = Browser(app, token_of_technician(world))
    assert other.open().status_code == 200
    send_to_vendor(world, ticket, second=True)
    assert other.open().status_code == 410


def test_a_link_whose_time_has_passed_is_renewed_by_mail(
    app: Flask, working: Browser, world: World, assignment: Assignment
) -> None:
    working.send("evidence", moment="after", file=photo())
    working.send("done")
    clock.shift(timedelta(days=31))
    ended = working.open()
    assert ended.status_code == 410 and "Salvavita" not in ended.text
    nonce = re.search(r'name="nonce" value="([^"]+)"', ended.text)
    assert nonce is not None
    stranger = Browser(app, token_of(world, assignment))
    assert stranger.send("renew", nonce[1]).status_code in (410, 422)
    assert token_of(world, assignment) == working.address.rsplit("/", 1)[1]
    for _each in range(2):
        working.client.post(
            f"{working.address}/renew", data={"nonce": nonce[1], "typed_name": "Bruno Rossi"}
        )
    fresh = Browser(app, token_of(world, assignment))
    assert fresh.address != working.address
    assert fresh.open().status_code == 200


def test_the_vendors_own_account_leads_to_the_same_page(
    app: Flask, world: World, ticket: Ticket, assignment: Assignment
) -> None:
    api = api_of(app, world, "vendor")
    found = api.client.get(f"/it/vendor/jobs/{ticket.id}")
    assert found.headers["Location"].endswith(f"/jobs/{token_of(world, assignment)}")
    own = Browser(app, token_of(world, assignment))
    own.client = api.client
    own.accept()
    assert own.send("on-the-way").status_code == 303
    late = world.person("vendor_late")
    world.add(late)
    world.add(
        Membership(
            user_id=world.people["vendor_late"],
            vendor_org_id=world.vendor_org_id,
            role=MembershipRole.VENDOR_TECH,
        )
    )
    new = api_of(app, world, "vendor_late")
    assert page_post(new, f"/it/vendor/jobs/{ticket.id}").status_code == 303
    led = new.client.get(f"/it/vendor/jobs/{ticket.id}").headers["Location"]
    assert "on-the-way" not in led and new.client.get(led).status_code == 200
    other = report(world, "manager", title="Anderswo")
    assert api.client.get(f"/it/vendor/jobs/{other.id}").status_code == 404


def test_checklists_are_kept_by_management(app: Flask, world: World) -> None:
    manager = api_of(app, world, "manager")
    answer = page_post(
        manager, "/de/vendors/checklists", plumbing="Haupthahn zu\n\n Dicht geprüft "
    )
    assert answer.status_code == 303
    with world.database.transaction(Actor.system(world.owner_id).scope) as session:
        owner = session.get_one(PropertyOwner, world.owner_id)
        assert owner.settings["checklists"] == {"plumbing": ["Haupthahn zu", "Dicht geprüft"]}
    too_many = page_post(manager, "/de/vendors/checklists", plumbing="x\n" * 21)
    assert too_many.status_code == 422


def test_only_the_newest_times_can_be_agreed_to(
    world: World, ticket: Ticket, working: Browser, assignment: Assignment
) -> None:
    start = datetime(2099, 1, 1, 9, tzinfo=UTC)
    never = ArrivalWindow(start, start + timedelta(hours=1))
    resident = world.actor("resident")
    scope = resident.scope
    with (
        world.database.transaction(scope) as session,
        pytest.raises(Conflict, match="not_offered"),
    ):
        visits.pick_time(session, resident, assignment.id, never)
