"""What administrators do with alerts. Every act is recorded for the platform."""

import uuid

from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.errors import Conflict, Invalid
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.security.commands.alerts import raise_alert
from ecopick.domains.security.commands.blocking import for_the_platform
from ecopick.domains.security.inputs import ChangeSeverity, ChangeStatus, CreateAlert
from ecopick.domains.security.models import AlertStatus, SecurityAlert
from ecopick.domains.security.queries.alerts import find_alert
from ecopick.domains.security.queries.people import person_named


def create_alert(session: Session, actor: Actor, data: CreateAlert) -> SecurityAlert:
    """Raise an alert by hand, as a detection rule would."""
    return _create(session, for_the_platform(actor), None, data)


def _none(session: Session, actor: Actor, key: object) -> None:
    return None


@command("security:manage", find=_none, audit_as="ENTITY_CREATED")
def _create(session: Session, actor: Actor, subject: None, data: CreateAlert) -> SecurityAlert:
    if data.user_id is not None and person_named(session, str(data.user_id)) is None:
        text = _("There is no such account.")
        raise Invalid(_("Please check the marked fields."), fields={"user_id": text})
    return raise_alert(
        session,
        data.type,
        category=data.category,
        risk_score=data.risk_score,
        user_id=data.user_id,
        source_type=data.source_type,
        source_id=data.source_id,
        meta={"note": data.note, "raised_by": str(actor.user_id)},
    )


def change_severity(
    session: Session, actor: Actor, key: str | uuid.UUID, data: ChangeSeverity
) -> SecurityAlert:
    """Say what an alert is worth. ``Conflict`` once it is resolved."""
    return _change_severity(session, for_the_platform(actor), key, data)


@command("security:manage", find=find_alert, audit_as="ENTITY_UPDATED")
def _change_severity(
    session: Session, actor: Actor, alert: SecurityAlert, data: ChangeSeverity
) -> SecurityAlert:
    _refuse_resolved(alert)
    alert.severity = data.severity
    return alert


def change_status(
    session: Session, actor: Actor, key: str | uuid.UUID, data: ChangeStatus
) -> SecurityAlert:
    """Resolve an alert. That is its end: ``Conflict`` for anything after it."""
    return _change_status(session, for_the_platform(actor), key, data)


@command("security:manage", find=find_alert, audit_as="ENTITY_STATUS_CHANGED")
def _change_status(
    session: Session, actor: Actor, alert: SecurityAlert, data: ChangeStatus
) -> SecurityAlert:
    _refuse_resolved(alert)
    if data.status is not AlertStatus.RESOLVED:
        raise Conflict(_("This alert is open already."))
    alert.status = AlertStatus.RESOLVED
    alert.resolved_at = clock.now()
    return alert


def _refuse_resolved(alert: SecurityAlert) -> None:
    if alert.status is AlertStatus.RESOLVED:
        raise Conflict(_("This alert is resolved already."))
