"""The directory of vendors over the API: who enters, changes, blocks and rates them."""

import io
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from ecopick.config import Settings
from ecopick.core import clock
from ecopick.core.uow import Database
from ecopick.domains.people.models import Membership, User
from ecopick.domains.tickets.models import VendorLink
from ecopick.domains.vendors.models import OwnerVendor, VendorOrg, VendorPerformance
from jobs import runtime as runtimes
from jobs.outbox import dispatch_owner
from jobs.runtime import Runtime
from tests.domains.tickets.test_main_line import (
    add_evidence,
    answer,
    assign_vendor,
    now_at,
    report,
    status,
)
from tests.factories import World
from tests.invitations import fresh_address, token_of
from tests.signing_in import Api, api_of
from tests.uploads import PDF, jpeg


@pytest.fixture
def jobs(settings: Settings, database: Database) -> Iterator[Runtime]:
    """The runtime of jobs in this process."""
    made = runtimes.make_runtime(settings, database)
    runtimes.use_runtime(made)
    yield made
    runtimes.use_runtime(None)


@pytest.fixture
def manager(app: Flask, world: World) -> Api:
    return api_of(app, world, "manager")


def create(api: Api, **values: Any) -> dict[str, Any]:
    made = api.post("/api/vendors", {"name": "Glaserei Nord", "categories": ["general"], **values})
    assert made.status_code == 201, made.text
    return dict(made.get_json())


def test_a_new_vendor_gets_jobs_by_mail_at_once(
    world: World, manager: Api, migrator: Engine
) -> None:
    email = f"glas-{uuid.uuid4().hex[:8]}@example.org"
    vendor = create(manager, person_name="Gerda Glas", person_email=email, phone="+49 761 1")
    assert vendor["name"] == "Glaserei Nord" and vendor["categories"] == ["general"]
    ticket = report(world)
    sent = manager.post(
        "/api/tickets/assign",
        {"ticket_id": str(ticket.id), "type": "VENDOR", "vendor_org_id": vendor["id"]},
    )
    assert sent.status_code in (200, 201), sent.text
    with Session(migrator) as session:
        person = session.scalars(select(User).where(User.email == email)).one()
        link = session.scalars(select(VendorLink).where(VendorLink.recipient_id == person.id)).one()
    assert str(link.vendor_org_id) == vendor["id"]
    assert person.password_hash is None and not person.email_verified


def test_vendors_are_found_by_name_work_and_state(world: World, manager: Api) -> None:
    one = create(manager, name="Ängström Dach", categories=["structural"])
    two = create(manager, name="Berger Bau", categories=["general"])

    def names(query: str) -> list[str]:
        return [each["name"] for each in manager.get(f"/api/vendors?{query}").get_json()["items"]]

    assert names("q=angstrom") == ["Ängström Dach"]
    assert names("category=structural") == ["Ängström Dach"]
    assert names("state=blocked") == []
    blocked = manager.post(f"/api/vendors/{two['id']}/block", {"reason": "Rechnungen ohne Beleg"})
    assert blocked.get_json()["blocked_reason"] == "Rechnungen ohne Beleg"
    assert names("state=blocked") == ["Berger Bau"]
    assert names("certificates=missing&q=dach") == ["Ängström Dach"]
    assert manager.post(f"/api/vendors/{one['id']}/end").get_json()["ended_at"]
    assert "Ängström Dach" in names("state=ended") and "Ängström Dach" not in names("")
    assert names("rating=4") == names("sla_met=50") == []


def test_pages_by_name_go_both_ways(manager: Api) -> None:
    for letter in "DBECA":
        create(manager, name=f"{letter}-Firma")
    seen, cursor = [], ""
    for _each in range(10):
        page = manager.get(f"/api/vendors?limit=2&q=firma{cursor}").get_json()
        seen += [item["name"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == [f"{letter}-Firma" for letter in "ABCDE"]
    assert manager.get("/api/vendors?cursor=unsinn").status_code == 422


def test_a_blocked_vendor_gets_nothing_new(world: World, manager: Api, app: Flask) -> None:
    vendor_id = str(world.vendor_org_id)
    kept = report(world)
    assignment = assign_vendor(world, kept)
    world.add_rule(vendor=True)
    assert manager.post(f"/api/vendors/{vendor_id}/block", {"reason": "Streit"}).status_code == 200
    ticket = report(world)
    assert now_at(world, ticket).vendor_org_id is None
    sent = manager.post(
        "/api/tickets/assign",
        {"ticket_id": str(ticket.id), "type": "VENDOR", "vendor_org_id": vendor_id},
    )
    assert sent.status_code == 422 and "vendor_org_id" in sent.get_json()["errors"]
    answer(world, assignment)
    assert now_at(world, kept).status == "IN_PROGRESS"
    manager.post(f"/api/vendors/{vendor_id}/unblock")
    assert assign_vendor(world, ticket).vendor_org_id == world.vendor_org_id


def test_the_vendor_keeps_its_details_once_it_can(
    world: World, manager: Api, migrator: Engine
) -> None:
    """An owner that could change a vendor's address would get other owners' mails."""
    own = create(manager, email="alt@example.org")
    changed = manager.put(f"/api/vendors/{own['id']}", {"email": "neu@example.org"})
    assert changed.get_json()["email"] == "neu@example.org"
    foreign = f"/api/vendors/{world.vendor_org_id}"
    assert manager.put(foreign, {"email": "dieb@example.org"}).status_code == 403
    noted = manager.put(foreign, {"note": "Nur vormittags", "categories": ["plumbing"]})
    assert noted.get_json()["note"] == "Nur vormittags"
    # With an administrator of its own the first vendor is its own affair, too.
    person = world.person("newcomer")
    person_id = person.id
    world.add(person)
    world.add(Membership(user_id=person_id, role="VENDOR_ADMIN", vendor_org_id=own["id"]))
    assert manager.put(f"/api/vendors/{own['id']}", {"phone": "1"}).status_code == 403


def test_a_vendor_is_shared_by_its_number_only(
    app: Flask, world: World, other_world: World, manager: Api, migrator: Engine
) -> None:
    mine = create(manager, name="Geteilt")
    other = api_of(app, other_world, "manager")
    assert other.get(f"/api/vendors/{mine['id']}").status_code == 404
    assert other.post("/api/vendors/link", {"number": str(uuid.uuid4())}).status_code == 422
    linked = other.post("/api/vendors/link", {"number": mine["id"]})
    assert linked.status_code == 201 and linked.get_json()["note"] is None
    # From now on two owners depend on it: neither may change where its mail goes.
    for api in (manager, other):
        refused = api.put(f"/api/vendors/{mine['id']}", {"email": "dieb@example.org"})
        assert refused.status_code == 403
    manager.post(f"/api/vendors/{mine['id']}/block", {"reason": "geheim"})
    assert other.get(f"/api/vendors/{mine['id']}").get_json()["blocked_reason"] is None
    with Session(migrator) as session:
        rows = session.scalars(
            select(OwnerVendor).where(OwnerVendor.vendor_org_id == uuid.UUID(mine["id"]))
        ).all()
        assert {row.blocked_at is None for row in rows} == {True, False}
        assert session.get_one(VendorOrg, uuid.UUID(mine["id"])).kept_by_id is None


@pytest.mark.parametrize("who", ["caretaker", "resident", "vendor", "stranger"])
def test_the_directory_is_for_management(app: Flask, world: World, who: str) -> None:
    api = api_of(app, world, who)
    assert api.get("/api/vendors").status_code == 403
    # People of the vendor know that it is there; what the owner notes of it is not for them.
    expected = 403 if who == "vendor" else 404
    assert api.get(f"/api/vendors/{world.vendor_org_id}").status_code == expected
    assert api.post("/api/vendors", {"name": "x"}).status_code == 403


def test_nobody_with_an_account_is_made_part_of_a_vendor(
    world: World, manager: Api, migrator: Engine
) -> None:
    """Known and unknown addresses get the same answer: an invitation."""
    known, fresh = world.emails["resident"], fresh_address()
    made = {email: create(manager, person_email=email) for email in (known, fresh)}
    waiting = {row["email"]: row for row in manager.get("/api/invitations").get_json()["items"]}
    with Session(migrator) as session:
        for email, vendor in made.items():
            assert waiting[email]["role"] == "VENDOR_ADMIN"
            page = manager.get(f"/en/vendors/{vendor['id']}").text
            assert email in page and "by mail only" not in page
            query = select(Membership).where(Membership.vendor_org_id == uuid.UUID(vendor["id"]))
            assert len(session.scalars(query).all()) == (email == fresh)


def test_an_invited_administrator_takes_the_vendor_over(
    app: Flask, world: World, manager: Api
) -> None:
    vendor = create(manager, person_email=world.emails["stranger"])
    (found,) = [
        row
        for row in manager.get("/api/invitations").get_json()["items"]
        if row["organization_id"] == vendor["id"]
    ]
    stranger = api_of(app, world, "stranger")
    token = token_of(world, found["id"])
    assert stranger.get(f"/api/invitations/{token}").get_json()["organisation"] == vendor["name"]
    assert stranger.post(f"/api/invitations/{token}/accept").status_code == 204
    assert manager.put(f"/api/vendors/{vendor['id']}", {"phone": "1"}).status_code == 403
    again = {"email": fresh_address(), "role": "VENDOR_ADMIN", "org_id": vendor["id"]}
    assert manager.post("/api/invitations", again).status_code == 403
    page = api_of(app, world, "stranger").get("/en/vendor/details")
    assert page.status_code == 200 and vendor["name"] in page.text


def test_certificates_are_scanned_checked_and_served(
    app: Flask, world: World, other_world: World, manager: Api
) -> None:
    base = f"/api/vendors/{world.vendor_org_id}/certificates"
    day = (clock.now() + timedelta(days=200)).date().isoformat()
    sent = {"kind": "liability_insurance", "number": "HV-1", "valid_until": day}
    added = manager.upload(base, file=(io.BytesIO(PDF), "police.pdf"), **sent)
    assert added.status_code == 201, added.text
    paper = added.get_json()
    assert paper["state"] == "unverified" and paper["scan_state"] == "pending"
    assert paper["download_url"] is None
    assert manager.get(f"{base}/{paper['id']}/file").status_code == 409
    assert manager.post(f"{base}/{paper['id']}/verify").status_code == 409
    photo = manager.upload(base, file=(io.BytesIO(jpeg()), "police.jpg"), **sent).get_json()
    assert photo["scan_state"] == "clean"
    checked = manager.post(f"{base}/{photo['id']}/verify").get_json()
    assert checked["state"] == "valid" and checked["verified_by"].startswith("Manager")
    served = manager.get(checked["download_url"])
    assert served.status_code == 200 and served.content_type == "image/jpeg"
    served.close()
    vendor = api_of(app, world, "vendor").get(f"/de/vendor/certificates/{photo['id']}/file")
    assert vendor.status_code == 200
    vendor.close()
    for stranger in (api_of(app, world, "vendor_two"), api_of(app, other_world, "manager")):
        assert stranger.get(f"/de/vendor/certificates/{photo['id']}/file").status_code == 404
    assert api_of(app, world, "caretaker").get(f"{base}/{photo['id']}/file").status_code == 404
    assert manager.delete(f"{base}/{photo['id']}").status_code == 204
    assert [item["id"] for item in manager.get(base).get_json()["items"]] == [paper["id"]]


def test_hostile_papers_are_refused(world: World, manager: Api) -> None:
    base = f"/api/vendors/{world.vendor_org_id}/certificates"
    html = (io.BytesIO(b"<html><script>1</script>"), "police.pdf")
    assert manager.upload(base, kind="other", file=html).status_code == 422
    backwards = {"kind": "other", "valid_from": "2026-05-02", "valid_until": "2026-05-01"}
    assert "valid_until" in manager.post(base, backwards).get_json()["errors"]
    assert manager.get(base).get_json()["items"] == []


def _solved(world: World, jobs: Runtime, *, close: bool) -> Any:
    ticket = report(world)
    answer(world, assign_vendor(world, ticket))
    add_evidence(world, ticket)
    status(world, ticket, "RESOLVED", "vendor")
    if close:
        status(world, ticket, "CLOSED")
    dispatch_owner(jobs, world.owner_id)
    return ticket


def test_management_rates_after_closing(
    app: Flask, world: World, manager: Api, jobs: Runtime
) -> None:
    ticket = _solved(world, jobs, close=False)
    path = f"/api/tickets/{ticket.id}/rating"
    assert manager.post(path, {"rating": 5}).status_code == 409
    status(world, ticket, "CLOSED")
    assert manager.post(path, {"rating": 6}).status_code == 422
    assert manager.post(path, {"rating": 2, "comment": "Spät"}).status_code == 201
    assert manager.post(path, {"rating": 4}).get_json()["rating"] == 4
    for who in ("caretaker", "resident", "vendor"):
        assert api_of(app, world, who).post(path, {"rating": 1}).status_code == 403
    shown = manager.get(f"/api/vendors/{world.vendor_org_id}/performance").get_json()
    figures = shown["figures"]
    assert (figures["jobs"], figures["rated"], figures["stars"]) == (1, 1, 4.0)
    assert figures["decided"] == 0 and figures["first_time_fix"] is None
    assert [month["jobs"] for month in shown["months"]][-1] == 1 and len(shown["months"]) == 12


def test_a_reopened_job_was_not_fixed_the_first_time(
    world: World, manager: Api, jobs: Runtime, migrator: Engine
) -> None:
    ticket = _solved(world, jobs, close=False)
    status(world, ticket, "IN_PROGRESS", "manager")
    for _again in range(2):
        dispatch_owner(jobs, world.owner_id)
    with Session(migrator) as session:
        row = session.scalars(
            select(VendorPerformance).where(VendorPerformance.ticket_id == ticket.id)
        ).one()
        assert row.reopened_at is not None
    found = manager.get(f"/api/vendors/{world.vendor_org_id}/performance").get_json()["figures"]
    assert (found["reopened"], found["decided"], found["fixed"]) == (1, 1, 0)
