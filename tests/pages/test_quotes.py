"""Prices on pages: behind links without an account, in the inbox, and compared on the desk."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from ecopick.core.actor import Actor
from ecopick.domains.tickets.commands.opportunity_links import (
    issue_opportunity_links,
    opportunity_token,
)
from ecopick.domains.tickets.models import OpportunityLink, Ticket
from tests.domains.tickets.test_random_quotes import subscribe
from tests.factories import World
from tests.jobs.steps import report, send_to_vendor
from tests.signing_in import Api, api_of
from tests.vendor_links import Browser, token_of, window

TABLES = (
    "tickets",
    "assignments",
    "quotes",
    "access_requests",
    "vendor_opportunity_views",
    "outbox",
)
SECRET = ("Resident ", "+49 761")


def counted(world: World) -> dict[str, int]:
    with world.engine.connect() as connection:
        return {
            name: connection.execute(text(f"select count(*) from {name}")).scalar_one()
            for name in TABLES
        }


def quotes(world: World, ticket: Ticket) -> list[tuple[str, str]]:
    with world.engine.connect() as connection:
        rows = connection.execute(
            text(
                "select state, net_amount::text from quotes where ticket_id = :id"
                " order by created_at, id"
            ),
            {"id": ticket.id},
        )
        return [(row.state, row.net_amount) for row in rows]


def opened(app: Flask, world: World, *, compare: bool) -> Ticket:
    """A job that is open to both vendors."""
    subscribe(world)
    # What tenants write themselves is shown as it is; it names nobody here.
    ticket = report(world, description="Unter dem Spülbecken")
    manager = api_of(app, world, "manager")
    body = {"open": True, "collect_quotes": compare}
    assert manager.post(f"/api/tickets/{ticket.id}/opportunity", body).status_code == 200
    return ticket


def link_to(app: Flask, world: World, ticket: Ticket, who: str = "vendor") -> Browser:
    """The browser of somebody who got the mail about the open job."""
    system = Actor.system(world.owner_id)
    with world.database.transaction(system.scope) as session:
        issue_opportunity_links(session, system, ticket.id)
        [link] = (
            session.query(OpportunityLink)
            .filter_by(ticket_id=ticket.id, recipient_id=world.people[who])
            .all()
        )
        browser = Browser(app, opportunity_token(link.id, link.recipient_id), locale="en")
    browser.address = browser.address.replace("/jobs/", "/open-jobs/")
    return browser


@pytest.fixture
def manager(app: Flask, world: World) -> Api:
    return api_of(app, world, "manager")


def test_an_open_job_behind_a_link_is_read_and_applied_for(app: Flask, world: World) -> None:
    """Check 28: whoever only looks, or presses buttons without typing, changes nothing."""
    ticket = opened(app, world, compare=False)
    vendor = link_to(app, world, ticket)
    before = counted(world)
    page = vendor.open()
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    assert vendor.client.head(vendor.address).status_code == 200
    assert not any(secret in page.text for secret in SECRET)
    for step in ("apply", "quote", "withdraw"):
        assert vendor.client.get(f"{vendor.address}/{step}").status_code in (404, 405)
        assert vendor.send(step, "1.2", reason="x", window=window()).status_code == 409
    assert vendor.send("apply").status_code == 422, "a button alone is not enough"
    assert counted(world) == before
    assert vendor.send("apply", window=window(), typed_name="Bruno").status_code == 303
    assert "You applied for the job" in vendor.open().text
    other = link_to(app, world, ticket, "vendor_two")
    assert other.open().status_code == 410, "nothing of the job is shown any more"
    assert other.send("apply", nonce="x", window=window()).status_code == 410
    with world.engine.connect() as connection:
        viewed = connection.execute(
            text("select viewed_by_id from vendor_opportunity_views where ticket_id = :id"),
            {"id": ticket.id},
        ).scalars()
        assert list(viewed) == [world.people["vendor"]]


def test_a_price_by_link_keeps_what_was_typed_and_asks_for_more(app: Flask, world: World) -> None:
    ticket = opened(app, world, compare=True)
    vendor = link_to(app, world, ticket)
    wrong = vendor.send("quote", net="abc", tax_rate="19", note="Mit Anfahrt")
    assert wrong.status_code == 422
    assert 'value="abc"' in wrong.text
    assert "Mit Anfahrt" in wrong.text
    dear = vendor.send("quote", net="5000.01", tax_rate="19", window=window())
    assert dear.status_code == 409
    assert "/login" in dear.text or "sign-in" in dear.text
    assert quotes(world, ticket) == []
    sent = vendor.send("quote", net="1.250,50", tax_rate="19", window=window())
    assert sent.status_code == 303, sent.text
    assert quotes(world, ticket) == [("OFFERED", "1250.50")], "compared first, then approved"
    assert vendor.send("withdraw", reason="").status_code == 422
    assert vendor.send("withdraw", reason="Zu viel zu tun").status_code == 303
    assert quotes(world, ticket) == [("WITHDRAWN", "1250.50")]


def test_whoever_is_signed_in_may_offer_a_large_price_by_link(app: Flask, world: World) -> None:
    ticket = opened(app, world, compare=True)
    vendor = link_to(app, world, ticket)
    vendor.client = api_of(app, world, "vendor").client
    assert vendor.send("quote", net="9000", tax_rate="19", window=window()).status_code == 303
    assert quotes(world, ticket) == [("OFFERED", "9000.00")]


def test_a_price_for_a_dispatched_job_by_its_link(app: Flask, world: World) -> None:
    ticket = report(world)
    vendor = Browser(app, token_of(world, send_to_vendor(world, ticket)), locale="en")
    before = counted(world)
    assert "Offer a price" in vendor.client.get(f"{vendor.address}/quote").text
    assert counted(world) == before
    sent = vendor.send("quote", net="1500", tax_rate="19", window=window())
    assert sent.status_code == 303, sent.text
    assert quotes(world, ticket) == [("WAITING", "1500.00")]
    assert "Waiting for approval" in vendor.client.get(f"{vendor.address}/quote").text
    assert vendor.accept().status_code == 409, "the work waits"


def test_quotes_side_by_side_and_one_chosen(app: Flask, world: World, manager: Api) -> None:
    ticket = opened(app, world, compare=True)
    for who, net, hours in (("vendor", "400", 24), ("vendor_two", "300", 48)):
        sent = link_to(app, world, ticket, who).send(
            "quote", net=net, tax_rate="19", window=window(hours)
        )
        assert sent.status_code == 303
    page = manager.client.get(f"/en/tickets/{ticket.id}?section=vendor").text
    table = page[page.index('id="quotes"') :]
    rows = re.findall(r'<tr id="quote-([0-9a-f-]+)".*?</tr>', table, re.S)
    marked = re.findall(r"<tr id=.*?</tr>", table, re.S)
    assert len(rows) == 2
    assert "Cheapest" in marked[0]
    assert "Earliest" in marked[1]
    done = manager.client.post(
        f"/en/tickets/{ticket.id}/quotes/{rows[0]}/accept", data={"csrf_token": manager.csrf}
    )
    assert done.status_code == 303
    assert sorted(quotes(world, ticket)) == [("ACCEPTED", "300.00"), ("REFUSED", "400.00")]


def test_the_inbox_the_offer_and_the_subscriptions(app: Flask, world: World) -> None:
    ticket = opened(app, world, compare=True)
    vendor = api_of(app, world, "vendor")

    def post(path: str, **fields: Any) -> Any:
        return vendor.client.post(path, data={"csrf_token": vendor.csrf, **fields})

    assert f"/vendor/offers/{ticket.id}" in vendor.client.get("/en/vendor/inbox").text
    path = f"/en/vendor/offers/{ticket.id}"
    assert vendor.client.get(path).status_code == 200
    lines = {"line-0-description": "Pumpe", "line-0-unit_amount": "249,95"}
    sent = post(f"{path}/quote", tax_rate="19", window=window(), **lines)
    assert sent.status_code == 303, sent.text
    assert quotes(world, ticket) == [("OFFERED", "249.95")]
    page = vendor.client.get("/en/vendor/subscriptions").text
    assert "Open jobs you hear of" in page
    place = f"{world.owner_id}/{world.building_id}"
    assert post("/en/vendor/subscriptions", place=place).status_code == 422
    made = post("/en/vendor/subscriptions", place=place, categories=["hvac"], notify_urgent="true")
    assert made.status_code == 303, made.text


def test_limits_for_quotes_are_kept(app: Flask, world: World, manager: Api) -> None:
    def post(**fields: str) -> Any:
        data = {"csrf_token": manager.csrf, **fields}
        return manager.client.post("/en/settings/quotes", data=data)

    assert post(approval_above="viel").status_code == 422
    kept = {"approval_above": "1,500", "sign_in_above": "", "category-hvac": "200"}
    assert post(**kept).status_code == 303
    page = manager.client.get("/en/settings/quotes").text
    assert 'value="1500.00"' in page
    assert 'value="200.00"' in page
    assert api_of(app, world, "caretaker").client.get("/en/settings/quotes").status_code == 403
