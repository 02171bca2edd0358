"""Who may not know something finds it nowhere: not on a page, not in an answer."""

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ecopick.domains.people.models import User
from ecopick.domains.tickets.models import Assignment, Ticket
from tests.factories import World
from tests.jobs.steps import SECRET_NOTE, answer, report, say, send_to_vendor
from tests.security.conftest import Addresses
from tests.signing_in import Api, api_of
from tests.uploads import added, jpeg
from tests.vendor_links import Browser, token_of

FULL = os.environ.get("ECOPICK_FULL") == "1"
# In short, pages of one's own account and of the installation are left out.
ELSEWHERE = ("auth", "security", "privacy", "support", "health", "dev")
PHONE = "+49 761 123456"
WORDS = "Codewort Quittenbaum"
TEAM_NOTE = "Interner Vermerk Sperrmüll"
OUR_TITLE = "Rohrbruch in der Küche"


@dataclass
class Case:
    """A request sent to the plumber, with everything on it that is not for everybody."""

    app: Flask
    world: World
    ticket: Ticket
    assignment: Assignment
    files: dict[str, dict[str, Any]]

    @property
    def resident(self) -> tuple[str, str]:
        """Name and address of whoever lives there."""
        with Session(self.world.engine) as session:
            user = session.get_one(User, self.world.people["resident"])
            return str(user.name), str(user.email)

    @property
    def of_people(self) -> tuple[str, ...]:
        """What a vendor may not learn before the job is theirs."""
        files = [item["id"] for item in self.files.values()]
        names = [item["file_name"] for item in self.files.values()]
        return (*self.resident, PHONE, SECRET_NOTE, WORDS, *self.of_team, *files, *names)

    @property
    def of_team(self) -> tuple[str, ...]:
        """What only the owner's staff may learn."""
        return (TEAM_NOTE, self.files["team"]["id"], self.files["team"]["file_name"])

    def everything(self, addresses: Addresses, api: Api) -> Iterator[tuple[str, TestResponse]]:
        """Every answer to reading that ``api`` gets."""
        for endpoint, path in addresses("GET", **self._ids("everyone")):
            if not FULL and endpoint.startswith(ELSEWHERE):
                continue
            yield path, api.get(path)
            for more in _variants(endpoint):
                yield path + more, api.get(path + more)
        for endpoint, path in addresses("GET", **self._ids("team")):
            if "attachment" in endpoint:
                yield path, api.get(path)

    def _ids(self, file: str) -> dict[str, Any]:
        return {
            "ticket_id": self.ticket.id,
            "assignment_id": self.assignment.id,
            "attachment_id": self.files[file]["id"],
            "unit_id": self.world.unit_id,
            "user_id": self.world.people["resident"],
        }

    def finds(self, addresses: Addresses, api: Api, secrets: tuple[str, ...]) -> list[str]:
        """Addresses whose answer holds a secret, with the secret."""
        own = api.get("/api/auth/me").get_json()
        found = []
        for path, got in self.everything(addresses, api):
            assert got.status_code < 500, path
            raw = got.get_data()
            asked = path.encode()
            for secret in secrets:
                if secret in (own["email"], own["name"]) or secret.encode() in asked:
                    continue
                if secret.encode() in raw:
                    found.append(f"{path}: {secret}")
        return found


SECTIONS = ("overview", "details", "activity", "team", "history", "sla", "attachments", "vendor")


def _variants(endpoint: str) -> list[str]:
    if endpoint == "tickets.index":
        words = ("Quittenbaum", "Matte", "Sperrm%C3%BCll", "Rohrbruch")
        return [f"?view=all&q={word}" for word in words]
    return [f"?section={section}" for section in SECTIONS] if endpoint == "tickets.show" else []


@pytest.fixture
def case(app: Flask, world: World) -> Case:
    ticket = report(world)
    say(world, ticket, "resident", WORDS)
    say(world, ticket, "manager", TEAM_NOTE, "team")
    manager = api_of(app, world, "manager")
    files = {
        kind: added(manager, ticket, name=f"{kind}-quitte.jpg", visibility=kind)
        for kind in ("everyone", "team")
    }
    return Case(app, world, ticket, send_to_vendor(world, ticket), files)


def test_staff_do_find_them(case: Case, addresses: Addresses) -> None:
    """The search of these tests finds what is there."""
    found = case.finds(addresses, api_of(case.app, case.world, "manager"), case.of_people)
    assert {line.rpartition(": ")[2] for line in found} >= set(case.of_people)


@pytest.mark.parametrize("who", ["vendor", "vendor_tech"])
def test_a_vendor_who_was_asked(case: Case, addresses: Addresses, who: str) -> None:
    """Check 14, of people: before acceptance a vendor finds nobody's data anywhere."""
    assert case.finds(addresses, api_of(case.app, case.world, who), case.of_people) == []


def test_a_vendor_made_participant_before_accepting(case: Case, addresses: Addresses) -> None:
    manager = api_of(case.app, case.world, "manager")
    for who in ("vendor", "vendor_two"):
        added_one = manager.post(
            f"/api/tickets/{case.ticket.id}/stakeholders",
            {"user_id": str(case.world.people[who])},
        )
        assert added_one.status_code == 201
        assert case.finds(addresses, api_of(case.app, case.world, who), case.of_people) == []


def test_a_vendor_who_accepted(case: Case, addresses: Addresses) -> None:
    answer(case.world, case.assignment)
    vendor = api_of(case.app, case.world, "vendor")
    assert case.finds(addresses, vendor, case.of_team) == []
    assert WORDS in vendor.get(f"/api/tickets/{case.ticket.id}").text


def test_a_vendor_who_declined(case: Case, addresses: Addresses) -> None:
    vendor = api_of(case.app, case.world, "vendor")
    answer(case.world, case.assignment, accept=False)
    assert case.finds(addresses, vendor, (*case.of_people, OUR_TITLE)) == []


def test_a_vendor_whose_job_went_elsewhere(case: Case, addresses: Addresses) -> None:
    answer(case.world, case.assignment)
    send_to_vendor(case.world, case.ticket, second=True)
    for who in ("vendor", "vendor_two"):
        assert case.finds(addresses, api_of(case.app, case.world, who), case.of_people) == []


def test_residents_and_team_notes(case: Case, addresses: Addresses) -> None:
    resident = api_of(case.app, case.world, "resident")
    assert case.finds(addresses, resident, case.of_team) == []
    assert WORDS in resident.get(f"/api/tickets/{case.ticket.id}").text


@pytest.mark.parametrize("who", ["neighbour", "tenant_admin", "occupant", "stranger", "vendor_two"])
def test_people_of_the_same_owner(case: Case, addresses: Addresses, who: str) -> None:
    """Check 14: a neighbour, a tenant or another vendor finds nothing of the request."""
    api = api_of(case.app, case.world, who)
    assert case.finds(addresses, api, (*case.of_people, OUR_TITLE)) == []


@pytest.mark.parametrize(
    "who", ["owner", "manager", "caretaker", "resident", "vendor", "app_admin"]
)
def test_people_of_another_owner(
    case: Case, other_world: World, addresses: Addresses, who: str
) -> None:
    """Check 14: nobody of another owner finds anything, whatever owner they ask for."""
    theirs = api_of(case.app, other_world, who)
    secrets = {*case.of_people, OUR_TITLE, *case.world.emails.values()} - {PHONE}
    found = case.finds(addresses, theirs, tuple(secrets))
    if who == "app_admin":  # Sign-ins are the installation's, and theirs to watch.
        found = [line for line in found if not line.startswith("/en/admin/security")]
    assert found == []
    for path in ("/api/tickets", "/api/buildings", "/en/tickets", "/api/auth/me"):
        got = theirs.get(path, headers={"X-Property-Owner": str(case.world.owner_id)})
        assert got.status_code == 404


def test_a_resident_who_moved_out(case: Case, addresses: Addresses) -> None:
    """The next tenant's request is not theirs, nor is the one before; their own stays."""
    world = case.world
    neighbour = api_of(case.app, world, "neighbour")
    with world.engine.begin() as connection:
        connection.execute(
            text(
                "update user_units set unit_id = :u, end_date = current_date - 1 where user_id = :p"
            ),
            {"u": world.unit_id, "p": world.people["neighbour"]},
        )
    assert case.finds(addresses, neighbour, (*case.of_people, OUR_TITLE)) == []
    got = neighbour.post(
        "/api/tickets",
        {
            "building_id": str(world.building_id),
            "unit_id": str(world.unit_id),
            "title": "Noch da",
            "category": "general",
        },
    )
    assert got.status_code in (403, 404, 422)


def test_the_page_of_a_link(case: Case) -> None:
    page = Browser(case.app, token_of(case.world, case.assignment))
    shown = page.open().text
    assert [secret for secret in case.of_people if secret in shown] == []
    for item in case.files.values():
        for tail in ("", "/thumbnail"):
            got = page.client.get(f"{page.address}/files/{item['id']}{tail}")
            assert got.status_code == 404
    assert page.accept(typed_name="Bruno").status_code == 303
    shown = page.open().text
    assert [secret for secret in case.of_team if secret in shown] == []
    got = page.client.get(f"{page.address}/files/{case.files['team']['id']}")
    assert got.status_code == 404


def test_a_picture_tells_no_place(case: Case) -> None:
    """Check 24: what is served holds no place and no camera."""
    from PIL import Image

    exif = Image.Exif()
    exif[0x010F] = "GeheimeKamera"
    exif.get_ifd(0x8825)[1] = "N"
    resident = api_of(case.app, case.world, "resident")
    item = added(resident, case.ticket, jpeg(exif=exif.tobytes()))
    for name in ("download_url", "thumbnail_url"):
        raw = resident.get(item[name]).get_data()
        assert b"GeheimeKamera" not in raw
        assert not Image.open(io.BytesIO(raw)).getexif()


def test_a_title_of_a_ticket_in_the_history_of_nobody_else(case: Case) -> None:
    """The history is for staff; everybody else gets none."""
    for who in ("resident", "vendor"):
        found = api_of(case.app, case.world, who).get(f"/api/tickets/{case.ticket.id}").get_json()
        assert found["audit_events"] == []
