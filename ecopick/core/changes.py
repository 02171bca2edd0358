"""What a command changed: the first old and the last new value of each field.

SQLAlchemy forgets an attribute's history at every flush, so the differences
are collected before each one, into the frame of the running command.
"""

import datetime as dt
import decimal
import enum
import uuid
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Session

# Never in a diff, encrypted or not.
SECRET_FIELDS = frozenset(
    {
        "code_hash",
        "code_salt",
        "hash",
        "key",
        "password_hash",
        "salt",
        "search",
        "search_text",
        "token",
        "token_hash",
        "totp_pending_enc",
        "totp_secret_enc",
        "wrapped_key",
    }
)
# Noise that says nothing about a decision.
SILENT_FIELDS = frozenset({"created_at", "updated_at", "version"})


@dataclass
class Frame:
    """Changes of one running command, by row and field, and its audit notes."""

    name: str
    rows: dict[int, tuple[object, dict[str, tuple[Any, Any]]]] = field(default_factory=dict)
    created: list[object] = field(default_factory=list)
    meta: dict[str, Any] = field(default_factory=dict)


def push(session: Session, name: str) -> Frame:
    """Open the frame of a command that starts."""
    if session.info.get("frames"):
        session.flush()
    frame = Frame(name)
    session.info.setdefault("frames", []).append(frame)
    return frame


def pop(session: Session) -> None:
    """Close the frame of the command that ended."""
    session.info["frames"].pop()


def current(session: Session) -> Frame | None:
    """The frame of the running command."""
    frames = session.info.get("frames")
    return frames[-1] if frames else None


def note(session: Session, **meta: Any) -> None:
    """Add facts to the audit entry of the running command (plain JSON values)."""
    frame = current(session)
    if frame is None:
        raise RuntimeError("note() belongs inside a command")
    frame.meta.update({key: plain(value) for key, value in meta.items()})


def collect(session: Session) -> None:
    """Take the differences of all rows that the coming flush will write."""
    frame = current(session)
    if frame is None:
        return
    for row in session.new:
        if not any(row is seen for seen in frame.created):
            frame.created.append(row)
        _merge(frame, row, created=True)
    for row in session.dirty:
        if session.is_modified(row):
            _merge(frame, row, created=False)


def _merge(frame: Frame, row: object, *, created: bool) -> None:
    _, fields = frame.rows.setdefault(id(row), (row, {}))
    for attribute in inspect(row).mapper.column_attrs:
        history = inspect(row).attrs[attribute.key].history
        if not history.has_changes():
            continue
        old = history.deleted[0] if history.deleted and not created else None
        new = history.added[0] if history.added else None
        first = fields[attribute.key][0] if attribute.key in fields else old
        fields[attribute.key] = (first, new)


def diff(frame: Frame, row: object, prefix: str = "") -> list[dict[str, Any]]:
    """The changes of ``row`` as ``[{field, from, to}]``, secrets left out."""
    _, fields = frame.rows.get(id(row), (row, {}))
    return [
        {"field": prefix + name, "from": plain(old), "to": plain(new)}
        for name, (old, new) in sorted(fields.items())
        if name not in SECRET_FIELDS | SILENT_FIELDS and plain(old) != plain(new)
    ]


def plain(value: Any) -> Any:
    """``value`` as JSON can hold it: times in ISO 8601, money as a string."""
    match value:
        case None | bool() | int() | float():
            return value
        case enum.Enum():
            return value.value
        case str():
            return str(value)
        case uuid.UUID() | decimal.Decimal():
            return str(value)
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat()
        case bytes():
            return value.hex()
        case dict():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(item) for item in value]
        case _:
            return str(value)
