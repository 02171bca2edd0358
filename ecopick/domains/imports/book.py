"""What one run over a file remembers from batch to batch."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.imports.lifecycle import ImportKind
from ecopick.domains.imports.models import ImportKey
from ecopick.domains.imports.rows import Row, named_key
from ecopick.domains.people.models import Invitation
from ecopick.domains.property.models import Building


@dataclass(frozen=True)
class KnownBuilding:
    """A building to which rows can refer."""

    id: uuid.UUID
    name: str
    postal_code: str | None
    time_zone: str
    language: str


@dataclass
class Book:
    """The owner's buildings, the keys seen in this file with their lines, people on the way.

    ``people`` are the ids of those whom this run makes, by address; ``invited`` is how
    many the owner has invited within a day. A trial run writes nothing but keeps the same
    book; of those whom the file would invite it counts none, lest it tell who they are.
    """

    owner_id: uuid.UUID
    buildings: dict[str, list[KnownBuilding]] = field(default_factory=dict)
    numbered: dict[bytes, uuid.UUID] = field(default_factory=dict)
    by_id: dict[uuid.UUID, KnownBuilding] = field(default_factory=dict)
    seen: dict[bytes, int] = field(default_factory=dict)
    people: dict[str, uuid.UUID] = field(default_factory=dict)
    invited: int = 0
    trial: bool = False

    def building(self, row: Row) -> KnownBuilding | None:
        """The building that a row names, by name or number; else the row is refused."""
        named = self.buildings.get(str(row.values["building"]).casefold(), [])
        if len(named) == 1:
            return named[0]
        numbered = self.numbered.get(named_key(ImportKind.BUILDINGS, row.values["building"]))
        if numbered is not None:
            return self.by_id.get(numbered)
        if named:
            row.refuse("building", _("Several buildings have this name. Please use your numbers."))
        else:
            row.refuse("building", _("This building is not known here."))
        return None


def open_book(session: Session, owner_id: uuid.UUID, *, trial: bool = False) -> Book:
    """A book for a run, with the buildings as they are."""
    book = Book(owner_id, invited=_invited(session, owner_id), trial=trial)
    columns = (
        Building.id,
        Building.name,
        Building.postal_code,
        Building.time_zone,
        Building.default_language,
    )
    for found in session.execute(select(*columns).where(Building.property_owner_id == owner_id)):
        known = KnownBuilding(*found)
        book.by_id[known.id] = known
        book.buildings.setdefault(known.name.casefold(), []).append(known)
    rows = session.execute(
        select(ImportKey.key_hash, ImportKey.target_id).where(
            ImportKey.property_owner_id == owner_id, ImportKey.kind == ImportKind.BUILDINGS
        )
    )
    book.numbered = {row.key_hash: row.target_id for row in rows}
    return book


def _invited(session: Session, owner_id: uuid.UUID) -> int:
    """How many were invited to the owner within a day, by files or by hand."""
    since = clock.now() - timedelta(days=1)
    found = session.scalar(
        select(func.count())
        .select_from(Invitation)
        .where(Invitation.property_owner_id == owner_id, Invitation.created_at > since)
    )
    return int(found or 0)
