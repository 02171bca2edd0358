"""What a link's page shows: the job, a declined job, or why the link has ended."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, request
from sqlalchemy.orm import Session

from ecopick.blueprints.vendor_link import proof
from ecopick.core import clock
from ecopick.core.errors import AppError
from ecopick.domains.tickets.lifecycle import TicketPriority
from ecopick.domains.tickets.link_inputs import OTHER, offered_windows
from ecopick.domains.tickets.queries.links import (
    LinkContext,
    LinkState,
    can_undo,
    get_assignment,
    names,
    read_job,
)
from ecopick.domains.tickets.queries.windows import ticket_facade
from ecopick.web.render import render

FACADE_HEIGHT = 66


def show_job(
    session: Session, link: LinkContext, token: str, error: AppError | None = None
) -> Response:
    """A job that waits for its answer, or was accepted."""
    job = read_job(session, link)
    zone = ZoneInfo(job.ticket.building.time_zone)
    urgent = job.ticket.priority is TicketPriority.URGENT
    waiting = link.state is LinkState.WAITING
    return render(
        "vendor_link/waiting.html" if waiting else "vendor_link/accepted.html",
        job=job,
        ticket=job.ticket,
        zone=job.ticket.building.time_zone,
        today=clock.now().astimezone(zone).date(),
        reply_today=_is_today(job.respond_by, zone),
        offered=offered_windows(clock.now(), zone, urgent=urgent) if waiting else (),
        other=OTHER,
        facade=ticket_facade(session, job.ticket, height=FACADE_HEIGHT),
        before=job.files(evidence=False),
        after=job.files(evidence=True),
        **_common(link, token, error),
    )


def show_declined(
    session: Session, link: LinkContext, token: str, error: AppError | None = None
) -> Response:
    """Thanks for the answer, and the way back while nobody else was asked."""
    assignment = get_assignment(session, link)
    owner, vendor = names(session, link)
    session.info["authorized"] = True
    return render(
        "vendor_link/declined.html",
        owner_name=owner,
        vendor_name=vendor,
        can_undo=can_undo(session, link, assignment),
        **_common(link, token, error),
    )


def show_ended(link: LinkContext | None) -> Response:
    """A link that is unknown, expired or revoked: one page without any data of the job."""
    reason = "unknown" if link is None else link.state.value
    return render(
        "vendor_link/ended.html",
        status=404 if link is None else 410,
        reason=reason,
        events_url=None,
        toasts=(),
    )


def _common(link: LinkContext, token: str, error: AppError | None) -> dict[str, Any]:
    return {
        "token": token,
        "nonce": proof.make_nonce(link),
        "recipient_name": link.actor.name,
        "known": proof.known_device(link) is not None,
        "typed": request.form if error is not None else {},
        "error": error,
        "errors": error.fields if error is not None else {},
        "step": (request.endpoint or "").rpartition(".")[2],
        "events_url": None,
    }


def _is_today(moment: datetime | None, zone: ZoneInfo) -> bool:
    return (
        moment is not None and moment.astimezone(zone).date() == clock.now().astimezone(zone).date()
    )
