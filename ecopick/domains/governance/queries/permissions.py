"""Who has which rights on single things."""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.errors import NotFound
from ecopick.core.permissions import authorize
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.governance.inputs import ListPermissions, Matrix
from ecopick.domains.governance.models import ResourcePermission
from ecopick.domains.governance.policy import permissions_visible_to
from ecopick.domains.governance.queries.grants import covers, has_grant, live
from ecopick.domains.governance.vocabulary import ACTIONS
from ecopick.domains.people.models import User
from ecopick.domains.people.queries import people


@dataclass(frozen=True)
class PermissionLine:
    """A right as management reads it."""

    id: uuid.UUID
    user_id: uuid.UUID
    user_name: str
    resource_type: str
    resource_id: uuid.UUID
    permissions: Matrix
    full: bool
    needs_approval: bool
    emergency: bool
    granted_by_name: str | None
    granted_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    @property
    def is_live(self) -> bool:
        """Whether it counts now."""
        return self.revoked_at is None and (
            self.expires_at is None or self.expires_at > clock.now()
        )


def _reaches(scope: str, verb: str) -> bool:
    return (verb, scope) in ACTIONS


def has_permission(
    session: Session, actor: Actor, verb: str, scope: str, kind: str, resource_id: uuid.UUID
) -> bool:
    """Whether the actor holds this right on this very thing; False for unknown words."""
    return _reaches(scope, verb) and has_grant(session, actor, verb, scope, {kind: resource_id})


def has_all_permissions(
    session: Session,
    actor: Actor,
    verbs: Iterable[str],
    scope: str,
    kind: str,
    resource_id: uuid.UUID,
) -> bool:
    """Whether the actor holds each of these rights; False for none."""
    asked = tuple(verbs)
    return bool(asked) and all(
        has_permission(session, actor, verb, scope, kind, resource_id) for verb in asked
    )


def has_any_permission(
    session: Session,
    actor: Actor,
    verbs: Iterable[str],
    scope: str,
    kind: str,
    resource_id: uuid.UUID,
) -> bool:
    """Whether the actor holds one of these rights."""
    return any(has_permission(session, actor, verb, scope, kind, resource_id) for verb in verbs)


def get_permissions(
    session: Session, user_id: uuid.UUID, kind: str, resource_id: uuid.UUID
) -> Matrix:
    """The live matrix of a person on one thing; ``{"*": ["*"]}`` where it covers everything.

    On a vendor it is all that the owners in the scope gave.
    """
    rows = session.scalars(
        select(ResourcePermission).where(
            live(user_id),
            ResourcePermission.resource_type == kind,
            ResourcePermission.resource_id == resource_id,
        )
    ).all()
    if any(row.full for row in rows):
        return {"*": ["*"]}
    found: Matrix = {}
    for row in rows:
        for verb, scopes in row.permissions.items():
            found[verb] = sorted({*found.get(verb, ()), *scopes})
    return found


def get_accessible_resources(
    session: Session, actor: Actor, verb: str, scope: str, kind: str
) -> list[uuid.UUID]:
    """Things of a kind on which the actor holds this right at once, without an approval."""
    if not _reaches(scope, verb):
        return []
    return list(
        session.scalars(
            select(ResourcePermission.resource_id)
            .where(
                live(actor.user_id),
                covers(verb, scope),
                ResourcePermission.resource_type == kind,
                or_(ResourcePermission.needs_approval.is_(False), ResourcePermission.emergency),
            )
            .order_by(ResourcePermission.resource_id)
        )
    )


def get_all_permissions_for_user(
    session: Session, actor: Actor, user_id: uuid.UUID
) -> list[PermissionLine]:
    """All live rights of a person, as far as the actor may see them."""
    return list_permissions(session, actor, ListPermissions(user_id=user_id))


def list_permissions(
    session: Session, actor: Actor, filters: ListPermissions
) -> list[PermissionLine]:
    """Rights that the actor may see, newest first, at most 500.

    Management sees those of its owner, everybody their own. Raises NotFound for
    somebody whom the actor cannot see.
    """
    person = session.get(User, filters.user_id or actor.user_id)
    if person is None:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    authorize(session, actor, "permission:view", person)
    rows = session.scalars(
        select(ResourcePermission)
        .where(permissions_visible_to(actor), *_chosen(filters))
        .order_by(ResourcePermission.granted_at.desc(), ResourcePermission.id.desc())
        .limit(500)
    ).all()
    names = people(session, {row.user_id for row in rows} | {row.granted_by_id for row in rows})
    return [_line(row, {key: found.name for key, found in names.items()}) for row in rows]


def _chosen(filters: ListPermissions) -> Iterator[ColumnElement[bool]]:
    if filters.user_id is not None:
        yield ResourcePermission.user_id == filters.user_id
    if filters.resource_type is not None:
        yield ResourcePermission.resource_type == filters.resource_type
    if filters.resource_id is not None:
        yield ResourcePermission.resource_id == filters.resource_id
    if not filters.ended:
        yield ResourcePermission.revoked_at.is_(None)
        yield or_(
            ResourcePermission.expires_at.is_(None),
            ResourcePermission.expires_at > clock.now(),
        )


def _line(row: ResourcePermission, names: dict[uuid.UUID, str]) -> PermissionLine:
    return PermissionLine(
        id=row.id,
        user_id=row.user_id,
        user_name=names.get(row.user_id, "—"),
        resource_type=row.resource_type,
        resource_id=row.resource_id,
        permissions=dict(row.permissions),
        full=row.full,
        needs_approval=row.needs_approval,
        emergency=row.emergency,
        granted_by_name=names.get(row.granted_by_id) if row.granted_by_id else None,
        granted_at=row.granted_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
