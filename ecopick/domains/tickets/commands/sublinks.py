"""The narrower link that the recipient of a link gives to a technician."""

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock, crypto
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict, NotFound
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.models import VendorLink, VendorSublink
from ecopick.domains.tickets.queries.visits import sublinks_of
from ecopick.domains.tickets.visit_inputs import GiveLink

PURPOSE = "vendor_sublink"
MOST_SUBLINKS = 5


def sublink_token(row: VendorSublink) -> str:
    """The secret part of the narrower link's address: 256 bits, never stored."""
    return crypto.token(PURPOSE, row.link_id, row.id, row.version)


def _lock_link(session: Session, actor: Actor, key: uuid.UUID) -> VendorLink:
    link = session.scalars(
        select(VendorLink).where(VendorLink.id == key).with_for_update()
    ).one_or_none()
    if link is None:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    return link


@command("visit:give_link", find=_lock_link, audit_as="ENTITY_CREATED")
def give_link(session: Session, actor: Actor, link: VendorLink, data: GiveLink) -> VendorSublink:
    """Let somebody else work on the job, without prices and without a decline.

    The same name and address again are the same link. At most five count at a time.
    """
    known = sublinks_of(session, link.id)
    for row in known:
        if (row.name, row.email) == (data.name, data.email):
            return row
    if len(known) >= MOST_SUBLINKS:
        raise Conflict(_("Five people have a link already. End one of them first."), code="many")
    row = VendorSublink(
        id=new_id(),
        property_owner_id=link.property_owner_id,
        link_id=link.id,
        name=data.name,
        email=data.email,
        language=actor.language,
        version=1,
        created_at=clock.now(),
    )
    row.token_hash = crypto.token_hash(sublink_token(row))
    session.add(row)
    return row


@command("visit:give_link", find=_lock_link, audit_as="ENTITY_DEACTIVATED")
def end_sublink(
    session: Session, actor: Actor, link: VendorLink, sublink_id: uuid.UUID
) -> VendorSublink:
    """The narrower link opens nothing any more; a repeat changes nothing."""
    row = session.scalars(
        select(VendorSublink).where(
            VendorSublink.id == sublink_id, VendorSublink.link_id == link.id
        )
    ).one_or_none()
    if row is None:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    if row.revoked_at is None:
        row.revoked_at = clock.now()
    return row


def _lock_sublink(session: Session, actor: Actor, key: uuid.UUID) -> VendorSublink:
    row = session.scalars(
        select(VendorSublink)
        .where(
            VendorSublink.id == key,
            VendorSublink.sent_at.is_(None),
            VendorSublink.revoked_at.is_(None),
        )
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    return row


@command("system:vendor_links", find=_lock_sublink)
def note_sent(session: Session, actor: Actor, row: VendorSublink) -> VendorSublink:
    """Keep that the mail with the narrower link leaves; bookkeeping of the system."""
    row.sent_at = clock.now()
    return row
