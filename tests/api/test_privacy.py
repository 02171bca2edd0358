"""Data on people through the API and the pages: who may ask for what, and what they get."""

import io
import json
import uuid
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from ecopick.config import Settings
from ecopick.core import clock
from ecopick.core.audit.writer import flush_reads
from ecopick.core.uow import Database
from jobs import runtime as runtimes
from jobs.privacy import make_waiting, remove_expired
from tests.factories import World
from tests.signing_in import Api, api_of
from tests.uploads import jpeg


@pytest.fixture(autouse=True)
def _jobs(settings: Settings, database: Database) -> Iterator[None]:
    runtimes.use_runtime(runtimes.make_runtime(settings, database))
    yield
    runtimes.use_runtime(None)


@pytest.fixture
def resident(app: Flask, world: World) -> Api:
    return api_of(app, world, "resident")


@pytest.fixture
def ticket_id(world: World, resident: Api) -> str:
    made = resident.post(
        "/api/tickets",
        {
            "building_id": str(world.building_id),
            "unit_id": str(world.unit_id),
            "category": "plumbing",
            "title": "Hahn tropft #strong[laut]",
        },
    )
    found: str = made.get_json()["id"]
    resident.post("/api/tickets/message", {"ticket_id": found, "body": "Bitte vormittags."})
    taken = resident.upload(
        "/api/tickets/attachment",
        ticket_id=found,
        type="COMMENT_ATTACHMENT",
        file=(io.BytesIO(jpeg()), "hahn.jpg"),
    )
    assert taken.status_code == 201, taken.text
    return found


def fetched(api: Api, path: str, settle: Any) -> zipfile.ZipFile:
    """Ask, let the worker make it, download it."""
    asked = api.post(path, {})
    assert asked.status_code == 202, asked.text
    where = f"/api/privacy/export/{asked.get_json()['id']}"
    assert api.get(f"{where}/download").status_code == 404
    assert api.post(path, {}).get_json()["id"] == asked.get_json()["id"]
    settle()
    assert make_waiting() >= 1
    state = api.get(where).get_json()
    assert state["state"] == "ready"
    answer = api.get(f"{where}/download")
    assert len(answer.data) == state["size_bytes"]
    return zipfile.ZipFile(io.BytesIO(answer.data))


def test_a_person_takes_everything_along(
    world: World, resident: Api, ticket_id: str, store_reads: Any, app: Flask
) -> None:
    api_of(app, world, "manager").get(f"/api/tickets/{ticket_id}")
    archive = fetched(resident, "/api/privacy/export", store_reads)
    assert archive.read("summary.pdf").startswith(b"%PDF-1.7")
    told = json.loads(archive.read("data.json"))
    data = told["data"]
    assert data["users"][0]["email"] == world.emails["resident"]
    assert data["tickets"][0]["title"] == "Hahn tropft #strong[laut]"
    assert data["messages"][0]["body"] == "Bitte vormittags."
    for name in ("user_units", "attachments", "auth_sessions", "auth_audit_events"):
        assert data[name], name
    for name in ("audit_events", "access_decisions"):
        assert data[name], name
    assert data["auth_audit_events"][0]["ip"] == "127.0.0.1"
    assert told["files"] == ["files/001-hahn.jpg"]
    assert archive.read("files/001-hahn.jpg")
    secret = archive.read("data.json").decode()
    for word in ("password_hash", "token_hash", "storage_key", "$argon2", '"v1.', '"v2.'):
        assert word not in secret
    others = {world.emails[who] for who in ("manager", "owner", "neighbour")}
    assert not [email for email in others if email in secret]


def test_an_owner_takes_along_what_it_holds(
    app: Flask, world: World, ticket_id: str, store_reads: Any, database: Database
) -> None:
    owner, person = api_of(app, world, "owner"), world.people["resident"]
    archive = fetched(owner, f"/api/privacy/people/{person}/export", store_reads)
    data = json.loads(archive.read("data.json"))["data"]
    assert data["tickets"][0]["id"] == ticket_id
    assert not {name for name in data if name.startswith(("auth_", "webauthn", "notification"))}
    flush_reads(database)
    items = owner.get("/api/admin/audit?stream=reads&action=EXPORT").get_json()["items"]
    assert [(each["resource_id"], "privacy_export" in each["meta"]) for each in items] == [
        (str(person), True)
    ]


@pytest.mark.parametrize("who", ["manager", "caretaker", "resident", "vendor", "app_admin"])
def test_nobody_else_may(app: Flask, world: World, who: str) -> None:
    api, person = api_of(app, world, who), world.people["neighbour"]
    base = f"/api/privacy/people/{person}"
    body = {"confirmation": world.emails["neighbour"]}
    for answer in (
        api.post(f"{base}/export", {}),
        api.post(f"{base}/erasure", body),
        api.put(f"{base}/hold", {"reason": "x"}),
        api.delete(f"{base}/hold"),
        api.get(f"/en/members/people/{person}/data"),
    ):
        assert answer.status_code in (403, 404), answer.text
    if who != "app_admin":
        answer = api.post(
            "/api/admin/privacy/erasure", {"email": world.emails["neighbour"], **body}
        )
        assert answer.status_code == 403


def test_foreign_ids_answer_as_missing_ones(
    app: Flask, world: World, other_world: World, resident: Api
) -> None:
    owner = api_of(app, world, "owner")
    foreign = api_of(app, other_world, "resident").post("/api/privacy/export", {}).get_json()["id"]
    answers = []
    for person, export in (
        (other_world.people["resident"], foreign),
        (uuid.uuid4(), uuid.uuid4()),
        ("nobody", "nothing"),
    ):
        for path in (
            f"/api/privacy/export/{export}",
            f"/api/privacy/export/{export}/download",
            f"/en/members/people/{person}/data",
        ):
            answers.append(owner.get(path).status_code)
        answers.append(owner.post(f"/api/privacy/people/{person}/export", {}).status_code)
        answers.append(owner.delete(f"/api/privacy/erasure/{export}").status_code)
    assert answers == [404] * len(answers)


def test_it_asks_for_a_fresh_proof(world: World, resident: Api) -> None:
    clock.shift(timedelta(minutes=6))
    body = {"confirmation": world.emails["resident"]}
    for path in ("/api/privacy/export", "/api/privacy/erasure"):
        answer = resident.post(path, body)
        assert (answer.status_code, answer.get_json()["code"]) == (403, "step_up_required")


def test_the_address_must_be_typed(world: World, resident: Api) -> None:
    answer = resident.post("/api/privacy/erasure", {"confirmation": "somebody@example.org"})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["confirmation"])


def test_the_last_owner_stays(app: Flask, world: World) -> None:
    owner = api_of(app, world, "owner")
    body = {"confirmation": world.emails["owner"]}
    for path in (
        "/api/privacy/erasure",
        f"/api/privacy/people/{world.people['owner']}/erasure",
    ):
        answer = owner.post(path, body)
        assert (answer.status_code, answer.get_json()["code"]) == (409, "last_owner")


def test_an_administrator_may_have_an_account_erased(
    app: Flask, world: World, resident: Api
) -> None:
    email = world.emails["resident"]
    admin = api_of(app, world, "app_admin")
    path = "/api/admin/privacy/erasure"
    missing = admin.post(path, {"email": "no@example.org", "confirmation": "no@example.org"})
    assert missing.status_code == 404
    made = admin.post(path, {"email": email, "confirmation": email})
    assert made.status_code == 202, made.text
    page = resident.get("/en/account/data").get_data(as_text=True)
    assert "will be erased on" in page
    undone = resident.delete(f"/api/privacy/erasure/{made.get_json()['id']}")
    assert undone.get_json()["state"] == "undone"


def test_an_export_is_gone_after_a_week(resident: Api, store_reads: Any) -> None:
    assert "None yet." in resident.get("/en/account/data").get_data(as_text=True)
    fetched(resident, "/api/privacy/export", store_reads)
    assert "/download" in resident.get("/en/account/data/exports").get_data(as_text=True)
    clock.shift(timedelta(days=7))
    assert remove_expired() >= 1
    clock.reset()
    assert "No longer there" in resident.get("/en/account/data").get_data(as_text=True)


def test_the_pages_work_without_scripts(app: Flask, world: World, resident: Api) -> None:
    owner, person = api_of(app, world, "owner"), world.people["resident"]
    base = f"/en/members/people/{person}/data"

    def send(api: Api, path: str, **fields: str) -> Any:
        return api.client.post(path, data={"csrf_token": api.csrf, **fields})

    staff = f"/en/members/people/{world.people['caretaker']}/data"
    assert staff in owner.get("/en/members").get_data(as_text=True)
    assert owner.get(base).status_code == 200
    assert send(owner, f"{base}/export").status_code == 303
    assert "Being made" in owner.get(f"{base}/exports").get_data(as_text=True)
    assert send(owner, f"{base}/hold", reason="").status_code == 422
    assert send(owner, f"{base}/hold", reason="Streit").status_code == 303
    refused = send(owner, f"{base}/erasure", confirmation=world.emails["resident"])
    assert refused.status_code == 409
    assert "legal hold" in refused.get_data(as_text=True)
    assert send(owner, f"{base}/hold/lift").status_code == 303
    wrong = send(owner, f"{base}/erasure", confirmation="x")
    assert wrong.status_code == 422
    assert "exactly as it is shown" in wrong.get_data(as_text=True)
    months = {"audit_events": "24", "access_events": "6", "access_decisions": "6"}
    assert send(owner, "/en/admin/retention", **months).status_code == 303
    assert 'value="24"' in owner.get("/en/admin/retention").get_data(as_text=True)
    low = send(owner, "/en/admin/retention", **{**months, "audit_events": "11"})
    assert low.status_code == 422
    assert "/account/data" in resident.get("/en/account/security").get_data(as_text=True)
    assert send(resident, "/en/account/data/export").status_code == 303
    asked = send(resident, "/en/account/data/erasure", confirmation=world.emails["resident"])
    assert asked.status_code == 303
