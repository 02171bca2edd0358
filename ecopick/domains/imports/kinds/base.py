"""What every kind of row can do; all of it for a whole batch at a time."""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.imports.book import Book
from ecopick.domains.imports.lifecycle import ImportKind
from ecopick.domains.imports.many import unnested
from ecopick.domains.imports.models import ImportKey
from ecopick.domains.imports.rows import Row, among, named_key
from ecopick.domains.property.models import Unit

# A building and the label of a unit in it.
Spot = tuple[uuid.UUID, str]


class Kind(Protocol):
    """One kind of row. ``resolve``, ``find`` and ``check`` only read; they may refuse rows."""

    def resolve(self, session: Session, book: Book, rows: Sequence[Row]) -> None:
        """Find what the rows refer to."""
        ...

    def natural_key(self, row: Row) -> Sequence[object]:
        """What makes the thing what it is, for files without numbers of their own."""
        ...

    def find(self, session: Session, book: Book, rows: Sequence[Row]) -> None:
        """Set the target of rows whose thing exists although no import knows it."""
        ...

    def keeps_key(self, row: Row) -> bool:
        """Whether the row, once taken, is known by its key when it comes again."""
        ...

    def check(self, session: Session, book: Book, rows: Sequence[Row]) -> None:
        """Refuse changes that the present state forbids."""
        ...

    def create(self, session: Session, actor: Actor, book: Book, rows: Sequence[Row]) -> None:
        """Make the things and set the rows' targets."""
        ...

    def change(self, session: Session, actor: Actor, book: Book, rows: Sequence[Row]) -> None:
        """Give the things what stands in the mapped columns."""
        ...


def find_units(session: Session, book: Book, rows: Sequence[Row]) -> None:
    """Set ``building`` and ``unit_id`` of rows by the labels in their buildings, else by the
    files' own numbers of units; refuse rows whose unit is not there."""
    for row in rows:
        row.refers["building"] = book.building(row)
    # Refused rows stand in no building.
    placed = [row for row in rows if row.refers["building"] and row.values.get("unit") is not None]
    spots = {(row.refers["building"].id, row.values["unit"]) for row in placed}
    found = units_at(session, book, spots)
    unknown = {label for building_id, label in spots if (building_id, label) not in found}
    numbered = _numbered_units(session, book, unknown) if unknown else {}
    for row in placed:
        building, label = row.refers["building"], row.values["unit"]
        unit_id = found.get((building.id, label))
        if unit_id is None:
            known = numbered.get(named_key(ImportKind.UNITS, label))
            unit_id = known.id if known is not None and known.building_id == building.id else None
        if unit_id is None:
            row.refuse("unit", _("This unit is not known in the building."))
        row.refers["unit_id"] = unit_id


def units_at(session: Session, book: Book, spots: Iterable[Spot]) -> dict[Spot, uuid.UUID]:
    """The units with these labels in these buildings."""
    wanted = [{"building_id": building_id, "label": label} for building_id, label in spots]
    if not wanted:
        return {}
    # Joined pair by pair: two conditions would be tried with each other.
    given = unnested({"building_id": Unit.building_id.type, "label": Unit.label.type}, wanted)
    found = session.execute(
        select(Unit.building_id, Unit.label, Unit.id).join(
            given,
            and_(
                Unit.property_owner_id == book.owner_id,
                Unit.building_id == given.c.building_id,
                Unit.label == given.c.label,
            ),
        )
    )
    return {(row.building_id, row.label): row.id for row in found}


def _numbered_units(session: Session, book: Book, labels: Iterable[str]) -> dict[bytes, Any]:
    keys = [named_key(ImportKind.UNITS, label) for label in labels]
    rows = session.execute(
        select(ImportKey.key_hash, Unit.id, Unit.building_id)
        .join(
            Unit,
            and_(
                Unit.property_owner_id == ImportKey.property_owner_id,
                Unit.id == ImportKey.target_id,
            ),
        )
        .where(
            ImportKey.property_owner_id == book.owner_id,
            ImportKey.kind == ImportKind.UNITS,
            among(ImportKey.key_hash, keys),
        )
    )
    return {row.key_hash: row for row in rows}
