"""``/admin/security``: what happens at the doors of the installation, for app administrators."""

from typing import Any

from flask import Response, request, url_for
from sqlalchemy.orm import Session

from ecopick.blueprints.security.blueprint import pages
from ecopick.blueprints.security.chart import draw
from ecopick.blueprints.security.wording import device_words, of_alert, of_block, of_reason
from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.errors import AppError, Invalid
from ecopick.core.permissions import authorize
from ecopick.core.text import gettext as _
from ecopick.domains.security.inputs import (
    ListAlerts,
    ListBlocks,
    ListSignIns,
    ListViolations,
    Paged,
)
from ecopick.domains.security.models import BlockedSource, SecurityAlert
from ecopick.domains.security.queries.alerts import (
    alert_figures,
    get_alert,
    list_alerts,
    list_violations,
)
from ecopick.domains.security.queries.blocks import block_figures, list_blocks
from ecopick.domains.security.queries.people import Named, people_named, protection
from ecopick.domains.security.queries.sign_ins import by_the_hour, list_sign_ins
from ecopick.web.bind import bind, raw_input
from ecopick.web.render import render
from ecopick.web.state import current_actor, database, db_session

SHORT_LIST = 7
BLOCKS_SHOWN = 6


@pages.get("/admin/security")
def overview() -> Response:
    """Attempts of the last day, figures, alerts, blocks, one alert in detail."""
    session, actor = db_session(), current_actor()
    hours = by_the_hour(database(), session, actor)
    sort = "newest" if request.args.get("sort") == "newest" else "open"
    alerts = list_alerts(session, actor, ListAlerts(limit=SHORT_LIST, sort=sort)).items
    blocks = list_blocks(session, actor, ListBlocks(limit=BLOCKS_SHOWN)).items
    shown = _shown(session, actor) or next((each for each in alerts if _is_open(each)), None)
    names = _names(session, [*alerts, *blocks, *([shown] if shown else [])])
    return _render(
        session,
        "monitoring",
        "security/monitoring.html",
        wide=draw(hours, 760, 190, 4),
        narrow=draw(hours, 340, 170, 6),
        is_quiet=not any(hour.total for hour in hours),
        alerts=_alerts(alerts, names),
        blocks=_blocks(blocks, names),
        shown=_detail(shown, names),
        protection=protection(session),
        sort=sort,
    )


@pages.get("/admin/security/alerts")
def alerts() -> Response:
    """All alerts, by state and severity."""
    session, actor = db_session(), current_actor()
    filters, problem = _bound(ListAlerts)
    page = list_alerts(session, actor, filters)
    shown = _shown(session, actor)
    names = _names(session, [*page.items, *([shown] if shown else [])])
    return _render(
        session,
        "alerts",
        "security/alerts.html",
        alerts=_alerts(page.items, names),
        shown=_detail(shown, names),
        filters=filters,
        problem=problem,
        onward=_next("security.alerts", page.next_cursor),
    )


@pages.get("/admin/security/blocked")
def blocked_sources() -> Response:
    """All blocks by state, and the form for a new one."""
    return show_blocks()


def show_blocks(error: AppError | None = None) -> Response:
    """The list of blocks; after a refusal with what was typed and the sentence under its field."""
    session, actor = db_session(), current_actor()
    filters, problem = _bound(ListBlocks)
    page = list_blocks(session, actor, filters)
    names = _names(session, page.items)
    response = _render(
        session,
        "blocked",
        "security/blocks.html",
        blocks=_blocks(page.items, names),
        filters=filters,
        problem=problem,
        errors=dict(error.fields) if error is not None else {},
        message=error.message if error is not None and not error.fields else None,
        typed=request.form if error is not None else request.args,
        is_adding=error is not None or "add" in request.args,
        onward=_next("security.blocked_sources", page.next_cursor),
    )
    if error is not None:
        response.status_code = error.status
    return response


@pages.get("/admin/security/limits")
def limits() -> Response:
    """Limits that were passed, and who has to wait."""
    session, actor = db_session(), current_actor()
    filters, problem = _bound(ListViolations)
    page = list_violations(session, actor, filters)
    return _render(
        session,
        "limits",
        "security/limits.html",
        violations=page.items,
        names=people_named(session, (row.user_id for row in page.items)),
        filters=filters,
        problem=problem,
        onward=_next("security.limits", page.next_cursor),
    )


@pages.get("/admin/security/log")
def sign_in_log() -> Response:
    """Every outcome of every act of signing in, with its reason."""
    session, actor = db_session(), current_actor()
    filters, problem = _bound(ListSignIns)
    page = list_sign_ins(database(), session, actor, filters)
    return _render(
        session,
        "log",
        "security/log.html",
        lines=page.items,
        device_words=device_words,
        of_reason=of_reason,
        filters=filters,
        problem=problem,
        onward=_next("security.sign_in_log", page.next_cursor),
    )


def _render(session: Session, tab: str, template: str, **values: Any) -> Response:
    figures, blocks = alert_figures(session), block_figures(session)
    tabs = [
        _tab("monitoring", _("Monitoring"), "security.overview"),
        _tab("alerts", _("Alerts"), "security.alerts", figures.open),
        _tab("blocked", _("Blocked sources"), "security.blocked_sources", blocks.active),
        _tab("limits", _("Rate limits"), "security.limits"),
        _tab("log", _("Sign-in log"), "security.sign_in_log"),
    ]
    return render(
        template,
        nav_current="security",
        tabs=tabs,
        tab=tab,
        figures=figures,
        block_figures=blocks,
        now=clock.now(),
        **values,
    )


def _tab(key: str, label: str, endpoint: str, count: int | None = None) -> dict[str, Any]:
    found = {"key": key, "label": label, "href": url_for(endpoint)}
    return {**found, "count": count} if count else found


def _bound(model: type[Any]) -> tuple[Any, Any]:
    """The filters of the address; what is not understood leaves all of them out."""
    authorize(db_session(), current_actor(), "security:view", None)
    raw = raw_input(request, model)
    given = {name: value for name, value in raw.items() if value and name in model.model_fields}
    if request.method != "GET":
        return model(), None
    try:
        return bind(model, source=given), None
    except Invalid as error:
        return model(), next(iter(error.fields.values()), error.message)


def _next(endpoint: str, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    known = set(Paged.model_fields) | {"status", "severity", "type", "state", "outcome"}
    known |= {"action", "user_id", "since", "banned", "field", "sort"}
    values: dict[str, Any] = {
        name: value for name, value in request.args.items() if name in known and value
    }
    return url_for(endpoint, **{**values, "cursor": cursor})


def _shown(session: Session, actor: Actor) -> SecurityAlert | None:
    """The alert that the address names."""
    alert_id = request.args.get("alert")
    return get_alert(session, actor, alert_id) if alert_id else None


def _is_open(alert: SecurityAlert) -> bool:
    return alert.status.value == "open"


def _names(session: Session, rows: list[SecurityAlert | BlockedSource] | list[Any]) -> Any:
    return people_named(session, (row.user_id for row in rows))


def _alerts(rows: list[SecurityAlert], names: dict[Any, Named]) -> list[dict[str, Any]]:
    return [{"row": row, "words": of_alert(row, names)} for row in rows]


def _blocks(rows: list[BlockedSource], names: dict[Any, Named]) -> list[dict[str, Any]]:
    return [{"row": row, "name": of_block(row, names)} for row in rows]


def _detail(alert: SecurityAlert | None, names: dict[Any, Named]) -> dict[str, Any] | None:
    if alert is None:
        return None
    return {"row": alert, "words": of_alert(alert, names)}
