"""Buildings: known by name and postal code where the file has no numbers."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.db import new_id
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.imports.book import Book, KnownBuilding
from ecopick.domains.imports.many import Facts, add_all, change_all
from ecopick.domains.imports.rows import Row
from ecopick.domains.property.models import Building

FIELDS = (
    "name",
    "address1",
    "address2",
    "postal_code",
    "city",
    "country",
    "time_zone",
    "default_language",
    "emergency_phone",
)
# What a building cannot be without: a blank cell leaves it as it is.
KEPT = ("time_zone", "default_language")
ZONES = {
    "DE": "Europe/Berlin",
    "CH": "Europe/Zurich",
    "AT": "Europe/Vienna",
    "IT": "Europe/Rome",
    "FR": "Europe/Paris",
    "LI": "Europe/Vaduz",
}
LANGUAGES = {"IT": "it", "FR": "fr"}


class Buildings:
    """Rows that are buildings."""

    def resolve(self, session: Session, book: Book, rows: Sequence[Row]) -> None:
        """A building refers to nothing."""

    def natural_key(self, row: Row) -> Sequence[object]:
        """Name and postal code."""
        return row.values["name"].casefold(), row.values.get("postal_code") or ""

    def find(self, session: Session, book: Book, rows: Sequence[Row]) -> None:
        """The building with the same name and, where both tell one, the same postal code."""
        for row in rows:
            found = [
                each
                for each in book.buildings.get(row.values["name"].casefold(), [])
                if _same(each.postal_code, row.values.get("postal_code"))
            ]
            if len(found) > 1:
                row.refuse("name", _("Several buildings have this name. Please use your numbers."))
            elif found:
                row.target = found[0].id

    def keeps_key(self, row: Row) -> bool:
        """Always."""
        return True

    def check(self, session: Session, book: Book, rows: Sequence[Row]) -> None:
        """Any building may be changed."""

    def create(self, session: Session, actor: Actor, book: Book, rows: Sequence[Row]) -> None:
        """Make them; zone and language are those of the country where the file tells none."""
        made: list[Facts] = []
        for row in rows:
            row.target = new_id()
            facts: Facts = {name: row.values.get(name) for name in FIELDS}
            country = facts["country"] or "DE"
            facts["time_zone"] = facts["time_zone"] or ZONES.get(country, "Europe/Berlin")
            facts["default_language"] = facts["default_language"] or LANGUAGES.get(country, "de")
            made.append({"id": row.target, "property_owner_id": book.owner_id, **facts})
            known = KnownBuilding(
                row.target,
                facts["name"],
                facts["postal_code"],
                facts["time_zone"],
                facts["default_language"],
            )
            book.by_id[known.id] = known
            book.buildings.setdefault(known.name.casefold(), []).append(known)
        add_all(session, Building, made)

    def change(self, session: Session, actor: Actor, book: Book, rows: Sequence[Row]) -> None:
        """Give them what stands in the mapped columns."""
        changed = [
            (row.target, {name: row.values[name] for name in FIELDS if name in row.values})
            for row in rows
            if row.target is not None
        ]
        change_all(session, Building, changed, keep=KEPT)


def _same(known: str | None, given: str | None) -> bool:
    return known is None or given is None or known == given
