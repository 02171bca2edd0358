"""Accounts at identity providers and whom they open."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import DateTime, Integer, Text, Uuid, cast, column, func, select
from sqlalchemy.dialects.postgresql import CITEXT
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.domains.auth.models import AuthIdentity, WebAuthnCredential
from ecopick.domains.people.models import User


@dataclass(frozen=True)
class LinkedIdentity:
    """An account at a provider, as its person sees it."""

    id: uuid.UUID
    issuer: str
    email: str | None
    created_at: datetime
    last_used_at: datetime | None


def find_identity(session: Session, issuer: str, subject: str) -> uuid.UUID | None:
    """The person whom an account at a provider opens, whatever the scope."""
    found = func.find_identity(cast(issuer, Text), cast(subject, Text)).table_valued(
        column("id", Uuid), column("user_id", Uuid)
    )
    row = session.execute(select(found)).one_or_none()
    return row.user_id if row is not None else None


def find_waiting_invitation(session: Session, email: str) -> tuple[uuid.UUID, int] | None:
    """Id and version of the newest invitation that waits for an address.

    Only for somebody who proved to hold that address.
    """
    found = func.find_waiting_invitation(
        cast(email, CITEXT), cast(clock.now(), DateTime(timezone=True))
    ).table_valued(column("id", Uuid), column("version", Integer))
    row = session.execute(select(found)).one_or_none()
    return (row.id, row.version) if row is not None else None


def identities_of(session: Session, user_id: uuid.UUID) -> list[LinkedIdentity]:
    """What a person has linked, oldest first; their own scope is needed."""
    rows = session.execute(
        select(
            AuthIdentity.id,
            AuthIdentity.issuer,
            AuthIdentity.email,
            AuthIdentity.created_at,
            AuthIdentity.last_used_at,
        )
        .where(AuthIdentity.user_id == user_id)
        .order_by(AuthIdentity.created_at, AuthIdentity.id)
    )
    return [LinkedIdentity(*row) for row in rows]


def has_other_way_in(
    session: Session, user: User, identity_id: uuid.UUID, issuers: Collection[str]
) -> bool:
    """Whether the person could still sign in without one of their identities.

    By password, by passkey, or by another identity whose issuer is among those
    that are set up. A mailed link alone does not count: whoever holds the
    mailbox would hold the account.
    """
    if user.password_hash is not None:
        return True
    passkeys = select(WebAuthnCredential.id).where(WebAuthnCredential.user_id == user.id)
    others = select(AuthIdentity.id).where(
        AuthIdentity.user_id == user.id,
        AuthIdentity.id != identity_id,
        AuthIdentity.issuer.in_(issuers),
    )
    return any(session.scalar(query.limit(1)) is not None for query in (passkeys, others))
