"""Personal values in audit rows, encrypted under one key a person.

Erasing a person destroys their key; the rows, their hashes and the chain stay.
"""

import base64
import os
import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ecopick.core import clock, crypto
from ecopick.core.audit.models import SubjectKey

PERSONAL_FIELDS = frozenset(
    {
        "access_note",
        "address1",
        "birth_date",
        "email",
        "first_name",
        "last_name",
        "name",
        "phone",
        "reporter_email",
        "sex",
        "typed_name",
    }
)


def subject_key(session: Session, owner_id: uuid.UUID, subject_id: uuid.UUID) -> bytes | None:
    """The person's key with this owner, made on first use; None once destroyed."""
    cache: dict[tuple[uuid.UUID, uuid.UUID], bytes | None]
    cache = session.info.setdefault("subject_keys", {})
    if (owner_id, subject_id) not in cache:
        cache[owner_id, subject_id] = _load(session, owner_id, subject_id) or _create(
            session, owner_id, subject_id
        )
    return cache[owner_id, subject_id]


def load_keys(session: Session, owner_id: uuid.UUID, values: Iterable[str | None]) -> None:
    """Read the keys of everybody in ``values`` (as ``seal_text`` makes them) in one statement."""
    cache: dict[tuple[uuid.UUID, uuid.UUID], bytes | None]
    cache = session.info.setdefault("subject_keys", {})
    people = {uuid.UUID(v.split(".", 2)[1]) for v in values if v is not None and v[:3] == "v1."}
    missing = [person for person in people if (owner_id, person) not in cache]
    if not missing:
        return
    rows = session.execute(
        select(SubjectKey.subject_id, SubjectKey.wrapped_key).where(
            SubjectKey.property_owner_id == owner_id, SubjectKey.subject_id.in_(missing)
        )
    )
    found = {row.subject_id: row.wrapped_key for row in rows}
    for person in missing:
        wrapped = found.get(person)
        cache[owner_id, person] = (
            crypto.decrypt(crypto.keys().data, wrapped, person.bytes) if wrapped else None
        )


def _load(session: Session, owner_id: uuid.UUID, subject_id: uuid.UUID) -> bytes | None:
    wrapped = session.execute(
        select(SubjectKey.wrapped_key).where(
            SubjectKey.property_owner_id == owner_id, SubjectKey.subject_id == subject_id
        )
    ).scalar_one_or_none()
    if wrapped is None:
        return None
    return crypto.unwrap(wrapped, subject_id.bytes)


def _create(session: Session, owner_id: uuid.UUID, subject_id: uuid.UUID) -> bytes | None:
    fresh = os.urandom(32)
    session.execute(
        insert(SubjectKey)
        .values(
            property_owner_id=owner_id,
            subject_id=subject_id,
            wrapped_key=crypto.encrypt(crypto.keys().data, fresh, subject_id.bytes),
            created_at=clock.now(),
        )
        .on_conflict_do_nothing()
    )
    return _load(session, owner_id, subject_id)


def seal_text(
    session: Session, owner_id: uuid.UUID, subject_id: uuid.UUID | None, value: str | None
) -> str | None:
    """``value`` as ``v1.<subject>.<base64>``; None without a value or after erasure."""
    if value is None or subject_id is None:
        return None
    key = subject_key(session, owner_id, subject_id)
    if key is None:
        return None
    sealed = crypto.encrypt(key, value.encode(), b"audit")
    return f"v1.{subject_id}.{base64.b64encode(sealed).decode()}"


def open_text(session: Session, owner_id: uuid.UUID, value: str | None) -> str | None:
    """The plain text of ``seal_text``; None where the key is gone."""
    if value is None or not value.startswith("v1."):
        return value
    _, subject, sealed = value.split(".", 2)
    key = subject_key(session, owner_id, uuid.UUID(subject))
    if key is None:
        return None
    opened = crypto.decrypt(key, base64.b64decode(sealed), b"audit")
    return opened.decode() if opened is not None else None


def seal_changes(
    session: Session,
    owner_id: uuid.UUID,
    subject_id: uuid.UUID | None,
    changes: list[dict[str, Any]],
) -> list[dict[str, Any]]:
    """``changes`` with the values of personal fields encrypted."""
    return [
        {
            **change,
            "from": seal_text(session, owner_id, subject_id, change["from"]),
            "to": seal_text(session, owner_id, subject_id, change["to"]),
        }
        if change["field"].rsplit(".", 1)[-1] in PERSONAL_FIELDS
        else change
        for change in changes
    ]
