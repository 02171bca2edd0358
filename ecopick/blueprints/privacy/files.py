"""Asking for an export and handing it out, for pages and programs alike."""

from typing import Any

from flask import Response, send_file

from ecopick.adapters.errors import ObjectMissing
from ecopick.core.changes import plain
from ecopick.core.errors import NotFound
from ecopick.core.permissions import authorize
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import after_commit
from ecopick.domains.privacy.commands.requests import (
    ask_for_own,
    ask_for_person,
    note_download,
)
from ecopick.domains.privacy.lifecycle import ExportState
from ecopick.domains.privacy.models import PrivacyErasure, PrivacyExport
from ecopick.domains.privacy.queries.people import find_export
from ecopick.web.state import current_actor, db_session, queue, storage

MAKE = "jobs.privacy.make_waiting"
ERASE = "jobs.privacy.erase_due"


def ask(person_id: str | None = None) -> PrivacyExport:
    """Ask for everything on oneself, or for what the owner holds on a person."""
    session, actor = db_session(), current_actor()
    made = (
        ask_for_own(session, actor, None)
        if person_id is None
        else ask_for_person(session, actor, person_id)
    )
    wake = queue()
    after_commit(session, lambda: wake.ask(MAKE))
    return made


def found(export_id: str) -> PrivacyExport:
    """An export that the actor may take along. Raises NotFound."""
    session, actor = db_session(), current_actor()
    export = find_export(session, actor, export_id)
    authorize(session, actor, "privacy:export", export)
    return export


def send(export_id: str) -> Response:
    """The archive; that it leaves the house is recorded."""
    export = found(export_id)
    gone = NotFound(_("This export is no longer there. Please make a new one."))
    if export.state is not ExportState.READY or export.storage_key is None:
        raise gone
    try:
        size = storage().size(export.storage_key)
        stream = storage().open(export.storage_key)
    except ObjectMissing as error:
        raise gone from error
    note_download(current_actor(), export)
    response = send_file(
        stream,
        mimetype="application/zip",
        as_attachment=True,
        download_name=f"data-{export.created_at:%Y-%m-%d}.zip",
        conditional=False,
        etag=False,
    )
    response.content_length = size
    response.headers["Cache-Control"] = "private, no-store"
    return response


def export_out(export: PrivacyExport) -> dict[str, Any]:
    """An export as JSON."""
    names = ("id", "state", "files_total", "files_done", "size_bytes", "ready_at", "expires_at")
    facts = {name: plain(getattr(export, name)) for name in names}
    return {**facts, "sha256": export.sha256.hex() if export.sha256 else None}


def erasure_out(erasure: PrivacyErasure) -> dict[str, Any]:
    """An erasure as JSON."""
    names = ("id", "state", "due_at", "undone_at", "done_at", "created_at")
    return {name: plain(getattr(erasure, name)) for name in names}
