"""Explicit grants: the ResourcePermission matrix, read fail-closed."""

import uuid
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.domains.governance.models import ResourcePermission


def _live(actor: Actor, verb: str) -> ColumnElement[bool]:
    """Grants of ``actor`` that cover ``verb`` now and need no approval."""
    return and_(
        ResourcePermission.user_id == actor.user_id,
        ResourcePermission.revoked_at.is_(None),
        or_(
            ResourcePermission.expires_at.is_(None),
            ResourcePermission.expires_at > clock.now(),
        ),
        ResourcePermission.needs_approval.is_(False),
        or_(ResourcePermission.full, ResourcePermission.permissions.has_key(verb)),
    )


def granted_by_permission(actor: Actor, verb: str, model: Any) -> ColumnElement[bool]:
    """Rows of ``model`` on which ``actor`` holds an explicit grant for ``verb``."""
    return exists(
        select(ResourcePermission.id).where(
            _live(actor, verb),
            ResourcePermission.resource_type == model.__name__,
            ResourcePermission.resource_id == model.id,
        )
    )


def has_grant(
    session: Session, actor: Actor, verb: str, resource_type: str, resource_id: uuid.UUID
) -> bool:
    """Whether ``actor`` holds an explicit grant for ``verb`` on one resource."""
    return bool(
        session.scalar(
            select(
                exists().where(
                    _live(actor, verb),
                    ResourcePermission.resource_type == resource_type,
                    ResourcePermission.resource_id == resource_id,
                )
            )
        )
    )
