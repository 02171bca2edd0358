"""The form as its owner wants it: a page for management."""

from typing import Any

from flask import Blueprint, Response, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ecopick.blueprints.request_form.reading import fields_of, own_form
from ecopick.core.categories import CATEGORIES
from ecopick.core.errors import AppError
from ecopick.core.text import LANGUAGES
from ecopick.core.text import gettext as _
from ecopick.domains.tickets.commands.request_form import shape_form
from ecopick.domains.tickets.public_inputs import MOST_TILES, ShapeForm
from ecopick.domains.tickets.queries.public_requests import PublicOwner
from ecopick.web import labels
from ecopick.web.bind import bind
from ecopick.web.errors import refill
from ecopick.web.navigation import LANGUAGE_NAMES
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, db_session
from ecopick.web.toasts import say

pages = Blueprint("request_form", __name__)


def _typed(owner: PublicOwner) -> dict[str, Any]:
    """The fields as they were typed, else as they are kept."""
    kept = fields_of(owner)
    if request.method == "POST":
        tiles = request.form.getlist("categories")
        kept = request.form.to_dict() | {"open": request.form.get("open") == "true"}
    else:
        tiles = kept["categories"]
    return {**kept, "tiles": [*tiles, *[""] * MOST_TILES][:MOST_TILES]}


def _page(*, error: AppError | None = None) -> Response:
    owner = own_form()
    return render(
        "request_form/page.html",
        owner=owner,
        typed=_typed(owner),
        categories=[(name, labels.label(name, "Category")) for name in CATEGORIES],
        tongues=[(code, LANGUAGE_NAMES[code]) for code in LANGUAGES],
        errors=dict(error.fields) if error is not None else {},
        error=error,
        nav_current="buildings",
    )


@pages.get("/request-form")
def show() -> Response:
    """The settings of the form for all buildings."""
    return _page()


@pages.post("/request-form")
@refill(_page)
def save() -> BaseResponse:
    """Keep them."""
    shape_form(db_session(), current_actor(), None, bind(ShapeForm))
    say(_("The request form is saved."))
    return see_other(url_for("request_form.show"))
