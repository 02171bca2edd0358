"""Looking at a job and answering it without an account.

GET and HEAD only read. Every change is a POST with the page's nonce and
something that only a person supplies: a window, a reason, words, a photo.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, BinaryIO, cast
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, g, request, url_for

from ecopick.blueprints.attachments.pages import from_script, upload_result
from ecopick.blueprints.vendor_link import proof
from ecopick.blueprints.vendor_link.show import show_declined, show_ended, show_job
from ecopick.core import audit, clock
from ecopick.core.actor import Actor
from ecopick.core.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.commands import link_answers
from ecopick.domains.tickets.commands.attachments import attach_file
from ecopick.domains.tickets.commands.links import note_fetched
from ecopick.domains.tickets.inputs import AddAttachment
from ecopick.domains.tickets.lifecycle import AttachmentType
from ecopick.domains.tickets.link_inputs import (
    LinkAccept,
    LinkAnswer,
    LinkDecline,
    LinkDone,
    LinkMessage,
)
from ecopick.domains.tickets.queries.attachments import get_attachment, ticket_for_upload
from ecopick.domains.tickets.queries.links import LinkContext, LinkState, open_link, read_job
from ecopick.web import idempotency
from ecopick.web.access import csrf_exempt, public
from ecopick.web.bind import bind
from ecopick.web.errors import problem
from ecopick.web.files import send_attachment
from ecopick.web.render import see_other
from ecopick.web.state import act_as, close_session, database, db_session
from ecopick.web.uploads import keep, uploads

pages = Blueprint("vendor_link", __name__)
Step = Callable[[LinkContext], Any]


@pages.after_request
def _private(response: Response) -> Response:
    """Nothing of a link is kept by caches, told to other sites or found by search engines."""
    if "image" not in (response.mimetype or ""):
        response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


def _opened(token: str) -> LinkContext | None:
    """The link, acting for the rest of the request; None for an unknown token."""
    link = open_link(database(), token)
    if link is not None:
        act_as(link.actor)
    return link


def _acts(*states: LinkState) -> Callable[[Step], Callable[..., Any]]:
    """A change on the page: nonce first, then the state; a refusal shows the page again."""

    def wrap(step: Step) -> Callable[..., Any]:
        @wraps(step)
        def run(token: str) -> Any:
            link = _opened(token)
            if link is None or link.state not in states:
                return _overtaken(link, token)
            try:
                proof.check_nonce(link)
                return _once(link, step)
            except (Invalid, Conflict, Forbidden) as error:
                return _refused(token, error)
            except AppError as error:
                if not from_script():
                    raise
                close_session()
                return problem(error)

        return public(csrf_exempt(run))

    return wrap


def _once(link: LinkContext, step: Step) -> Any:
    """The step, or the answer that it got before: what waited on a phone may be sent twice."""
    repeated = idempotency.answer_link_repeat()
    return step(link) if repeated is None else repeated


def _refused(token: str, error: AppError) -> Any:
    """The page as it is now, with what was typed and why it was not taken."""
    close_session()
    if from_script():
        return problem(error)
    link = _opened(token)
    response = _page(link, token, error=error)
    response.status_code = max(error.status, response.status_code)
    return response


def _overtaken(link: LinkContext | None, token: str) -> Response:
    """The step no longer fits: somebody answered otherwise, or the link has ended."""
    if from_script():
        return problem(_ended())
    response = _page(link, token)
    if response.status_code == 200:
        response.status_code = 409
    return response


def _ended() -> Conflict:
    return Conflict(_("This job is no longer yours, or its link has ended."), code="link_ended")


def _page(link: LinkContext | None, token: str, error: AppError | None = None) -> Response:
    if link is None or link.state in (LinkState.EXPIRED, LinkState.REVOKED):
        return show_ended(link)
    if link.state is LinkState.DECLINED:
        return show_declined(db_session(), link, token, error)
    return show_job(db_session(), link, token, error)


def _back(token: str, place: str = "") -> Any:
    return see_other(url_for("vendor_link.show", token=token, _anchor=place or None))


def _holder(link: LinkContext, data: LinkAnswer, *, needed: bool = False) -> Actor:
    name = proof.holder_name(link, data.typed_name, needed=needed)
    return replace(link.actor, typed_name=name)


@pages.get("/<token>")
@public
def show(token: str) -> Any:
    """The job; reading changes nothing but the note that the page was fetched."""
    link = _opened(token)
    if link is not None and link.state is LinkState.WAITING:
        system = Actor.system(link.property_owner_id, via="vendor_link")
        note_fetched(db_session(), system, link.id)
    return _page(link, token)


@pages.post("/<token>/accept")
@_acts(LinkState.WAITING, LinkState.ACCEPTED)
def accept(link: LinkContext) -> Any:
    """Take the job for a window of arrival."""
    data = bind(LinkAccept)
    session = db_session()
    zone = ZoneInfo(read_job(session, link).ticket.building.time_zone)
    actor = _holder(link, data)
    link_answers.accept(session, actor, link, data.arrival(zone, clock.now()))
    return _answered(link, data)


@pages.post("/<token>/decline")
@_acts(LinkState.WAITING, LinkState.DECLINED)
def decline(link: LinkContext) -> Any:
    """Leave the job, with a reason."""
    data = bind(LinkDecline)
    link_answers.decline(db_session(), _holder(link, data), link, data.reason)
    return _answered(link, data)


def _answered(link: LinkContext, data: LinkAnswer) -> Any:
    response = _back(g.link_token)
    proof.remember_device(response, link, data.typed_name or proof.known_device(link))
    return response


@pages.post("/<token>/undo")
@_acts(LinkState.WAITING, LinkState.ACCEPTED, LinkState.DECLINED)
def undo(link: LinkContext) -> Any:
    """Take the answer back within 15 minutes."""
    data = bind(LinkAnswer)
    link_answers.undo(db_session(), _holder(link, data, needed=True), link)
    return _back(g.link_token)


@pages.post("/<token>/message")
@_acts(LinkState.ACCEPTED)
def message(link: LinkContext) -> Any:
    """Write to everybody on the ticket."""
    data = bind(LinkMessage)
    link_answers.write(db_session(), _holder(link, data), link, data.body)
    return _back(g.link_token, "messages")


@pages.post("/<token>/evidence")
@_acts(LinkState.ACCEPTED)
def evidence(link: LinkContext) -> Any:
    """Add photos: of the work done (proof), or of how it was before."""
    kind = _kind()
    files = uploads()
    session, actor = db_session(), _holder(link, LinkAnswer())
    ticket = ticket_for_upload(session, actor, link.ticket_id)
    stored = [
        keep(cast(BinaryIO, item.stream), item.filename, ticket.property_owner_id) for item in files
    ]
    added = [attach_file(session, actor, ticket.id, kind, each) for each in stored]
    if from_script():
        place = {"token": g.link_token, "attachment_id": added[-1].id}
        return upload_result(
            added[-1],
            url_for("vendor_link.file", **place),
            url_for("vendor_link.thumbnail", **place),
        )
    return _back(g.link_token, "evidence")


def _kind() -> AddAttachment:
    match request.form.get("moment"):
        case "before":
            return AddAttachment(type=AttachmentType.COMMENT_ATTACHMENT)
        case "after":
            return AddAttachment(type=AttachmentType.RESOLUTION_EVIDENCE)
        case _:
            raise Invalid(
                _("Please check the marked fields."),
                fields={"moment": _("Please choose one of the options.")},
            )


@pages.post("/<token>/done")
@_acts(LinkState.ACCEPTED)
def done(link: LinkContext) -> Any:
    """Say that the work is finished; a photo must prove it."""
    data = bind(LinkDone)
    link_answers.finish(db_session(), _holder(link, data, needed=True), link, data.body)
    return _back(g.link_token)


@pages.get("/<token>/files/<attachment_id>")
@public
def file(token: str, attachment_id: str) -> Response:
    """A file of the accepted job."""
    return _file(token, attachment_id, thumbnail=False)


@pages.get("/<token>/files/<attachment_id>/thumbnail")
@public
def thumbnail(token: str, attachment_id: str) -> Response:
    """The small picture of a photo of the accepted job."""
    return _file(token, attachment_id, thumbnail=True)


def _file(token: str, attachment_id: str, *, thumbnail: bool) -> Response:
    link = _opened(token)
    if link is None or link.state is not LinkState.ACCEPTED:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    found = get_attachment(db_session(), link.actor, attachment_id)
    if found.ticket_id != link.ticket_id:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    if not thumbnail:
        audit.read(link.actor, "DOWNLOAD", "Attachment", found.id, owner_id=link.property_owner_id)
    return send_attachment(found, thumbnail=thumbnail)


@pages.url_value_preprocessor
def _keep_token(endpoint: str | None, values: dict[str, Any] | None) -> None:
    g.link_token = (values or {}).get("token", "")
