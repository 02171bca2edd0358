"""Raising alerts: what a detection rule saw, once for each source and day."""

import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.changes import plain
from ecopick.core.context import origin
from ecopick.domains.security.models import (
    AlertCategory,
    AlertSeverity,
    AlertStatus,
    AlertType,
    SecurityAlert,
)

# The same thing from the same source within this time is one alert.
RECURS_WITHIN = timedelta(hours=24)
# No letters or digits that look alike: a code is read out over the telephone.
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def severity_of(risk_score: int) -> AlertSeverity:
    """Below 30 low, below 60 medium, below 85 high, the rest critical."""
    if risk_score < 30:
        return AlertSeverity.LOW
    if risk_score < 60:
        return AlertSeverity.MEDIUM
    return AlertSeverity.HIGH if risk_score < 85 else AlertSeverity.CRITICAL


def raise_alert(
    session: Session,
    type: AlertType,
    *,
    category: AlertCategory,
    risk_score: int,
    user_id: UUID | None = None,
    source_type: str | None = None,
    source_id: str | None = None,
    meta: dict[str, Any] | None = None,
) -> SecurityAlert:
    """Tell the app administrators; ``risk_score`` is 0 to 100 and gives the severity.

    ``source_type`` (``ip``, ``device``, ``user``, ``email``, ``session``) and
    ``source_id`` name what it came from, the person where both are missing. What
    recurs while its alert is open and younger than a day raises that alert's
    count, and its risk where that grew.
    """
    if source_type is None and user_id is not None:
        source_type, source_id = "user", str(user_id)
    risk_score, moment = min(100, max(0, risk_score)), clock.now()
    mark = f"alert:{type}:{source_type}:{source_id}"
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(mark, 0))))
    alert = _open_alert(session, type, source_type, source_id)
    if alert is None:
        alert = _new_alert(type, category, risk_score)
        alert.user_id, alert.source_type, alert.source_id = user_id, source_type, source_id
        session.add(alert)
    else:
        alert.count += 1
        if risk_score > alert.risk_score:
            alert.risk_score, alert.severity = risk_score, severity_of(risk_score)
    alert.meta = {**(alert.meta or {}), **plain(meta or {}), "last_seen": moment.isoformat()}
    session.flush()
    return alert


def _open_alert(
    session: Session, type: AlertType, source_type: str | None, source_id: str | None
) -> SecurityAlert | None:
    return session.scalars(
        select(SecurityAlert)
        .where(
            SecurityAlert.type == type,
            SecurityAlert.source_type.is_not_distinct_from(source_type),
            SecurityAlert.source_id.is_not_distinct_from(source_id),
            SecurityAlert.status == AlertStatus.OPEN,
            SecurityAlert.detected_at > clock.now() - RECURS_WITHIN,
        )
        .order_by(SecurityAlert.detected_at.desc())
        .limit(1)
    ).one_or_none()


def _new_alert(type: AlertType, category: AlertCategory, risk_score: int) -> SecurityAlert:
    at, moment = origin(), clock.now()
    code = "".join(secrets.choice(LETTERS) for _ in range(6))
    return SecurityAlert(
        alert_code=f"SEC-{moment:%y%m%d}-{code}",
        type=type,
        category=category,
        risk_score=risk_score,
        severity=severity_of(risk_score),
        status=AlertStatus.OPEN,
        detected_at=moment,
        count=1,
        ip=at.ip,
        device_fingerprint=at.device_fingerprint,
        persistent_device_id=at.device_id,
        device_info={"user_agent": at.user_agent} if at.user_agent else None,
        method=at.method,
        route=at.route,
    )
