"""The form as its owner wants it: for management, as a page and for programs."""

from typing import Any

from flask import Response, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ecopick.blueprints.public_requests.api import api
from ecopick.blueprints.public_requests.pages import pages
from ecopick.core.errors import AppError
from ecopick.core.permissions import authorize
from ecopick.core.text import LANGUAGES
from ecopick.core.text import gettext as _
from ecopick.domains.tickets.commands.request_form import own_ground, shape_form
from ecopick.domains.tickets.inputs import CATEGORIES
from ecopick.domains.tickets.public_inputs import MOST_TILES, ShapeForm
from ecopick.domains.tickets.queries.public_requests import PublicOwner, as_public
from ecopick.web import labels
from ecopick.web.bind import bind
from ecopick.web.errors import refill
from ecopick.web.navigation import LANGUAGE_NAMES
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, db_session
from ecopick.web.toasts import say


def _own() -> PublicOwner:
    """The owner for whom one acts. Raises NotFound or Forbidden."""
    session, actor = db_session(), current_actor()
    owner = own_ground(session, actor)
    authorize(session, actor, "request_form:manage", owner)
    return as_public(owner)


def _typed(owner: PublicOwner) -> dict[str, Any]:
    """The fields as they were typed, else as they are kept."""
    if request.method == "POST":
        tiles = request.form.getlist("categories")
        rest = request.form.to_dict() | {"open": request.form.get("open") == "true"}
    else:
        tiles = list(owner.tiles)
        rest = {
            "open": owner.takes_requests,
            "contact": owner.settings.get("contact"),
            **{f"privacy_{language}": owner.privacy(language) for language in LANGUAGES},
        }
    return {**rest, "tiles": [*tiles, *[""] * MOST_TILES][:MOST_TILES]}


def _page(*, error: AppError | None = None) -> Response:
    owner = _own()
    return render(
        "public/shape.html",
        owner=owner,
        typed=_typed(owner),
        categories=[(name, labels.label(name, "Category")) for name in CATEGORIES],
        tongues=[(code, LANGUAGE_NAMES[code]) for code in LANGUAGES],
        errors=dict(error.fields) if error is not None else {},
        error=error,
        nav_current="buildings",
    )


@pages.get("/request-form")
def shape() -> Response:
    """The settings of the form for all buildings."""
    return _page()


@pages.post("/request-form")
@refill(_page)
def save_shape() -> BaseResponse:
    """Keep them."""
    shape_form(db_session(), current_actor(), None, bind(ShapeForm))
    say(_("The request form is saved."))
    return see_other(url_for("public_requests.shape"))


@api.get("/request-form")
def show_shape() -> Any:
    """The settings of the form."""
    return _out(_own())


@api.put("/request-form")
def put_shape() -> Any:
    """Replace the settings of the form."""
    owner = shape_form(db_session(), current_actor(), None, bind(ShapeForm))
    return _out(as_public(owner))


def _out(owner: PublicOwner) -> dict[str, Any]:
    return {
        "open": owner.takes_requests,
        "categories": list(owner.tiles),
        "contact": owner.settings.get("contact"),
        **{f"privacy_{language}": owner.privacy(language) for language in LANGUAGES},
    }
