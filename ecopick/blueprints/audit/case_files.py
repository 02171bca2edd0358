"""The case file of a ticket: asked for with one click, made by a worker, fetched for a week."""

from typing import Any

from flask import Blueprint, Response, send_file, url_for

from ecopick.adapters.errors import ObjectMissing
from ecopick.core.changes import plain
from ecopick.core.errors import NotFound
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import after_commit
from ecopick.domains.audit.commands import ask_for_case_file
from ecopick.domains.audit.inputs import AskCaseFile
from ecopick.domains.audit.models import CaseFile, CaseFileState
from ecopick.domains.audit.queries import case_files, find_case_file, note_download
from ecopick.domains.tickets.queries.detail import ticket_view
from ecopick.web.access import background
from ecopick.web.bind import bind
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, db_session, queue, storage

pages = Blueprint("case_files", __name__)
api = Blueprint("case_files_api", __name__)
MAKE = "jobs.case_files.make_waiting"


@pages.get("/tickets/<ticket_id>/case-file")
def show(ticket_id: str) -> Any:
    """What a case file holds, those that were made, and the way to one more."""
    session, actor = db_session(), current_actor()
    _ticket, found = case_files(session, actor, ticket_id)
    view = ticket_view(session, actor, ticket_id)
    return render("audit/case_files.html", ticket=view.ticket, files=found)


@pages.get("/tickets/<ticket_id>/case-file/list")
@background
def made(ticket_id: str) -> Any:
    """How far the case files are; the page asks until all are made."""
    ticket, found = case_files(db_session(), current_actor(), ticket_id)
    return render("audit/_case_files.html", ticket=ticket, files=found)


@pages.post("/tickets/<ticket_id>/case-file")
def ask(ticket_id: str) -> Any:
    """Ask for one."""
    _ask(ticket_id)
    return see_other(url_for("case_files.show", ticket_id=ticket_id))


@pages.get("/tickets/<ticket_id>/case-file/<file_id>/download")
def fetch(ticket_id: str, file_id: str) -> Any:
    """The archive; that it leaves the house is recorded."""
    return _send(ticket_id, file_id)


@api.post("/tickets/<ticket_id>/case-file")
def ask_json(ticket_id: str) -> Any:
    """202 with the case file that a worker makes now."""
    return _out(_ask(ticket_id)), 202


@api.get("/tickets/<ticket_id>/case-file/<file_id>")
def state(ticket_id: str, file_id: str) -> Any:
    """How far a case file is."""
    return _out(find_case_file(db_session(), current_actor(), ticket_id, file_id))


@api.get("/tickets/<ticket_id>/case-file/<file_id>/download")
def fetch_json(ticket_id: str, file_id: str) -> Any:
    """The archive; 404 until it is ready and once its week is over."""
    return _send(ticket_id, file_id)


def _ask(ticket_id: str) -> CaseFile:
    session = db_session()
    found = ask_for_case_file(session, current_actor(), ticket_id, bind(AskCaseFile))
    wake = queue()
    after_commit(session, lambda: wake.ask(MAKE))
    return found


def _send(ticket_id: str, file_id: str) -> Response:
    session, actor = db_session(), current_actor()
    ticket, _files = case_files(session, actor, ticket_id)
    found = find_case_file(session, actor, ticket_id, file_id)
    gone = NotFound(_("This case file is no longer there. Please make a new one."))
    if found.state is not CaseFileState.READY or found.storage_key is None:
        raise gone
    try:
        size = storage().size(found.storage_key)
        stream = storage().open(found.storage_key)
    except ObjectMissing as error:
        raise gone from error
    note_download(actor, found)
    response = send_file(
        stream,
        mimetype="application/zip",
        as_attachment=True,
        download_name=f"case-file-{ticket.number}.zip",
        conditional=False,
        etag=False,
    )
    response.content_length = size
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _out(found: CaseFile) -> dict[str, Any]:
    names = ("id", "ticket_id", "state", "with_notes", "files_total", "files_done", "size_bytes")
    facts = {name: plain(getattr(found, name)) for name in (*names, "ready_at", "expires_at")}
    return {**facts, "sha256": found.sha256.hex() if found.sha256 else None}
