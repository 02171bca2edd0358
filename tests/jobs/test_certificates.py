"""Papers of vendors: scanned, and nobody is surprised when one ends."""

import io
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from ecopick.adapters.scan import Verdict
from ecopick.adapters.storage import LocalStorage
from ecopick.core import clock
from ecopick.core.scanning import ScanState
from ecopick.domains.notifications.models import Notification
from ecopick.domains.vendors.models import VendorCertificate
from jobs.attachments import OF_VENDORS, scan_pending
from jobs.certificates import remind_owner
from jobs.notifications import deliver
from jobs.runtime import Runtime
from tests.factories import World
from tests.jobs.conftest import Post, text_of
from tests.signing_in import api_of
from tests.uploads import PDF


def paper(world: World, left: int, **values: Any) -> VendorCertificate:
    row = VendorCertificate(
        property_owner_id=world.owner_id,
        vendor_org_id=world.vendor_org_id,
        valid_until=clock.now().date() + timedelta(days=left),
        added_by_id=world.people["manager"],
        **{"kind": "liability_insurance", **values},
    )
    world.add(row)
    return row


def told(migrator: Engine, world: World, who: str) -> list[tuple[str, str]]:
    with Session(migrator) as session:
        rows = session.scalars(
            select(Notification)
            .where(
                Notification.user_id == world.people[who],
                Notification.type == "certificate_expiring",
            )
            .order_by(Notification.dedup_key.desc(), Notification.channel)
        ).all()
        return [(str(row.channel), row.title) for row in rows]


def test_reminders_come_once_each_and_stop_with_the_new_paper(
    world: World, jobs: Runtime, post: Post, migrator: Engine
) -> None:
    paper(world, 40)
    assert remind_owner(jobs, world.owner_id) == 0
    for passed, count in ((11, 1), (1, 1), (22, 2), (7, 3), (20, 3)):
        clock.shift(timedelta(days=passed))
        for _again in range(2):
            remind_owner(jobs, world.owner_id)
        assert len(told(migrator, world, "manager")) == count
    channels = {channel for channel, _title in told(migrator, world, "manager")}
    assert channels == {"in_app"}
    vendor = told(migrator, world, "vendor")
    assert [channel for channel, _title in vendor] == ["email", "in_app"] * 3
    assert told(migrator, world, "vendor_tech") == told(migrator, world, "caretaker") == []
    assert deliver() >= 3
    mails = post.to(world.emails["vendor"])
    assert len(mails) == 3 and "/it/vendor/certificates" in text_of(mails[0])


def test_what_was_replaced_or_taken_away_reminds_nobody(
    world: World, jobs: Runtime, migrator: Engine
) -> None:
    paper(world, 5)
    paper(world, 400)
    paper(world, 5, kind="trade_licence", removed_at=clock.now())
    assert remind_owner(jobs, world.owner_id) == 0
    paper(world, 5, kind="qualification", title="Gas")
    assert remind_owner(jobs, world.owner_id) == 1


class Finds:
    """A scanner with one verdict."""

    def __init__(self, *, clean: bool) -> None:
        self.clean = clean

    def scan(self, stream: Any) -> Verdict:
        """The verdict, whatever the file."""
        stream.read()
        return Verdict(self.clean, "" if self.clean else "Eicar")

    def version(self) -> str:
        """There it is."""
        return "1"


def test_files_are_served_once_clean_and_lost_when_infected(
    app: Flask, world: World, jobs: Runtime, migrator: Engine
) -> None:
    manager = api_of(app, world, "manager")
    base = f"/api/vendors/{world.vendor_org_id}/certificates"
    for clean in (True, False):
        kind = "other" if clean else "qualification"
        sent = manager.upload(base, kind=kind, file=(io.BytesIO(PDF), "police.pdf"))
        paper_id = sent.get_json()["id"]
        scanner: Any = Finds(clean=clean)
        storage = app.extensions["storage"]
        assert isinstance(storage, LocalStorage)
        done = scan_pending(jobs.database, storage, world.owner_id, scanner, files=OF_VENDORS)
        assert done == 1
        served = manager.get(f"{base}/{paper_id}/file")
        assert served.status_code == (200 if clean else 404)
        served.close()
        with Session(migrator) as session:
            found = session.scalars(
                select(VendorCertificate).where(
                    VendorCertificate.vendor_org_id == world.vendor_org_id
                )
            ).all()
        assert {row.scan_state for row in found} <= {ScanState.CLEAN, ScanState.INFECTED}
