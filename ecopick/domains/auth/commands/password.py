"""One's own password: changing it, setting a first one, keeping its hash strong."""

import uuid

from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.domains.auth import passwords
from ecopick.domains.people.commands import own_account


def keep_hash_strong(
    session: Session, user_id: uuid.UUID, stored: str | None, password: str
) -> None:
    """Store a password that was just proved at today's cost, if its hash is weaker.

    The transaction's scope must be the person's.
    """
    if stored is not None and passwords.is_weak_hash(stored):
        own_account.keep_stronger_hash(
            session, Actor(user_id), None, stored, passwords.hash_password(password)
        )
