"""People as administrators of the installation see them: a name and an address.

Alerts and blocks are about people of any owner, whom no scope shows.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import BigInteger, Text, Uuid, cast, column, func, select
from sqlalchemy.dialects.postgresql import ARRAY, CITEXT
from sqlalchemy.orm import Session

from ecopick.core.finding import as_id


@dataclass(frozen=True)
class Named:
    """Who somebody is."""

    id: uuid.UUID
    name: str
    email: str


@dataclass(frozen=True)
class Protection:
    """How many people have a second factor or a passkey, and who should and does not."""

    people: int
    protected: int
    left: int

    @property
    def share(self) -> float:
        """Between 0 and 1."""
        return self.protected / self.people if self.people else 0.0


def people_named(session: Session, ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, Named]:
    """Names and addresses of these people."""
    wanted = sorted({each for each in ids if each is not None})
    if not wanted:
        return {}
    found = func.people_of_alerts(cast(wanted, ARRAY(Uuid))).table_valued(
        column("id", Uuid), column("name", Text), column("email", Text)
    )
    return {
        row.id: Named(row.id, row.name or row.email, row.email)
        for row in session.execute(select(found))
    }


def person_named(session: Session, text: str) -> uuid.UUID | None:
    """The person with this id or email address; the system's own is nobody."""
    person_id = as_id(text)
    if person_id is not None:
        return person_id if people_named(session, [person_id]) else None
    found = func.find_user_by_email(cast(text.strip(), CITEXT)).table_valued(
        column("id", Uuid), column("is_system")
    )
    row = session.execute(select(found)).one_or_none()
    return row.id if row is not None and not row.is_system else None


def protection(session: Session) -> Protection:
    """How well the accounts of the installation are protected."""
    found = func.account_protection().table_valued(
        column("people", BigInteger), column("protected", BigInteger), column("lacking", BigInteger)
    )
    row = session.execute(select(found)).one()
    return Protection(row.people, row.protected, row.lacking)
