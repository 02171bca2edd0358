"""What is blocked."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.context import origin
from ecopick.core.errors import NotFound
from ecopick.core.finding import as_id
from ecopick.core.permissions import authorize
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.security.addresses import blocks_around
from ecopick.domains.security.inputs import ListBlocks
from ecopick.domains.security.models import BlockedSource, BlockedSourceType
from ecopick.domains.security.queries.paging import Page, page_of


def device_value(fingerprint: str | None, device_id: str | None) -> str:
    """How a device is named: browsers of one make share a fingerprint, the id is its own."""
    return f"{fingerprint}:{device_id}"


def in_force(moment: datetime | None = None) -> ColumnElement[bool]:
    """Blocks that keep somebody out now."""
    return and_(
        BlockedSource.unblocked_at.is_(None),
        ~BlockedSource.archived,
        or_(BlockedSource.permanent, BlockedSource.blocked_until > (moment or clock.now())),
    )


def find_block(session: Session, user_id: uuid.UUID | None = None) -> BlockedSource | None:
    """What keeps this request out, if anything: its address, its device, its person.

    An address is also kept out by a block on a network around it.
    """
    at = origin()
    device = device_value(at.device_fingerprint, at.device_id)
    sources = [
        and_(
            BlockedSource.type == BlockedSourceType.IP,
            BlockedSource.value.in_(blocks_around(at.ip)),
        ),
        and_(
            BlockedSource.type == BlockedSourceType.DEVICE_FINGERPRINT,
            BlockedSource.value == device,
        ),
    ]
    if user_id is not None:
        sources.append(
            and_(BlockedSource.type == BlockedSourceType.USER, BlockedSource.value == str(user_id))
        )
    return session.scalars(
        select(BlockedSource)
        .where(or_(*sources), in_force())
        .order_by(BlockedSource.permanent.desc(), BlockedSource.blocked_until.desc())
        .limit(1)
    ).one_or_none()


def find_blocked_source(session: Session, actor: Actor, key: object) -> BlockedSource:
    """One entry, locked; only app administrators get as far as looking for it."""
    authorize(session, actor, "security:manage", None)
    block_id = as_id(key)
    found = session.get(BlockedSource, block_id, with_for_update=True) if block_id else None
    if found is None:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    return found


def list_blocks(session: Session, actor: Actor, data: ListBlocks) -> Page[BlockedSource]:
    """Blocks by state, newest first."""
    authorize(session, actor, "security:view", None)
    query = select(BlockedSource)
    if data.state == "active":
        query = query.where(in_force())
    elif data.state == "ended":
        query = query.where(~in_force(), ~BlockedSource.archived)
    elif data.state == "archived":
        query = query.where(BlockedSource.archived)
    if data.type is not None:
        query = query.where(BlockedSource.type == data.type)
    return page_of(session, query, BlockedSource.created_at, BlockedSource.id, data)


@dataclass(frozen=True)
class BlockFigures:
    """How many blocks are in force, how many of them end within a day."""

    active: int = 0
    ending: int = 0


def block_figures(session: Session) -> BlockFigures:
    """The figures of the monitoring page."""
    soon = clock.now() + timedelta(days=1)
    row = session.execute(
        select(
            func.count(),
            func.count().filter(~BlockedSource.permanent, BlockedSource.blocked_until <= soon),
        ).where(in_force())
    ).one()
    return BlockFigures(*row)


def blocked_among(session: Session, values: Iterable[str]) -> set[str]:
    """Those of ``values`` that are blocked now, whatever they are."""
    return set(
        session.scalars(
            select(BlockedSource.value).where(BlockedSource.value.in_(list(values)), in_force())
        )
    )
