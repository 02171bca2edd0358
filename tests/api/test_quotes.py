"""Open jobs, prices and subscriptions over the API."""

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import text

from ecopick.core import clock
from ecopick.core.db import new_id
from ecopick.core.roles import MembershipRole
from ecopick.core.uow import Database
from ecopick.domains.auth.commands.sessions import open_session
from ecopick.domains.people.models import Membership
from ecopick.domains.vendors.models import OwnerVendor, VendorOrg, VendorSubscription
from ecopick.web.session_cookies import csrf_token_for, signed
from tests.api.test_vendors import publish, subscribe
from tests.factories import World
from tests.figures import figure
from tests.jobs.steps import report, send_to_vendor
from tests.signing_in import api_of

MANY = 50


def crowd(world: World, database: Database) -> list[tuple[str, str]]:
    """Session and token of people at 50 vendors that all hear of jobs about water."""
    people = [new_id() for _each in range(MANY)]
    rows: list[Any] = []
    ties: list[Any] = []
    subscriptions: list[Any] = []
    for at, user_id in enumerate(people):
        vendor_id, user = new_id(), world.person(f"vendor_{at}")
        user.id = user_id
        rows += [user, VendorOrg(id=vendor_id, name=f"Firma {at}")]
        here = {"property_owner_id": world.owner_id, "vendor_org_id": vendor_id}
        ties += [
            OwnerVendor(**here, categories=[]),
            Membership(user_id=user_id, vendor_org_id=vendor_id, role=MembershipRole.VENDOR_ADMIN),
        ]
        subscriptions.append(VendorSubscription(**here, categories=["plumbing"]))
    for each in (rows, ties, subscriptions):
        world.add(*each)
    opened = [open_session(database, each, method="password") for each in people]
    return [(signed(each.session_id), csrf_token_for(each.family_id)) for each in opened]


def test_fifty_vendors_apply_at_once_and_one_is_proposed(
    app: Flask, world: World, database: Database
) -> None:
    ticket = report(world)
    publish(app, world, ticket)
    vendors = crowd(world, database)
    start = threading.Barrier(MANY)

    def run(session: str, token: str) -> tuple[int, str, float]:
        client = app.test_client()
        client.set_cookie("ecopick_session", session)
        client.set_cookie("ecopick_csrf", token)
        start.wait()
        begun = time.perf_counter()
        answer = client.post(
            "/api/vendors/dispatch/respond",
            json={"ticket_id": str(ticket.id), "accept": True},
            headers={"X-CSRF-Token": token},
        )
        return answer.status_code, answer.json.get("code", "won"), time.perf_counter() - begun

    with ThreadPoolExecutor(MANY) as threads:
        answers = list(threads.map(lambda each: run(*each), vendors))
    lost = (409, "already_claimed")
    assert sorted(each[:2] for each in answers) == sorted([(200, "won"), *[lost] * (MANY - 1)])
    with world.engine.connect() as connection:
        rows = connection.execute(
            text("select count(*) from assignments where ticket_id = :id"), {"id": ticket.id}
        )
        assert rows.scalar_one() == 1
    slowest = max(seconds for _status, _code, seconds in answers)
    figure("open jobs", f"{MANY} vendors apply at once: the slowest answer", f"{slowest:.2f} s")
    figure("open jobs", f"{MANY} vendors apply at once: clear refusals", MANY - 1)


def test_prices_over_the_api(app: Flask, world: World) -> None:
    ticket = report(world)
    subscribe(world)
    manager, vendor = api_of(app, world, "manager"), api_of(app, world, "vendor")
    opened = {"open": True, "collect_quotes": True}
    assert manager.post(f"/api/tickets/{ticket.id}/opportunity", opened).status_code == 200
    path = f"/api/tickets/{ticket.id}/quotes"
    refused = vendor.post(
        "/api/vendors/dispatch/respond", {"ticket_id": str(ticket.id), "accept": True}
    )
    assert (refused.status_code, refused.get_json()["code"]) == (409, "quote_needed")
    start = clock.now() + timedelta(days=1)
    lines = [
        {"description": "Pumpe", "quantity": "1", "unit_amount": "249.95"},
        {"description": "Arbeit", "quantity": "1.5", "unit_amount": "88.05"},
    ]
    made = vendor.post(
        path,
        {
            "lines": lines,
            "tax_rate": "19",
            "arrival_from": start.isoformat(),
            "arrival_until": (start + timedelta(hours=2)).isoformat(),
        },
    )
    assert made.status_code == 201, made.text
    quote = made.get_json()
    # 1.5 x 88.05 = 132.075, half a cent up.
    assert (quote["net_amount"], quote["tax_amount"], quote["total_amount"]) == (
        "382.03", "72.59", "454.62",
    )  # fmt: skip
    wrong = vendor.post(path, {"net": "12", "lines": lines, "tax_rate": "19"})
    assert wrong.status_code == 422
    assert vendor.post(f"/api/quotes/{quote['id']}/accept").status_code == 403
    stranger = api_of(app, world, "vendor_two")
    assert stranger.post(f"/api/quotes/{quote['id']}/withdraw", {}).status_code == 404
    [listed] = manager.get(path).get_json()["items"]
    assert listed["id"] == quote["id"]
    assert [each["id"] for each in vendor.get(path).get_json()["items"]] == [quote["id"]]
    taken = manager.post(f"/api/quotes/{quote['id']}/accept")
    assert (taken.status_code, taken.get_json()["state"]) == (200, "ACCEPTED")
    shown = manager.get(f"/api/tickets/{ticket.id}").get_json()
    assert (shown["status"], shown["vendor_org_id"]) == ("IN_PROGRESS", str(world.vendor_org_id))
    again = manager.post(f"/api/quotes/{quote['id']}/refuse", {})
    assert (again.status_code, again.get_json()["code"]) == (409, "quote_decided")


def test_limits_are_kept_and_counted(app: Flask, world: World) -> None:
    manager, vendor = api_of(app, world, "manager"), api_of(app, world, "vendor")
    kept = manager.client.put(
        "/api/settings/quotes",
        json={"approval_above": "100", "sign_in_above": None, "categories": {"plumbing": "5000"}},
        headers={"X-CSRF-Token": manager.csrf},
    )
    assert kept.status_code == 200, kept.text
    assert vendor.get("/api/settings/quotes").status_code in (403, 404)
    ticket = report(world)
    send_to_vendor(world, ticket)
    made = vendor.post(f"/api/tickets/{ticket.id}/quotes", {"net": "4000", "tax_rate": "19"})
    assert (made.get_json()["state"], made.get_json()["needs_approval"]) == ("OFFERED", False)


def test_a_blocked_vendor_neither_hears_nor_offers(app: Flask, world: World) -> None:
    ticket = report(world)
    subscribe(world)
    publish(app, world, ticket)
    vendor = api_of(app, world, "vendor")
    assert vendor.get("/api/vendors/inbox").get_json()["items"]
    with world.engine.begin() as connection:
        connection.execute(
            text(
                "update owner_vendors set blocked_at = now(), blocked_reason = 'Pfusch'"
                " where property_owner_id = :owner and vendor_org_id = :vendor"
            ),
            {"owner": world.owner_id, "vendor": world.vendor_org_id},
        )
    assert vendor.get("/api/vendors/inbox").get_json()["items"] == []
    body = {"net": "10", "tax_rate": "19"}
    assert vendor.post(f"/api/tickets/{ticket.id}/quotes", body).status_code == 404


def test_subscriptions_are_made_changed_and_ended(app: Flask, world: World) -> None:
    vendor = api_of(app, world, "vendor")
    path = "/api/vendors/subscriptions"
    body = {
        "property_owner_id": str(world.owner_id),
        "building_id": str(world.building_id),
        "categories": ["plumbing"],
        "notify_low": False,
        "max_concurrent_jobs": 2,
    }
    made = vendor.post(path, body)
    assert made.status_code == 201, made.text
    key = made.get_json()["id"]
    assert vendor.post(path, body).status_code == 409
    foreign = {**body, "property_owner_id": str(uuid.uuid4())}
    assert vendor.post(path, foreign).status_code == 422
    put = vendor.client.put(
        f"{path}/{key}",
        json={**body, "building_id": None, "categories": ["hvac", "plumbing"]},
        headers={"X-CSRF-Token": vendor.csrf},
    )
    assert (put.status_code, put.get_json()["categories"]) == (200, ["hvac", "plumbing"])
    other = api_of(app, world, "vendor_two")
    assert other.get(f"{path}/{key}").status_code == 404
    ended = vendor.client.delete(f"{path}/{key}", headers={"X-CSRF-Token": vendor.csrf})
    assert ended.get_json()["is_active"] is False
    [line] = vendor.get(path).get_json()["items"]
    assert line["is_active"] is False
    again = vendor.post(path, {**body, "building_id": None})
    assert (again.status_code, again.get_json()["id"]) == (201, key), "an ended one lives on"
