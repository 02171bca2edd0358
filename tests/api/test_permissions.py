"""Rights on single things over HTTP and on their page; why somebody sees a ticket."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

from flask import Flask

from ecopick.core import clock
from ecopick.core.permissions import registered
from ecopick.core.roles import MembershipRole
from ecopick.domains import policies
from ecopick.domains.governance.words import ACTS, RULES
from ecopick.domains.people.models import Membership
from tests.domains.tickets.test_main_line import assign_vendor, report
from tests.factories import World
from tests.signing_in import Api, api_of


def given(world: World, manager: Api, **values: Any) -> Any:
    body = {
        "user_id": str(world.people["occupant"]),
        "resource_type": "Building",
        "resource_id": str(world.building_id),
        "permissions": {"view": ["tickets"]},
        **values,
    }
    return manager.post("/api/permissions/grant", body)


def test_grant_list_revoke(app: Flask, world: World) -> None:
    ticket = report(world)
    manager, occupant = api_of(app, world, "manager"), api_of(app, world, "occupant")
    assert occupant.get(f"/api/tickets/{ticket.id}").status_code == 404
    answer = given(world, manager)
    assert answer.status_code == 200, answer.text
    assert occupant.get(f"/api/tickets/{ticket.id}").status_code == 200
    mine = occupant.get("/api/permissions").get_json()["items"]
    assert [each["permissions"] for each in mine] == [{"view": ["tickets"]}]
    path = f"/api/permissions?user_id={world.people['occupant']}"
    assert len(manager.get(path).get_json()["items"]) == 1
    body = {
        "user_id": str(world.people["occupant"]),
        "resource_type": "Building",
        "resource_id": str(world.building_id),
    }
    assert occupant.post("/api/permissions/revoke", body).status_code == 403
    assert manager.post("/api/permissions/revoke", body).status_code == 200
    assert manager.post("/api/permissions/revoke", body).status_code == 422
    assert occupant.get(f"/api/tickets/{ticket.id}").status_code == 404


def test_refusals(app: Flask, world: World, other_world: World) -> None:
    """Checks 18 and 19: foreign ids, unknown rights and extra fields."""
    manager = api_of(app, world, "manager")
    foreign = str(other_world.building_id)
    cases: list[tuple[dict[str, Any], int]] = [
        ({"resource_id": foreign}, 422),
        ({"user_id": str(other_world.people["resident"])}, 422),
        ({"user_id": str(world.people["manager"])}, 422),
        ({"permissions": {"fly": ["*"]}}, 422),
        ({"permissions": {"view": ["moon"]}}, 422),
        ({"permissions": {}}, 422),
        ({"property_owner_id": str(world.owner_id)}, 422),
        ({"full": True}, 403),
        ({"emergency": True}, 403),
        ({"expires_at": "2020-01-01T00:00:00Z"}, 422),
    ]
    for extra, status in cases:
        assert given(world, manager, **extra).status_code == status, extra
    assert given(world, api_of(app, world, "caretaker")).status_code == 403
    assert given(world, api_of(app, world, "resident")).status_code in (403, 422)
    assert manager.get("/api/permissions").get_json()["items"] == []
    path = f"/api/permissions?user_id={other_world.people['resident']}"
    assert manager.get(path).status_code == 404


def test_old_sessions_prove_themselves_first(app: Flask, world: World) -> None:
    manager = api_of(app, world, "manager")
    clock.shift(timedelta(minutes=6))
    answer = given(world, manager)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "step_up_required")


def test_the_page(app: Flask, world: World) -> None:
    manager = api_of(app, world, "manager")
    page = manager.get("/en/admin/permissions")
    assert page.status_code == 200
    assert "Nobody has a right of their own." in page.text
    body = {
        "user_id": str(world.people["occupant"]),
        "place": f"Building:{world.building_id}",
        "verbs": ["view", "edit"],
        "expires_at": "2198-12-31",
        "csrf_token": manager.csrf,
    }
    wrong = manager.client.post(
        "/en/admin/permissions/grant", data={**body, "expires_at": "2020-01-01"}
    )
    assert wrong.status_code == 422
    assert "Please choose a time in the future." in wrong.text
    empty = manager.client.post("/en/admin/permissions/grant", data={**body, "verbs": []})
    assert empty.status_code == 422
    done = manager.client.post("/en/admin/permissions/grant", data=body)
    assert done.status_code == 303
    assert "Take back" in manager.get("/en/admin/permissions").text
    end = {
        "user_id": body["user_id"],
        "resource_type": "Building",
        "resource_id": str(world.building_id),
        "csrf_token": manager.csrf,
    }
    assert manager.client.post("/en/admin/permissions/revoke", data=end).status_code == 303
    for who in ("caretaker", "resident", "vendor"):
        assert api_of(app, world, who).get("/en/admin/permissions").status_code == 403


def why(app: Flask, world: World, ticket_id: Any, who: str) -> dict[str, Any]:
    path = f"/api/tickets/{ticket_id}/access?user_id={world.people[who]}"
    answer = api_of(app, world, "manager").get(path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def told(found: dict[str, Any], rule: str) -> str:
    return next(each["text"] for each in found["reasons"] if each["rule"] == rule)


def test_why_somebody_sees_a_ticket(app: Flask, world: World) -> None:
    ticket = report(world, "manager")
    assign_vendor(world, ticket)
    world.add(world.person("narrow"))
    world.add(
        Membership(
            user_id=world.people["narrow"],
            role=MembershipRole.CARETAKER,
            property_owner_id=world.owner_id,
            building_id=world.second_building_id,
        )
    )
    resident = why(app, world, ticket.id, "resident")
    assert resident["granted"]
    assert told(resident, "resident") == "Through: resident of unit 3.07."
    vendor = why(app, world, ticket.id, "vendor")
    assert vendor["granted"]
    assert "the assigned vendor" in told(vendor, "vendor")
    narrow = why(app, world, ticket.id, "narrow")
    assert not narrow["granted"]
    assert told(narrow, "operations") == "No: the role in the staff counts only for Nordtor."
    neighbour = why(app, world, ticket.id, "neighbour")
    assert told(neighbour, "resident") == "No: not a resident of unit 3.07."
    assert not any(each["granted"] for each in neighbour["actions"])
    given(world, api_of(app, world, "manager"))
    assert "granted by Manager" in told(why(app, world, ticket.id, "occupant"), "permission")


def test_only_management_of_the_building_asks_why(
    app: Flask, world: World, other_world: World
) -> None:
    ticket = report(world)
    path = f"/api/tickets/{ticket.id}/access?user_id={world.people['resident']}"
    for who in ("resident", "caretaker"):
        assert api_of(app, world, who).get(path).status_code == 403
    assert api_of(app, other_world, "owner").get(path).status_code == 404
    manager = api_of(app, world, "manager")
    foreign = f"/api/tickets/{ticket.id}/access?user_id={other_world.people['resident']}"
    assert manager.get(foreign).status_code == 422
    assert manager.get(f"/api/tickets/{ticket.id}/access").status_code == 422
    page = f"/en/tickets/{ticket.id}/access"
    assert manager.get(page).status_code == 200
    shown = manager.get(f"{page}?user_id={world.people['resident']}").text
    assert "Through: resident of unit 3.07." in shown
    team = manager.get(f"/en/tickets/{ticket.id}?section=team").text
    assert page in team


def test_the_explanation_is_in_words(app: Flask, world: World) -> None:
    """No name of an act or a rule as programs know it stands on the page."""
    ticket = report(world)
    assign_vendor(world, ticket)
    manager = api_of(app, world, "manager")
    given(world, manager)
    for who in ("manager", "caretaker", "resident", "vendor", "occupant", "neighbour"):
        path = f"/en/tickets/{ticket.id}/access?user_id={world.people[who]}"
        main = manager.get(path).text.partition("<main")[2].partition("</main>")[0]
        shown = unescape(re.sub(r"<[^>]*>", " ", main))
        assert re.findall(r"\b[a-z]+:[a-z_]+\b|\b[a-z]+_[a-z_]+\b", shown) == [], who
        assert "Add files to a ticket" in shown
    shown = manager.get(f"/en/tickets/{ticket.id}/access?user_id={world.people['resident']}").text
    assert "reported the ticket" in shown


def test_every_act_on_a_ticket_and_every_rule_of_it_has_words() -> None:
    policies.load()
    acts = {act: rules for act, rules in registered().items() if act.startswith("ticket:")}
    assert set(acts) - set(ACTS) == set()
    assert {name for rules in acts.values() for name, _rule in rules} - set(RULES) == set()
