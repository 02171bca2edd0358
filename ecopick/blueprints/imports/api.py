"""Imports for programs."""

from typing import Any

from flask import Blueprint, Response, request

from ecopick.blueprints.imports import receiving
from ecopick.core.changes import plain
from ecopick.core.errors import Malformed
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.imports.commands import cancel_import
from ecopick.domains.imports.fields import FIELDS
from ecopick.domains.imports.models import Import
from ecopick.domains.imports.queries import imports_of, problems, seconds_left
from ecopick.web.state import current_actor, db_session

api = Blueprint("imports_api", __name__)


def _out(run: Import) -> dict[str, Any]:
    names = (
        "id kind file_name size_bytes charset delimiter columns mapping state rows_total rows_done"
        " created changed unchanged refused created_at started_at ended_at"
    )
    return {
        **{name: plain(getattr(run, name)) for name in names.split()},
        "seconds_left": seconds_left(run),
    }


@api.get("/imports")
def list_imports() -> Any:
    """The owner's imports, newest first."""
    found = imports_of(db_session(), current_actor())
    return {"items": [_out(run) for run in found], "next_cursor": None}


@api.post("/imports")
def begin() -> Any:
    """201 with the columns that were found and a guess which field each of them is."""
    return _out(receiving.receive()), 201


@api.get("/imports/<import_id>")
def show(import_id: str) -> Any:
    """How far an import is, its fields, and the first reasons why rows were refused."""
    run = receiving.found(import_id)
    fields = [
        {"name": field.name, "label": str(field.label), "needed": field.needed}
        for field in FIELDS[run.kind]
    ]
    errors = [
        {"line": line, "field": field, "reason": reason}
        for line, field, reason in problems(db_session(), run)
    ]
    return {**_out(run), "fields": fields, "errors": errors}


@api.post("/imports/<import_id>/check")
def check(import_id: str) -> Any:
    """202: a worker tries the file with ``mapping``, an object of field names and columns."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or not isinstance(body.get("mapping"), dict):
        raise Malformed(_("The request body must be a JSON object."))
    return _out(receiving.check(import_id, body["mapping"])), 202


@api.post("/imports/<import_id>/run")
def run_import(import_id: str) -> Any:
    """202: a worker takes the rows."""
    return _out(receiving.start(import_id)), 202


@api.delete("/imports/<import_id>")
def cancel(import_id: str) -> Any:
    """204 once nobody works on it any more; rows that were taken stay."""
    cancel_import(db_session(), current_actor(), import_id)
    return Response(status=204)


@api.get("/imports/<import_id>/errors")
def errors(import_id: str) -> Response:
    """Every reason as CSV: row, column, reason."""
    return receiving.error_file(import_id)
