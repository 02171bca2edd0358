"""What a link's page shows: the job, a declined job, or why the link has ended."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, request, url_for
from sqlalchemy.orm import Session

from ecopick.blueprints.vendor_link import proof
from ecopick.core import clock
from ecopick.core.errors import AppError
from ecopick.domains.tickets.lifecycle import TicketPriority
from ecopick.domains.tickets.link_inputs import OTHER, offered_windows
from ecopick.domains.tickets.outputs import AttachmentOut
from ecopick.domains.tickets.queries.links import (
    Job,
    LinkContext,
    LinkState,
    can_undo,
    get_assignment,
    names,
    read_job,
)
from ecopick.domains.tickets.queries.quotes import quote_of
from ecopick.domains.tickets.queries.windows import small_ticket_facade
from ecopick.web.render import render


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
        facade=small_ticket_facade(session, job.ticket),
        before=job.files(evidence=False),
        after=job.files(evidence=True),
        visit=job.visit,
        narrow=not link.shows_prices,
        quote=quote_of(session, link.property_owner_id, link.ticket_id, link.vendor_org_id)
        if link.shows_prices
        else None,
        proof_photo=_proof_photo(job),
        scanned=request.args.get("code", "")[:40],
        invoice_href=_invoice_href(job, link, token),
        **_common(link, token, error),
    )


def _proof_photo(job: Job) -> AttachmentOut | None:
    """The photo that shows the code of the visit."""
    wanted = job.visit.row.photo_id if job.visit is not None else None
    return next((item for item in job.ticket.attachments if item.id == wanted), None)


def _invoice_href(job: Job, link: LinkContext, token: str) -> str | None:
    """Where the invoice is written once the work is done; a narrower link learns of no money."""
    if not job.is_solved or not link.shows_prices:
        return None
    return url_for("vendor_link.invoice", token=token)


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


def show_ended(
    link: LinkContext | None, token: str = "", error: AppError | None = None
) -> Response:
    """A link that is unknown, expired or revoked: one page without any data of the job.

    Whoever had accepted may ask for a new one, which goes to the recipient alone.
    """
    reason = "unknown" if link is None else link.state.value
    renewable = link is not None and token and link.state is LinkState.EXPIRED
    can_renew = bool(renewable and link is not None and link.was_accepted and link.shows_prices)
    values = _common(link, token, error) if link is not None and can_renew else {}
    return render(
        "vendor_link/ended.html",
        status=404 if link is None else 410,
        reason=reason,
        can_renew=can_renew,
        **({"events_url": None} | values | {"recipient_name": ""}),
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
