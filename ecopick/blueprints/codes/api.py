"""Codes of places for programs."""

from io import BytesIO
from typing import Any

from flask import Blueprint, Response, send_file

from ecopick.blueprints.codes.inputs import IssueForCategory, PrintSheet
from ecopick.blueprints.codes.sheet import make_sheet
from ecopick.blueprints.codes.words import code_of
from ecopick.core.changes import plain
from ecopick.domains.property import commands
from ecopick.domains.property.code_queries import codes_of_building
from ecopick.domains.property.inputs import RetireCode
from ecopick.domains.property.models import PlaceCode
from ecopick.web.bind import bind
from ecopick.web.state import current_actor, db_session, settings

api = Blueprint("codes_api", __name__)


def _out(code: PlaceCode) -> dict[str, Any]:
    names = "id building_id unit_id unit_section_id category code created_at retired_at note"
    facts = {name: plain(getattr(code, name)) for name in names.split()}
    return {**facts, "address": f"{settings().public_base_url}/q/{code.code}"}


@api.get("/buildings/<building_id>/codes")
def list_codes(building_id: str) -> Any:
    """Every code of the building: those that count by place, then the retired ones."""
    codes = codes_of_building(db_session(), current_actor(), building_id)
    found = [code for spot in codes.spots for code in spot.codes]
    found += [code for _spot, code in codes.retired]
    return {"items": [_out(code) for code in found], "next_cursor": None}


@api.post("/buildings/<building_id>/codes")
def issue(building_id: str) -> Any:
    """201 with the codes that were made; places that have theirs get no second one."""
    made = commands.issue_codes(db_session(), current_actor(), building_id, bind(IssueForCategory))
    return {"items": [_out(code) for code in made], "next_cursor": None}, 201


@api.post("/buildings/<building_id>/codes/<code_id>/replace")
def replace(building_id: str, code_id: str) -> Any:
    """201 with the code that counts from now on."""
    session, actor = db_session(), current_actor()
    code = code_of(codes_of_building(session, actor, building_id), code_id)
    return _out(commands.replace_code(session, actor, code.id, bind(RetireCode))), 201


@api.post("/buildings/<building_id>/codes/<code_id>/retire")
def retire(building_id: str, code_id: str) -> Any:
    """The code as it ended."""
    session, actor = db_session(), current_actor()
    code = code_of(codes_of_building(session, actor, building_id), code_id)
    return _out(commands.retire_code(session, actor, code.id, bind(RetireCode)))


@api.get("/buildings/<building_id>/codes/sheet")
def sheet(building_id: str) -> Response:
    """The printed sheet as PDF."""
    codes = codes_of_building(db_session(), current_actor(), building_id)
    made = make_sheet(codes, bind(PrintSheet), settings().public_base_url)
    return send_file(BytesIO(made), mimetype="application/pdf", download_name="codes.pdf")
