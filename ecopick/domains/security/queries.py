"""Reading what is blocked."""

import uuid

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.context import origin
from ecopick.domains.security.models import BlockedSource, BlockedSourceType


def find_block(session: Session, user_id: uuid.UUID | None = None) -> BlockedSource | None:
    """What keeps this request out, if anything: its address, its device, its person.

    Browsers of one make share a fingerprint, so a device is blocked by
    ``<fingerprint>:<device id>``.
    """
    at = origin()
    device = f"{at.device_fingerprint}:{at.device_id}"
    sources = [
        and_(BlockedSource.type == BlockedSourceType.IP, BlockedSource.value == (at.ip or "")),
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
        .where(
            or_(*sources),
            BlockedSource.unblocked_at.is_(None),
            ~BlockedSource.archived,
            or_(BlockedSource.permanent, BlockedSource.blocked_until > clock.now()),
        )
        .order_by(BlockedSource.permanent.desc(), BlockedSource.blocked_until.desc())
        .limit(1)
    ).one_or_none()
