"""The first page of whoever is signed in, and its parts for refreshing."""

from typing import Any

from flask import Blueprint, Response, abort, request, url_for

from ecopick.blueprints.reports.board import PARTS, Board
from ecopick.blueprints.reports.own import own_page
from ecopick.core.permissions import authorize
from ecopick.domains.property.queries import parse_id
from ecopick.domains.reports.policy import Report
from ecopick.web.access import background
from ecopick.web.render import render, see_other, wants_fragment
from ecopick.web.state import current_actor, db_session

pages = Blueprint("reports", __name__)


@pages.get("/")
def home() -> Response:
    """The dashboard for staff; for tenants and vendors what waits for them."""
    if not current_actor().is_staff:
        return own_page()
    return render("reports/dashboard.html", board=_board(), nav_current="dashboard")


@pages.get("/dashboard/<part>")
@background
def show_part(part: str) -> Any:
    """One part of the first page, as the page itself asks for it again."""
    staff = current_actor().is_staff
    if part not in PARTS if staff else part != "own":
        abort(404)
    if not wants_fragment():
        return see_other(url_for("reports.home", _anchor=part, **request.args))
    if not staff:
        return own_page()
    return render(f"reports/_{part}.html", board=_board(), refreshed=True)


def _board() -> Board:
    session, actor = db_session(), current_actor()
    authorize(session, actor, "report:view", Report(actor.owner_id))
    return Board(session, actor, parse_id(request.args.get("building_id")))
