"""The private page of a request: progress, messages both ways, photos, "not fixed", withdraw.

GET and HEAD only read. Nothing of the page is cached, told to other sites or found by search
engines.
"""

from typing import Any, BinaryIO, cast

from flask import Response, g, request, url_for

from ecopick.blueprints.attachments.pages import from_script, upload_result
from ecopick.blueprints.public_requests.holding import acts, for_people, for_reporter, opened, page
from ecopick.blueprints.public_requests.pages import pages
from ecopick.blueprints.public_requests.showing import WITHDRAWN
from ecopick.core import audit
from ecopick.core.errors import NotFound
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.commands.attachments import attach_file
from ecopick.domains.tickets.commands.conversation import post_message
from ecopick.domains.tickets.commands.request_links import leave_request
from ecopick.domains.tickets.commands.status import transition_ticket_status
from ecopick.domains.tickets.inputs import AddAttachment, ChangeStatus, PostMessage
from ecopick.domains.tickets.lifecycle import TicketStatus
from ecopick.domains.tickets.public_inputs import SayNotFixed, WithdrawRequest
from ecopick.domains.tickets.queries.attachments import get_attachment, ticket_for_upload
from ecopick.domains.tickets.queries.public_requests import RequestContext
from ecopick.web.access import public
from ecopick.web.bind import bind
from ecopick.web.files import send_attachment
from ecopick.web.render import see_other
from ecopick.web.state import db_session
from ecopick.web.toasts import say
from ecopick.web.uploads import keep, uploads


@pages.after_request
def _private(response: Response) -> Response:
    """The address is the secret: no other site and no cache learns it."""
    if "token" in (request.view_args or {}):
        if "image" not in (response.mimetype or ""):
            response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
    return response


def back(place: str = "") -> Any:
    """303 to the page of the request."""
    return see_other(url_for("public_requests.show", token=g.request_token, _anchor=place or None))


@pages.get("/requests/<token>")
@public
def show(token: str) -> Any:
    """The request as its holder sees it."""
    return page(opened(token))


@pages.post("/requests/<token>/message")
@acts
@for_reporter
def message(link: RequestContext) -> Any:
    """Write to whoever works on it."""
    post_message(db_session(), link.actor, link.ticket_id, bind(PostMessage))
    return back("messages")


@pages.post("/requests/<token>/photos")
@acts
@for_reporter
def photos(link: RequestContext) -> Any:
    """Add photos, all or none."""
    session = db_session()
    ticket = ticket_for_upload(session, link.actor, link.ticket_id)
    stored = [
        keep(cast(BinaryIO, item.stream), item.filename, ticket.property_owner_id)
        for item in uploads()
    ]
    added = [attach_file(session, link.actor, ticket.id, AddAttachment(), each) for each in stored]
    if from_script():
        place: dict[str, Any] = {"token": g.request_token, "attachment_id": added[-1].id}
        return upload_result(
            added[-1],
            url_for("public_requests.file", **place),
            url_for("public_requests.thumbnail", **place),
        )
    return back("photos")


@pages.post("/requests/<token>/fixed")
@acts
@for_reporter
@for_people
def fixed(link: RequestContext) -> Any:
    """It is fixed: nothing is left to do."""
    _change(link, TicketStatus.CLOSED)
    say(_("Thank you. The request is completed."))
    return back()


@pages.post("/requests/<token>/not-fixed")
@acts
@for_reporter
def not_fixed(link: RequestContext) -> Any:
    """It is not fixed: the work goes on, and whoever does it reads why."""
    data = bind(SayNotFixed)
    _change(link, TicketStatus.IN_PROGRESS)
    post_message(db_session(), link.actor, link.ticket_id, PostMessage(body=data.body))
    return back("messages")


@pages.post("/requests/<token>/withdraw")
@acts
@for_reporter
def withdraw(link: RequestContext) -> Any:
    """It is no longer needed; possible until somebody was asked to come."""
    reason = WITHDRAWN[bind(WithdrawRequest).reason]
    _change(link, TicketStatus.CANCELLED, str(reason))
    return back()


def _change(link: RequestContext, status: TicketStatus, reason: str | None = None) -> None:
    data = ChangeStatus(status=status, reason=reason)
    transition_ticket_status(db_session(), link.actor, link.ticket_id, data)


@pages.post("/requests/<token>/leave")
@acts
@for_people
def leave(link: RequestContext) -> Any:
    """A neighbour is no longer affected; the link ends."""
    leave_request(db_session(), link.actor, link.id)
    return back()


@pages.get("/requests/<token>/files/<attachment_id>")
@public
def file(token: str, attachment_id: str) -> Response:
    """A file of one's own report."""
    return _file(token, attachment_id, thumbnail=False)


@pages.get("/requests/<token>/files/<attachment_id>/thumbnail")
@public
def thumbnail(token: str, attachment_id: str) -> Response:
    """The small picture of a photo of one's own report."""
    return _file(token, attachment_id, thumbnail=True)


def _file(token: str, attachment_id: str, *, thumbnail: bool) -> Response:
    link = opened(token)
    if link is None or link.has_ended or not link.is_reporter:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    found = get_attachment(db_session(), link.actor, attachment_id)
    if found.ticket_id != link.ticket_id:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    if not thumbnail:
        audit.read(link.actor, "DOWNLOAD", "Attachment", found.id, owner_id=link.property_owner_id)
    return send_attachment(found, thumbnail=thumbnail)
