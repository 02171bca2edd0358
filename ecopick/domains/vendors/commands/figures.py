"""Figures of a vendor's work, kept for each solved ticket."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.domains.vendors.models import VendorPerformance


@dataclass(frozen=True)
class SolvedJob:
    """What was measured: minutes from being asked to accepting, from report to solution.

    ``visits`` is how often somebody came, None where nobody noted it.
    """

    property_owner_id: uuid.UUID
    vendor_org_id: uuid.UUID
    ticket_id: uuid.UUID
    response_minutes: int | None
    resolution_minutes: int
    in_time: bool | None
    visits: int | None = None


@dataclass(frozen=True)
class Reopened:
    """A solution that did not hold."""

    property_owner_id: uuid.UUID
    ticket_id: uuid.UUID
    at: datetime


def _same(session: Session, actor: Actor, job: SolvedJob) -> SolvedJob:
    return job


@command("system:vendor_performance", find=_same)
def record_performance(session: Session, actor: Actor, job: SolvedJob) -> VendorPerformance:
    """Keep the figures of a solved job; solved again, the later solution counts.

    A rating that was given stays.
    """
    return figures_row(session, job)


def figures_row(session: Session, job: SolvedJob) -> VendorPerformance:
    """The row of a solved job with its figures, made where there is none; part of a command."""
    row = session.scalars(
        select(VendorPerformance).where(
            VendorPerformance.property_owner_id == job.property_owner_id,
            VendorPerformance.vendor_org_id == job.vendor_org_id,
            VendorPerformance.ticket_id == job.ticket_id,
        )
    ).one_or_none()
    if row is None:
        row = VendorPerformance(
            id=new_id(),
            property_owner_id=job.property_owner_id,
            vendor_org_id=job.vendor_org_id,
            ticket_id=job.ticket_id,
            created_at=clock.now(),
        )
        session.add(row)
    row.response_time_minutes = job.response_minutes
    row.resolution_time_minutes = job.resolution_minutes
    row.sla_met_deadline = job.in_time
    row.visits = job.visits
    return row


def _happened(session: Session, actor: Actor, event: Reopened) -> Reopened:
    return event


@command("system:vendor_performance", find=_happened)
def note_reopened(session: Session, actor: Actor, event: Reopened) -> int:
    """Keep that a solution did not hold, for whoever solved it last; how many vendors that are.

    Whoever solved it before them is marked already.
    """
    rows = session.scalars(
        select(VendorPerformance)
        .where(
            VendorPerformance.property_owner_id == event.property_owner_id,
            VendorPerformance.ticket_id == event.ticket_id,
            VendorPerformance.reopened_at.is_(None),
        )
        .with_for_update(key_share=True)
    ).all()
    for row in rows:
        row.reopened_at = event.at
    return len(rows)
