"""Papers of vendors: what an owner holds, how each stands, which wait for the scanner."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import Session, aliased

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.errors import Conflict, NotFound
from ecopick.core.finding import as_id, missing
from ecopick.core.permissions import allows
from ecopick.core.scanning import ScanState
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.people.models import User
from ecopick.domains.people.queries import shown_name
from ecopick.domains.property.models import PropertyOwner
from ecopick.domains.vendors.lifecycle import SOON, CertificateState, state_on
from ecopick.domains.vendors.models import OwnerVendor, VendorCertificate
from ecopick.domains.vendors.policy import works_with_visible_to

_END = literal(date(9999, 12, 31))
# Worst first, as ``CertificateState`` lists them; a vendor without any paper has no rank.
RANKS = (
    CertificateState.EXPIRED,
    CertificateState.EXPIRES_SOON,
    CertificateState.UNVERIFIED,
    CertificateState.VALID,
)


@dataclass(frozen=True)
class Paper:
    """A certificate with how it stands today; ``is_current`` unless a later one replaced it."""

    row: VendorCertificate
    state: CertificateState
    is_current: bool
    verified_by: str | None
    owner: str


def today() -> date:
    """The day by which papers are judged (UTC)."""
    return clock.now().date()


def _title(of: Any) -> ColumnElement[str]:
    return func.lower(func.coalesce(of.title, ""))


def _last_day(of: Any) -> ColumnElement[date]:
    return func.coalesce(of.valid_until, _END)


def _counts(of: Any) -> ColumnElement[bool]:
    """A file with a virus proves nothing, and neither does what was taken away."""
    return and_(
        of.removed_at.is_(None),
        or_(of.scan_state.is_(None), of.scan_state != ScanState.INFECTED),
    )


def is_current() -> ColumnElement[bool]:
    """In SQL: a paper that counts and that none of its kind and title outlasts."""
    later = aliased(VendorCertificate)
    mine = VendorCertificate
    outlasts = tuple_(_last_day(later), later.created_at, later.id) > tuple_(
        _last_day(mine), mine.created_at, mine.id
    )
    return and_(
        _counts(mine),
        ~exists().where(
            later.property_owner_id == mine.property_owner_id,
            later.vendor_org_id == mine.vendor_org_id,
            later.kind == mine.kind,
            _title(later) == _title(mine),
            _counts(later),
            outlasts,
        ),
    )


def worst_rank(owner_id: uuid.UUID, vendor: Any) -> ColumnElement[int | None]:
    """In SQL: the place in ``RANKS`` of a vendor's worst current paper; null without any."""
    on = today()
    ends = VendorCertificate.valid_until
    rank = case(
        (ends < on, 0),
        (ends <= on + SOON, 1),
        (VendorCertificate.verified_at.is_(None), 2),
        else_=3,
    )
    return (
        select(func.min(rank))
        .where(
            VendorCertificate.property_owner_id == owner_id,
            VendorCertificate.vendor_org_id == vendor,
            is_current(),
        )
        .scalar_subquery()
    )


def state_of_rank(rank: int | None) -> CertificateState:
    """The state behind a rank of ``worst_rank``."""
    return CertificateState.MISSING if rank is None else RANKS[rank]


def papers(
    session: Session, actor: Actor, vendor_org_id: uuid.UUID, owner_id: uuid.UUID | None = None
) -> list[Paper]:
    """Papers of a vendor that was found, by kind, the latest of each first.

    For management those of its owner, for the vendor's people those of every owner.
    """
    session.info["authorized"] = True
    query = (
        select(VendorCertificate, is_current(), shown_name, PropertyOwner.name)
        .outerjoin(User, User.id == VendorCertificate.verified_by_id)
        .join(PropertyOwner, PropertyOwner.id == VendorCertificate.property_owner_id)
        .where(
            VendorCertificate.vendor_org_id == vendor_org_id,
            VendorCertificate.removed_at.is_(None),
        )
        .order_by(
            VendorCertificate.kind,
            _title(VendorCertificate),
            _last_day(VendorCertificate).desc(),
            VendorCertificate.created_at.desc(),
            VendorCertificate.id.desc(),
        )
    )
    if owner_id is not None:
        query = query.where(VendorCertificate.property_owner_id == owner_id)
    on = today()
    return [
        Paper(
            row,
            state_on(on, row.valid_until, verified=row.verified_at is not None),
            bool(is_current),
            name if row.verified_by_id else None,
            owner,
        )
        for row, is_current, name, owner in session.execute(query)
        if allows(session, actor, "certificate:view", row)
    ]


def find_certificate(session: Session, actor: Actor, key: Any) -> VendorCertificate:
    """A paper that the actor may see and that was not taken away. Raises NotFound."""
    return _certificate(session, actor, key, lock=False)


def lock_certificate(session: Session, actor: Actor, key: Any) -> VendorCertificate:
    """The same, locked and fresh, for a change."""
    return _certificate(session, actor, key, lock=True)


def _certificate(session: Session, actor: Actor, key: Any, *, lock: bool) -> VendorCertificate:
    session.info["authorized"] = True
    query = (
        select(VendorCertificate)
        .join(
            OwnerVendor,
            (OwnerVendor.property_owner_id == VendorCertificate.property_owner_id)
            & (OwnerVendor.vendor_org_id == VendorCertificate.vendor_org_id),
        )
        .where(
            VendorCertificate.id == as_id(key),
            VendorCertificate.removed_at.is_(None),
            works_with_visible_to(actor),
        )
    )
    if lock:
        query = query.with_for_update(of=VendorCertificate, key_share=True)
        query = query.execution_options(populate_existing=True)
    found = session.scalars(query).one_or_none()
    if found is None:
        raise missing(actor, "VendorCertificate", key)
    return found


def served_certificate(session: Session, actor: Actor, key: Any) -> VendorCertificate:
    """A paper whose file may be served.

    Raises NotFound where there is none or it is infected, Conflict ``scan_pending`` while
    it is being checked.
    """
    found = find_certificate(session, actor, key)
    if found.storage_key is None or found.scan_state is ScanState.INFECTED:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    if found.scan_state is not ScanState.CLEAN:
        raise Conflict(
            _("This file is still being checked for viruses. Try again in a minute."),
            code="scan_pending",
        )
    return found


# For the system's own work.


def unscanned(session: Session, owner_id: uuid.UUID, limit: int = 100) -> list[VendorCertificate]:
    """Files of an owner's vendors that wait for the scanner and are due for it, oldest first."""
    return list(
        session.scalars(
            select(VendorCertificate)
            .where(
                VendorCertificate.property_owner_id == owner_id,
                VendorCertificate.scan_state == ScanState.PENDING,
                VendorCertificate.removed_at.is_(None),
                VendorCertificate.is_due(),
            )
            .order_by(VendorCertificate.created_at)
            .limit(limit)
        )
    )


def ending(
    session: Session, owner_id: uuid.UUID, first: date, last: date
) -> list[VendorCertificate]:
    """Papers that count and end between two days, of vendors that still work for the owner."""
    return list(
        session.scalars(
            select(VendorCertificate)
            .join(
                OwnerVendor,
                (OwnerVendor.property_owner_id == VendorCertificate.property_owner_id)
                & (OwnerVendor.vendor_org_id == VendorCertificate.vendor_org_id),
            )
            .where(
                VendorCertificate.property_owner_id == owner_id,
                VendorCertificate.valid_until.between(first, last),
                is_current(),
                OwnerVendor.ended_at.is_(None),
            )
            .order_by(VendorCertificate.valid_until, VendorCertificate.id)
        )
    )


def named_certificate_keys(
    session: Session, owner_id: uuid.UUID, keys: Iterable[str]
) -> frozenset[str]:
    """Those of ``keys`` that a paper of the owner's vendors names as its file."""
    wanted = list(keys)
    rows = session.execute(
        select(VendorCertificate.storage_key, VendorCertificate.thumbnail_key).where(
            VendorCertificate.property_owner_id == owner_id,
            or_(
                VendorCertificate.storage_key.in_(wanted),
                VendorCertificate.thumbnail_key.in_(wanted),
            ),
        )
    )
    return frozenset(key for row in rows for key in row if key is not None)
