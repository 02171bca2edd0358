"""What a phone reads to install the product and to open it without a connection."""

import json
import re
import struct

from flask.testing import FlaskClient

from tests.factories import World
from tests.pages.test_tickets import Desk


def test_a_manifest_in_each_language_with_icons_of_their_stated_sizes(client: FlaskClient) -> None:
    for code in ("en", "de", "fr", "it"):
        answer = client.get(f"/manifest.webmanifest?language={code}")
        assert answer.mimetype == "application/manifest+json"
        found = json.loads(answer.text)
        assert (found["lang"], found["start_url"], found["id"]) == (code, f"/{code}/app", "/")
        assert found["display"] == "standalone"
        assert {icon["purpose"] for icon in found["icons"]} == {"any", "maskable"}
        for icon in found["icons"]:
            picture = client.get(icon["src"], buffered=True).data
            assert picture[:8] == b"\x89PNG\r\n\x1a\n"
            width, height = struct.unpack(">II", picture[16:24])
            assert icon["sizes"] == f"{width}x{height}"
    page = client.get("/de/login").text
    assert "/manifest.webmanifest?language=de" in page and "app-touch-180.png" in page


def test_the_service_worker_names_a_shell_that_is_there(client: FlaskClient) -> None:
    answer = client.get("/sw.js")
    assert (answer.status_code, answer.mimetype) == (200, "text/javascript")
    assert answer.headers["Cache-Control"] == "no-cache"
    found = re.fullmatch(r"self\.shell = (\{.*\});\nimportScripts\((.*)\);\n", answer.text)
    assert found is not None
    shell, scripts = json.loads(found[1]), json.loads(f"[{found[2]}]")
    for address in (*shell["files"], *scripts):
        assert f"/static/v-{shell['mark']}/" in address
        assert client.get(address, buffered=True).status_code == 200, address
    assert scripts[1] not in shell["files"]
    for address in shell["pages"]:
        page = client.get(address)
        assert page.status_code == 200 and "data-saved-forms" in page.text
        # Every sheet, script and font that the page loads is part of the shell.
        wanted = set(re.findall(r'(?:href|src)="(/static/[^"#]+\.(?:css|js|svg|woff2))', page.text))
        assert wanted and wanted <= set(shell["files"])


def test_only_forms_may_be_kept_and_ones_own_are_marked(client: FlaskClient, world: World) -> None:
    public = client.get(f"/en/public/buildings/{world.building_id}/requests")
    assert public.headers["X-Keep-Offline"] == "public"
    home = Desk(client, world, "resident")
    again = client.get(f"/en/public/buildings/{world.building_id}/requests")
    assert world.emails["resident"] not in again.text
    assert str(world.people["resident"]) not in again.text
    assert 'name="csrf-token" content=""' in again.text
    assert client.get("/en/tickets/new").headers["X-Keep-Offline"] == "own"
    address = home.report()
    for path in ("/en/", "/en/tickets", address, "/en/homes", "/en/account/security"):
        assert "X-Keep-Offline" not in client.get(path).headers
    # Whoever is signed in goes on to their work.
    assert client.get("/en/app").status_code == 303


def test_a_report_by_script_is_taken_once(client: FlaskClient, world: World) -> None:
    home = Desk(client, world, "resident")
    headers = {
        "Accept": "application/json",
        "X-Requested-With": "fetch",
        "X-CSRF-Token": home.token(client),
        "Idempotency-Key": "on-a-phone-1",
    }
    form = {
        "place": f"{world.building_id}/{world.unit_id}",
        "description": "The tap drips",
        "category": "plumbing",
    }
    first, second = (
        client.post("/en/tickets/new", data=form, headers=headers) for _each in range(2)
    )
    assert first.status_code == second.status_code == 201
    assert first.json == second.json and second.headers["Idempotent-Replay"] == "true"
    assert first.json is not None and home.get(first.json["url"])
    refused = client.post(
        "/en/tickets/new",
        data=form | {"description": ""},
        headers=headers | {"Idempotency-Key": "on-a-phone-2"},
    )
    assert refused.status_code == 422 and refused.json is not None
    assert "title" in refused.json["errors"]


def test_a_status_that_waited_learns_what_happened_meanwhile(
    client: FlaskClient, world: World
) -> None:
    desk = Desk(client, world, "manager")
    address = desk.report()
    desk.post(f"{address}/assign", assignee=f"user:{world.people['manager']}")
    desk.post(f"{address}/assignment/respond", accept="true")
    page = desk.get(address)
    assert 'data-queue="status"' in page and 'data-seen="IN_PROGRESS"' in page
    desk.post(f"{address}/status", status="AWAITING_VENDOR")
    headers = {"Accept": "application/json", "X-Requested-With": "fetch"}
    waited = {"csrf_token": desk.token(client), "status": "AWAITING_TENANT", "seen": "IN_PROGRESS"}
    answer = client.post(f"{address}/status", data=waited, headers=headers)
    assert answer.status_code == 409 and answer.json is not None
    assert answer.json["code"] == "stale_status"
    assert answer.json["now"]["status"] == "AWAITING_VENDOR"
    assert answer.json["now"]["label"] == "Awaiting vendor"
    assert "Manager" in answer.json["now"]["note"]
    again = waited | {"seen": "AWAITING_VENDOR", "status": "IN_PROGRESS"}
    assert client.post(f"{address}/status", data=again, headers=headers).status_code == 200
