"""What grows is pruned, what has an end gets it."""

import logging
import uuid
from datetime import timedelta

from sqlalchemy import Uuid, delete, func, select, text, update

from ecopick.adapters.scan import ScannerAway
from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.domains.auth.models import AuthChallenge
from ecopick.domains.governance.commands.approvals import expire_request
from ecopick.domains.governance.lifecycle import AccessRequestStatus
from ecopick.domains.governance.models import AccessRequest, ResourcePermission
from ecopick.domains.notifications import commands, wording
from ecopick.domains.notifications.audience import people_of
from ecopick.domains.people.expiry import expire_invitation
from ecopick.domains.people.models import Invitation, InvitationStatus
from ecopick.domains.security.models import BlockedSource
from jobs import account_mails, attachments
from jobs.outbox import DELIVER, DISPATCH
from jobs.runtime import Runtime, origin_of, runtime

log = logging.getLogger("ecopick.jobs.housekeeping")
KEPT = timedelta(days=7)
MONTHS_AHEAD = 3
TOLD_WITHIN = timedelta(days=1)


def expire() -> int:
    """End invitations, approvals, permissions and blocks whose time has come; how many."""
    at = runtime()
    ended = 0
    with at.alone("expiries") as alone, origin_of("expiries", None, None):
        if not alone:
            return 0
        for owner_id in at.owners_with("expiries", clock.now()):
            try:
                ended += _expire_for(at, owner_id)
            except Exception:
                log.exception("expiries failed for owner %s", owner_id)
        ended += _lift_blocks(at)
    if ended:
        at.enqueue(DELIVER)
    return ended


def _expire_for(at: Runtime, owner_id: uuid.UUID) -> int:
    now = clock.now()
    with at.as_system(owner_id) as (session, system):
        invitations = session.scalars(
            select(Invitation.id).where(
                Invitation.property_owner_id == owner_id,
                Invitation.status == InvitationStatus.PENDING,
                Invitation.expires_at <= now,
            )
        ).all()
        ended = sum(expire_invitation(session, system, each) for each in invitations)
        requests = session.scalars(
            select(AccessRequest.id).where(
                AccessRequest.status.in_(
                    (AccessRequestStatus.SUBMITTED, AccessRequestStatus.IN_REVIEW)
                ),
                AccessRequest.expires_at <= now,
            )
        ).all()
        ended += sum(expire_request(session, system, each) for each in requests)
        permissions = session.scalars(
            select(ResourcePermission).where(
                ResourcePermission.revoked_at.is_(None),
                ResourcePermission.expires_at <= now,
                ResourcePermission.expires_at > now - TOLD_WITHIN,
            )
        ).all()
        tellings = [
            commands.Telling(
                wording.permission_ended(row.resource_type),
                people_of(session, {row.user_id}),
                f"permission_ended:{row.id}",
            )
            for row in permissions
        ]
        commands.tell(session, system, owner_id, tellings)
    return ended


def _lift_blocks(at: Runtime) -> int:
    """Temporary blocks lapse at their time; permanent ones are lifted by hand only."""
    with at.database.transaction(Actor.system().scope) as session:
        lifted = session.execute(
            update(BlockedSource)
            .where(
                BlockedSource.permanent.is_(False),
                BlockedSource.unblocked_at.is_(None),
                BlockedSource.blocked_until <= clock.now(),
            )
            .values(unblocked_at=clock.now())
            .returning(BlockedSource.id),
            execution_options={"synchronize_session": False},
        )
        return len(lifted.all())


def scan_files() -> int:
    """Scan uploaded files that wait for it; how many got a verdict."""
    at = runtime()
    scanned = 0
    with at.alone("scans") as alone, origin_of("scans", None, None):
        for owner_id in at.owners_with("scans", clock.now()) if alone else ():
            try:
                scanned += attachments.scan_pending(at.database, at.storage, owner_id, at.scanner)
            except ScannerAway as error:
                log.warning("files wait for the scanner: %s", error.detail)
                break
            except Exception:
                log.exception("scans failed for owner %s", owner_id)
    if scanned:
        at.enqueue(DISPATCH)
    return scanned


def sweep_files() -> int:
    """Remove stored files that no row names; how many.

    Every owner is asked: photos of a report that was never sent leave no row behind.
    """
    at = runtime()
    removed = 0
    with at.alone("orphans") as alone:
        for owner_id in _owners_with_files(at) if alone else ():
            try:
                removed += attachments.sweep_orphans(at.database, at.storage, owner_id)
            except Exception:
                log.exception("the sweep of files failed for owner %s", owner_id)
    return removed


def _owners_with_files(at: Runtime) -> list[uuid.UUID]:
    with at.database.transaction(Actor.system().scope) as session:
        owners = select(func.owners_with_files(clock.now(), type_=Uuid))
        return list(session.scalars(owners))


def prune() -> int:
    """Delete counted requests, used-up sign-in steps and stored answers older than a week.

    Mails about accounts go after thirty days.
    """
    at = runtime()
    before = clock.now() - KEPT
    with at.alone("prune") as alone:
        if not alone:
            return 0
        with at.database.transaction(Actor.system().scope) as session:
            pruned = session.execute(
                select(
                    func.prune_rate_limits(before)
                    + func.prune_sign_in(clock.now())
                    + func.prune_idempotency_keys(before)
                )
            ).scalar_one()
            challenges = session.execute(
                delete(AuthChallenge)
                .where(AuthChallenge.expires_at < clock.now())
                .returning(AuthChallenge.id)
            ).all()
            mails = account_mails.prune(session)
    return int(pruned) + len(challenges) + mails


def make_partitions() -> None:
    """Make the audit streams' partitions of the months to come."""
    at = runtime()
    with at.alone("partitions") as alone:
        if not alone:
            return
        with at.database.transaction(Actor.system().scope) as session:
            session.execute(
                text("select ensure_audit_partitions(:ahead, :day)"),
                {"ahead": MONTHS_AHEAD, "day": clock.now().date()},
            )
