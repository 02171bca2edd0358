"""Browsers in which a person has signed in before."""

import uuid
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ecopick.core.context import origin
from ecopick.domains.auth.models import AuthSession

NOBODY = uuid.UUID(int=0)


@dataclass(frozen=True)
class Familiarity:
    """Whether this browser is known to the person, and whether any is."""

    knows_device: bool
    knows_any: bool


def familiarity(session: Session, user_id: uuid.UUID | None) -> Familiarity:
    """How well this browser is known to the person; nobody's is known to nobody.

    A browser is known by its own id, which only a signed cookie carries. The same
    statements run whether there is such a person or not; from here on the
    transaction sees the person's own rows.
    """
    person = user_id or NOBODY
    session.execute(select(func.set_config("app.user_id", str(person), True)))
    row = session.execute(
        select(
            func.bool_or(AuthSession.persistent_device_id == (origin().device_id or "")).label(
                "device"
            ),
            func.count().label("sessions"),
        ).where(AuthSession.user_id == person)
    ).one()
    return Familiarity(bool(row.device), row.sessions > 0)
