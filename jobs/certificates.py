"""Papers of vendors: their files are scanned, and nobody is surprised when one ends."""

import logging
import uuid
from datetime import timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ecopick.adapters.scan import ScannerAway
from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.roles import MANAGEMENT_ROLES, MembershipRole
from ecopick.domains.notifications import certificate_wording as wording
from ecopick.domains.notifications import commands
from ecopick.domains.notifications.audience import people_of
from ecopick.domains.people.models import Membership
from ecopick.domains.people.queries import role_counts, staff_with
from ecopick.domains.property.models import PropertyOwner
from ecopick.domains.vendors.lifecycle import REMINDED_FOR, SOON, reminder_due
from ecopick.domains.vendors.models import VendorCertificate
from ecopick.domains.vendors.queries import vendor_names
from ecopick.domains.vendors.queries.certificates import ending, today
from ecopick.web.label_tables import LABELS
from jobs.attachments import OF_VENDORS, scan_pending
from jobs.outbox import DELIVER, DISPATCH
from jobs.runtime import Runtime, origin_of, runtime

log = logging.getLogger("ecopick.jobs.certificates")


def scan() -> int:
    """Scan the files of papers that wait for it; how many got a verdict."""
    at = runtime()
    scanned = 0
    with at.alone("certificate_scans") as alone, origin_of("certificates", None, None):
        for owner_id in _owners(at, "unscanned") if alone else ():
            try:
                scanned += scan_pending(
                    at.database, at.storage, owner_id, at.scanner, files=OF_VENDORS
                )
            except ScannerAway as error:
                log.warning("papers wait for the scanner: %s", error.detail)
                break
            except Exception:
                log.exception("scans of papers failed for owner %s", owner_id)
    if scanned:
        at.enqueue(DISPATCH)
    return scanned


def remind() -> int:
    """Tell of papers that end in 30 days, in 7 days, or are over; how many papers."""
    at = runtime()
    told = 0
    with at.alone("certificates") as alone, origin_of("certificates", None, None):
        for owner_id in _owners(at, "ending") if alone else ():
            try:
                told += remind_owner(at, owner_id)
            except Exception:
                log.exception("reminders of papers failed for owner %s", owner_id)
    if told:
        at.enqueue(DELIVER)
    return told


def _owners(at: Runtime, kind: str) -> list[uuid.UUID]:
    until = clock.now() + (SOON if kind == "ending" else timedelta(0))
    with at.database.transaction(Actor.system().scope) as session:
        rows = session.scalars(
            text("select owners_with_certificates(:kind, :at)"), {"kind": kind, "at": until}
        )
        return [uuid.UUID(str(row)) for row in rows]


def remind_owner(at: Runtime, owner_id: uuid.UUID) -> int:
    """The same for one owner, in one transaction; whoever was told already is not told again."""
    on = today()
    with at.as_system(owner_id) as (session, system):
        rows = ending(session, owner_id, on - REMINDED_FOR, on + SOON)
        names = vendor_names(session, [row.vendor_org_id for row in rows])
        management = people_of(
            session, {line.id for line in staff_with(session, owner_id, MANAGEMENT_ROLES)}
        )
        owner = session.scalar(select(PropertyOwner.name).where(PropertyOwner.id == owner_id))
        told = 0
        for row in rows:
            stage = reminder_due(on, row.valid_until) if row.valid_until else None
            if stage is None or row.valid_until is None:
                continue
            paper = wording.EndingPaper(
                vendor=names.get(row.vendor_org_id, "—"),
                owner=owner or "",
                kind=LABELS["CertificateKind"][row.kind.value],
                title=row.title,
                last_day=row.valid_until,
                is_over=row.valid_until < on,
            )
            key = f"certificate:{row.id}:{stage}"
            told += bool(
                commands.tell(
                    session,
                    system,
                    owner_id,
                    [
                        commands.Telling(
                            wording.for_management(paper),
                            management,
                            key,
                            resource=("VendorOrg", row.vendor_org_id),
                        ),
                        commands.Telling(
                            wording.for_vendor(paper),
                            people_of(session, _administrators(session, row)),
                            key,
                            resource=("VendorCertificate", row.id),
                        ),
                    ],
                )
            )
    return told


def _administrators(session: Session, row: VendorCertificate) -> set[uuid.UUID]:
    return set(
        session.scalars(
            select(Membership.user_id).where(
                Membership.vendor_org_id == row.vendor_org_id,
                Membership.role == MembershipRole.VENDOR_ADMIN,
                role_counts(),
            )
        )
    )
