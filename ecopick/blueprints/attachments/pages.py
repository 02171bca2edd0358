"""Uploading from a page, with and without scripts."""

from typing import Any, BinaryIO, cast

from flask import Blueprint, Response, jsonify, request

from ecopick.core.errors import AppError
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.commands.attachments import attach_file
from ecopick.domains.tickets.models import Attachment, ScanState
from ecopick.domains.tickets.queries.attachments import ticket_for_upload
from ecopick.domains.tickets.upload_inputs import AddUpload
from ecopick.web.access import current_language
from ecopick.web.bind import bind
from ecopick.web.errors import problem
from ecopick.web.render import local_path, see_other
from ecopick.web.state import close_session, current_actor, db_session
from ecopick.web.toasts import say
from ecopick.web.uploads import keep, uploads

pages = Blueprint("attachments", __name__)


def from_script() -> bool:
    """Whether the page's own script sends the file and shows the result itself."""
    return request.headers.get("X-Requested-With") == "fetch"


@pages.post("/tickets/<ticket_id>/attachments")
def upload(ticket_id: str) -> Any:
    """Add the chosen files, all or none, and show the ticket's files."""
    try:
        added = _add(ticket_id)
    except AppError as error:
        if not from_script():
            raise
        close_session()
        return problem(error)
    if from_script():
        address = f"/api/attachments/{added[-1].id}"
        return upload_result(added[-1], f"{address}/download", f"{address}/thumbnail")
    say(_("Files added") if len(added) > 1 else _("File added"))
    back = f"/{current_language()}/tickets/{added[0].ticket_id}?section=attachments"
    return see_other(local_path(request.form.get("next"), back))


def _add(ticket_id: str) -> list[Attachment]:
    data = bind(AddUpload, ticket_id=ticket_id).details
    files = uploads()
    session, actor = db_session(), current_actor()
    ticket = ticket_for_upload(session, actor, ticket_id)
    stored = [
        keep(cast(BinaryIO, item.stream), item.filename, ticket.property_owner_id) for item in files
    ]
    return [attach_file(session, actor, ticket.id, data, each) for each in stored]


def upload_result(attachment: Attachment, download: str, thumbnail: str) -> Response:
    """What the upload tile shows: name, addresses and whether the file is still scanned."""
    clean = attachment.scan_state is ScanState.CLEAN
    response = jsonify(
        name=attachment.file_name,
        url=download if clean else None,
        thumb=thumbnail if clean and attachment.thumbnail_key else None,
        state="done" if clean else "scanning",
    )
    response.status_code = 201
    return response
