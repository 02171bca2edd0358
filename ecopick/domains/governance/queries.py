"""Explicit grants: the ResourcePermission matrix, read fail-closed."""

import uuid
from collections.abc import Mapping

from sqlalchemy import ColumnElement, and_, false, literal, or_, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.types import Uuid

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.domains.governance.models import ResourcePermission

# Resource types with an id, or with the column that holds it.
Resources = Mapping[str, uuid.UUID | InstrumentedAttribute[uuid.UUID]]


def _live(actor: Actor, verb: str, scope: str) -> ColumnElement[bool]:
    """Grants of ``actor`` that cover ``verb`` in ``scope`` now and need no approval."""
    return and_(
        ResourcePermission.user_id == actor.user_id,
        ResourcePermission.revoked_at.is_(None),
        or_(
            ResourcePermission.expires_at.is_(None),
            ResourcePermission.expires_at > clock.now(),
        ),
        ResourcePermission.needs_approval.is_(False),
        or_(
            ResourcePermission.full,
            ResourcePermission.permissions[verb].has_any(array(["*", scope])),
        ),
    )


def granted(actor: Actor, verb: str, scope: str, resources: Resources) -> ColumnElement[bool]:
    """Whether ``actor`` holds an explicit grant on any of ``resources``, as a condition.

    The grant must name ``verb`` with ``scope`` (``tickets``) or with any scope.
    """
    holds = [
        (literal(key, Uuid) if isinstance(key, uuid.UUID) else key).in_(
            select(ResourcePermission.resource_id).where(
                ResourcePermission.resource_type == kind, _live(actor, verb, scope)
            )
        )
        for kind, key in resources.items()
    ]
    return or_(false(), *holds)


def has_grant(session: Session, actor: Actor, verb: str, scope: str, resources: Resources) -> bool:
    """Whether ``actor`` holds an explicit grant on any of ``resources``."""
    return bool(session.scalar(select(granted(actor, verb, scope, resources))))
