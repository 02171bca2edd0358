"""Pages of imports: choose a file, say which column is what, try it, carry it out."""

from typing import Any

from flask import Blueprint, Response, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ecopick.adapters.errors import StorageError
from ecopick.blueprints.imports import receiving
from ecopick.core.errors import AppError
from ecopick.core.text import gettext as _
from ecopick.core.text import lazy_gettext as _l
from ecopick.core.text import ngettext
from ecopick.domains.imports.commands import cancel_import
from ecopick.domains.imports.fields import FIELDS
from ecopick.domains.imports.files import sample
from ecopick.domains.imports.lifecycle import OPEN, UNFINISHED, ImportKind, ImportState
from ecopick.domains.imports.models import Import
from ecopick.domains.imports.queries import imports_of, problems, seconds_left
from ecopick.web.access import background
from ecopick.web.errors import refill
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, db_session, storage
from ecopick.web.toasts import say

pages = Blueprint("imports", __name__)

KINDS = {
    ImportKind.BUILDINGS: (_l("Buildings"), _l("Name, address, emergency number"), "building-2"),
    ImportKind.UNITS: (_l("Units"), _l("Apartments, offices, parking spaces"), "door-open"),
    ImportKind.PEOPLE: (_l("People"), _l("Residents and owners with their units"), "users"),
    ImportKind.TICKETS: (_l("Past tickets"), _l("What is over, with its days"), "ticket"),
}
FIELD_PREFIX = "field-"


def _list(*, error: AppError | None = None) -> Response:
    return render(
        "imports/list.html",
        runs=[_shown(run) for run in imports_of(db_session(), current_actor())],
        kinds=[
            {"value": kind.value, "title": str(title), "note": str(note), "icon": icon}
            for kind, (title, note, icon) in KINDS.items()
        ],
        typed=request.form,
        error=error,
        errors=dict(error.fields) if error is not None else {},
        nav_current="imports",
    )


@pages.get("/imports")
def list_imports() -> Response:
    """The owner's imports, and the form for one more."""
    return _list()


@pages.post("/imports")
@refill(_list)
def begin() -> BaseResponse:
    """Take a file, and go on to its columns."""
    run = receiving.receive()
    return see_other(url_for("imports.show", import_id=run.id))


def _shown(run: Import) -> dict[str, Any]:
    title, _note, icon = KINDS[run.kind]
    return {
        "row": run,
        "kind": str(title),
        "icon": icon,
        "percent": min(run.rows_done * 100 // max(run.rows_total, 1), 100),
        "estimate": _estimate(seconds_left(run)),
        "is_open": run.state in OPEN,
        "is_working": run.state in UNFINISHED,
    }


def _estimate(seconds: int | None) -> str:
    if seconds is None:
        return _("You may leave this page.")
    if seconds < 60:
        return _("Less than a minute left. You may leave this page.")
    return ngettext(
        "About a minute left. You may leave this page.",
        "About %(num)s minutes left. You may leave this page.",
        round(seconds / 60),
    )


def _page(import_id: str, *, error: AppError | None = None, mapping: Any = None) -> Response:
    run = receiving.found(import_id)
    asks_columns = run.state in OPEN
    return render(
        "imports/show.html",
        "imports/_body.html",
        shown=_shown(run),
        run=run,
        fields=FIELDS[run.kind],
        mapping=run.mapping if mapping is None else mapping,
        columns=[(str(at), name or "–") for at, name in enumerate(run.columns)],
        rows=_sample(run) if asks_columns else [],
        problems=list(problems(db_session(), run)),
        prefix=FIELD_PREFIX,
        error=error,
        errors=dict(error.fields) if error is not None else {},
        nav_current="imports",
    )


def _sample(run: Import) -> list[list[str]]:
    """The first rows of the file; none where it is gone."""
    if run.storage_key is None:
        return []
    try:
        with storage().open(run.storage_key) as stream:
            return sample(stream, run.charset, run.delimiter)
    except StorageError:
        return []


@pages.get("/imports/<import_id>")
def show(import_id: str) -> Response:
    """One import: its columns, its trial, its end."""
    return _page(import_id)


@pages.get("/imports/<import_id>/progress")
@background
def progress(import_id: str) -> Response:
    """How far it is; the page asks until nothing is under way, and then shows what came of it."""
    return _page(import_id)


def _typed() -> dict[str, str]:
    """The columns as they were chosen; fields without one are left out."""
    return {
        name.removeprefix(FIELD_PREFIX): value
        for name, value in request.form.items()
        if name.startswith(FIELD_PREFIX) and value != ""
    }


def _columns_again(import_id: str, *, error: AppError) -> Response:
    chosen = _typed()
    return _page(import_id, error=error, mapping=chosen)


@pages.post("/imports/<import_id>/check")
@refill(_columns_again)
def check(import_id: str) -> BaseResponse:
    """Have the file tried with these columns."""
    receiving.check(import_id, _typed())
    return see_other(url_for("imports.show", import_id=import_id))


def _again(import_id: str, *, error: AppError) -> Response:
    say(error.message, tone="error")
    return _page(import_id)


@pages.post("/imports/<import_id>/run")
@refill(_again)
def run_import(import_id: str) -> BaseResponse:
    """Have it carried out."""
    receiving.start(import_id)
    return see_other(url_for("imports.show", import_id=import_id))


@pages.post("/imports/<import_id>/cancel")
def cancel(import_id: str) -> BaseResponse:
    """Call it off; rows that were taken stay."""
    run = cancel_import(db_session(), current_actor(), import_id)
    if run.state is ImportState.CANCELLED:
        say(_("Called off"))
    return see_other(url_for("imports.show", import_id=import_id))


@pages.get("/imports/<import_id>/errors")
def errors(import_id: str) -> Response:
    """What could not be taken, as CSV."""
    return receiving.error_file(import_id)
