"""The codes of a building: which place has one, issuing, printing, retiring, replacing."""

from io import BytesIO

from flask import Blueprint, Response, request, send_file, url_for
from werkzeug.wrappers import Response as BaseResponse

from ecopick.blueprints.codes.inputs import IssueForCategory, PrintSheet, SheetFormat
from ecopick.blueprints.codes.sheet import make_sheet, spot_name
from ecopick.blueprints.codes.words import FORMATS, PLACES, code_of
from ecopick.core.categories import CATEGORIES
from ecopick.core.errors import AppError
from ecopick.core.permissions import allows, authorize
from ecopick.core.text import LANGUAGES, ngettext
from ecopick.core.text import gettext as _
from ecopick.domains.property import commands
from ecopick.domains.property.code_queries import BuildingCodes, codes_of_building
from ecopick.domains.property.codes import grouped
from ecopick.domains.property.inputs import RetireCode
from ecopick.domains.property.models import PlaceCode
from ecopick.web import labels
from ecopick.web.bind import bind
from ecopick.web.errors import refill
from ecopick.web.navigation import LANGUAGE_NAMES
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, db_session, settings
from ecopick.web.toasts import say

pages = Blueprint("codes", __name__)
# As many codes by name as an address can hold.
MOST_NAMED = 120


def _list(building_id: str, *, error: AppError | None = None) -> Response:
    session, actor = db_session(), current_actor()
    codes = codes_of_building(session, actor, building_id)
    return render(
        "codes/list.html",
        codes=codes,
        bare=sum(1 for spot in codes.spots if not spot.codes),
        issued=sum(len(spot.codes) for spot in codes.spots),
        manages=allows(session, actor, "building:manage", codes.building),
        categories=[(name, labels.label(name, "Category")) for name in CATEGORIES],
        spot_name=spot_name,
        grouped=grouped,
        error=error,
        errors=dict(error.fields) if error is not None else {},
        typed=request.form,
        nav_current="buildings",
    )


@pages.get("/buildings/<building_id>/codes")
def list_codes(building_id: str) -> Response:
    """Every place of the building with its codes."""
    return _list(building_id)


@pages.post("/buildings/<building_id>/codes")
@refill(_list)
def issue(building_id: str) -> BaseResponse:
    """Codes for the chosen places, or for all without one."""
    made = commands.issue_codes(db_session(), current_actor(), building_id, bind(IssueForCategory))
    if made:
        say(ngettext("%(num)s code issued", "%(num)s codes issued", len(made)))
    else:
        say(_("These places have their codes already."))
    return see_other(url_for("codes.list_codes", building_id=building_id))


@pages.post("/buildings/<building_id>/codes/print")
@refill(_list)
def choose_printed(building_id: str) -> BaseResponse:
    """Go on to printing with the codes of the chosen places."""
    codes = codes_of_building(db_session(), current_actor(), building_id)
    data = bind(IssueForCategory)
    wanted = {(unit_id, None) for unit_id in data.unit_id}
    found = [
        code.code
        for spot in codes.spots
        for code in spot.codes
        if spot.spot in wanted
        or spot.spot[1] in data.unit_section_id
        or (data.building and spot.unit is None)
    ]
    named = found if len(found) <= MOST_NAMED else []
    if found and not named:
        say(_("So many codes are printed as all of the building."))
    return see_other(url_for("codes.choose_sheet", building_id=building_id, code=named))


def _sheet_form(building_id: str, *, error: AppError | None = None) -> Response:
    codes = codes_of_building(db_session(), current_actor(), building_id)
    asked = request.args
    return render(
        "codes/print.html",
        building=codes.building,
        named=asked.getlist("code"),
        formats=[
            {"value": kind.value, "title": str(title), "note": str(note)}
            for kind, (title, note) in FORMATS.items()
        ],
        format=asked.get("format", SheetFormat.CARDS.value),
        places=[(value, str(words)) for value, words in PLACES],
        chosen_places=asked.get("places", "all"),
        offered=[(code, LANGUAGE_NAMES[code]) for code in _first(codes)],
        languages_on=asked.getlist("language") or [codes.building.default_language],
        start=asked.get("start", ""),
        error=error,
        errors=dict(error.fields) if error is not None else {},
        nav_current="buildings",
    )


def _first(codes: BuildingCodes) -> list[str]:
    """The languages, the building's own before the others."""
    own = codes.building.default_language
    return sorted(LANGUAGES, key=lambda code: code != own)


@pages.get("/buildings/<building_id>/codes/print")
def choose_sheet(building_id: str) -> Response:
    """On what the codes are printed, and in which languages."""
    return _sheet_form(building_id)


@pages.get("/buildings/<building_id>/codes/sheet")
@refill(_sheet_form)
def sheet(building_id: str) -> Response:
    """The sheet as PDF."""
    codes = codes_of_building(db_session(), current_actor(), building_id)
    made = make_sheet(codes, bind(PrintSheet), settings().public_base_url)
    return send_file(BytesIO(made), mimetype="application/pdf", download_name="codes.pdf")


# One code.


def _code(building_id: str, code_id: str) -> tuple[BuildingCodes, PlaceCode]:
    """A code of this very building that the person may change. Raises NotFound, Forbidden."""
    session, actor = db_session(), current_actor()
    codes = codes_of_building(session, actor, building_id)
    code = code_of(codes, code_id)
    authorize(session, actor, "building:manage", code)
    return codes, code


def _end_form(building_id: str, code_id: str, *, error: AppError | None = None) -> Response:
    codes, code = _code(building_id, code_id)
    spots = [*codes.spots, *(spot for spot, _code in codes.retired)]
    spot = next(each for each in spots if each.spot == (code.unit_id, code.unit_section_id))
    return render(
        "codes/end.html",
        building=codes.building,
        code=code,
        place=spot_name(spot) or codes.building.name,
        replaces=request.path.endswith("/replace"),
        grouped=grouped,
        error=error,
        errors=dict(error.fields) if error is not None else {},
        typed=request.form,
        nav_current="buildings",
    )


@pages.get("/buildings/<building_id>/codes/<code_id>/retire")
def ask_retire(building_id: str, code_id: str) -> Response:
    """What whoever scans it shall read from now on."""
    return _end_form(building_id, code_id)


@pages.post("/buildings/<building_id>/codes/<code_id>/retire")
@refill(_end_form)
def retire(building_id: str, code_id: str) -> BaseResponse:
    """End a code."""
    _codes, code = _code(building_id, code_id)
    commands.retire_code(db_session(), current_actor(), code.id, bind(RetireCode))
    say(_("Code retired"))
    return see_other(url_for("codes.list_codes", building_id=building_id))


@pages.get("/buildings/<building_id>/codes/<code_id>/replace")
def ask_replace(building_id: str, code_id: str) -> Response:
    """Why a new code hangs there, for whoever still scans the old one."""
    return _end_form(building_id, code_id)


@pages.post("/buildings/<building_id>/codes/<code_id>/replace")
@refill(_end_form)
def replace(building_id: str, code_id: str) -> BaseResponse:
    """Issue a new code in its place, and go on to printing it."""
    _codes, code = _code(building_id, code_id)
    made = commands.replace_code(db_session(), current_actor(), code.id, bind(RetireCode))
    say(_("New code issued"))
    return see_other(url_for("codes.choose_sheet", building_id=building_id, code=[made.code]))
