"""Pages by key: newest first, forwards only from where the reader stands."""

import base64
import binascii
import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from ecopick.core.errors import Invalid
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.security.inputs import Paged

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Rows, and the key of the page after them; None where there is none."""

    items: list[T] = field(default_factory=list)
    next_cursor: str | None = None


def page_of(
    session: Session,
    query: Select[Any],
    at: InstrumentedAttribute[datetime],
    row_id: InstrumentedAttribute[uuid.UUID],
    data: Paged,
) -> Page[Any]:
    """One page of ``query``, newest first by ``at``. ``Invalid`` for a cursor not made here."""
    if data.cursor:
        query = query.where(tuple_(at, row_id) < tuple_(*_unpack(data.cursor)))
    rows = list(
        session.scalars(query.order_by(at.desc(), row_id.desc()).limit(data.limit + 1)).all()
    )
    if len(rows) <= data.limit:
        return Page(rows)
    last = rows[data.limit - 1]
    return Page(rows[: data.limit], pack(getattr(last, at.key), getattr(last, row_id.key)))


def pack(moment: datetime, row_id: uuid.UUID) -> str:
    """The opaque text of a place in a list."""
    raw = json.dumps([moment.isoformat(), str(row_id)]).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _unpack(value: str) -> tuple[datetime, uuid.UUID]:
    try:
        padded = value + "=" * (-len(value) % 4)
        moment, row_id = json.loads(base64.b64decode(padded, b"-_", validate=True))
        found = datetime.fromisoformat(moment), uuid.UUID(row_id)
        if found[0].tzinfo is None or not 1970 <= found[0].year < 9000:
            raise ValueError(value)
    except (ValueError, TypeError, AttributeError, binascii.Error) as error:
        raise Invalid(
            _("Please check the marked fields."),
            fields={
                "cursor": _("This page of the list no longer exists. Start from the first one.")
            },
        ) from error
    return found
