"""Asking for a mail about an account; a job sends it within seconds."""

import uuid
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.changes import plain
from ecopick.core.context import origin
from ecopick.core.db import new_id
from ecopick.core.events import poke_after_commit
from ecopick.core.places import locate
from ecopick.core.tenancy import PLATFORM_OWNER_ID
from ecopick.domains.auth.models import AccountMail, MailKind


def ask_for_mail(
    session: Session,
    kind: MailKind,
    email: str,
    *,
    language: str,
    user_id: uuid.UUID | None = None,
    subject_id: uuid.UUID | None = None,
    version: int = 1,
    facts: dict[str, Any] | None = None,
) -> None:
    """Let a mail leave once the caller's transaction is stored.

    ``subject_id`` and ``version`` name the proof, second step or invitation whose
    code or link the mail carries; ``facts`` must hold no secret. When, with
    which device and from where it was caused is noted by itself.
    """
    moment = clock.now()
    told = _circumstances() | (facts or {})
    session.execute(
        insert(AccountMail).values(
            id=new_id(),
            property_owner_id=PLATFORM_OWNER_ID,
            kind=kind,
            user_id=user_id,
            email=email,
            language=language,
            subject_id=subject_id,
            version=version,
            facts={key: plain(value) for key, value in told.items()},
            attempts=0,
            retry_at=moment,
            created_at=moment,
        )
    )
    poke_after_commit(session)


def _circumstances() -> dict[str, Any]:
    at = origin()
    place = locate(at.ip)
    return {
        "at": clock.now(),
        "user_agent": at.user_agent,
        "place": place.words if place is not None else None,
    }
