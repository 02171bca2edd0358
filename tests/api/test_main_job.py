"""The main job over the REST interface: from the request to the closed ticket."""

import io
import threading
import uuid
from typing import Any

from flask import Flask
from PIL import Image
from sqlalchemy import Engine, text

from tests.factories import World
from tests.signing_in import Api, api_of


def photo() -> tuple[io.BytesIO, str]:
    """A small photograph."""
    buffer = io.BytesIO()
    Image.new("RGB", (640, 480), (90, 120, 150)).save(buffer, "JPEG")
    buffer.seek(0)
    return buffer, "nachher.jpg"


def reported(api: Api, world: World, **values: Any) -> dict[str, Any]:
    """A new ticket over the API."""
    answer = api.post(
        "/api/tickets",
        {
            "building_id": str(world.building_id),
            "unit_id": str(world.unit_id),
            "title": "Wasser tritt unter der Küchenspüle aus",
            "category": "plumbing",
            "priority": "HIGH",
            **values,
        },
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.get_json())


def test_from_request_to_closed(app: Flask, world: World) -> None:
    resident, manager, vendor = (api_of(app, world, n) for n in ("resident", "manager", "vendor"))
    ticket = reported(resident, world)
    assert (ticket["status"], ticket["number"]) == ("NEW", 1)
    for key in ("assignments", "messages", "attachments", "stakeholders"):
        assert ticket[key] == []
    body = {"ticket_id": ticket["id"]}

    answer = manager.post("/api/tickets/triage", {**body, "priority": "URGENT"})
    assert (answer.status_code, answer.get_json()["status"]) == (200, "TRIAGED")
    answer = manager.post(
        "/api/tickets/assign",
        {**body, "type": "VENDOR", "vendor_org_id": str(world.vendor_org_id)},
    )
    assert (answer.status_code, answer.get_json()["status"]) == (200, "ASSIGNED")
    assert answer.get_json()["assignments"][0]["state"] == "PENDING"

    before = vendor.get(f"/api/tickets/{ticket['id']}")
    assert before.status_code == 200
    assert "+49 761 123456" not in before.text
    assert "Resident" not in before.text
    answer = vendor.post("/api/vendors/dispatch/respond", {**body, "accept": True})
    assert answer.status_code == 200, answer.text
    assert vendor.get(f"/api/tickets/{ticket['id']}").get_json()["status"] == "IN_PROGRESS"

    answer = vendor.post("/api/tickets/message", {**body, "body": "Siamo sul posto."})
    assert answer.status_code == 201
    answer = vendor.post("/api/tickets/status", {**body, "status": "RESOLVED"})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "evidence_missing")
    answer = vendor.upload(
        "/api/tickets/attachment",
        file=photo(),
        ticket_id=ticket["id"],
        type="RESOLUTION_EVIDENCE",
    )
    assert answer.status_code == 201, answer.text
    assert answer.get_json()["uploaded_by"]["name"].startswith("Vendor")
    answer = vendor.post("/api/tickets/status", {**body, "status": "RESOLVED"})
    assert (answer.status_code, answer.get_json()["status"]) == (200, "RESOLVED")
    answer = resident.post("/api/tickets/status", {**body, "status": "CLOSED"})
    assert (answer.status_code, answer.get_json()["status"]) == (200, "CLOSED")

    found = resident.get(f"/api/tickets/{ticket['id']}").get_json()
    assert [m["body"] for m in found["messages"]] == ["Siamo sul posto."]
    assert len(found["attachments"]) == 1
    listed = manager.get("/api/tickets").get_json()
    assert [row["id"] for row in listed["items"]] == [ticket["id"]]
    assert listed["next_cursor"] is None


def test_the_same_key_makes_one_ticket(app: Flask, world: World) -> None:
    """Check 37: parallel creates with one Idempotency-Key make one row."""
    key = uuid.uuid4().hex
    apis = [api_of(app, world, "manager") for _ in range(10)]
    ids: list[str] = []

    def create(api: Api) -> None:
        answer = api.post(
            "/api/tickets",
            {
                "building_id": str(world.building_id),
                "title": "Aufzug steht",
                "category": "elevator",
            },
            headers={"Idempotency-Key": key},
        )
        assert answer.status_code == 201, answer.text
        ids.append(answer.get_json()["id"])

    threads = [threading.Thread(target=create, args=(api,)) for api in apis for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 20
    assert len(set(ids)) == 1
    assert len(apis[0].get("/api/tickets").get_json()["items"]) == 1


def test_the_key_of_another_request_is_refused(app: Flask, world: World) -> None:
    manager = api_of(app, world, "manager")
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    body = {"building_id": str(world.building_id), "title": "A", "category": "general"}
    assert manager.post("/api/tickets", body, headers=headers).status_code == 201
    answer = manager.post("/api/tickets", {**body, "title": "B"}, headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "idempotency_key")


def test_missing_foreign_and_malformed_ids_answer_alike(
    app: Flask, world: World, other_world: World
) -> None:
    """Check 15: a foreign id answers exactly as a missing id does."""
    foreign = reported(api_of(app, other_world, "manager"), other_world)["id"]
    manager = api_of(app, world, "manager")
    for ask in (
        lambda key: manager.get(f"/api/tickets/{key}"),
        lambda key: manager.put(f"/api/tickets/{key}", {"title": "x"}),
        lambda key: manager.post("/api/tickets/triage", {"ticket_id": key}),
        lambda key: manager.post("/api/tickets/message", {"ticket_id": key, "body": "x"}),
        lambda key: manager.post("/api/tickets/status", {"ticket_id": key, "status": "CLOSED"}),
        lambda key: manager.post(f"/api/tickets/{key}/assignment/cancel", {}),
    ):
        answers = []
        for key in (foreign, str(uuid.uuid4()), "no-id"):
            answer = ask(key)
            body = answer.get_json()
            body.pop("request_id")
            answers.append((answer.status_code, body))
        assert answers[0] == answers[1] == answers[2]
        assert answers[0][0] == 404


def test_extra_fields_are_refused(app: Flask, world: World) -> None:
    """Check 19: no input takes fields that it does not name."""
    manager = api_of(app, world, "manager")
    ticket = reported(manager, world)
    for extra in ("role", "is_app_admin", "property_owner_id", "status", "reporter_id"):
        answer = manager.put(f"/api/tickets/{ticket['id']}", {"title": "x", extra: "y"})
        assert answer.status_code == 422
        assert extra in answer.get_json()["errors"]


def test_a_change_without_the_csrf_token_is_refused(app: Flask, world: World) -> None:
    manager = api_of(app, world, "manager")
    body = {"building_id": str(world.building_id), "title": "x", "category": "general"}
    assert manager.client.post("/api/tickets", json=body).status_code == 403
    forged = manager.client.post(
        "/api/tickets", json=body, headers={"X-CSRF-Token": manager.csrf, "Origin": "http://evil"}
    )
    assert forged.status_code == 403


def test_bad_bodies_never_break_the_server(app: Flask, world: World) -> None:
    manager = api_of(app, world, "manager")
    ticket = reported(manager, world)
    long = "x" * 20000
    for path, body in (
        ("/api/tickets", {"building_id": "no", "title": "", "category": "nonsense"}),
        ("/api/tickets", {"building_id": None, "title": long, "category": 5}),
        ("/api/tickets/assign", {"ticket_id": ticket["id"], "type": "VENDOR"}),
        ("/api/tickets/assign", {"ticket_id": ticket["id"], "type": "NOBODY"}),
        ("/api/tickets/status", {"ticket_id": ticket["id"], "status": "DONE"}),
        ("/api/tickets/message", {"ticket_id": ticket["id"], "body": "\x00 \x01"}),
        ("/api/tickets/message", {"ticket_id": ticket["id"], "body": long}),
        ("/api/tickets/message", {"ticket_id": ticket["id"]}),
    ):
        answer = manager.post(path, body)
        assert answer.status_code == 422, (path, body, answer.text)
        assert answer.content_type == "application/problem+json"


def test_every_step_left_its_mark_in_the_sealed_audit(
    app: Flask, world: World, migrator: Engine
) -> None:
    ticket = reported(api_of(app, world, "resident"), world)
    with migrator.connect() as connection:
        unsealed = connection.execute(
            text(
                "select count(*) from audit_events e left join audit_seals s"
                " on s.entry_id = e.id where s.entry_id is null and e.ticket_id = :id"
            ),
            {"id": ticket["id"]},
        ).scalar_one()
        plain = connection.execute(
            text("select ip, user_agent from audit_events where ticket_id = :id"),
            {"id": ticket["id"]},
        ).one()
    assert unsealed == 0
    assert plain.ip.startswith("v2.")
