"""Units: known by their label in the building where the file has no numbers."""

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.db import new_id
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.imports.book import Book
from ecopick.domains.imports.kinds.base import Spot, units_at
from ecopick.domains.imports.many import add_all, change_all
from ecopick.domains.imports.rows import Row, among
from ecopick.domains.property.models import Unit, UnitType

FIELDS = ("label", "unit_type", "floor", "description")


class Units:
    """Rows that are units."""

    def resolve(self, session: Session, book: Book, rows: Sequence[Row]) -> None:
        """Their buildings."""
        for row in rows:
            row.refers["building"] = book.building(row)

    def natural_key(self, row: Row) -> Sequence[object]:
        """Building and label."""
        return row.refers["building"].id, row.values["label"]

    def find(self, session: Session, book: Book, rows: Sequence[Row]) -> None:
        """The unit with the same label in the building."""
        known = _by_label(session, book, rows)
        for row in rows:
            row.target = known.get((row.refers["building"].id, row.values["label"]))

    def keeps_key(self, row: Row) -> bool:
        """Always."""
        return True

    def check(self, session: Session, book: Book, rows: Sequence[Row]) -> None:
        """A unit stays in its building and takes no other unit's label."""
        taken = _by_label(session, book, rows)
        found = session.execute(
            select(Unit.id, Unit.building_id).where(among(Unit.id, [row.target for row in rows]))
        )
        homes: dict[uuid.UUID | None, uuid.UUID] = {unit.id: unit.building_id for unit in found}
        for row in rows:
            building_id = row.refers["building"].id
            if homes.get(row.target) != building_id:
                row.refuse("building", _("This unit stands in another building."))
            elif taken.get((building_id, row.values["label"]), row.target) != row.target:
                row.refuse("label", _("Another unit of the building has this number."))

    def create(self, session: Session, actor: Actor, book: Book, rows: Sequence[Row]) -> None:
        """Make them, as apartments where the file does not tell what they are."""
        made = []
        for row in rows:
            row.target = new_id()
            made.append(
                {
                    "id": row.target,
                    "property_owner_id": book.owner_id,
                    "building_id": row.refers["building"].id,
                    "label": row.values["label"],
                    "unit_type": row.values.get("unit_type") or UnitType.APARTMENT,
                    "floor": row.values.get("floor"),
                    "description": row.values.get("description"),
                }
            )
        add_all(session, Unit, made)

    def change(self, session: Session, actor: Actor, book: Book, rows: Sequence[Row]) -> None:
        """Give them what stands in the mapped columns."""
        changed = [
            (row.target, {name: row.values[name] for name in FIELDS if name in row.values})
            for row in rows
            if row.target is not None
        ]
        change_all(session, Unit, changed, keep=("unit_type",))


def _by_label(session: Session, book: Book, rows: Sequence[Row]) -> dict[Spot, uuid.UUID]:
    return units_at(
        session, book, {(row.refers["building"].id, row.values["label"]) for row in rows}
    )
