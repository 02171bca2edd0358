"""What one run over a file remembers from batch to batch."""

import uuid
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core.text import lazy_gettext as _
from ecopick.domains.imports.lifecycle import ImportKind
from ecopick.domains.imports.models import ImportKey
from ecopick.domains.imports.rows import Row, named_key
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
    many were invited. A trial run writes nothing but keeps the same book.
    """

    owner_id: uuid.UUID
    buildings: dict[str, list[KnownBuilding]] = field(default_factory=dict)
    numbered: dict[bytes, uuid.UUID] = field(default_factory=dict)
    by_id: dict[uuid.UUID, KnownBuilding] = field(default_factory=dict)
    seen: dict[bytes, int] = field(default_factory=dict)
    people: dict[str, uuid.UUID] = field(default_factory=dict)
    invited: int = 0

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


def open_book(session: Session, owner_id: uuid.UUID) -> Book:
    """A book for a run, with the buildings as they are."""
    book = Book(owner_id)
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
