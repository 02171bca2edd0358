"""What a private link shows: one's own report, the state of a neighbour's, or that it ended."""

from typing import Any

from flask import Response, g, request, url_for
from sqlalchemy.orm import Session

from ecopick.blueprints.public_requests.forms import languages_at, tile_word
from ecopick.blueprints.tickets import steps
from ecopick.core import clock
from ecopick.core.errors import AppError
from ecopick.core.text import gettext
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.outputs import AttachmentOut, TicketOut
from ecopick.domains.tickets.queries.detail import ticket_view
from ecopick.domains.tickets.queries.household import rating_row
from ecopick.domains.tickets.queries.public_requests import RequestContext
from ecopick.domains.tickets.queries.visits import visit_view
from ecopick.web.formats import zone_of
from ecopick.web.render import render

# Why a report is no longer needed, in the order of the page.
WITHDRAWN = {
    "solved": _("It has solved itself"),
    "mistake": _("I reported it by mistake"),
    "other": _("Another reason"),
}


def show_request(
    session: Session,
    link: RequestContext,
    token: str,
    error: AppError | None = None,
    *,
    step: str = "",
) -> Response:
    """The page of a request; a neighbour learns its state, not who reported what where."""
    view = ticket_view(session, link.actor, link.ticket_id)
    ticket = view.ticket
    _readdress(ticket, token)
    progress = steps.progress(ticket)
    return render(
        "public/request.html" if link.is_reporter else "public/followed.html",
        link=link,
        token=token,
        ticket=ticket,
        tz=ticket.building.time_zone,
        about=tile_word(ticket.category),
        progress=progress if link.is_reporter else _without_names(progress),
        state_words=steps.tenant_words(ticket.status),
        actions={action.value for action in ticket.available_actions},
        can=view.can,
        withdrawn=[{"value": name, "title": text} for name, text in WITHDRAWN.items()],
        mine={ticket.reporter_id},
        visit=visit_view(session, getattr(ticket.assignment, "id", None)),
        today=clock.now().astimezone(zone_of(ticket.building.time_zone)).date(),
        affected=ticket.followers + 1,
        rated=getattr(rating_row(session, view.row), "rating", None),
        strange=bool(g.get("device_is_new", True)),
        error=error,
        errors=dict(error.fields) if error is not None else {},
        typed=request.form if error is not None else {},
        step=step,
        here=url_for("public_requests.show", token=token),
        form_href=url_for("public_requests.form", building_id=ticket.building_id),
        privacy_href=url_for("public_requests.privacy", owner_id=ticket.property_owner_id),
        languages=languages_at("public_requests.show", token=token),
        events_url=None,
    )


def _without_names(progress: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The steps as neighbours read them: not who comes to whom."""
    return [
        {**item, "title": gettext("Someone is found to come"), "note": ""}
        if item["icon"] == "hard-hat"
        else item
        for item in progress
    ]


def _readdress(ticket: TicketOut, token: str) -> None:
    """Files are read by the link, not by an account."""
    for item in ticket.attachments:
        _by_link(item, token)
    for message in ticket.messages:
        for item in message.attachments:
            _by_link(item, token)


def _by_link(item: AttachmentOut, token: str) -> None:
    place: dict[str, Any] = {"token": token, "attachment_id": item.id}
    if item.download_url is not None:
        item.download_url = url_for("public_requests.file", **place)
    if item.thumbnail_url is not None:
        item.thumbnail_url = url_for("public_requests.thumbnail", **place)


def show_ended(*, known: bool) -> Response:
    """A link that is unknown or has ended: one page without anything of the request."""
    return render(
        "public/ended.html",
        status=410 if known else 404,
        known=known,
        languages=(),
        events_url=None,
        toasts=(),
    )
