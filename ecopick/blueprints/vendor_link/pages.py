"""Looking at a job and answering it without an account.

GET and HEAD only read. Every change is a POST with the page's nonce and
something that only a person supplies: a window, a reason, words, a photo.
"""

from typing import Any, BinaryIO, cast
from zoneinfo import ZoneInfo

from flask import Response, g, request, url_for

from ecopick.blueprints.attachments.pages import from_script, upload_result
from ecopick.blueprints.vendor_link import proof
from ecopick.blueprints.vendor_link.holding import acts, back, holder, opened, page, pages
from ecopick.core import audit, clock
from ecopick.core.actor import Actor
from ecopick.core.errors import Invalid, NotFound
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.commands import link_answers, visits
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
from ecopick.domains.tickets.queries.links import LinkContext, LinkState, read_job
from ecopick.web.access import public
from ecopick.web.bind import bind
from ecopick.web.files import send_attachment
from ecopick.web.state import db_session
from ecopick.web.uploads import keep, uploads

__all__ = ["pages"]


@pages.get("/<token>")
@public
def show(token: str) -> Any:
    """The job; reading changes nothing but the note that the page was fetched."""
    link = opened(token)
    if link is not None and link.state is LinkState.WAITING:
        system = Actor.system(link.property_owner_id, via="vendor_link")
        note_fetched(db_session(), system, link.id)
    return page(link, token)


@pages.post("/<token>/accept")
@acts(LinkState.WAITING, LinkState.ACCEPTED)
def accept(link: LinkContext) -> Any:
    """Take the job for a window of arrival."""
    data = bind(LinkAccept)
    session = db_session()
    zone = ZoneInfo(read_job(session, link).ticket.building.time_zone)
    actor = holder(link, data)
    link_answers.accept(session, actor, link, data.arrival(zone, clock.now()))
    return _answered(link, data)


@pages.post("/<token>/decline")
@acts(LinkState.WAITING, LinkState.DECLINED)
def decline(link: LinkContext) -> Any:
    """Leave the job, with a reason."""
    data = bind(LinkDecline)
    link_answers.decline(db_session(), holder(link, data), link, data.reason)
    return _answered(link, data)


def _answered(link: LinkContext, data: LinkAnswer) -> Any:
    response = back(g.link_token)
    proof.remember_device(response, link, data.typed_name or proof.known_device(link))
    return response


@pages.post("/<token>/undo")
@acts(LinkState.WAITING, LinkState.ACCEPTED, LinkState.DECLINED)
def undo(link: LinkContext) -> Any:
    """Take the answer back within 15 minutes."""
    data = bind(LinkAnswer)
    link_answers.undo(db_session(), holder(link, data, needed=True), link)
    return back(g.link_token)


@pages.post("/<token>/message")
@acts(LinkState.ACCEPTED, narrow=True)
def message(link: LinkContext) -> Any:
    """Write to everybody on the ticket."""
    data = bind(LinkMessage)
    link_answers.write(db_session(), holder(link, data), link, data.body)
    return back(g.link_token, "messages")


@pages.post("/<token>/evidence")
@acts(LinkState.ACCEPTED, narrow=True)
def evidence(link: LinkContext) -> Any:
    """Add photos: of the work done (proof), or of how it was before."""
    kind = _kind()
    files = uploads()
    session, actor = db_session(), holder(link, LinkAnswer())
    ticket = ticket_for_upload(session, actor, link.ticket_id)
    stored = [
        keep(cast(BinaryIO, item.stream), item.filename, ticket.property_owner_id) for item in files
    ]
    added = [attach_file(session, actor, ticket.id, kind, each) for each in stored]
    if request.form.get("moment") == "code":
        visits.prove_photo(session, actor, link.assignment_id, added[-1])
    if from_script():
        place = {"token": g.link_token, "attachment_id": added[-1].id}
        return upload_result(
            added[-1],
            url_for("vendor_link.file", **place),
            url_for("vendor_link.thumbnail", **place),
        )
    at = "presence" if request.form.get("moment") == "code" else "evidence"
    return back(g.link_token, at)


def _kind() -> AddAttachment:
    match request.form.get("moment"):
        case "before" | "code":
            return AddAttachment(type=AttachmentType.COMMENT_ATTACHMENT)
        case "after":
            return AddAttachment(type=AttachmentType.RESOLUTION_EVIDENCE)
        case _:
            raise Invalid(
                _("Please check the marked fields."),
                fields={"moment": _("Please choose one of the options.")},
            )


@pages.post("/<token>/done")
@acts(LinkState.ACCEPTED, narrow=True)
def done(link: LinkContext) -> Any:
    """Say that the work is finished; a photo must prove it."""
    data = bind(LinkDone)
    link_answers.finish(db_session(), holder(link, data, needed=True), link, data.body)
    return back(g.link_token)


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
    link = opened(token)
    if link is None or link.state is not LinkState.ACCEPTED:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    found = get_attachment(db_session(), link.actor, attachment_id)
    if found.ticket_id != link.ticket_id:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    if not thumbnail:
        audit.read(link.actor, "DOWNLOAD", "Attachment", found.id, owner_id=link.property_owner_id)
    return send_attachment(found, thumbnail=thumbnail)
