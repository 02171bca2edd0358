"""Passkeys and whose they are."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import LargeBinary, Uuid, cast, column, func, select
from sqlalchemy.orm import Session

from ecopick.domains.auth.assertions import KnownKey
from ecopick.domains.auth.models import WebAuthnCredential


@dataclass(frozen=True)
class Passkey:
    """A passkey, as its person sees it. ``backed_up``: its keeper copies it to other devices."""

    id: uuid.UUID
    name: str
    created_at: datetime
    last_used_at: datetime | None
    backed_up: bool


def find_passkey(session: Session, credential_id: bytes) -> tuple[uuid.UUID, uuid.UUID] | None:
    """Id and person of a passkey, whatever the scope."""
    found = func.find_passkey(cast(credential_id, LargeBinary)).table_valued(
        column("id", Uuid), column("user_id", Uuid)
    )
    row = session.execute(select(found)).one_or_none()
    return (row.id, row.user_id) if row is not None else None


def passkeys_of(session: Session, user_id: uuid.UUID) -> list[Passkey]:
    """A person's passkeys, oldest first; their own scope is needed."""
    rows = session.execute(
        select(
            WebAuthnCredential.id,
            WebAuthnCredential.name,
            WebAuthnCredential.created_at,
            WebAuthnCredential.last_used_at,
            WebAuthnCredential.backed_up,
        )
        .where(WebAuthnCredential.user_id == user_id)
        .order_by(WebAuthnCredential.created_at, WebAuthnCredential.id)
    )
    return [Passkey(*row) for row in rows]


def keys_of(session: Session, user_id: uuid.UUID) -> list[KnownKey]:
    """What a browser needs to find a person's passkeys again."""
    rows = session.execute(
        select(WebAuthnCredential.credential_id, WebAuthnCredential.transports)
        .where(WebAuthnCredential.user_id == user_id)
        .order_by(WebAuthnCredential.created_at, WebAuthnCredential.id)
    )
    return [KnownKey(row.credential_id, tuple(row.transports or ())) for row in rows]
