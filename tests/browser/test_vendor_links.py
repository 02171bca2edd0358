"""What mail scanners do to links without an account: they look, run scripts, press everything.

The application is served by this process, so that every table can be compared.
"""

import os
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Error, Locator, Page, Request

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.db import new_id
from ecopick.domains.tickets.commands import visits
from ecopick.domains.tickets.commands.opportunities import publish_opportunity
from ecopick.domains.tickets.commands.opportunity_links import (
    issue_opportunity_links,
    opportunity_token,
)
from ecopick.domains.tickets.commands.sublinks import give_link, sublink_token
from ecopick.domains.tickets.inputs import PublishOpportunity
from ecopick.domains.tickets.link_inputs import ArrivalWindow
from ecopick.domains.tickets.models import OpportunityLink, Ticket
from ecopick.domains.tickets.visit_inputs import GiveLink
from ecopick.domains.vendors.models import VendorSubscription
from ecopick.models import metadata
from tests.browser.conftest import PHONE
from tests.factories import World
from tests.figures import figure
from tests.jobs.steps import answer, report, send_to_vendor
from tests.public_form import Phone, tickets
from tests.served import served
from tests.vendor_links import Browser as LinkBrowser
from tests.vendor_links import link_of, photo, token_of

pytestmark = pytest.mark.browser
# A scanner has no photographs: file fields would only open a dialog.
ACTIONS = "a[href], button"
FIELDS = "summary, input:not([type=hidden]):not([type=file]), select, textarea, label"
DRAWN = "() => new Promise((done) => requestAnimationFrame(done))"
UNFOLD = "document.querySelectorAll('details').forEach((each) => { each.open = true })"
# That something was fetched, and how often somebody asked.
NOTED = {
    "vendor_links": ("fetched_at",),
    "opportunity_links": ("fetched_at",),
    "vendor_opportunity_views": None,
    "rate_limit_attempts": None,
    "rate_limit_violations": None,
    # The chains over what was read; what was done is compared itself.
    "audit_heads": None,
    "audit_proofs": None,
    "audit_seals": None,
    # Made when the log of reads first seals something about a person.
    "subject_keys": None,
}


@pytest.fixture(scope="module")
def url(app: Flask) -> Iterator[str]:
    with served(app) as address:
        yield address


@pytest.fixture
def scanner(chromium: Browser, url: str) -> Iterator[Callable[[], BrowserContext]]:
    contexts: list[BrowserContext] = []

    def fresh() -> BrowserContext:
        """A browser that has kept nothing, and opens nothing outside."""
        context = chromium.new_context(base_url=url, **PHONE, locale="it-IT")
        context.set_default_timeout(10_000)
        context.route(lambda address: not address.startswith(url), lambda route: route.abort())
        contexts.append(context)
        return context

    yield fresh
    for context in contexts:
        context.close()


def state(migrator: sa.Engine) -> dict[str, str]:
    """What every table holds, as a number for each."""
    found: dict[str, str] = {}
    with migrator.connect() as connection:
        for table in metadata.sorted_tables:
            left_out = NOTED.get(table.name, ())
            if left_out is None or table.name.startswith(("access_", "idempotency")):
                continue
            row = f"to_jsonb(t) - '{{{','.join(left_out)}}}'::text[]"
            sums = (
                f"coalesce(md5(string_agg(md5(({row})::text), '' order by md5(({row})::text))), '')"
            )
            found[table.name] = connection.exec_driver_sql(
                f'select {sums} from "{table.name}" t'
            ).scalar_one()
    return found


def unfolded(context: BrowserContext, link: str) -> Page:
    """A window with the page and everything open that can be folded."""
    page = context.new_page()
    page.goto(link)
    page.evaluate(UNFOLD)
    return page


def press(page: Page, control: Locator) -> bool:
    """Click it; whether that asked the server for something."""
    asked: list[str] = []

    def note(sent: Request) -> None:
        asked.append(sent.url)

    page.on("request", note)
    try:
        control.evaluate("(element) => element.click()")
        # What a click begins is known to the browser once it has drawn again.
        page.evaluate(DRAWN)
    except Error:
        asked.append("the page went away under it")
    page.remove_listener("request", note)
    return bool(asked)


def press_everything(context: BrowserContext, link: str) -> int:
    """HEAD and GET, then the page with its scripts, and every element of it.

    What leads away or sends something is followed by a fresh window, and the one in which
    it was pressed stays open until it is through. Fields come last, so that no form is
    sent as somebody filled it in.
    """
    for _each in range(2):
        context.request.head(link)
        context.request.get(link)
    page = unfolded(context, link)
    pressed = 0
    for kind in (ACTIONS, FIELDS):
        for number in range(page.locator(kind).count()):
            control = page.locator(kind).nth(number)
            if not control.is_visible():
                continue
            pressed += 1
            if press(page, control) or page.url != link:
                page = unfolded(context, link)
                close(context.pages[:-4])
    close(context.pages)
    return pressed


def close(pages: list[Page]) -> None:
    """Shut windows once they have loaded what they show."""
    for page in pages:
        page.wait_for_load_state()
        page.close()


def links(app: Flask, world: World) -> dict[str, str]:
    """A link of each kind, as the mails carry them."""
    waiting = send_to_vendor(world, report(world))
    accepted = send_to_vendor(world, report(world, title="Angenommen"))
    answer(world, accepted)
    vendor = world.actor("vendor")
    start = clock.now() + timedelta(days=3)
    proposed = [ArrivalWindow(start, start + timedelta(hours=2))]
    with world.database.transaction(vendor.scope) as session:
        given = give_link(session, vendor, link_of(world, accepted).id, GiveLink(name="Luca"))
        narrow = sublink_token(given)
    done = send_to_vendor(world, report(world, title="Erledigt"))
    worker = LinkBrowser(app, token_of(world, done))
    worker.accept()
    worker.send("evidence", moment="after", file=photo())
    assert worker.send("done").status_code == 303
    phone = Phone(app, world)
    page = phone.report()
    asked = tickets(world)[-1]
    job = send_to_vendor(world, asked)
    answer(world, job)
    with world.database.transaction(vendor.scope) as session:
        visits.propose_times(session, vendor, job.id, proposed)
    solved_page = Phone(app, world).report(asked="true")
    solve(world, tickets(world)[-1])
    return {
        "asked": f"/it/jobs/{token_of(world, waiting)}",
        "accepted": f"/it/jobs/{token_of(world, accepted)}",
        "technician": f"/it/jobs/{narrow}",
        "done": f"/it/jobs/{token_of(world, done)}",
        "invoice": f"/it/jobs/{token_of(world, done)}/invoice",
        "open job": f"/it/open-jobs/{open_job(world)}",
        "tenant, times": page,
        "tenant, solved": solved_page,
    }


def solve(world: World, ticket: Ticket) -> None:
    with world.engine.begin() as connection:
        connection.execute(
            sa.text("update tickets set status = 'RESOLVED', resolved_at = :now where id = :id"),
            {"now": clock.now(), "id": ticket.id},
        )


def open_job(world: World) -> str:
    """The token of a link to a job that is open to vendors."""
    subscribe(world)
    ticket = report(world, "manager", title="Offen")
    manager, system = world.actor("manager"), Actor.system(world.owner_id)
    with world.database.transaction(manager.scope) as session:
        publish_opportunity(session, manager, ticket.id, PublishOpportunity())
    with world.database.transaction(system.scope) as session:
        issue_opportunity_links(session, system, ticket.id)
        row = session.scalars(sa.select(OpportunityLink).limit(1)).one()
        return opportunity_token(row.id, row.recipient_id)


def subscribe(world: World) -> None:
    """The vendor wants to hear of open jobs."""
    world.add(
        VendorSubscription(
            id=new_id(),
            property_owner_id=world.owner_id,
            vendor_org_id=world.vendor_org_id,
            categories=["plumbing"],
            notify_high=True,
            is_active=True,
        )
    )


def test_a_scanner_changes_nothing_behind_any_link(
    app: Flask,
    world: World,
    migrator: sa.Engine,
    scanner: Callable[[], BrowserContext],
    url: str,
) -> None:
    """Check 28: HEAD, GET, scripts and every click: all tables stay as they are."""
    addresses = links(app, world)
    if not os.environ.get("ECOPICK_FULL"):
        addresses = {name: addresses[name] for name in ("asked", "accepted", "tenant, solved")}
    before = state(migrator)
    pressed: dict[str, Any] = {}
    for name, path in addresses.items():
        pressed[name] = press_everything(scanner(), f"{url}{path}")
        after = state(migrator)
        assert {key for key in before if before[key] != after[key]} == set(), name
    assert min(pressed.values()) >= 2
    assert all(re.match(r"/\w\w/", path) for path in addresses.values())
    figure("28", "elements that a scanner pressed", sum(pressed.values()))
    figure("28", "tables compared", len(before))
