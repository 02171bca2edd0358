"""The first page of whoever is signed in, and its parts for refreshing."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request, url_for

from ecopick.blueprints.reports.board import PARTS, Board
from ecopick.blueprints.reports.own import own_page
from ecopick.core.finding import as_id
from ecopick.core.permissions import authorize
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


@pages.get("/dashboard/own")
@background
def own() -> Any:
    """The first page of tenants and vendors, as it asks for itself again."""
    return own_page() if wants_fragment() else see_other(url_for("reports.home"))


@pages.get("/dashboard/navigation")
@background
def navigation() -> Any:
    """The sidebar's entries with their numbers, as every page asks for them again."""
    if not wants_fragment():
        return see_other(url_for("reports.home"))
    # Each number counts only what the person may see.
    db_session().info["authorized"] = True
    return render("reports/_navigation.html", current=request.args.get("current"))


def _part(name: str) -> Callable[[], Any]:
    """The view of one part of the dashboard; whoever opens its address sees the whole."""

    @background
    def show() -> Any:
        board = _board()
        if not wants_fragment():
            return see_other(url_for("reports.home", _anchor=name, building_id=board.asked))
        return render(f"reports/_{name}.html", board=board, refreshed=True)

    return show


for _name in PARTS:
    pages.add_url_rule(f"/dashboard/{_name}", _name, _part(_name))


def _board() -> Board:
    session, actor = db_session(), current_actor()
    authorize(session, actor, "report:view", Report(actor.owner_id))
    return Board(session, actor, as_id(request.args.get("building_id")))
