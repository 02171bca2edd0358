"""The form as its owner wants it, for programs."""

from typing import Any

from flask import Blueprint

from ecopick.blueprints.request_form.reading import fields_of, own_form
from ecopick.domains.tickets.commands.request_form import shape_form
from ecopick.domains.tickets.public_inputs import ShapeForm
from ecopick.domains.tickets.queries.public_requests import as_public
from ecopick.web.bind import bind
from ecopick.web.state import current_actor, db_session

api = Blueprint("request_form_api", __name__)


@api.get("/request-form")
def show() -> Any:
    """The settings of the form."""
    return fields_of(own_form())


@api.put("/request-form")
def save() -> Any:
    """Replace the settings of the form."""
    owner = shape_form(db_session(), current_actor(), None, bind(ShapeForm))
    return fields_of(as_public(owner))
