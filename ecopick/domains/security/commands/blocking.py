"""Blocking sources and letting them in again. Every act is recorded for the platform."""

import uuid
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.context import origin
from ecopick.core.errors import Conflict, Invalid, Text
from ecopick.core.tenancy import PLATFORM_OWNER_ID
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.security.addresses import is_too_wide, network, plain_address, stored
from ecopick.domains.security.inputs import BlockSource
from ecopick.domains.security.models import BlockedSource, BlockedSourceType
from ecopick.domains.security.queries.blocks import device_value, find_blocked_source
from ecopick.domains.security.queries.people import person_named

USUAL = timedelta(hours=24)


def for_the_platform(actor: Actor) -> Actor:
    """The administrator, acting for the installation rather than for an owner."""
    return replace(actor, owner_id=PLATFORM_OWNER_ID)


def block_source(session: Session, actor: Actor, data: BlockSource) -> BlockedSource:
    """Keep an address, network, device or person out from the next request on.

    For a day where nothing else is said. A block that exists already is changed.
    ``Invalid`` for what cannot be blocked, and for one's own way in.
    """
    return _block(session, for_the_platform(actor), None, data)


def _none(session: Session, actor: Actor, key: object) -> None:
    return None


@command("security:manage", find=_none, audit_as="ENTITY_CREATED")
def _block(session: Session, actor: Actor, subject: None, data: BlockSource) -> BlockedSource:
    value, user_id = _value(session, actor, data)
    until = data.blocked_until or clock.now() + (
        timedelta(hours=data.hours) if data.hours else USUAL
    )
    if not data.permanent and until <= clock.now():
        raise _refused("blocked_until", _("Please choose a time that is still to come."))
    found = session.scalars(
        select(BlockedSource)
        .where(BlockedSource.type == data.type, BlockedSource.value == value)
        .with_for_update()
    ).one_or_none()
    if found is None:
        found = BlockedSource(type=data.type, value=value)
        session.add(found)
    found.reason, found.user_id = data.reason, user_id
    found.permanent = data.permanent
    found.blocked_until = None if data.permanent else until
    found.archived, found.unblocked_at = False, None
    found.meta = {"blocked_by": str(actor.user_id), "blocked_at": clock.now().isoformat()}
    return found


def _value(session: Session, actor: Actor, data: BlockSource) -> tuple[str, uuid.UUID | None]:
    """What is stored of the source, and whom it concerns."""
    at = origin()
    if data.type is BlockedSourceType.IP:
        found = network(data.value)
        if found is None:
            raise _refused(
                "value", _("Please enter an address such as 203.0.113.7 or 203.0.113.0/24.")
            )
        if is_too_wide(found):
            raise _refused("value", _("This network is too large to be blocked as a whole."))
        own = plain_address(at.ip or "")
        if own is not None and own.version == found.version and own in found:
            raise _own_way_in()
        return stored(found), None
    if data.type is BlockedSourceType.USER:
        person_id = person_named(session, data.value)
        if person_id is None:
            raise _refused("value", _("There is no account with this email address."))
        if person_id == actor.user_id:
            raise _own_way_in()
        return str(person_id), person_id
    fingerprint, _colon, device_id = data.value.partition(":")
    if not fingerprint or not device_id:
        raise _refused("value", _("A device is named by its fingerprint and its own id."))
    if data.value == device_value(at.device_fingerprint, at.device_id):
        raise _own_way_in()
    return data.value, None


def unblock(session: Session, actor: Actor, key: str | uuid.UUID) -> BlockedSource:
    """Let the source in again. ``Conflict`` where it is not blocked any more."""
    return _unblock(session, for_the_platform(actor), key)


@command("security:manage", find=find_blocked_source, audit_as="ENTITY_STATUS_CHANGED")
def _unblock(session: Session, actor: Actor, block: BlockedSource) -> BlockedSource:
    if block.unblocked_at is not None or block.archived:
        raise Conflict(_("This block has ended already."))
    block.unblocked_at = clock.now()
    return block


def archive(session: Session, actor: Actor, key: str | uuid.UUID) -> BlockedSource:
    """Take a block that has ended off the lists. ``Conflict`` while it keeps somebody out."""
    return _archive(session, for_the_platform(actor), key)


@command("security:manage", find=find_blocked_source, audit_as="ENTITY_STATUS_CHANGED")
def _archive(session: Session, actor: Actor, block: BlockedSource) -> BlockedSource:
    lapsed = block.blocked_until is not None and block.blocked_until <= clock.now()
    if block.archived:
        raise Conflict(_("This block is archived already."))
    if block.unblocked_at is None and (block.permanent or not lapsed):
        raise Conflict(_("This block is still in force. Please unblock the source first."))
    block.archived = True
    return block


def _refused(name: str, text: Text) -> Invalid:
    return Invalid(_("Please check the marked fields."), fields={name: text})


def _own_way_in() -> Invalid:
    return _refused("value", _("This would shut you out yourself."))
