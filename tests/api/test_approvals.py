"""Approvals over HTTP and on their pages."""

import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from tests.domains.tickets.test_main_line import report
from tests.factories import World
from tests.signing_in import Api, api_of

PATH = "/api/admin/approvals"


def asked(app: Flask, world: World, who: str = "caretaker", **values: Any) -> Any:
    body = {"action": "cost:approve", "approver_id": str(world.people["manager"]), **values}
    answer = api_of(app, world, who).post(PATH, body)
    assert answer.status_code == 201, answer.text
    return answer.get_json()


def test_from_the_question_to_the_answer(app: Flask, world: World) -> None:
    ticket = report(world)
    made = asked(
        app,
        world,
        ticket_id=str(ticket.id),
        reason="Pumpe blockiert",
        amount="1284.50",
        lines=[{"text": "Umwälzpumpe", "quantity": "1", "amount": "1284.50"}],
    )
    assert (made["status"], made["amount"]) == ("SUBMITTED", "1284.50")
    assert made["available_actions"] == ["ask", "cancel"]
    manager = api_of(app, world, "manager")
    waiting = manager.get(f"{PATH}?view=waiting").get_json()["items"]
    assert [each["id"] for each in waiting] == [made["id"]]
    path = f"{PATH}/{made['id']}"
    assert manager.post(f"{path}/open").get_json()["status"] == "IN_REVIEW"
    assert manager.post(f"{path}/question", {"text": "Warum heute?"}).status_code == 200
    refused = manager.post(f"{path}/decide", {"decision": "REJECTED"})
    assert (refused.status_code, list(refused.get_json()["errors"])) == (422, ["note"])
    answer = manager.post(f"{path}/decide", {"decision": "APPROVED", "note": "Ja"})
    assert answer.get_json()["status"] == "APPROVED"
    assert manager.post(f"{path}/decide", {"decision": "APPROVED"}).status_code == 409
    assert manager.post(f"{path}/cancel").status_code == 403
    assert api_of(app, world, "caretaker").post(f"{path}/cancel").status_code == 409
    assert manager.post(f"{path}/close").get_json()["status"] == "CLOSED"


@pytest.mark.parametrize(
    ("extra", "field"),
    [
        ({"approver_id": "self"}, "approver_id"),
        ({"approver_id": "foreign"}, "approver_id"),
        ({"ticket_id": "foreign"}, "ticket_id"),
        ({"resource_type": "Building", "resource_id": "foreign"}, "resource_id"),
        ({"reviewer_ids": ["foreign"]}, "reviewer_ids"),
        ({"action": "Everything!"}, "action"),
        ({"status": "APPROVED"}, "status"),
        ({"property_owner_id": "foreign"}, "property_owner_id"),
        ({"requested_by_id": "foreign"}, "requested_by_id"),
    ],
)
def test_bad_bodies_write_nothing(
    app: Flask, world: World, other_world: World, extra: dict[str, Any], field: str
) -> None:
    """Checks 18 and 19: foreign ids and extra fields of a request are 422 under their field."""
    foreign = {
        "approver_id": other_world.people["manager"],
        "reviewer_ids": other_world.people["manager"],
        "ticket_id": report(other_world).id,
        "resource_id": other_world.building_id,
    }
    body: dict[str, Any] = {"action": "cost:approve"}
    for name, value in extra.items():
        word = value[0] if isinstance(value, list) else value
        if word == "self":
            word = str(world.people["caretaker"])
        elif word == "foreign":
            word = str(foreign.get(name, other_world.owner_id))
        body[name] = [word] if isinstance(value, list) else word
    caretaker = api_of(app, world, "caretaker")
    answer = caretaker.post(PATH, body)
    assert answer.status_code == 422, answer.text
    assert field in answer.get_json()["errors"]
    assert caretaker.get(PATH).get_json()["items"] == []


def test_a_foreign_approval_is_a_missing_one(app: Flask, world: World, other_world: World) -> None:
    """Check 15: the same answer for foreign, missing and malformed ids."""
    made = asked(app, world)
    stranger = api_of(app, other_world, "owner")
    for act in ("", "/open", "/decide", "/skip", "/question", "/cancel", "/close"):
        answers = []
        for key in (made["id"], "01990000-0000-7000-8000-000000000000", "x"):
            body = {"decision": "APPROVED"} if act == "/decide" else None
            body = {"reason": "a"} if act == "/skip" else body
            body = {"text": "a"} if act == "/question" else body
            path = f"{PATH}/{key}{act}"
            answer = stranger.post(path, body) if act else stranger.get(path)
            shown = answer.get_json()
            shown.pop("request_id")
            answers.append((answer.status_code, shown))
        assert answers[0] == answers[1] == answers[2]
        assert answers[0][0] == 404


@pytest.mark.parametrize("rounds", [5])
def test_parallel_decisions_have_one_outcome(app: Flask, world: World, rounds: int) -> None:
    """Check 20: two people, yes and no, at the same time: one of them decided."""
    people = [api_of(app, world, "manager") for _ in range(4)]
    for _round in range(rounds):
        made = asked(app, world)
        gate = threading.Barrier(len(people))
        found: list[tuple[int, Any]] = []

        def decide(
            who: Api, answer: str, key: str = made["id"], gate: Any = gate, found: Any = found
        ) -> None:
            gate.wait()
            body = {"decision": answer, "note": "Weil"}
            told = who.post(f"{PATH}/{key}/decide", body)
            found.append((told.status_code, told.get_json().get("status")))

        threads = [
            threading.Thread(target=decide, args=(who, "APPROVED" if index % 2 else "REJECTED"))
            for index, who in enumerate(people)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        won = [status for code, status in found if code == 200]
        assert len(won) == 1, found
        assert sorted(code for code, _ in found) == [200, 409, 409, 409]
        stored = people[0].get(f"{PATH}/{made['id']}").get_json()
        assert stored["status"] == won[0]
        assert stored["steps"][0]["status"] == won[0]


def test_the_inbox_without_scripts(app: Flask, world: World) -> None:
    ticket = report(world)
    caretaker, manager = api_of(app, world, "caretaker"), api_of(app, world, "manager")
    page = caretaker.get("/en/approvals")
    assert page.status_code == 200
    assert "Nothing waits for you." in page.text
    form = caretaker.get(f"/en/approvals/new?ticket_id={ticket.id}")
    assert form.status_code == 200
    body = {
        "action": "cost:approve",
        "title": "Heizkreispumpe ersetzen",
        "amount": "1 284,50",
        "reason": "Kalt",
        "approver_id": str(world.people["manager"]),
        "ticket_id": str(ticket.id),
        "csrf_token": caretaker.csrf,
    }
    assert "Sum in EUR" in form.text
    wrong = caretaker.client.post("/en/approvals", data={**body, "amount": "viel"})
    assert wrong.status_code == 422
    assert "viel" in wrong.text
    sent = caretaker.client.post("/en/approvals", data=body)
    assert sent.status_code == 303, sent.text
    inbox = manager.get("/en/approvals").text
    assert "Heizkreispumpe ersetzen" in inbox
    assert "1.284,50\xa0€" in inbox
    key = manager.get(f"{PATH}?view=waiting").get_json()["items"][0]["id"]
    page = manager.get(f"/en/approvals/{key}")
    assert page.status_code == 200
    assert "You decide" in page.text
    path = f"/en/approvals/{key}/decide"
    empty = manager.client.post(path, data={"decision": "REJECTED", "csrf_token": manager.csrf})
    assert empty.status_code == 422
    assert "Please say why you refuse." in empty.text
    asked_back = manager.client.post(
        f"/en/approvals/{key}/question", data={"note": "Warum?", "csrf_token": manager.csrf}
    )
    assert asked_back.status_code == 303
    done = manager.client.post(
        path, data={"decision": "APPROVED", "note": "", "csrf_token": manager.csrf}
    )
    assert done.status_code == 303
    assert "Approved" in caretaker.get(f"/en/approvals/{key}?view=mine").text
    assert "Heizkreispumpe ersetzen" in manager.get("/en/approvals?view=decided").text


def test_somebody_stands_in_by_the_page(app: Flask, world: World) -> None:
    owner = api_of(app, world, "owner")
    assert "Nobody decides in your place." in owner.get("/en/approvals/away").text
    body = {
        "delegate_id": str(world.people["manager"]),
        "starts_at": "2026-01-01",
        "ends_at": "2198-01-31",
        "csrf_token": owner.csrf,
    }
    wrong = owner.client.post("/en/approvals/away", data={**body, "ends_at": "2025-01-01"})
    assert wrong.status_code == 422
    assert owner.client.post("/en/approvals/away", data=body).status_code == 303
    made = asked(app, world, approver_id=str(world.people["owner"]))
    manager = api_of(app, world, "manager")
    answer = manager.post(f"{PATH}/{made['id']}/decide", {"decision": "APPROVED"})
    assert answer.get_json()["status"] == "APPROVED"
    assert api_of(app, world, "caretaker").get("/en/approvals/away").status_code == 403


def test_a_sum_is_meant_in_the_money_of_the_building(app: Flask, world: World) -> None:
    """Nobody has to name a currency; in Switzerland it is the franc, as written there."""
    with world.engine.begin() as connection:
        connection.execute(
            text("update buildings set country = 'CH' where id = :id"), {"id": world.building_id}
        )
    ticket = report(world)
    made = asked(app, world, ticket_id=str(ticket.id), amount="1284.50", title="Neue Pumpe")
    assert made["currency"] == "CHF"
    chosen = asked(app, world, ticket_id=str(ticket.id), amount="12", currency="EUR", title="A")
    assert chosen["currency"] == "EUR"
    page = api_of(app, world, "manager").get(f"/en/approvals/{made['id']}").text
    assert "CHF" in page
    form = api_of(app, world, "caretaker").get(f"/en/approvals/new?ticket_id={ticket.id}")
    assert "Sum in CHF" in form.text
