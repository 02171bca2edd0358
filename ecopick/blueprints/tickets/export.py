"""The list as a file: short ones at once, long ones by a worker, for pages and programs.

A file that is sent at once is read in a transaction of its own while it is sent; the
request's ends before. Whoever takes a list away just proved who they are.
"""

import tempfile
from collections.abc import Iterator
from typing import Any, cast

from flask import Blueprint, Response, jsonify, request, send_file, url_for

from ecopick.adapters.errors import ObjectMissing
from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.changes import plain
from ecopick.core.errors import AppError, Conflict, NotFound
from ecopick.core.permissions import authorize
from ecopick.core.text import gettext as _
from ecopick.core.text import lazy_gettext as _l
from ecopick.core.text import ngettext
from ecopick.core.uow import Database, after_commit
from ecopick.core.validation import wrong_field
from ecopick.domains.people.queries import settings_of
from ecopick.domains.people.settings import COLUMNS as CHOSEN_COLUMNS
from ecopick.domains.tickets.commands.exports import ask_for_list, cancel_list, wanted
from ecopick.domains.tickets.desk_inputs import ExportTickets
from ecopick.domains.tickets.lifecycle import EXPORT_AT_ONCE, FileFormat, ListExportState
from ecopick.domains.tickets.models import ListExport
from ecopick.domains.tickets.queries.export import (
    count_rows,
    export_rows,
    exports_of,
    find_list_export,
    note_export,
    seconds_left,
)
from ecopick.domains.tickets.queries.lines import TicketLine
from ecopick.web.access import background
from ecopick.web.bind import bind, raw_input
from ecopick.web.errors import refill
from ecopick.web.list_files import (
    CONTENT_TYPES,
    SHEET_ROWS,
    Column,
    columns_for,
    text_lines,
    write_file,
)
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, database, db_session, queue, storage
from ecopick.web.step_up import needs_step_up
from ecopick.web.toasts import say

MAKE = "jobs.exports.make_waiting"
IN_MEMORY = 8 * 1024 * 1024
FORMATS = {
    FileFormat.XLSX: (_l("Excel"), _l("For Excel and other spreadsheets, with real dates")),
    FileFormat.CSV: (_l("CSV"), _l("For any program that reads tables")),
    FileFormat.JSON: (_l("JSON"), _l("For programs")),
}


# Pages.


def export() -> Any:
    """Choose how to take the list away; with ``format`` the file itself."""
    if request.args.get("format"):
        return send_list()
    session, actor = db_session(), current_actor()
    filters = bind(ExportTickets)
    rows = count_rows(session, actor, filters)
    given: dict[str, Any] = request.args.to_dict(flat=False)
    return render(
        "tickets/export.html",
        "tickets/_export_dialog.html",
        rows=rows,
        by_worker=rows >= EXPORT_AT_ONCE,
        formats=[
            {"value": kind.value, "title": str(title), "note": str(note)}
            for kind, (title, note) in FORMATS.items()
        ],
        kept=[
            (name, value)
            for name, value in request.args.items(multi=True)
            if name not in ("columns", "cursor", "limit")
        ],
        shown=_shown(filters),
        back=url_for("tickets.index", **given),
        nav_current="tickets",
    )


@needs_step_up
def send_list() -> Response:
    """The file, sent while it is read; 409 for a list that a worker has to write."""
    session, actor = db_session(), current_actor()
    filters = bind(ExportTickets)
    rows = count_rows(session, actor, filters)
    if rows >= EXPORT_AT_ONCE:
        raise Conflict(
            _l("This list is too long to be sent at once. Please have it prepared."),
            code="list_too_long",
        )
    note_export(actor, filters, rows)
    columns = columns_for(_shown(filters))
    if filters.format is FileFormat.XLSX:
        return _sheet(actor, filters, columns)
    lines = text_lines(filters.format, _rows(database(), actor, filters), columns)
    response = Response(lines, content_type=CONTENT_TYPES[filters.format])
    response.headers["Content-Disposition"] = f'attachment; filename="{_name(filters.format)}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _rows(source: Database, actor: Actor, filters: ExportTickets) -> Iterator[TicketLine]:
    """Read in a transaction of its own: the request's ends before its answer is sent."""
    with source.transaction(actor.scope) as session:
        yield from export_rows(session, actor, filters)


def _sheet(actor: Actor, filters: ExportTickets, columns: tuple[Column, ...]) -> Response:
    spool = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  (closed once it was sent)
    write_file(filters.format, cast(Any, spool), export_rows(db_session(), actor, filters), columns)
    size = spool.tell()
    spool.seek(0)
    return _file(spool, filters.format, size)


def _file(stream: Any, kind: FileFormat, size: int) -> Response:
    response = send_file(
        stream,
        mimetype=CONTENT_TYPES[kind],
        as_attachment=True,
        download_name=_name(kind),
        conditional=False,
        etag=False,
    )
    response.content_length = size
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _name(kind: FileFormat) -> str:
    return f"tickets-{clock.now():%Y-%m-%d}.{kind.value}"


def _shown(filters: ExportTickets) -> list[str]:
    """The columns that were asked for, else those that the person chose for the list."""
    if filters.columns:
        return list(filters.columns)
    chosen = settings_of(db_session(), current_actor(), CHOSEN_COLUMNS).get(CHOSEN_COLUMNS)
    return [*chosen, "request"] if chosen else []


def show_exports() -> Response:
    """One's own files, those being written with how far they are."""
    found = exports_of(db_session(), current_actor())
    return render(
        "tickets/exports.html",
        "tickets/_exports.html",
        exports=[_shown_export(each) for each in found],
        nav_current="tickets",
    )


@background
def progress_of_exports() -> Response:
    """The same, asked for by the page itself while a file is being written."""
    return show_exports()


def _shown_export(each: ListExport) -> dict[str, Any]:
    total = max(each.rows_total, 1)
    return {
        "row": each,
        "title": _(
            "%(kind)s, %(count)s tickets", kind=each.format.value.upper(), count=each.rows_total
        ),
        "percent": min(each.rows_done * 100 // total, 100),
        "estimate": _estimate(seconds_left(each)),
    }


def _estimate(seconds: int | None) -> str:
    if seconds is None:
        return _("You may leave this page.")
    if seconds < 60:
        return _("Less than a minute left. You may leave this page.")
    minutes = round(seconds / 60)
    return ngettext(
        "About a minute left. You may leave this page.",
        "About %(num)s minutes left. You may leave this page.",
        minutes,
    )


def _page_again(*, error: AppError) -> Response:
    say(error.message, tone="error")
    return show_exports()


@needs_step_up
@refill(_page_again)
def ask() -> Any:
    """Have the list prepared."""
    _ask()
    say(_("Your list is being prepared"))
    return see_other(url_for("tickets.exports"))


def cancel(export_id: str) -> Any:
    """Call a file off."""
    cancel_list(db_session(), current_actor(), export_id)
    return see_other(url_for("tickets.exports"))


@needs_step_up
def fetch(export_id: str) -> Response:
    """The file; that it leaves the house is recorded."""
    session, actor = db_session(), current_actor()
    authorize(session, actor, "ticket:export_list", None)
    found = find_list_export(session, actor, export_id)
    gone = NotFound(_l("This file is no longer there. Please have the list prepared again."))
    expired = found.expires_at is None or found.expires_at <= clock.now()
    if found.state is not ListExportState.READY or found.storage_key is None or expired:
        raise gone
    try:
        size = storage().size(found.storage_key)
        stream = storage().open(found.storage_key)
    except ObjectMissing as error:
        raise gone from error
    note_export(actor, wanted(found), found.rows_total, downloaded=str(found.id))
    return _file(stream, found.format, size)


def _ask() -> ListExport:
    session, actor = db_session(), current_actor()
    data = bind(ExportTickets, source=raw_input(request, ExportTickets))
    if data.format is FileFormat.XLSX and count_rows(session, actor, data) >= SHEET_ROWS:
        raise wrong_field(
            "format", _l("A worksheet cannot hold this many rows. Please choose CSV.")
        )
    made = ask_for_list(session, actor, None, data, _shown(data))
    wake = queue()
    after_commit(session, lambda: wake.ask(MAKE))
    return made


# Programs.


@needs_step_up
def ask_json() -> Any:
    """202 with the file that a worker writes now."""
    return jsonify(_out(_ask())), 202


def state_json(export_id: str) -> Response:
    """How far a file is."""
    return jsonify(_out(find_list_export(db_session(), current_actor(), export_id)))


def cancel_json(export_id: str) -> Response:
    """204 once nobody works on it any more; a file that is ready stays."""
    cancel_list(db_session(), current_actor(), export_id)
    return Response(status=204)


def _out(found: ListExport) -> dict[str, Any]:
    names = ("id", "format", "state", "rows_total", "rows_done", "size_bytes")
    facts = {name: plain(getattr(found, name)) for name in (*names, "ready_at", "expires_at")}
    return {**facts, "seconds_left": seconds_left(found)}


def add_exports(pages: Blueprint, api: Blueprint) -> None:
    """Mount files of lists below ``/tickets``."""
    rules = pages.add_url_rule
    rules("/tickets/export", "export", export)
    rules("/tickets/exports", "exports", show_exports)
    rules("/tickets/exports", "ask_export", ask, methods=["POST"])
    rules("/tickets/exports/progress", "exports_progress", progress_of_exports)
    rules("/tickets/exports/<export_id>/file", "fetch_export", fetch)
    rules("/tickets/exports/<export_id>/cancel", "cancel_export", cancel, methods=["POST"])
    rules = api.add_url_rule
    rules("/tickets/export", "export", send_list)
    rules("/tickets/exports", "ask_export", ask_json, methods=["POST"])
    rules("/tickets/exports/<export_id>", "export_state", state_json)
    rules("/tickets/exports/<export_id>", "cancel_export", cancel_json, methods=["DELETE"])
    rules("/tickets/exports/<export_id>/file", "fetch_export", fetch)
