"""``/api/admin/security_and_monitoring``: alerts, passed limits and blocked sources.

For app administrators; everybody else gets the same 403 for every id.
"""

from typing import Any

from pydantic import BaseModel

from ecopick.blueprints.security.blueprint import api
from ecopick.blueprints.security.writing import block_and_end, for_writing
from ecopick.domains.security.commands import blocking, reviewing
from ecopick.domains.security.inputs import (
    BlockSource,
    ChangeSeverity,
    ChangeStatus,
    CreateAlert,
    ListAlerts,
    ListBlocks,
    ListViolations,
    Nothing,
)
from ecopick.domains.security.outputs import AlertOut, BlockOut, ViolationOut
from ecopick.domains.security.queries.alerts import get_alert, list_alerts, list_violations
from ecopick.domains.security.queries.blocks import list_blocks
from ecopick.domains.security.queries.paging import Page
from ecopick.web.bind import bind
from ecopick.web.state import current_actor, db_session

ADMIN = "/admin/security_and_monitoring"


def _page(page: Page[Any], model: type[BaseModel]) -> dict[str, Any]:
    items = [model.model_validate(row).model_dump(mode="json") for row in page.items]
    return {"items": items, "next_cursor": page.next_cursor}


def _one(row: Any, model: type[BaseModel]) -> dict[str, Any]:
    return model.model_validate(row).model_dump(mode="json")


@api.get(f"{ADMIN}/security_alerts")
def alerts() -> Any:
    """Alerts by status, severity, type and person, newest first."""
    return _page(list_alerts(db_session(), current_actor(), bind(ListAlerts)), AlertOut)


@api.post(f"{ADMIN}/security_alerts")
def create_alert() -> Any:
    """201 with the alert, or with the open one that it repeats."""
    data = bind(CreateAlert)
    session, actor = for_writing()
    return _one(reviewing.create_alert(session, actor, data), AlertOut), 201


@api.get(f"{ADMIN}/security_alerts/<alert_id>")
def alert(alert_id: str) -> Any:
    """One alert."""
    return _one(get_alert(db_session(), current_actor(), alert_id), AlertOut)


@api.post(f"{ADMIN}/security_alerts/<alert_id>/severity/update")
def update_severity(alert_id: str) -> Any:
    """The alert with its new severity; 409 once it is resolved."""
    data = bind(ChangeSeverity)
    session, actor = for_writing()
    return _one(reviewing.change_severity(session, actor, alert_id, data), AlertOut)


@api.post(f"{ADMIN}/security_alerts/<alert_id>/status/update")
def update_status(alert_id: str) -> Any:
    """The resolved alert; 409 for anything but open to resolved."""
    data = bind(ChangeStatus)
    session, actor = for_writing()
    return _one(reviewing.change_status(session, actor, alert_id, data), AlertOut)


@api.get(f"{ADMIN}/rate_limits_violations")
def violations() -> Any:
    """Limits that were passed, the latest first."""
    page = list_violations(db_session(), current_actor(), bind(ListViolations))
    return _page(page, ViolationOut)


@api.get(f"{ADMIN}/blocked_sources")
def blocks() -> Any:
    """Blocks by state and type, newest first."""
    return _page(list_blocks(db_session(), current_actor(), bind(ListBlocks)), BlockOut)


@api.post(f"{ADMIN}/blocked_sources")
def block() -> Any:
    """201 with the block; the sessions of a blocked person end with it."""
    data = bind(BlockSource)
    session, actor = for_writing()
    return _one(block_and_end(session, actor, data), BlockOut), 201


@api.post(f"{ADMIN}/blocked_sources/<block_id>/unblock")
def unblock(block_id: str) -> Any:
    """The ended block; 409 where it had ended already."""
    bind(Nothing)
    session, actor = for_writing()
    return _one(blocking.unblock(session, actor, block_id), BlockOut)


@api.post(f"{ADMIN}/blocked_sources/<block_id>/archive")
def archive(block_id: str) -> Any:
    """The archived block; 409 while it is in force."""
    bind(Nothing)
    session, actor = for_writing()
    return _one(blocking.archive(session, actor, block_id), BlockOut)
