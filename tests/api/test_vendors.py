"""The vendor's inbox and answers, signed in."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from ecopick.core import clock
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.vendors.models import VendorSubscription
from tests.factories import World
from tests.jobs.steps import SECRET_NOTE, report, send_to_vendor
from tests.signing_in import Api, api_of


@pytest.fixture
def vendor(app: Flask, world: World) -> Api:
    return api_of(app, world, "vendor")


def inbox(api: Api) -> list[tuple[str, str]]:
    found = api.get("/api/vendors/inbox")
    assert found.status_code == 200, found.text
    return [(item["kind"], item["ticket_id"]) for item in found.get_json()["items"]]


def respond(api: Api, ticket: Ticket, **values: Any) -> Any:
    return api.post("/api/vendors/dispatch/respond", {"ticket_id": str(ticket.id), **values})


def subscribe(world: World, **values: Any) -> None:
    world.add(
        VendorSubscription(
            **{
                "property_owner_id": world.owner_id,
                "vendor_org_id": world.vendor_org_id,
                "categories": ["plumbing"],
                **values,
            }
        )
    )


def publish(app: Flask, world: World, ticket: Ticket) -> None:
    manager = api_of(app, world, "manager")
    until = (clock.now() + timedelta(days=1)).isoformat()
    answer = manager.post(
        f"/api/tickets/{ticket.id}/opportunity", {"open": True, "vendor_deadline": until}
    )
    assert answer.status_code == 200, answer.text


def test_a_job_from_waiting_to_accepted(world: World, vendor: Api) -> None:
    ticket = report(world, description="Es tropft")
    assert inbox(vendor) == []
    send_to_vendor(world, ticket)
    assert inbox(vendor) == [("waiting", str(ticket.id))]
    shown = vendor.get("/api/vendors/inbox").text
    for secret in (SECRET_NOTE, "+49 761", "Resident "):
        assert secret not in shown
    start = clock.now() + timedelta(hours=3)
    window = {
        "arrival_from": start.isoformat(),
        "arrival_until": (start + timedelta(hours=1)).isoformat(),
    }
    for _ in range(2):
        answer = respond(vendor, ticket, accept=True, **window)
        assert answer.status_code == 200, answer.text
        assert answer.get_json()["status"] == "IN_PROGRESS"
    assert inbox(vendor) == [("accepted", str(ticket.id))]


def test_a_decline_may_be_repeated(world: World, vendor: Api) -> None:
    ticket = report(world)
    send_to_vendor(world, ticket)
    for _ in range(2):
        answer = respond(vendor, ticket, accept=False, reason="Nessun posto")
        assert answer.status_code == 200, answer.text
        assert answer.get_json() == {"id": str(ticket.id), "available_actions": []}
    assert inbox(vendor) == []
    assert respond(vendor, ticket, accept=True).status_code == 409


def test_only_vendors_have_an_inbox(app: Flask, world: World) -> None:
    for who in ("manager", "resident"):
        assert api_of(app, world, who).get("/api/vendors/inbox").status_code == 403


def test_only_vendors_answer_a_dispatch(app: Flask, world: World) -> None:
    ticket = report(world)
    send_to_vendor(world, ticket)
    assert respond(api_of(app, world, "manager"), ticket, accept=True).status_code == 403
    assert respond(api_of(app, world, "neighbour"), ticket, accept=True).status_code == 404


def test_foreign_jobs_are_missing(app: Flask, world: World, vendor: Api) -> None:
    ticket = report(world)
    send_to_vendor(world, ticket, second=True)
    foreign, missing = (
        respond(vendor, ticket, accept=True),
        respond(vendor, Ticket(id=None), accept=True),
    )
    assert foreign.status_code == missing.status_code == 404
    assert foreign.get_json()["title"] == missing.get_json()["title"]
    assert inbox(api_of(app, world, "vendor_two")) == [("waiting", str(ticket.id))]


def test_an_open_job_goes_to_the_first_who_applies(app: Flask, world: World, vendor: Api) -> None:
    ticket = report(world)
    subscribe(world)
    subscribe(world, vendor_org_id=world.second_vendor_org_id)
    publish(app, world, ticket)
    other = api_of(app, world, "vendor_two")
    assert inbox(vendor) == inbox(other) == [("open", str(ticket.id))]
    assert respond(other, ticket, accept=False).status_code == 200
    assert respond(vendor, ticket, accept=True).status_code == 200
    assert inbox(vendor) == [("applied", str(ticket.id))]
    assert inbox(other) == []
    assert respond(other, ticket, accept=True).status_code in (404, 409)
    assert respond(vendor, ticket, accept=True).status_code == 200


@pytest.mark.parametrize(
    "values",
    [
        {"categories": ["electrical"]},
        {"is_active": False},
        {"notify_high": False},
        {"max_concurrent_jobs": 0},
    ],
)
def test_open_jobs_are_offered_to_fitting_subscriptions(
    app: Flask, world: World, vendor: Api, values: dict[str, Any]
) -> None:
    ticket = report(world)
    subscribe(world, **values)
    publish(app, world, ticket)
    assert inbox(vendor) == []
    assert respond(vendor, ticket, accept=True).status_code == 404


def test_the_inbox_page(app: Flask, world: World, vendor: Api) -> None:
    waiting, offered = report(world), report(world, title="Offene Arbeit")
    send_to_vendor(world, waiting)
    subscribe(world)
    publish(app, world, offered)
    page = vendor.get("/it/vendor/inbox")
    assert page.status_code == 200
    assert f"/it/vendor/jobs/{waiting.id}" in page.text and "Offene Arbeit" in page.text
    assert SECRET_NOTE not in page.text
    applied = vendor.client.post(f"/it/vendor/inbox/{offered.id}", data={"csrf_token": vendor.csrf})
    assert applied.status_code == 303
    assert ("applied", str(offered.id)) in inbox(vendor)
