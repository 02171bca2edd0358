"""The public form as it is shown: place, tiles, what was typed, what neighbours reported."""

from typing import Any

from flask import Response, request, url_for

from ecopick.blueprints.public_requests.kept import choose_again
from ecopick.blueprints.public_requests.pace import shown_now
from ecopick.blueprints.tickets.steps import tenant_words
from ecopick.core.db import new_id
from ecopick.core.errors import AppError
from ecopick.core.text import LANGUAGES, LazyText
from ecopick.core.text import gettext as _
from ecopick.core.text import lazy_gettext as _l
from ecopick.domains.property.outputs import BuildingLine
from ecopick.domains.tickets.public_inputs import MAX_PHOTOS
from ecopick.domains.tickets.queries.public_requests import PublicForm
from ecopick.domains.tickets.queries.similar import SimilarRequest
from ecopick.domains.tickets.queries.windows import small_facade
from ecopick.web import labels
from ecopick.web.access import current_language
from ecopick.web.navigation import LANGUAGE_NAMES
from ecopick.web.render import render
from ecopick.web.state import db_session

# Shorter than what the desk calls them: each stands on a tile of a phone.
TILE_WORDS: dict[str, LazyText] = {
    "plumbing": _l("Water"),
    "hvac": _l("Heating"),
    "electrical": _l("Power and light"),
    "keys_access": _l("Door and lock"),
}


def tile_word(category: str) -> str:
    """What a category is called on its tile."""
    found = TILE_WORDS.get(category)
    return str(found) if found is not None else labels.label(category, "Category")


def languages_at(endpoint: str, **values: Any) -> list[dict[str, Any]]:
    """The page in each language, under the language's own name."""
    return [
        {
            "code": code,
            "label": LANGUAGE_NAMES[code],
            "href": url_for(endpoint, locale=code, **values),
            "current": code == current_language(),
        }
        for code in LANGUAGES
    ]


def show_form(
    form: PublicForm,
    *,
    error: AppError | None = None,
    similar: list[SimilarRequest] | None = None,
    kept: list[str] | None = None,
    lost: bool = False,
) -> Response:
    """The form; with ``similar`` it asks whether one of them is meant, everything kept.

    ``lost``: photos were sent that could not be kept.
    """
    errors = dict(error.fields) if error is not None else {}
    if "file" in errors:
        errors["photos"] = errors.pop("file")
    typed = request.form
    message = error.message if error is not None and not errors else None
    if lost:
        errors.setdefault("photos", choose_again())
    # What was sent under a key stays with it; the next report needs a key of its own.
    used = error is not None and error.code == "idempotency_key"
    key = None if used else typed.get("idempotency_key")
    response = render(
        "public/form.html",
        form=form,
        building=BuildingLine.model_validate(form.building),
        picture=small_facade(
            db_session(), form.owner.id, form.building.id, form.unit.id if form.unit else None
        ),
        tiles=[_tile(name) for name in form.tiles],
        chosen=typed.get("category") or form.category or "",
        typed=typed,
        errors=errors,
        message=message,
        labels_of=_labels(),
        similar=similar or [],
        tile_word=tile_word,
        tenant_words=tenant_words,
        kept=kept or [],
        max_photos=MAX_PHOTOS,
        idempotency_key=key or str(new_id()),
        shown_at=shown_now() if typed.get("shown_at") is None or used else typed["shown_at"],
        here=address_of(form),
        privacy_href=url_for("public_requests.privacy", owner_id=form.owner.id),
        languages=languages_at(
            "public_requests.form", building_id=form.building.id, **_with_code(form)
        ),
        events_url=None,
        toasts=(),
    )
    response.headers["Cache-Control"] = "no-cache"
    return response


def address_of(form: PublicForm) -> str:
    """The address of the form, with the code of the place."""
    return url_for("public_requests.form", building_id=form.building.id, **_with_code(form))


def _with_code(form: PublicForm) -> dict[str, Any]:
    return {"code": form.code} if form.code else {}


def _tile(name: str) -> dict[str, str | None]:
    return {"value": name, "label": tile_word(name), "icon": labels.icon_of(name, "Category")}


def _labels() -> dict[str, str]:
    return {
        "description": _("Description"),
        "category": _("What happened?"),
        "email": _("Email"),
        "photos": _("Photos"),
        "access_times": _("When is a good time?"),
    }
