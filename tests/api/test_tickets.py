"""``/api/tickets``: paths, shapes, statuses and the order of checks."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from ecopick.core import clock
from tests.factories import World
from tests.signing_in import Api, api_of

TICKET_KEYS = {
    "id",
    "number",
    "reference",
    "title",
    "status",
    "priority",
    "category",
    "building",
    "unit",
    "unit_section",
    "reporter",
    "sla",
    "assignments",
    "messages",
    "attachments",
    "stakeholders",
    "available_actions",
    "version",
}


def report(api: Api, world: World, **values: Any) -> dict[str, Any]:
    body = {
        "building_id": str(world.building_id),
        "unit_id": str(world.unit_id),
        "title": "Leak",
        "category": "plumbing",
        **values,
    }
    answer = api.post("/api/tickets", body)
    assert answer.status_code == 201, answer.text
    return dict(answer.get_json())


def test_a_ticket_has_its_relations_at_the_top(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    ticket = report(api, world, unit_section_id=str(world.section_id))
    shown = api.get(f"/api/tickets/{ticket['id']}").get_json()
    assert set(shown) >= TICKET_KEYS
    assert shown["building"]["name"] == "Wiehre-Höfe"
    assert shown["unit"]["label"] == "3.07" and shown["unit_section"]["name"] == "Küche"
    assert shown["sla"]["target_minutes"] == 1440 and shown["sla"]["state"] == "running"
    assert "triage" in shown["available_actions"] and "accept" not in shown["available_actions"]
    assert shown["audit_events"][-1]["action"] == "TICKET_CREATED"


def test_input_in_camel_case_is_the_same(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    answer = api.post(
        "/api/tickets",
        {"buildingId": str(world.building_id), "title": "A", "category": "general"},
    )
    assert answer.status_code == 201
    answer = api.post(
        "/api/tickets/assign",
        {
            "ticketId": answer.get_json()["id"],
            "type": "INTERNAL",
            "assignedToUserId": str(world.people["caretaker"]),
        },
    )
    assert answer.status_code == 200
    assert answer.get_json()["assignments"][0]["assigned_to"]["name"].startswith("Caretaker")


def test_lists_are_pages(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    made = [report(api, world)["id"] for _ in range(3)]
    first = api.get("/api/tickets?limit=2").get_json()
    assert [item["id"] for item in first["items"]] == [made[2], made[1]]
    rest = api.get(f"/api/tickets?limit=2&cursor={first['next_cursor']}").get_json()
    assert [item["id"] for item in rest["items"]] == [made[0]]
    assert rest["next_cursor"] is None
    for query in ("limit=201", "limit=0", "status=NONSENSE", "cursor=x", "building_id=x"):
        answer = api.get(f"/api/tickets?{query}")
        assert answer.status_code == 422, query
        assert answer.content_type == "application/problem+json"
    found = api.get("/api/tickets?status=NEW&status=TRIAGED").get_json()["items"]
    assert len(found) == 3
    other = api.get(f"/api/tickets?building_id={world.second_building_id}").get_json()
    assert other == {"items": [], "next_cursor": None}


def test_refusals_name_the_field(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    answer = api.post("/api/tickets", {"title": "", "category": "x", "nonsense": 1})
    assert answer.status_code == 422
    assert set(answer.get_json()["errors"]) >= {"building_id", "title", "category", "nonsense"}
    answer = api.post("/api/tickets/status", {"status": "NO"})
    assert set(answer.get_json()["errors"]) == {"ticket_id", "status"}
    answer = api.post("/api/tickets/message", {"ticket_id": "x"})
    assert (answer.status_code, set(answer.get_json()["errors"])) == (422, {"body"})


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/tickets/{id}", None),
        ("PUT", "/api/tickets/{id}", {"title": "X"}),
        ("POST", "/api/tickets/triage", {"ticket_id": "{id}"}),
        ("POST", "/api/tickets/status", {"ticket_id": "{id}", "status": "CLOSED"}),
        ("POST", "/api/tickets/message", {"ticket_id": "{id}", "body": "Hi"}),
        (
            "POST",
            "/api/tickets/assign",
            {"ticket_id": "{id}", "type": "VENDOR", "vendor_org_id": str(uuid.uuid4())},
        ),
        ("POST", "/api/tickets/{id}/assignment/respond", {"accept": True}),
        ("POST", "/api/tickets/{id}/assignment/cancel", {}),
        ("POST", "/api/tickets/{id}/opportunity", {"open": True}),
        ("POST", "/api/tickets/{id}/opportunity/confirm", {}),
        ("POST", "/api/tickets/{id}/stakeholders", {"user_id": str(uuid.uuid4())}),
        ("DELETE", f"/api/tickets/{{id}}/stakeholders/{uuid.UUID(int=7)}", None),
    ],
)
def test_foreign_missing_and_malformed_ids_are_one_answer(
    app: Flask, world: World, other_world: World, method: str, path: str, body: Any
) -> None:
    theirs = report(api_of(app, other_world, "manager"), other_world)["id"]
    api = api_of(app, world, "manager")
    answers = []
    for key in (theirs, str(uuid.uuid4()), "nonsense"):
        sent = {k: key if v == "{id}" else v for k, v in body.items()} if body is not None else None
        answer = api._send(method, path.format(id=key), sent, {})
        told = answer.get_json()
        told.pop("request_id")
        answers.append((answer.status_code, told))
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 404


def test_visible_is_not_allowed(app: Flask, world: World) -> None:
    ticket = report(api_of(app, world, "resident"), world)["id"]
    resident, caretaker = api_of(app, world, "resident"), api_of(app, world, "caretaker")
    assert resident.put(f"/api/tickets/{ticket}", {"title": "X"}).status_code == 403
    assert resident.post("/api/tickets/triage", {"ticket_id": ticket}).status_code == 403
    body = {"ticket_id": ticket, "type": "VENDOR", "vendor_org_id": str(world.vendor_org_id)}
    assert caretaker.post("/api/tickets/assign", body).status_code == 403
    note = {"ticket_id": ticket, "body": "psst", "visibility": "team"}
    assert resident.post("/api/tickets/message", note).status_code == 403
    assert caretaker.get("/api/tickets/vendor-orgs").status_code == 403


def test_staff_accept_and_decline_and_management_takes_back(app: Flask, world: World) -> None:
    manager, caretaker = api_of(app, world, "manager"), api_of(app, world, "caretaker")
    ticket = report(manager, world)["id"]
    to_caretaker = {
        "ticket_id": ticket,
        "type": "INTERNAL",
        "assigned_to_user_id": str(world.people["caretaker"]),
    }
    manager.post("/api/tickets/assign", to_caretaker)
    answer = caretaker.post(f"/api/tickets/{ticket}/assignment/respond", {"accept": False})
    assert (answer.status_code, answer.get_json()["status"]) == (200, "TRIAGED")
    answer = caretaker.post(f"/api/tickets/{ticket}/assignment/respond", {"accept": True})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "illegal_transition")
    manager.post("/api/tickets/assign", to_caretaker)
    answer = caretaker.post(f"/api/tickets/{ticket}/assignment/respond", {"accept": True})
    assert answer.get_json()["status"] == "IN_PROGRESS"
    answer = manager.post(f"/api/tickets/{ticket}/assignment/cancel", {"reason": "Too far"})
    assert answer.get_json()["status"] == "TRIAGED"
    assert manager.post(f"/api/tickets/{ticket}/assignment/cancel", {}).status_code == 409


def test_a_vendor_who_declines_no_longer_sees_it(app: Flask, world: World) -> None:
    manager, vendor = api_of(app, world, "manager"), api_of(app, world, "vendor")
    ticket = report(manager, world)["id"]
    body = {"ticket_id": ticket, "type": "VENDOR", "vendor_org_id": str(world.vendor_org_id)}
    assert manager.post("/api/tickets/assign", body).status_code == 200
    answer = vendor.post(
        f"/api/tickets/{ticket}/assignment/respond", {"accept": False, "reason": "Full"}
    )
    assert answer.status_code == 200
    assert answer.get_json() == {"id": ticket, "available_actions": []}
    assert vendor.get(f"/api/tickets/{ticket}").status_code == 404
    shown = manager.get(f"/api/tickets/{ticket}").get_json()
    assert (shown["status"], shown["assignments"][0]["reason"]) == ("TRIAGED", "Full")


def test_open_jobs_are_published_and_withdrawn(app: Flask, world: World) -> None:
    manager = api_of(app, world, "manager")
    ticket = report(manager, world)["id"]
    deadline = (clock.now() + timedelta(days=1)).isoformat()
    path = f"/api/tickets/{ticket}/opportunity"
    answer = manager.post(path, {"open": True, "vendor_deadline": deadline})
    assert answer.get_json()["status"] == "VENDOR_OPPORTUNITY"
    assert manager.post(f"{path}/confirm", {}).status_code == 409
    assert manager.post(path, {"open": False}).get_json()["status"] == "TRIAGED"
    answer = manager.post(path, {"open": True, "vendor_deadline": "2020-01-01T00:00:00Z"})
    assert set(answer.get_json()["errors"]) == {"vendor_deadline"}


def test_participants_come_and_go(app: Flask, world: World) -> None:
    manager = api_of(app, world, "manager")
    ticket = report(manager, world)["id"]
    path = f"/api/tickets/{ticket}/stakeholders"
    neighbour = str(world.people["neighbour"])
    answer = manager.post(path, {"user_id": neighbour, "can_edit": False})
    assert (answer.status_code, answer.get_json()["user_id"]) == (201, neighbour)
    assert answer.get_json()["user"]["id"] == neighbour
    guest = api_of(app, world, "neighbour")
    assert guest.get(f"/api/tickets/{ticket}").status_code == 200
    assert manager.delete(f"{path}/{neighbour}").status_code == 204
    assert guest.get(f"/api/tickets/{ticket}").status_code == 404
    assert manager.delete(f"{path}/{neighbour}").status_code == 404
    answer = manager.post(path, {"user_id": str(uuid.uuid4())})
    assert set(answer.get_json()["errors"]) == {"user_id"}


def test_stale_versions_are_refused(app: Flask, world: World) -> None:
    manager = api_of(app, world, "manager")
    ticket = report(manager, world)
    body = {"title": "One", "version": ticket["version"]}
    answer = manager.put(f"/api/tickets/{ticket['id']}", body)
    assert (answer.status_code, answer.get_json()["title"]) == (200, "One")
    answer = manager.put(f"/api/tickets/{ticket['id']}", {**body, "title": "Two"})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "stale_version")


def test_pickers_list_vendors_and_members(app: Flask, world: World) -> None:
    manager = api_of(app, world, "manager")
    vendors = manager.get("/api/tickets/vendor-orgs").get_json()["items"]
    assert {item["id"] for item in vendors} == {
        str(world.vendor_org_id),
        str(world.second_vendor_org_id),
    }
    people = manager.get("/api/tickets/org-members").get_json()["items"]
    assert str(world.people["caretaker"]) in {item["id"] for item in people}
    assert str(world.people["vendor"]) not in {item["id"] for item in people}


def test_messages_answer_with_themselves(app: Flask, world: World) -> None:
    resident = api_of(app, world, "resident")
    ticket = report(resident, world)["id"]
    answer = resident.post("/api/tickets/message", {"ticket_id": ticket, "body": "Hello"})
    assert answer.status_code == 201
    told = answer.get_json()
    assert (told["ticket_id"], told["body"], told["visibility"]) == (ticket, "Hello", "everyone")
    assert told["author"]["name"].startswith("Resident")
    shown = resident.get(f"/api/tickets/{ticket}").get_json()["messages"]
    assert [item["author"]["name"][:8] for item in shown] == ["Resident"]


def test_states_with_a_call_of_their_own_are_refused_with_a_hint(app: Flask, world: World) -> None:
    manager = api_of(app, world, "manager")
    ticket = report(manager, world)["id"]
    hints = set()
    for status in ("ASSIGNED", "VENDOR_OPPORTUNITY", "NEW", "RESOLVED"):
        answer = manager.post("/api/tickets/status", {"ticket_id": ticket, "status": status})
        assert (answer.status_code, answer.get_json()["code"]) == (409, "illegal_transition")
        hints.add(answer.get_json()["title"])
    assert len(hints) == 3
