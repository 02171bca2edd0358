"""How rows of each kind are found, made and changed."""

from ecopick.domains.imports.kinds.base import Kind
from ecopick.domains.imports.kinds.buildings import Buildings
from ecopick.domains.imports.kinds.people import People
from ecopick.domains.imports.kinds.tickets import PastTickets
from ecopick.domains.imports.kinds.units import Units
from ecopick.domains.imports.lifecycle import ImportKind

KINDS: dict[ImportKind, Kind] = {
    ImportKind.BUILDINGS: Buildings(),
    ImportKind.UNITS: Units(),
    ImportKind.PEOPLE: People(),
    ImportKind.TICKETS: PastTickets(),
}
