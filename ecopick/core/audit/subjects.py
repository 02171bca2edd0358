"""Personal values in audit rows, encrypted under keys that can be destroyed.

A person's values stand under a key of theirs; free texts, which may name anybody,
under a key of what they are about; the address and program behind an entry under
the person's key and one of the month together. Whatever key is destroyed, by
erasure or because a month is over: the rows, their hashes and the chain stay.
"""

import base64
import hashlib
import json
import os
import uuid
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ecopick.core import clock, crypto
from ecopick.core.audit.models import KeyKind, SubjectKey
from ecopick.core.tenancy import PLATFORM_OWNER_ID

PERSONAL_FIELDS = frozenset(
    {
        "address1",
        "birth_date",
        "email",
        "first_name",
        "last_name",
        "name",
        "phone",
        "reporter_email",
        "sex",
        "ticked_name",
        "typed_name",
    }
)


# Free texts: whoever writes them may name anybody.
TEXT_FIELDS = frozenset(
    {
        "access_note",
        "app_admin_reason",
        "body",
        "content",
        "decision_note",
        "description",
        "file_name",
        "line_items",
        "metadata_",
        "note",
        "rating_comment",
        "reason",
        "title",
    }
)


def period_id(owner_id: uuid.UUID, stream: str, day: date) -> uuid.UUID:
    """The subject of a stream's key of a month."""
    return uuid.uuid5(owner_id, f"{stream}:{day:%Y-%m}")


def text_id(about: uuid.UUID, number: int) -> uuid.UUID:
    """The subject of the texts about something; the next number once a key is destroyed."""
    return uuid.uuid5(about, f"text:{number}")


def subject_key(
    session: Session,
    owner_id: uuid.UUID,
    subject_id: uuid.UUID,
    kind: KeyKind = KeyKind.PERSON,
) -> bytes | None:
    """The subject's key with this owner, made on first use; None once destroyed."""
    found = _known_key(session, owner_id, subject_id)
    if found is None:
        found = _create(session, owner_id, subject_id, kind)
        _cache(session)[owner_id, subject_id] = found
    return found


Keys = dict[tuple[uuid.UUID, uuid.UUID], bytes | None]


def _cache(session: Session) -> Keys:
    found: Keys = session.info.setdefault("subject_keys", {})
    return found


def _known_key(session: Session, owner_id: uuid.UUID, subject_id: uuid.UUID) -> bytes | None:
    """The key if there is one that the scope may see."""
    cache = _cache(session)
    if (owner_id, subject_id) not in cache:
        cache[owner_id, subject_id] = _load(session, owner_id, subject_id)
    return cache[owner_id, subject_id]


def load_keys(session: Session, owner_id: uuid.UUID, values: Iterable[str | None]) -> None:
    """Read the keys of everybody in ``values`` (as ``seal_text`` makes them) in one statement."""
    cache = _cache(session)
    subjects = {each for value in values if value is not None for each in _subjects(value)}
    missing = [each for each in subjects if (owner_id, each) not in cache]
    if not missing:
        return
    rows = session.execute(
        select(SubjectKey.subject_id, SubjectKey.wrapped_key).where(
            SubjectKey.property_owner_id == owner_id, SubjectKey.subject_id.in_(missing)
        )
    )
    found = {row.subject_id: row.wrapped_key for row in rows}
    for subject in missing:
        wrapped = found.get(subject)
        cache[owner_id, subject] = crypto.unwrap(wrapped, subject.bytes) if wrapped else None


def _subjects(value: str) -> list[uuid.UUID]:
    """Whose keys a sealed value needs; none for plain text."""
    match value[:3]:
        case "v1.":
            return [uuid.UUID(value.split(".", 2)[1])]
        case "v2.":
            return [uuid.UUID(each) for each in value.split(".", 3)[1:3]]
        case _:
            return []


def _load(session: Session, owner_id: uuid.UUID, subject_id: uuid.UUID) -> bytes | None:
    wrapped = session.execute(
        select(SubjectKey.wrapped_key).where(
            SubjectKey.property_owner_id == owner_id, SubjectKey.subject_id == subject_id
        )
    ).scalar_one_or_none()
    if wrapped is None:
        return None
    return crypto.unwrap(wrapped, subject_id.bytes)


def _create(
    session: Session, owner_id: uuid.UUID, subject_id: uuid.UUID, kind: KeyKind
) -> bytes | None:
    fresh = os.urandom(32)
    session.execute(
        insert(SubjectKey)
        .values(
            property_owner_id=owner_id,
            subject_id=subject_id,
            kind=kind,
            wrapped_key=crypto.encrypt(crypto.keys().data, fresh, subject_id.bytes),
            created_at=clock.now(),
        )
        .on_conflict_do_nothing()
    )
    return _load(session, owner_id, subject_id)


def make_text_keys(session: Session, owner_id: uuid.UUID, abouts: Iterable[uuid.UUID]) -> None:
    """Make the first keys for texts about many things at once."""
    cache, rows = _cache(session), []
    for about in sorted(set(abouts)):
        subject, fresh = text_id(about, 0), os.urandom(32)
        cache[owner_id, subject] = fresh
        rows.append(
            {
                "property_owner_id": owner_id,
                "subject_id": subject,
                "kind": KeyKind.TEXT,
                "wrapped_key": crypto.encrypt(crypto.keys().data, fresh, subject.bytes),
                "created_at": clock.now(),
            }
        )
    if rows:
        session.execute(insert(SubjectKey), rows)


def seal_text(
    session: Session, owner_id: uuid.UUID, subject_id: uuid.UUID | None, value: str | None
) -> str | None:
    """``value`` as ``v1.<subject>.<base64>``; None without a value or after erasure."""
    if value is None or subject_id is None:
        return None
    key = subject_key(session, owner_id, subject_id)
    if key is None:
        return None
    return f"v1.{subject_id}.{_sealed(key, value)}"


def _sealed(key: bytes, value: str) -> str:
    return base64.b64encode(crypto.encrypt(key, value.encode(), b"audit")).decode()


def seal_origin(
    session: Session,
    owner_id: uuid.UUID,
    subject_id: uuid.UUID | None,
    value: str | None,
    *,
    stream: str,
    at: datetime,
) -> str | None:
    """``value`` as ``v2.<subject>.<period>.<base64>``: readable while both keys exist."""
    if value is None or subject_id is None:
        return None
    period = period_id(owner_id, stream, at.date())
    key = subject_key(session, owner_id, subject_id)
    month = subject_key(session, owner_id, period, KeyKind.PERIOD)
    if key is None or month is None:
        return None
    return f"v2.{subject_id}.{period}.{_sealed(_both(key, month), value)}"


def _both(key: bytes, month: bytes) -> bytes:
    return hashlib.sha256(key + month).digest()


def seal_about(
    session: Session, owner_id: uuid.UUID, about: uuid.UUID | None, value: object
) -> object:
    """A free text under a key of what it is about; JSON is sealed as its text.

    Entries of the platform, which people read about themselves, stand under the
    key of ``about`` itself.
    """
    if value is None or value == "" or about is None:
        return value if value == "" else None
    plain = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if owner_id == PLATFORM_OWNER_ID:
        return seal_text(session, owner_id, about, plain)
    number = 0
    while subject_key(session, owner_id, text_id(about, number), KeyKind.TEXT) is None:
        number += 1
    return seal_text(session, owner_id, text_id(about, number), plain)


def open_text(session: Session, owner_id: uuid.UUID, value: str | None) -> str | None:
    """The plain text of what was sealed; None where a key is gone."""
    if value is None or not value.startswith(("v1.", "v2.")):
        return value
    keys = [_known_key(session, owner_id, subject) for subject in _subjects(value)]
    if any(key is None for key in keys):
        return None
    key = _both(*keys) if len(keys) == 2 else keys[0]  # type: ignore[arg-type]
    assert key is not None
    opened = crypto.decrypt(key, base64.b64decode(value.rsplit(".", 1)[1]), b"audit")
    return opened.decode() if opened is not None else None


def open_values(
    session: Session, owner_id: uuid.UUID, facts: dict[str, Any] | None
) -> dict[str, Any]:
    """Facts with every sealed value in plain text, None where a key is gone."""
    return {
        name: open_text(session, owner_id, value) if isinstance(value, str) else value
        for name, value in (facts or {}).items()
    }


def seal_changes(
    session: Session,
    owner_id: uuid.UUID,
    subject_id: uuid.UUID | None,
    changes: list[dict[str, Any]],
    about: uuid.UUID | None = None,
) -> list[dict[str, Any]]:
    """``changes`` with personal values under the key of ``subject_id``, texts under one of
    ``about``; without a subject personal values count as texts."""

    def seal(name: str, value: Any) -> Any:
        if name in TEXT_FIELDS or (name in PERSONAL_FIELDS and subject_id is None):
            return seal_about(session, owner_id, about or subject_id, value)
        if name in PERSONAL_FIELDS:
            return seal_text(session, owner_id, subject_id, value)
        return value

    return [
        {
            **change,
            **{
                end: seal(change["field"].rsplit(".", 1)[-1], change[end]) for end in ("from", "to")
            },
        }
        for change in changes
    ]
