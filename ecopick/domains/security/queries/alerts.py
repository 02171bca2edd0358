"""Alerts and passed limits."""

from dataclasses import dataclass

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.errors import NotFound
from ecopick.core.finding import as_id
from ecopick.core.permissions import authorize
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.security.inputs import ListAlerts, ListViolations
from ecopick.domains.security.models import (
    AlertSeverity,
    AlertStatus,
    RateLimitViolation,
    SecurityAlert,
)
from ecopick.domains.security.queries.paging import Page, page_of


def list_alerts(session: Session, actor: Actor, data: ListAlerts) -> Page[SecurityAlert]:
    """Alerts that pass the filters, newest first.

    With ``sort`` "open" the open ones come before, in pages of one kind each.
    """
    authorize(session, actor, "security:view", None)
    query = select(SecurityAlert)
    for column, value in (
        (SecurityAlert.status, data.status),
        (SecurityAlert.severity, data.severity),
        (SecurityAlert.type, data.type),
        (SecurityAlert.user_id, data.user_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if data.sort == "open" and data.cursor is None:
        query = query.order_by(case((SecurityAlert.status == AlertStatus.OPEN, 0), else_=1))
    return page_of(session, query, SecurityAlert.detected_at, SecurityAlert.id, data)


def get_alert(session: Session, actor: Actor, key: object) -> SecurityAlert:
    """One alert, for who may see them. ``NotFound`` where there is none."""
    authorize(session, actor, "security:view", None)
    return _alert(session, key, lock=False)


def find_alert(session: Session, actor: Actor, key: object) -> SecurityAlert:
    """One alert, locked; only app administrators get as far as looking for it."""
    authorize(session, actor, "security:manage", None)
    return _alert(session, key, lock=True)


def _alert(session: Session, key: object, *, lock: bool) -> SecurityAlert:
    alert_id = as_id(key)
    found = session.get(SecurityAlert, alert_id, with_for_update=lock or None) if alert_id else None
    if found is None:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    return found


@dataclass(frozen=True)
class AlertFigures:
    """How many alerts are open, how many of them critical."""

    open: int = 0
    critical: int = 0


def open_alerts() -> Select[int]:
    """The number of open alerts, as a query."""
    return (
        select(func.count())
        .select_from(SecurityAlert)
        .where(SecurityAlert.status == AlertStatus.OPEN)
    )


def alert_figures(session: Session) -> AlertFigures:
    """The figures of the monitoring page."""
    row = session.execute(
        select(
            func.count(),
            func.count().filter(SecurityAlert.severity == AlertSeverity.CRITICAL),
        ).where(SecurityAlert.status == AlertStatus.OPEN)
    ).one()
    return AlertFigures(*row)


def list_violations(
    session: Session, actor: Actor, data: ListViolations
) -> Page[RateLimitViolation]:
    """Limits that were passed and are still remembered, the latest first."""
    authorize(session, actor, "security:view", None)
    query = select(RateLimitViolation)
    if data.banned:
        query = query.where(RateLimitViolation.banned_until > clock.now())
    if data.field is not None:
        query = query.where(RateLimitViolation.field == data.field)
    return page_of(session, query, RateLimitViolation.last_violation, RateLimitViolation.id, data)
