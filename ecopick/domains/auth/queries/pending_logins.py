"""Sign-ins that wait for their second step."""

import uuid

from sqlalchemy import ColumnElement, Uuid, and_, cast, column, func, select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.domains.auth.models import AuthPendingLogin

# All ways together; more are not looked at.
GUESSES = 5


def is_open() -> ColumnElement[bool]:
    """Neither over nor used nor guessed at too often."""
    return and_(
        AuthPendingLogin.consumed_at.is_(None),
        AuthPendingLogin.expires_at > clock.now(),
        AuthPendingLogin.code_attempts < GUESSES,
    )


def person_of(session: Session, pending_id: uuid.UUID) -> uuid.UUID | None:
    """Whose sign-in it is, whatever the scope and its state."""
    found = func.find_pending_login(cast(pending_id, Uuid)).table_valued(
        column("id", Uuid), column("user_id", Uuid)
    )
    return session.scalar(select(found.c.user_id))


def find_open(
    session: Session, pending_id: uuid.UUID, *, lock: bool = False
) -> AuthPendingLogin | None:
    """The waiting sign-in if it is still open; the scope must be its person's."""
    query = select(AuthPendingLogin).where(AuthPendingLogin.id == pending_id, is_open())
    return session.scalar(query.with_for_update() if lock else query)
