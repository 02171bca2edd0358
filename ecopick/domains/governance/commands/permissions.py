"""Granting and revoking rights on single things.

Nobody grants what they lack, nor to themself; rights that cover everything and
rights for emergencies are given, changed and ended by a PROPERTY_OWNER alone.
"""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.changes import note
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import Forbidden
from ecopick.core.events import emit
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.governance.events import PermissionGranted, PermissionRevoked
from ecopick.domains.governance.inputs import (
    GrantPermissions,
    GrantToMany,
    Matrix,
    RevokePermissions,
)
from ecopick.domains.governance.models import ResourcePermission
from ecopick.domains.governance.policy import is_property_owner
from ecopick.domains.governance.resources import Resource, find_resource
from ecopick.domains.people.models import User

Given = GrantPermissions | GrantToMany | RevokePermissions


def _find(session: Session, actor: Actor, key: object) -> Resource:
    raise RuntimeError("a right stands on something")


def place(session: Session, actor: Actor, data: Given) -> Resource:
    """The thing that is named in the body. Raises Invalid for foreign and missing ids."""
    found = find_resource(session, actor, data.resource_type, data.resource_id)
    if found is None:
        raise wrong_field("resource_id", _("Please choose one of the options."))
    return found


@command("permission:grant", find=_find, audit_as="ENTITY_UPDATED")
def grant_permissions(
    session: Session, actor: Actor, at: Resource, data: GrantPermissions
) -> ResourcePermission:
    """Add rights to what the person has there; what was revoked or has run out starts anew."""
    row = _row(session, actor, at, data.user_id)
    before = {} if _has_ended(row) else dict(row.permissions)
    merged = {
        verb: sorted({*before.get(verb, ()), *data.permissions.get(verb, ())})
        for verb in sorted({*before, *data.permissions})
    }
    return _store(session, actor, row, data, merged)


@command("permission:grant", find=_find, audit_as="ENTITY_UPDATED")
def set_permissions(
    session: Session, actor: Actor, at: Resource, data: GrantPermissions
) -> ResourcePermission:
    """Replace what the person has there."""
    row = _row(session, actor, at, data.user_id)
    return _store(session, actor, row, data, dict(data.permissions))


@command("permission:grant", find=_find)
def grant_permissions_bulk(
    session: Session, actor: Actor, at: Resource, data: GrantToMany
) -> list[ResourcePermission]:
    """Add the same rights for several people; all or nobody."""
    return [
        grant_permissions(
            session,
            actor,
            at,
            GrantPermissions(
                user_id=user_id,
                resource_type=data.resource_type,
                resource_id=data.resource_id,
                permissions=data.permissions,
                expires_at=data.expires_at,
            ),
        )
        for user_id in dict.fromkeys(data.user_ids)
    ]


@command("permission:grant", find=_find, audit_as="ENTITY_UPDATED")
def revoke_permissions(
    session: Session, actor: Actor, at: Resource, data: RevokePermissions
) -> ResourcePermission:
    """End all that the person has there, at once; the row stays."""
    row = _held(session, at, data.user_id)
    _guard(actor, row)
    row.revoked_at = clock.now()
    _note(session, row)
    emit(session, actor, PermissionRevoked(row.property_owner_id, row.id, row.user_id))
    return row


@command("permission:grant", find=_find, audit_as="ENTITY_UPDATED")
def revoke_scopes(
    session: Session, actor: Actor, at: Resource, data: RevokePermissions
) -> ResourcePermission:
    """Take single scopes of single verbs away; where nothing is left the right ends."""
    row = _held(session, at, data.user_id)
    _guard(actor, row)
    row.permissions = _without(row.permissions, data.permissions or {})
    if not row.permissions and not row.full:
        row.revoked_at = clock.now()
    _note(session, row)
    emit(session, actor, PermissionRevoked(row.property_owner_id, row.id, row.user_id))
    return row


def _without(held: Matrix, taken: Matrix) -> Matrix:
    left = {verb: [each for each in held[verb] if each not in taken.get(verb, ())] for verb in held}
    return {verb: scopes for verb, scopes in left.items() if scopes}


def _row(session: Session, actor: Actor, at: Resource, user_id: uuid.UUID) -> ResourcePermission:
    """The person's row for this thing, locked, or a new one that is not stored yet."""
    if user_id == actor.user_id:
        raise wrong_field("user_id", _("Nobody grants rights to themself."))
    person = session.get(User, user_id)
    if person is None or person.is_system:
        raise wrong_field("user_id", _("Please choose one of the options."))
    found = _locked(session, at, user_id)
    if found is not None:
        return found
    return ResourcePermission(
        id=new_id(),
        property_owner_id=at.property_owner_id,
        user_id=user_id,
        resource_type=at.kind,
        resource_id=at.id,
        permissions={},
        full=False,
        needs_approval=False,
        emergency=False,
    )


def _locked(session: Session, at: Resource, user_id: uuid.UUID) -> ResourcePermission | None:
    return session.scalars(
        select(ResourcePermission)
        .where(
            ResourcePermission.property_owner_id == at.property_owner_id,
            ResourcePermission.user_id == user_id,
            ResourcePermission.resource_type == at.kind,
            ResourcePermission.resource_id == at.id,
        )
        .with_for_update()
    ).one_or_none()


def _held(session: Session, at: Resource, user_id: uuid.UUID) -> ResourcePermission:
    row = _locked(session, at, user_id)
    if row is None or row.revoked_at is not None:
        raise wrong_field("user_id", _("This person has no such right."))
    return row


def _has_ended(row: ResourcePermission) -> bool:
    return row.revoked_at is not None or (
        row.expires_at is not None and row.expires_at <= clock.now()
    )


def _guard(actor: Actor, row: ResourcePermission) -> None:
    if (row.full or row.emergency) and not is_property_owner(actor, row.property_owner_id):
        raise Forbidden(_("Only the property owner may grant or change this right."))


def _store(
    session: Session,
    actor: Actor,
    row: ResourcePermission,
    data: GrantPermissions,
    matrix: Matrix,
) -> ResourcePermission:
    anew = _has_ended(row)
    if not anew:
        _guard(actor, row)
    row.full = _flag(data.full, row.full, anew)
    row.needs_approval = _flag(data.needs_approval, row.needs_approval, anew)
    row.emergency = _flag(data.emergency, row.emergency, anew)
    _guard(actor, row)
    row.permissions = matrix
    row.expires_at = _future(data.expires_at)
    row.revoked_at = None
    row.granted_by_id = actor.user_id
    row.granted_at = clock.now()
    session.add(row)
    _note(session, row)
    emit(session, actor, PermissionGranted(row.property_owner_id, row.id, row.user_id))
    return row


def _note(session: Session, row: ResourcePermission) -> None:
    note(
        session,
        resource="resource_permissions",
        resource_id=row.id,
        person=row.user_id,
        on=row.resource_type,
    )


def _flag(asked: bool | None, held: bool, anew: bool) -> bool:
    return asked if asked is not None else held and not anew


def _future(at: datetime | None) -> datetime | None:
    if at is not None and at <= clock.now():
        raise wrong_field("expires_at", _("Please choose a time in the future."))
    return at
