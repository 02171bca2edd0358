"""``/api/reports``: the figures of the dashboard for programs."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify

from ecopick.core.permissions import authorize
from ecopick.domains.reports.inputs import Overview
from ecopick.domains.reports.policy import Report
from ecopick.domains.reports.queries.overview import overview
from ecopick.web.bind import bind
from ecopick.web.state import current_actor, db_session

api = Blueprint("reports_api", __name__)


@api.get("/reports/overview")
def show_overview() -> Response:
    """What stands open now, and how the time ``from`` … ``to`` went (30 days by default)."""
    session, actor, data = db_session(), current_actor(), bind(Overview)
    authorize(session, actor, "report:view", Report(actor.owner_id, data.building_id))
    found: dict[str, Any] = asdict(overview(session, actor, data))
    return jsonify(found)
