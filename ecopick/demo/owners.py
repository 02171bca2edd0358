"""Property owners, their buildings, units and sections, and who rents there."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ecopick.core.db import Base
from ecopick.demo.rows import Row, Rows, uid
from ecopick.demo.vendors import postal
from ecopick.domains.property.models import (
    Building,
    Lease,
    LeaseUnit,
    OwnerType,
    PropertyOwner,
    SectionType,
    TenantCompany,
    Unit,
    UnitSection,
    UnitType,
)
from ecopick.domains.sla.models import SLAPlan
from ecopick.domains.teams.models import TeamTemplate
from ecopick.domains.tickets.models import TicketCounter

RHEINBOGEN, LOMBARDA = "rheinbogen", "lombarda"
OWNERS = (
    (
        RHEINBOGEN,
        "Rheinbogen Immobilien GmbH",
        OwnerType.PROPERTY_MANAGEMENT,
        "EP",
        "DE284710008",
        "Schwarzwaldstraße 78, 79117 Freiburg im Breisgau",
        "DE02120300000000202051",
    ),
    (
        LOMBARDA,
        "Torre Lombarda S.p.A.",
        OwnerType.LANDLORD,
        "TL",
        "IT07643520963",
        "Via Melchiorre Gioia 12, 20124 Milano",
        "IT60X0542811101000000123456",
    ),
)
OWNER_IDS = {key: uid("owner", key) for key, *_ in OWNERS}


@dataclass(frozen=True)
class Place:
    """A unit with its sections."""

    id: uuid.UUID
    label: str
    kind: UnitType
    sections: dict[SectionType, uuid.UUID]


@dataclass(frozen=True)
class House:
    """A building and everything that is asked of it later."""

    key: str
    owner: str
    name: str
    address: str
    city: str
    postal_code: str
    country: str
    zone: str
    language: str
    phone: str
    places: list[Place] = field(default_factory=list)

    @property
    def id(self) -> uuid.UUID:
        """The building's id."""
        return uid("building", self.key)

    @property
    def owner_id(self) -> uuid.UUID:
        """Its owner's id."""
        return OWNER_IDS[self.owner]

    def local(self, at: datetime) -> datetime:
        """The time on the building's clock."""
        return at.astimezone(ZoneInfo(self.zone))

    def place(self, label: str) -> Place:
        """The unit with this label."""
        return next(place for place in self.places if place.label == label)


_HOUSES = (
    ("wiehre", RHEINBOGEN, "Wiehre-Höfe", "Günterstalstraße 41", "Freiburg im Breisgau", "79100", "DE", "Europe/Berlin", "de", "+49 761 5550 112"),
    ("dreisam", RHEINBOGEN, "Kontorhaus Dreisam", "Leo-Wohleb-Straße 6", "Freiburg im Breisgau", "79098", "DE", "Europe/Berlin", "de", "+49 761 5550 112"),
    ("rheinhof", RHEINBOGEN, "Rheinhof Kleinbasel", "Oetlingerstrasse 54", "Basel", "4057", "CH", "Europe/Zurich", "de", "+41 61 555 01 12"),
    ("tanneurs", RHEINBOGEN, "Les Tanneurs", "9 rue des Tanneurs", "Saint-Louis", "68300", "FR", "Europe/Paris", "fr", "+33 3 89 55 01 12"),
    ("talvera", RHEINBOGEN, "Palazzo Talvera", "Via Cassa di Risparmio 8", "Bolzano", "39100", "IT", "Europe/Rome", "it", "+39 0471 555 112"),
    ("torre", LOMBARDA, "Torre Lombarda", "Via Melchiorre Gioia 12", "Milano", "20124", "IT", "Europe/Rome", "it", "+39 02 5550 112"),
    ("isola", LOMBARDA, "Palazzo Isola", "Via Pola 9", "Milano", "20124", "IT", "Europe/Rome", "it", "+39 02 5550 112"),
    ("navigli", LOMBARDA, "Corte dei Navigli", "Alzaia Naviglio Grande 38", "Milano", "20144", "IT", "Europe/Rome", "it", "+39 02 5550 112"),
)  # fmt: skip

S = SectionType
HOME = (S.KITCHEN, S.BATHROOM, S.BEDROOM, S.LIVING_ROOM, S.CORRIDOR, S.BALCONY)
DESK = (S.WORKSPACE, S.CONFERENCE_ROOM, S.RESTROOM, S.BREAKROOM, S.RECEPTION)
SHOP = (S.ENTRANCE, S.WORKSPACE, S.RESTROOM)
COMMON = (S.STAIRWELL, S.LOBBY, S.ELEVATOR, S.LAUNDRY, S.UTILITY, S.MECHANICAL, S.OTHER)
PARK = (S.ENTRANCE, S.UTILITY)
_SECTIONS_OF = {
    UnitType.APARTMENT: HOME,
    UnitType.OFFICE: DESK,
    UnitType.RETAIL: SHOP,
    UnitType.COMMON_AREA: COMMON,
    UnitType.PARKING: PARK,
    UnitType.ROOFTOP: (S.MECHANICAL,),
    UnitType.STORAGE: (S.UTILITY,),
}
SECTION_NAMES = {
    "de": {
        S.KITCHEN: "Küche", S.BATHROOM: "Bad", S.BEDROOM: "Schlafzimmer", S.LIVING_ROOM: "Wohnzimmer",
        S.CORRIDOR: "Flur", S.BALCONY: "Balkon", S.WORKSPACE: "Arbeitsräume", S.CONFERENCE_ROOM: "Besprechungsraum",
        S.RESTROOM: "WC", S.BREAKROOM: "Teeküche", S.RECEPTION: "Empfang", S.ENTRANCE: "Einfahrt",
        S.STAIRWELL: "Treppenhaus", S.LOBBY: "Eingangsbereich", S.ELEVATOR: "Aufzug", S.LAUNDRY: "Waschküche",
        S.UTILITY: "Keller", S.MECHANICAL: "Technikraum", S.OTHER: "Außenanlagen",
    },
    "fr": {
        S.KITCHEN: "Cuisine", S.BATHROOM: "Salle de bains", S.BEDROOM: "Chambre", S.LIVING_ROOM: "Séjour",
        S.CORRIDOR: "Couloir", S.BALCONY: "Balcon", S.WORKSPACE: "Bureaux", S.CONFERENCE_ROOM: "Salle de réunion",
        S.RESTROOM: "Sanitaires", S.BREAKROOM: "Coin café", S.RECEPTION: "Accueil", S.ENTRANCE: "Entrée",
        S.STAIRWELL: "Cage d’escalier", S.LOBBY: "Hall d’entrée", S.ELEVATOR: "Ascenseur", S.LAUNDRY: "Buanderie",
        S.UTILITY: "Caves", S.MECHANICAL: "Local technique", S.OTHER: "Extérieurs",
    },
    "it": {
        S.KITCHEN: "Cucina", S.BATHROOM: "Bagno", S.BEDROOM: "Camera", S.LIVING_ROOM: "Soggiorno",
        S.CORRIDOR: "Corridoio", S.BALCONY: "Balcone", S.WORKSPACE: "Uffici", S.CONFERENCE_ROOM: "Sala riunioni",
        S.RESTROOM: "Servizi igienici", S.BREAKROOM: "Area ristoro", S.RECEPTION: "Reception", S.ENTRANCE: "Ingresso",
        S.STAIRWELL: "Scale", S.LOBBY: "Atrio", S.ELEVATOR: "Ascensore", S.LAUNDRY: "Lavanderia",
        S.UTILITY: "Cantine", S.MECHANICAL: "Locale tecnico", S.OTHER: "Esterni",
    },
}  # fmt: skip

_Plan = tuple[tuple[str, UnitType, str], ...]


def _grid(floors: range, per_floor: int, kind: UnitType, pattern: str) -> _Plan:
    return tuple(
        (pattern.format(floor=floor, number=number), kind, str(floor))
        for floor in floors
        for number in range(1, per_floor + 1)
    )


U = UnitType
PLANS: dict[str, _Plan] = {
    "wiehre": (
        *_grid(range(1, 5), 9, U.APARTMENT, "{floor}.{number:02}"),
        ("Treppenhaus A", U.COMMON_AREA, "0"),
        ("Treppenhaus B", U.COMMON_AREA, "0"),
        ("Tiefgarage", U.PARKING, "-1"),
        ("Fahrradkeller", U.STORAGE, "-1"),
    ),
    "dreisam": (
        *_grid(range(1, 4), 6, U.OFFICE, "{floor}.1{number}"),
        ("Laden links", U.RETAIL, "0"),
        ("Laden rechts", U.RETAIL, "0"),
        ("Lobby", U.COMMON_AREA, "0"),
        ("Tiefgarage, Ebene 2", U.PARKING, "-2"),
        ("Dach", U.ROOFTOP, "4"),
    ),
    "rheinhof": (
        *_grid(range(4), 5, U.APARTMENT, "{floor}{number}"),
        ("Treppenhaus", U.COMMON_AREA, "0"),
        ("Einstellhalle", U.PARKING, "-1"),
    ),
    "tanneurs": (
        *_grid(range(1, 5), 4, U.APARTMENT, "apt {floor}{number}"),
        ("Parties communes", U.COMMON_AREA, "0"),
        ("Niveau −1", U.PARKING, "-1"),
    ),
    "talvera": (
        *((f"int. {number}", U.APARTMENT, str((number + 2) // 3)) for number in range(1, 13)),
        ("Parti comuni", U.COMMON_AREA, "0"),
        ("Garage", U.PARKING, "-1"),
    ),
    "torre": (
        *_grid(range(1, 7), 2, U.OFFICE, "{floor}.{number}"),
        ("Parti comuni", U.COMMON_AREA, "0"),
        ("Autorimessa", U.PARKING, "-1"),
        ("Copertura", U.ROOFTOP, "7"),
    ),
    "isola": (
        *_grid(range(1, 5), 2, U.OFFICE, "{floor}{number}"),
        ("Parti comuni", U.COMMON_AREA, "0"),
        ("Autorimessa", U.PARKING, "-1"),
    ),
    "navigli": (
        *_grid(range(3), 2, U.OFFICE, "scala {number}, piano {floor}"),
        ("Bottega sul naviglio", U.RETAIL, "0"),
        ("Parti comuni", U.COMMON_AREA, "0"),
    ),
}

# Companies: key, name, building, units.
COMPANIES = (
    ("greentech", "Breisgau Greentech AG", "dreisam", ("2.11", "2.12", "2.13", "2.14")),
    ("nordlicht", "Nordlicht Analytics Ltd", "dreisam", ("3.11", "3.12", "3.13")),
    ("insubria", "Insubria Assicurazioni S.p.A.", "torre", ("3.1", "3.2", "4.1", "4.2")),
    ("harbour", "Harbour & Finch Europe Srl", "torre", ("5.1", "5.2")),
    ("quadrante", "Studio Quadrante Architetti", "isola", ("21", "22", "31")),
)


def build(rows: Rows, start: datetime) -> dict[str, House]:
    """Owners with all their ground; the buildings by key. They exist since ``start``."""
    for key, name, kind, prefix, _vat_id, _address, iban in OWNERS:
        rows.add(
            PropertyOwner, start, id=OWNER_IDS[key], name=name, owner_type=kind, ticket_prefix=prefix,
            iban=iban, **{name: value for name, value in owner_as_buyer(key).items() if name != "name"},
        )  # fmt: skip
        rows.add(TicketCounter, start, property_owner_id=OWNER_IDS[key])
        rows.add(SLAPlan, start, id=plan_id(key), property_owner_id=OWNER_IDS[key], name="Standard")
    houses = {data[0]: House(*data) for data in _HOUSES}
    for house in houses.values():
        _raise(rows, start, house)
    _let(rows, start, houses)
    _teams(rows, start)
    return houses


def owner_as_buyer(key: str) -> Row:
    """The owner as invoices to it name it."""
    name, vat_id, address = next((row[1], row[4], row[5]) for row in OWNERS if row[0] == key)
    return {"name": name, "vat_id": vat_id, "country": vat_id[:2], **postal(address)}


def plan_id(owner: str) -> uuid.UUID:
    """The owner's response plan."""
    return uid("plan", owner)


def _raise(rows: Rows, start: datetime, house: House) -> None:
    rows.add(
        Building, start, id=house.id, property_owner_id=house.owner_id, name=house.name,
        address1=house.address, city=house.city, postal_code=house.postal_code,
        country=house.country, time_zone=house.zone, default_language=house.language,
        emergency_phone=house.phone,
    )  # fmt: skip
    for label, kind, floor in PLANS[house.key]:
        unit_id = uid("unit", house.key, label)
        rows.add(
            Unit, start, id=unit_id, property_owner_id=house.owner_id, building_id=house.id,
            label=label, unit_type=kind, floor=floor,
        )  # fmt: skip
        sections = {each: uid("section", house.key, label, each) for each in _SECTIONS_OF[kind]}
        for section, section_id in sections.items():
            rows.add(
                UnitSection, start, id=section_id, property_owner_id=house.owner_id,
                unit_id=unit_id, name=SECTION_NAMES[house.language][section],
                section_type=section, floor=floor,
            )  # fmt: skip
        house.places.append(Place(unit_id, label, kind, sections))


def company_id(key: str) -> uuid.UUID:
    """The tenant company's id."""
    return uid("company", key)


def _let(rows: Rows, start: datetime, houses: dict[str, House]) -> None:
    for key, name, house_key, labels in COMPANIES:
        house = houses[house_key]
        rows.add(
            TenantCompany, start, id=company_id(key), property_owner_id=house.owner_id,
            name=name, company_type="corporate",
        )  # fmt: skip
        lease_id = uid("lease", key)
        rows.add(
            Lease, start, id=lease_id, property_owner_id=house.owner_id,
            tenant_company_id=company_id(key), building_id=house.id,
            start_date=(start - timedelta(days=400)).date(),
        )  # fmt: skip
        for label in labels:
            rows.add(
                LeaseUnit, start, id=uid("lease", key, label), property_owner_id=house.owner_id,
                lease_id=lease_id, building_id=house.id, unit_id=house.place(label).id,
            )  # fmt: skip


def _teams(rows: Rows, start: datetime) -> None:
    rights = {"can_view": True, "can_comment": True, "can_edit": False, "can_resolve": True}
    for owner, name, about in (
        (RHEINBOGEN, "Wasserschaden", "Verwaltung, Hausmeister und Bereitschaft"),
        (RHEINBOGEN, "Wohnungsübergabe", "Verwaltung und Hausmeister"),
        (LOMBARDA, "Guasto impianti", "Amministrazione, custode e manutentore"),
    ):
        roles = [
            {"role": "participant", "membership_role": "BUILDING_MANAGER", "count": 1, **rights},
            {"role": "assignee", "membership_role": "CARETAKER", "count": 1, **rights},
        ]
        rows.add(
            TeamTemplate, start, id=uid("team", owner, name), property_owner_id=OWNER_IDS[owner],
            name=name, description=about, roles=roles,
        )  # fmt: skip


MODELS: tuple[type[Base], ...] = (
    PropertyOwner,
    TicketCounter,
    SLAPlan,
    TeamTemplate,
    Building,
    Unit,
    UnitSection,
    TenantCompany,
    Lease,
    LeaseUnit,
)
