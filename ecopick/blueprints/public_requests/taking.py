"""Taking a report from a public form, for the page and for the API alike."""

from collections.abc import Callable
from functools import partial
from typing import BinaryIO, cast

from flask import g, request, url_for
from werkzeug.datastructures import FileStorage

from ecopick.blueprints.public_requests.devices import known_sender
from ecopick.blueprints.public_requests.kept import kept_files, refuse_used
from ecopick.blueprints.tickets.intake import title_of
from ecopick.core.actor import Actor
from ecopick.core.db import new_id
from ecopick.core.errors import Invalid, NotFound, Text, TooManyRequests
from ecopick.core.text import gettext
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import after_commit
from ecopick.domains.auth.commands.admission import SourceBlocked
from ecopick.domains.auth.commands.attempts import check_rate
from ecopick.domains.tickets.commands.attachments import attach_file
from ecopick.domains.tickets.commands.public_requests import (
    KIND,
    Known,
    Submission,
    count_submission,
    count_try,
    link_token,
    repeated,
    submit_request,
)
from ecopick.domains.tickets.commands.request_links import mail_code
from ecopick.domains.tickets.files import StoredFile
from ecopick.domains.tickets.inputs import AddAttachment, CreateTicket
from ecopick.domains.tickets.models import RequestLink
from ecopick.domains.tickets.outside import REPORTER_LINK
from ecopick.domains.tickets.public_inputs import MAX_PHOTOS, SubmitRequest
from ecopick.domains.tickets.queries.public_requests import PublicForm, PublicOwner, open_form
from ecopick.web.access import current_language
from ecopick.web.idempotency import MAX_KEY_LENGTH, keep_no_answer
from ecopick.web.state import act_as, database, db_session
from ecopick.web.uploads import keep


def opened(building_id: str, code: str | None) -> PublicForm:
    """The form of a building, its public actor acting from here on. Raises NotFound.

    Where the owner switched the form off, the refusal says so and whom to ask.
    """
    form = open_form(database(), building_id, code, current_language())
    if form is None:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    if not form.owner.takes_requests:
        raise NotFound(_closed(form.owner), code="form_closed")
    keep_no_answer()
    act_as(form.actor)
    return form


def _closed(owner: PublicOwner) -> Text:
    contact = owner.settings.get("contact")
    if not contact:
        return _("%(owner)s takes no requests here. Please ask the management.", owner=owner.name)
    return _(
        "%(owner)s takes no requests here. Please ask: %(contact)s",
        owner=owner.name,
        contact=contact,
    )


def slow_down() -> None:
    """Count a request that changes nothing. Raises TooManyRequests for a flood of them.

    A report that is repeated is not counted: it waits for the first and gets its answer.
    """
    check_rate(database(), KIND)


def known_device() -> str | None:
    """The browser, where it was here before; one that keeps no cookies is new each time."""
    return None if g.get("device_is_new", True) else g.get("device_id")


def sent_key() -> str:
    """The caller's name for this very submission; one of its own where none was sent."""
    key = request.headers.get("Idempotency-Key") or request.form.get("idempotency_key") or ""
    if len(key) > MAX_KEY_LENGTH or not key.isprintable():
        raise Invalid(_("The Idempotency-Key is too long."), code="idempotency_key")
    return key or str(new_id())


def sent_photos() -> list[FileStorage]:
    """The photos of the form. Raises Invalid for more than five, with those of an earlier try."""
    photos = [item for item in request.files.getlist("photos") if item.filename]
    if len(photos) + len(set(request.form.getlist("kept")) - {""}) > MAX_PHOTOS:
        raise Invalid(
            _("Please check the marked fields."),
            fields={"photos": _("At most %(count)s photos, please.", count=MAX_PHOTOS)},
        )
    return photos


def taken_before(
    form: PublicForm, data: SubmitRequest, photos: list[FileStorage]
) -> RequestLink | None:
    """The report that this very submission made; further ones wait here for the first.

    Any other is counted, whatever becomes of it, before its photos are looked at. Raises
    TooManyRequests above a limit.
    """
    link = repeated(db_session(), _submission(form, data, photos))
    if link is None:
        count_try(db_session(), form.building.id)
    return link


def take(form: PublicForm, data: SubmitRequest, photos: list[FileStorage]) -> RequestLink:
    """The report, with its photos, all or nothing.

    ``taken_before`` was asked in the same transaction. Raises Invalid for what cannot be taken, TooManyRequests above a limit.
    """
    session = db_session()
    submission = _submission(form, data, photos)
    count_submission(session, form.building.id, data.email, known_device())
    known = known_sender(data.email)
    stored = kept_files(data.kept, form.owner.id)
    refuse_used(session, stored, form.owner.id)
    stored += [keep(cast(BinaryIO, each.stream), each.filename, form.owner.id) for each in photos]
    link = submit_request(
        session,
        form.actor,
        form.building,
        _ticket(form, data),
        submission,
        channel=form.channel,
        email=data.email,
        known=known,
    )
    _attach(link, known, stored)
    if data.email and known is None:
        after_commit(session, _mailing(link, data.email))
    return link


def _submission(form: PublicForm, data: SubmitRequest, photos: list[FileStorage]) -> Submission:
    """What makes two submissions the same: all but when the form was opened."""
    said = data.model_dump(mode="json", exclude={"shown_at", "website", "asked", "kept"})
    names = [item.filename for item in photos]
    return Submission.of(form.building.id, sent_key(), [said, names])


def _ticket(form: PublicForm, data: SubmitRequest) -> CreateTicket:
    title = data.title or title_of(data.description) or data.description[:80]
    return CreateTicket(
        building_id=form.building.id,
        unit_id=form.unit.id if form.unit is not None else None,
        unit_section_id=form.section.id if form.section is not None else None,
        title=title,
        description=data.description,
        category=data.category,
        access_note=_access(data),
        auto_route=False,
    )


def _access(data: SubmitRequest) -> str | None:
    lines = []
    if data.may_enter:
        lines.append(gettext("The caretaker may enter when nobody is at home."))
    if data.access_times:
        lines.append(gettext("Good times: %(times)s", times=data.access_times))
    return "\n".join(lines) or None


def _attach(link: RequestLink, known: Known | None, stored: list[StoredFile]) -> None:
    holder = Actor.public(
        link.property_owner_id,
        REPORTER_LINK,
        ticket_id=link.ticket_id,
        user_id=known.user_id if known is not None else None,
    )
    for each in stored:
        attach_file(db_session(), holder, link.ticket_id, AddAttachment(), each)


def _mailing(link: RequestLink, email: str) -> Callable[[], None]:
    """What mails the code once the report is stored; without one within the limits none leaves."""
    return partial(_mail, link, email, current_language())


def _mail(link: RequestLink, email: str, language: str) -> None:
    try:
        mail_code(database(), link.property_owner_id, link.id, email, language)
    except (TooManyRequests, SourceBlocked):
        # The page says how to ask for another one.
        return


def status_path(link: RequestLink) -> str:
    """The address of the private page, below the host."""
    return url_for("public_requests.show", token=link_token(link))
