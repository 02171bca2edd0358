"""The form for a new ticket: places to choose from, what was typed, photos at once."""

import re
from typing import Any, BinaryIO, cast

from flask import Response, request, url_for
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.categories import CATEGORIES
from ecopick.core.db import new_id
from ecopick.core.errors import AppError, Invalid, Text
from ecopick.core.finding import as_id
from ecopick.core.text import gettext as _
from ecopick.core.text import lazy_gettext as _l
from ecopick.domains.property.models import UnitType
from ecopick.domains.property.outputs import Place, PlaceBuilding
from ecopick.domains.tickets.commands.attachments import attach_file
from ecopick.domains.tickets.commands.intake import create_ticket
from ecopick.domains.tickets.inputs import AddAttachment, CreateTicket
from ecopick.domains.tickets.lifecycle import TicketPriority
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.queries.pickers import report_places
from ecopick.domains.tickets.queries.windows import unit_facade
from ecopick.web import labels
from ecopick.web.bind import bind
from ecopick.web.render import keep_offline, render
from ecopick.web.state import current_actor, db_session
from ecopick.web.uploads import keep

_SENTENCE_END = re.compile(r"(?<!\d)[.!?] ")
MAX_PHOTOS = 5
TITLE_LENGTH = 80
# The tiles of a tenant's form, the most frequent first.
TILES = ("plumbing", "hvac", "electrical", "elevator", "keys_access", "general")
# The form's own names for fields of the input.
SHOWN_AS = {"unit_id": "place", "unit_section_id": "place", "building_id": "place"}


def show_form(error: AppError | None = None) -> Response:
    """The form, for the desk or for a phone, with what was typed."""
    session, actor = db_session(), current_actor()
    found = report_places(session, actor)
    errors = _errors(error)
    common = {
        "typed": request.form,
        "errors": errors,
        "message": error.message if error is not None and not errors else None,
        "idempotency_key": request.form.get("idempotency_key") or str(new_id()),
        "labels_of": {
            "place": _("Place"),
            "title": _("Title"),
            "description": _("Description"),
            "category": _("Category"),
            "priority": _("Priority"),
            "photos": _("Photos"),
        },
    }
    if actor.is_staff:
        return _desk_form(found, common)
    return _phone_form(session, found, common)


def _errors(error: AppError | None) -> dict[str, Text]:
    if error is None:
        return {}
    return {SHOWN_AS.get(name, name): text for name, text in error.fields.items()}


def _desk_form(found: list[PlaceBuilding], common: dict[str, Any]) -> Response:
    asked = as_id(request.values.get("building_id"))
    building = next((item for item in found if item.id == asked), None)
    if building is None and len(found) == 1:
        building = found[0]
    return render(
        "tickets/new.html",
        buildings=found,
        choices_of_buildings=[(str(item.id), item.name) for item in found],
        building=building,
        options=_options(building) if building else [],
        categories=[(name, labels.label(name, "Category")) for name in CATEGORIES],
        priorities=[(item.value, labels.label(item)) for item in reversed(TicketPriority)],
        nav_current="tickets",
        **common,
    )


def _options(building: PlaceBuilding) -> list[Any]:
    """The whole building, then each unit with its areas."""
    found: list[Any] = [(str(building.id), _("The whole building"))]
    for unit in building.units:
        name = labels.unit_name(unit.label, unit.unit_type)
        inside = [
            (f"{building.id}/{unit.id}/{part.id}", f"{unit.label}, {part.name}")
            for part in unit.sections
        ]
        found.append((name, [(f"{building.id}/{unit.id}", name), *inside]))
    return found


def _phone_form(session: Session, found: list[PlaceBuilding], common: dict[str, Any]) -> Response:
    homes = [(building, unit) for building in found for unit in building.units]
    options = [_home(building, unit) for building, unit in homes]
    options += [
        {
            "value": str(building.id),
            "title": _("Somewhere else in the building"),
            "note": building.name,
            "icon": "building-2",
        }
        for building in found
    ]
    known = {option["value"] for option in options}
    asked = request.args.get("place", "")
    chosen = request.form.get("place") or (asked if asked in known else "")
    chosen = chosen or (options[0]["value"] if options else "")
    first = next(((b, u) for b, u in homes if chosen.startswith(f"{b.id}/{u.id}")), None)
    picture = None
    if first is not None:
        building, unit = first
        picture = unit_facade(session, building.property_owner_id, building.id, unit.id)
    here = first[0] if first else (found[0] if found else None)
    response = render(
        "tickets/new_phone.html",
        options=options,
        chosen=chosen,
        home=first,
        picture=picture,
        here=here,
        tiles=[
            {
                "value": name,
                "label": labels.label(name, "Category"),
                "icon": labels.icon_of(name, "Category"),
            }
            for name in TILES
        ],
        max_photos=MAX_PHOTOS,
        **common,
    )
    if options and request.method == "GET":
        keep_offline(response, "own")
    return response


def _home(building: PlaceBuilding, unit: Place) -> dict[str, str]:
    return {
        "value": f"{building.id}/{unit.id}",
        "title": labels.unit_name(unit.label, unit.unit_type),
        "note": building.name,
        "icon": "house" if unit.unit_type is UnitType.APARTMENT else "door-open",
    }


def take_form() -> Ticket:
    """Create what the form says, with its photos, all or nothing. Raises Invalid."""
    session, actor = db_session(), current_actor()
    data = bind(CreateTicket, source=_source(actor))
    photos = [item for item in request.files.getlist("photos") if item.filename]
    if len(photos) > MAX_PHOTOS:
        raise Invalid(
            _l("Please check the marked fields."),
            fields={"photos": _l("At most %(count)s photos, please.", count=MAX_PHOTOS)},
        )
    ticket = create_ticket(session, actor, data)
    for item in photos:
        stored = keep(cast(BinaryIO, item.stream), item.filename, ticket.property_owner_id)
        attach_file(session, actor, ticket.id, AddAttachment(), stored)
    return ticket


def _source(actor: Actor) -> dict[str, Any]:
    """The form as the input of the command wants it."""
    form = request.form
    building_id, unit_id, section_id = place_of(form.get("place", ""))
    source: dict[str, Any] = {
        "building_id": building_id or form.get("building_id") or None,
        "unit_id": unit_id,
        "unit_section_id": section_id,
        "description": form.get("description") or None,
        "category": form.get("category") or None,
        "title": form.get("title"),
    }
    if actor.is_staff:
        source["priority"] = form.get("priority") or None
        source["access_note"] = form.get("access_note") or None
    else:
        source["title"] = title_of(form.get("description", ""))
        if form.get("may_enter"):
            source["access_note"] = _("The caretaker may enter when nobody is at home.")
    return source


def place_of(value: str) -> tuple[str | None, str | None, str | None]:
    """Building, unit and section of a choice such as ``building/unit/section``."""
    parts = [*value.split("/", 2), "", "", ""]
    return parts[0] or None, parts[1] or None, parts[2] or None


def title_of(description: str) -> str | None:
    """A title for a request without one: the first sentence, cut at a word."""
    lines = description.strip().splitlines()
    if not lines:
        return None
    # "im 3. Stock" is no end of a sentence.
    sentence = _SENTENCE_END.split(lines[0].strip(), maxsplit=1)[0].rstrip(".!?")
    if len(sentence) <= TITLE_LENGTH:
        return sentence or None
    return sentence[: TITLE_LENGTH - 1].rsplit(" ", 1)[0] + "…"


def created(ticket: Ticket) -> str:
    """The address of a new ticket."""
    return url_for("tickets.show", ticket_id=ticket.id)
