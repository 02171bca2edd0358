"""Requests that other sites, forged headers and old pages send."""

import io
import os
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from tests.api.test_main_job import reported
from tests.factories import PASSWORD, World
from tests.jobs.steps import report
from tests.security.conftest import Addresses
from tests.signing_in import Api, api_of
from tests.uploads import jpeg, presigned, put

FULL = os.environ.get("ECOPICK_FULL") == "1"
PICTURE = jpeg()
CHANGES = ("POST", "PUT", "PATCH", "DELETE")
# What stands outside the session: sign-in itself, and pages with a proof of their own.
OWN_PROOF = (
    "auth.submit_sign_in",
    "auth_api.sign_in",
    "auth.submit_second_step",
    "auth.choose_way",
    "auth_api.start_second_step",
    "auth_api.verify_second_step",
    "attachments_api.receive",
    "open_jobs.",
    "vendor_link.",
)


def everything(world: World) -> dict[str, int]:
    """How many rows the owner has of everything that people decide on."""
    names = ("tickets", "messages", "attachments", "assignments", "ticket_stakeholders")
    with world.engine.connect() as connection:
        return {
            name: connection.execute(
                text(f"select count(*) from {name} where property_owner_id = :o"),
                {"o": world.owner_id},
            ).scalar_one()
            for name in (*names, "audit_events", "outbox")
        }


def ids_of(world: World, ticket_id: str) -> dict[str, Any]:
    return {
        "ticket_id": ticket_id,
        "assignment_id": world.owner_id,
        "attachment_id": world.owner_id,
        "unit_id": world.unit_id,
        "user_id": world.people["caretaker"],
    }


WRONG = ("none", "foreign", "empty", "cookie")


@pytest.mark.parametrize("sent", WRONG)
def test_every_change_needs_the_token(
    app: Flask, world: World, addresses: Addresses, sent: str
) -> None:
    """Check 33: without the token of its own session no change is made, in any content type."""
    manager = api_of(app, world, "manager")
    ticket = reported(manager, world, auto_route=False)
    before = everything(world)
    wrong = {
        "none": None,
        "foreign": api_of(app, world, "owner").csrf,
        "empty": "",
        "cookie": manager.client.get_cookie("ecopick_session").value,
    }[sent]
    checked = number = 0
    for method in CHANGES:
        for endpoint, path in addresses(method, **ids_of(world, ticket["id"])):
            # In short, each address is tried with one of the wrong tokens in turn.
            number += 1
            if not FULL and number % len(WRONG) != WRONG.index(sent):
                continue
            exempt = getattr(app.view_functions[endpoint], "is_csrf_exempt", False)
            if endpoint.startswith(OWN_PROOF) or exempt:
                continue
            body = {"ticket_id": ticket["id"], "body": "x", "status": "CANCELLED"}
            headers = {} if wrong is None else {"X-CSRF-Token": wrong}
            form = body if wrong is None else {**body, "csrf_token": wrong}
            ways: list[dict[str, Any]] = [
                {"json": body, "headers": headers},
                {"data": form},
                {"data": {**form, "file": (io.BytesIO(PICTURE), "a.jpg")}},
                {"data": '{"ticket_id": "x"}', "content_type": "text/plain"},
                {"json": {**body, "csrf_token": manager.csrf}},
                {"json": body, "query_string": {"csrf_token": manager.csrf}},
            ]
            # In short, each address gets two of the ways in turn.
            turn = number // len(WRONG) % 3
            for options in ways if FULL else (ways[turn], ways[turn + 3]):
                answer = manager.client.open(path, method=method, **options)
                checked += 1
                assert answer.status_code == 403, (method, path, options, answer.status_code)
    assert checked > (150 if FULL else 50)
    assert everything(world) == before
    assert manager.get("/api/auth/me").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:81"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example", "X-Forwarded-Host": "evil.example"},
    ],
)
def test_another_site_changes_nothing(app: Flask, world: World, headers: dict[str, str]) -> None:
    """Check 33: not even with the right token, and it signs nobody in."""
    manager = api_of(app, world, "manager")
    answer = manager.post("/api/tickets", {"title": "x"}, headers=headers)
    assert answer.status_code == 403
    for path in ("/api/auth/login", "/en/login"):
        body = {"email": world.emails["manager"], "password": PASSWORD}
        answer = app.test_client().post(path, data=body, headers=headers)
        assert answer.status_code == 403
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("how", ["header", "field", "query"])
def test_the_method_is_what_it_is(app: Flask, world: World, how: str) -> None:
    """Check 33: no header and no field makes a GET a change, or a POST another one."""
    manager = api_of(app, world, "manager")
    ticket = reported(manager, world, auto_route=False)
    before = everything(world)
    path = f"/api/tickets/{ticket['id']}"
    extra: dict[str, Any] = {
        "header": {"headers": {"X-HTTP-Method-Override": "PUT", "X-Method-Override": "DELETE"}},
        "field": {"data": {"_method": "PUT", "csrf_token": manager.csrf}},
        "query": {"query_string": {"_method": "DELETE"}},
    }[how]
    assert manager.client.get(path, **extra).status_code == 200
    assert manager.client.post(path, **extra).status_code in (403, 405)
    assert everything(world) == before


def test_reading_changes_nothing(app: Flask, world: World, addresses: Addresses) -> None:
    """Check 33: every GET and HEAD leaves every row as it is."""
    manager = api_of(app, world, "manager")
    ticket = reported(manager, world, auto_route=False)
    before = everything(world)
    for who in ("manager", "vendor", "resident"):
        api = api_of(app, world, who)
        paths = [path for _endpoint, path in addresses("GET", **ids_of(world, ticket["id"]))]
        for turn, path in enumerate(paths):
            api.get(path + "?status=CANCELLED&accept=true&language=fr&all=true")
            if FULL or turn % 4 == 0:
                api.client.head(path)
    assert everything(world) == before


def test_no_answer_believes_the_host(app: Flask, world: World, addresses: Addresses) -> None:
    """Check 29: a forged Host or X-Forwarded-Host stands in no answer and no address."""
    manager = api_of(app, world, "manager")
    ticket = report(world)
    forged = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Server": "evil.example",
        "Forwarded": "host=evil.example",
        "X-Original-URL": "//evil.example/",
        "X-Rewrite-URL": "//evil.example/",
    }
    paths = [path for _endpoint, path in addresses("GET", **ids_of(world, str(ticket.id)))]
    for path in (*paths, "/", "/tickets", "/nowhere"):
        answer = manager.get(path, headers={**forged, "Host": "evil.example"})
        assert "evil.example" not in answer.get_data(as_text=True), path
        assert not any("evil.example" in value for _name, value in answer.headers), path
    issued = manager.post(
        f"/api/tickets/{ticket.id}/attachments/presign", {}, headers={"X-Forwarded-Host": "evil"}
    ).get_json()
    assert issued["upload_url"].startswith("http://localhost/api/attachments/uploads/")


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/%09/evil.example",
        "//evil.example/%2e%2e",
        "/en/../../evil",
        "\x01//evil.example",
    ],
)
def test_no_way_leads_to_another_site(app: Flask, world: World, target: str) -> None:
    """Check 33: next, open and the language switch stay here."""
    manager = api_of(app, world, "manager")
    ticket = report(world)
    token = {"csrf_token": manager.csrf}
    form = {"email": world.emails["manager"], "password": PASSWORD, "next": target}
    answers = [
        app.test_client().post("/en/login", data=form),
        manager.client.get("/en/login", query_string={"next": target}),
        manager.client.post(
            "/en/account/language", data={**token, "language": "fr", "next": target}
        ),
        manager.client.post(
            "/en/account/language", data={**token, "language": "fr"}, headers={"Referer": target}
        ),
        manager.client.post(
            "/en/notifications/read", data={**token, "all": "true", "open": target}
        ),
        manager.client.post(
            f"/en/tickets/{ticket.id}/attachments",
            data={**token, "file": (io.BytesIO(jpeg()), "a.jpg"), "next": target},
        ),
    ]
    for answer in answers:
        assert answer.status_code in (302, 303, 422), answer.text[:200]
        where = answer.headers.get("Location", "/")
        assert where.startswith("/") and not where.startswith(("//", "/\\")), where
        assert "\t" not in where and "\n" not in where


@pytest.mark.parametrize("kind", ["page", "fragment", "json", "problem", "file", "redirect", "405"])
def test_every_kind_of_answer_carries_the_headers(app: Flask, world: World, kind: str) -> None:
    """Check 32: pages, parts, JSON, files, redirects and refusals alike."""
    manager = api_of(app, world, "manager")
    ticket = report(world)
    file = manager.upload(
        "/api/tickets/attachment", file=(io.BytesIO(jpeg()), "a.jpg"), ticket_id=ticket.id
    ).get_json()
    answer = {
        "page": lambda: manager.get("/en/tickets"),
        "fragment": lambda: manager.get(
            "/en/tickets", headers={"HX-Request": "true", "HX-Request-Type": "partial"}
        ),
        "json": lambda: manager.get("/api/tickets"),
        "problem": lambda: manager.get("/api/tickets/none"),
        "file": lambda: manager.get(file["download_url"], headers={"Range": "bytes=0-9"}),
        "redirect": lambda: app.test_client().get("/en/tickets"),
        "405": lambda: manager.client.open("/api/tickets", method="TRACE"),
    }[kind]()
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy and "*" not in policy
    for part in (
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    ):
        assert part in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] in ("same-origin", "no-referrer")
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    if kind not in ("file", "405", "redirect"):
        assert "no-store" in answer.headers.get("Cache-Control", ""), kind


def test_a_key_of_repeats_belongs_to_its_person(app: Flask, world: World) -> None:
    """Check 37: somebody else's key answers nothing of theirs and hinders nobody."""
    headers = {"Idempotency-Key": "gemeinsam"}
    resident, neighbour = api_of(app, world, "resident"), api_of(app, world, "neighbour")
    body = {
        "building_id": str(world.building_id),
        "title": "Streng vertraulich",
        "category": "general",
    }
    first = resident.post("/api/tickets", body, headers=headers)
    second = neighbour.post("/api/tickets", body, headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.get_json()["id"] != second.get_json()["id"]
    again = resident.post("/api/tickets", body, headers=headers)
    assert again.headers["Idempotent-Replay"] == "true"
    assert again.get_json()["id"] == first.get_json()["id"]


def test_an_answer_of_yesterday_is_not_told_to_who_lost_the_role(app: Flask, world: World) -> None:
    """A repeat is answered while its person still has to do with the owner."""
    manager = api_of(app, world, "manager")
    headers = {"Idempotency-Key": "vorher"}
    body = {"building_id": str(world.building_id), "title": "Geheim", "category": "general"}
    assert manager.post("/api/tickets", body, headers=headers).status_code == 201
    with world.engine.begin() as connection:
        connection.execute(
            text("update memberships set ended_at = now() where user_id = :p"),
            {"p": world.people["manager"]},
        )
    again = manager.post("/api/tickets", body, headers=headers)
    assert "Geheim" not in again.text


def test_addresses_of_uploads_cannot_be_bent(app: Flask, world: World) -> None:
    """Check 24: another key, another time or another signature is refused."""
    manager = api_of(app, world, "manager")
    issued = presigned(manager, report(world))
    url = issued["upload_url"]
    key = issued["storage_key"]
    for bent in (
        url.replace(key, f"{key}x"),
        url.replace(key, "../../../tmp/x"),
        url.replace(key, f"{world.owner_id}/2026-01-01/{'0' * 32}"),
        url.replace("expires=", "expires=9"),
        url.replace("signature=", "signature=0"),
        url.split("?")[0],
    ):
        answer = put(app, {"upload_url": bent}, b"x")
        assert answer.status_code in (403, 404), bent


def test_sessions_cannot_be_given(app: Flask, world: World) -> None:
    """Check 10: a planted session id is worth nothing, and sign-in replaces it."""
    thief, victim = api_of(app, world, "resident"), app.test_client()
    planted = thief.client.get_cookie("ecopick_session")
    assert planted is not None
    victim.set_cookie("ecopick_session", planted.value)
    answer = victim.post(
        "/api/auth/login", json={"email": world.emails["manager"], "password": PASSWORD}
    )
    assert answer.status_code == 200
    own = victim.get_cookie("ecopick_session")
    assert own is not None and own.value != planted.value
    assert thief.get("/api/auth/me").status_code in (200, 401)
    if thief.get("/api/auth/me").status_code == 200:
        assert thief.get("/api/auth/me").get_json()["email"] == world.emails["resident"]
    for value in ("x", ".", planted.value.split(".")[0], f"{planted.value}x", "a" * 3000):
        client = app.test_client()
        client.set_cookie("ecopick_session", value)
        assert client.get("/api/auth/me").status_code == 401


def test_nobody_makes_themselves_more(app: Flask, world: World) -> None:
    """Check 19: fields that would give rights are refused on every input."""
    resident: Api = api_of(app, world, "resident")
    ticket = reported(resident, world)
    base = {"building_id": str(world.building_id), "title": "x", "category": "general"}
    for field in (
        "property_owner_id",
        "status",
        "reporter_id",
        "role",
        "is_app_admin",
        "number",
        "sla_due_at",
        "vendor_org_id",
        "open_to_vendors",
        "id",
        "created_at",
        "channel",
        "__class__",
    ):
        answer = resident.post("/api/tickets", {**base, field: str(world.owner_id)})
        assert answer.status_code == 422, field
        answer = resident.put(f"/api/tickets/{ticket['id']}", {field: "x"})
        assert answer.status_code == 422, field
