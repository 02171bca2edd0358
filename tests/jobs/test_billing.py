"""Invoices: both sides hear what happens, and files are scanned before anybody opens them."""

import io
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from ecopick.adapters.scan import Verdict
from ecopick.adapters.storage import LocalStorage
from ecopick.domains.billing.commands import decisions, drafts
from ecopick.domains.billing.inputs import DisputeInvoice
from ecopick.domains.notifications.models import Notification
from ecopick.domains.vendors.models import VendorOrg
from jobs.attachments import scan_pending
from jobs.billing import OF_INVOICES
from jobs.notifications import deliver
from jobs.outbox import dispatch_owner
from jobs.runtime import Runtime
from tests.domains.billing.test_electronic import XRECHNUNG
from tests.factories import World
from tests.invoices import VAT_ID, bill, invoice_now, written
from tests.jobs.conftest import Post, text_of
from tests.jobs.steps import answer, report, send_to_vendor
from tests.signing_in import api_of


@pytest.fixture
def key(world: World) -> Any:
    """An invoice above the limit for a job that the plumber accepted."""
    ticket = report(world)
    answer(world, send_to_vendor(world, ticket))
    vendor = world.actor("vendor")
    with world.database.transaction(vendor.scope) as session:
        return bill(session, vendor, world, ticket, "400.00").id


def told(migrator: Engine, world: World, who: str) -> list[tuple[str, str]]:
    with Session(migrator) as session:
        rows = session.scalars(
            select(Notification)
            .where(
                Notification.user_id == world.people[who],
                Notification.type == "invoice_status_changed",
            )
            .order_by(Notification.created_at, Notification.channel)
        ).all()
        return [(str(row.channel), row.title) for row in rows]


def act(world: World, who: str, step: Any, key: Any, *data: Any) -> None:
    actor = world.actor(who)
    with world.database.transaction(actor.scope) as session:
        step(session, actor, key, *data)


def test_both_sides_hear_what_happens(
    world: World, jobs: Runtime, post: Post, migrator: Engine, key: Any
) -> None:
    number = invoice_now(world, key).invoice_number
    dispatch_owner(jobs, world.owner_id)
    sent = [("in_app", f"Invoice {number} of Plumber {world.owner_id.hex[-6:]}")]
    assert told(migrator, world, "manager") == told(migrator, world, "owner") == sent
    assert told(migrator, world, "vendor") == told(migrator, world, "caretaker") == []
    act(world, "manager", decisions.approve_invoice, key)
    dispatch_owner(jobs, world.owner_id)
    assert told(migrator, world, "owner")[1][1].startswith("A second person has to approve")
    assert told(migrator, world, "manager") == sent
    act(world, "owner", decisions.dispute_invoice, key, DisputeInvoice(reason="Zu viele Stunden"))
    dispatch_owner(jobs, world.owner_id)
    deliver()
    (mail,) = [each for each in post.to(world.emails["vendor"]) if number in str(each["Subject"])]
    assert "Zu viele Stunden" in text_of(mail)
    assert "/jobs/" in text_of(mail)
    act(world, "vendor", drafts.correct_invoice, key, written(number))
    act(world, "vendor", drafts.withdraw_invoice, key)
    dispatch_owner(jobs, world.owner_id)
    titles = [title for _channel, title in told(migrator, world, "manager")]
    assert titles[-1] == f"Invoice {number} was withdrawn"


def test_a_received_file_is_opened_once_it_is_clean(
    app: Flask, world: World, migrator: Engine
) -> None:
    with Session(migrator) as session, session.begin():
        session.execute(
            update(VendorOrg).where(VendorOrg.id == world.vendor_org_id).values(vat_id=VAT_ID)
        )
    manager = api_of(app, world, "manager")
    file = (io.BytesIO(XRECHNUNG), "re.xml")
    made = manager.upload("/api/billing/invoices/received", file=file)
    assert made.status_code == 201, made.text
    address = f"/en/billing/invoices/{made.get_json()['id']}/original"
    assert manager.get(address).status_code == 404

    class Clean:
        def scan(self, stream: Any) -> Verdict:
            assert stream.read() == XRECHNUNG
            return Verdict(clean=True, note="")

        def version(self) -> str:
            return "test"

    storage: LocalStorage = app.extensions["storage"]
    scanned = scan_pending(world.database, storage, world.owner_id, Clean(), files=OF_INVOICES)
    assert scanned == 1
    opened = manager.get(address)
    assert (opened.status_code, opened.data) == (200, XRECHNUNG)
    assert opened.headers["Content-Disposition"].startswith("attachment")
    assert opened.headers["X-Content-Type-Options"] == "nosniff"
