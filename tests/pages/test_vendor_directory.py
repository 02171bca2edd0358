"""The directory of vendors and a vendor's own pages, without scripts."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ecopick.core import clock
from ecopick.domains.tickets.lifecycle import Rating
from ecopick.domains.tickets.models import TicketRating
from ecopick.domains.vendors.models import OwnerVendor, VendorCertificate, VendorPerformance
from tests.domains.tickets.test_main_line import (
    add_evidence,
    answer,
    assign_vendor,
    report,
    status,
)
from tests.factories import World
from tests.signing_in import Api, api_of
from tests.statements import LOG, statements
from tests.uploads import jpeg


def post(api: Api, path: str, code: int = 303, /, **form: Any) -> TestResponse:
    """Send a form as a browser does."""
    sent = api.client.post(path, data={"csrf_token": api.csrf, **form})
    assert sent.status_code == code, sent.text[-1500:]
    return sent


@pytest.fixture
def manager(app: Flask, world: World) -> Api:
    return api_of(app, world, "manager")


@pytest.fixture
def vendor(app: Flask, world: World) -> Api:
    return api_of(app, world, "vendor")


def test_from_entering_to_blocking(manager: Api) -> None:
    page = post(manager, "/en/vendors/new", 422, name="", phone="+49 761 99", categories="hvac")
    assert "+49 761 99" in page.text and re.search(r'value="hvac" checked', page.text)
    made = post(
        manager,
        "/en/vendors/new",
        name="Heizung Süd",
        website="www.heizung.example",
        categories=["", "hvac"],
    )
    here = made.headers["Location"]
    shown = manager.get(here).text
    assert "Heizung Süd" in shown and 'href="https://www.heizung.example"' in shown
    assert "No job was finished in the last twelve months." in shown
    post(manager, f"{here}/edit", 422, name="", note="x")
    post(manager, f"{here}/edit", name="Heizung Süd GmbH", categories="", note="Schlüssel holen")
    assert "Schlüssel holen" in manager.get(here).text
    refused = post(manager, f"{here}/block", 422, reason="")
    assert "Reason" in refused.text
    post(manager, f"{here}/block", reason="Kam dreimal nicht")
    assert "Kam dreimal nicht" in manager.get(here).text
    assert "Heizung" not in manager.get("/en/vendors?q=nichts").text
    assert "Heizung Süd GmbH" in manager.get("/en/vendors?state=blocked").text
    post(manager, f"{here}/unblock")
    post(manager, f"{here}/end")
    assert "Heizung" not in manager.get("/en/vendors").text
    post(manager, f"{here}/resume")
    for language in ("de", "fr", "it"):
        assert manager.get(here.replace("/en/", f"/{language}/")).status_code == 200
        assert manager.get(f"/{language}/vendors?certificates=missing").status_code == 200


@pytest.mark.parametrize("site", ["javascript:alert(1)", "ftp://x", "data:text/html,x"])
def test_a_website_is_one(manager: Api, site: str) -> None:
    page = post(manager, "/en/vendors/new", 422, name="Neu", website=site)
    assert "Please enter a web address" in page.text


def test_the_list_costs_the_same_for_any_number_of_vendors(manager: Api, world: World) -> None:
    manager.get("/en/vendors")
    with statements(world.database, LOG) as few:
        manager.get("/en/vendors")
    for at in range(6):
        post(manager, "/en/vendors/new", name=f"Firma {at}")
    with statements(world.database, LOG) as many:
        manager.get("/en/vendors")
    assert len(many) == len(few)


def test_papers_on_both_sides(manager: Api, vendor: Api, world: World, migrator: Engine) -> None:
    page = post(
        vendor,
        "/en/vendor/certificates",
        422,
        kind="other",
        title="Gas",
        valid_from="2027-02-01",
        valid_until="2027-01-01",
        owner_id=str(world.owner_id),
    )
    assert "It cannot end before it begins." in page.text and 'value="Gas"' in page.text
    post(vendor, "/en/vendor/certificates", 422, kind="other")
    soon = (clock.now() + timedelta(days=10)).date()
    post(
        vendor,
        "/en/vendor/certificates",
        kind="liability_insurance",
        valid_until=soon.isoformat(),
        owner_id=str(world.owner_id),
        file=(io.BytesIO(jpeg()), "police.jpg"),
    )
    with Session(migrator) as session:
        (row,) = session.scalars(
            select(VendorCertificate).where(VendorCertificate.vendor_org_id == world.vendor_org_id)
        )
    here = f"/en/vendors/{world.vendor_org_id}"
    assert "Ends soon" in manager.get(here).text
    assert "Ends soon" in manager.get("/en/vendors?certificates=expires_soon").text
    post(manager, f"{here}/certificates/{row.id}/verify")
    assert "Checked on" in vendor.get("/en/vendor/certificates").text
    # What has been checked stays until management takes it away.
    post(vendor, f"/en/vendor/certificates/{row.id}/remove", 403)
    post(manager, f"{here}/certificates/{row.id}/remove")
    assert "No certificate yet" in vendor.get("/en/vendor/certificates").text


def test_services_are_the_vendors_own(manager: Api, vendor: Api, world: World, app: Flask) -> None:
    post(vendor, "/en/vendor/catalog", 422, name="Wartung", category="hvac", price_from="viel")
    post(
        vendor,
        "/en/vendor/catalog",
        name="Wartung der Heizung",
        category="hvac",
        estimated_duration_minutes="90",
        price_from="120.50",
        currency="EUR",
    )
    listed = vendor.get("/en/vendor/catalog").text
    assert "Wartung der Heizung" in listed and "120.50" in listed
    shown = manager.get(f"/en/vendors/{world.vendor_org_id}").text
    assert "Wartung der Heizung" in shown
    found = re.search(r"/en/vendor/catalog/([0-9a-f-]{36})\"", listed)
    assert found
    other = api_of(app, world, "vendor_two")
    assert other.get(f"/en/vendor/catalog/{found[1]}").status_code == 404
    post(vendor, f"/en/vendor/catalog/{found[1]}", name="Inspektion", category="hvac")
    post(vendor, f"/en/vendor/catalog/{found[1]}/offer", on="false")
    assert "Inspektion" not in manager.get(f"/en/vendors/{world.vendor_org_id}").text
    assert "Not offered" in vendor.get("/en/vendor/catalog").text


def _closed_job(world: World) -> Any:
    ticket = report(world)
    answer(world, assign_vendor(world, ticket))
    add_evidence(world, ticket)
    status(world, ticket, "RESOLVED", "vendor")
    status(world, ticket, "CLOSED")
    world.add(
        VendorPerformance(
            property_owner_id=world.owner_id,
            vendor_org_id=world.vendor_org_id,
            ticket_id=ticket.id,
            response_time_minutes=12,
            resolution_time_minutes=300,
            sla_met_deadline=True,
        ),
        TicketRating(
            property_owner_id=world.owner_id,
            ticket_id=ticket.id,
            vendor_org_id=world.vendor_org_id,
            user_id=world.people["resident"],
            rating=Rating.FAIR,
        ),
    )
    return ticket


def test_both_ratings_stand_beside_each_other(manager: Api, vendor: Api, world: World) -> None:
    ticket = _closed_job(world)
    section = f"/en/tickets/{ticket.id}?section=vendor"
    shown = manager.get(section).text
    assert "All right" in shown and "Rate the vendor" in shown
    assert "Of only 1 job in twelve months: too few for a judgement." in shown
    refused = post(manager, f"/en/tickets/{ticket.id}/vendor-rating", 422, comment="Gut gemacht")
    assert "Gut gemacht" in refused.text
    post(manager, f"/en/tickets/{ticket.id}/vendor-rating", rating="4", comment="Gut gemacht")
    assert "4 of 5" in manager.get(section).text
    own = vendor.get("/en/vendor/performance").text
    assert "Your performance" in own and "of 5, of 1 job" in own and "Gut gemacht" not in own
    assert "1 of 1 job in time" in own


def test_the_picker_says_why(manager: Api, world: World, migrator: Engine) -> None:
    _closed_job(world)
    with Session(migrator) as session, session.begin():
        works = session.scalars(
            select(OwnerVendor).where(
                OwnerVendor.property_owner_id == world.owner_id,
                OwnerVendor.vendor_org_id == world.second_vendor_org_id,
            )
        ).one()
        works.blocked_at, works.blocked_reason = clock.now(), "x"
    ticket = report(world)
    page = manager.get(f"/en/tickets/{ticket.id}/assign").text
    assert "1 job in Plumbing" in page and "works in this building" in page
    assert "only 1 finished job so far" in page
    assert "Electrician" not in page
