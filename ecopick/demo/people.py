"""The people of the demo: staff, residents, tenants' employees, vendors' members."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from ecopick.core.db import Base
from ecopick.core.roles import MembershipRole as R
from ecopick.demo.accounts import ACCOUNTS, DOMAIN
from ecopick.demo.owners import OWNER_IDS, House, company_id
from ecopick.demo.rows import Rows, uid
from ecopick.demo.vendors import vendor_id
from ecopick.domains.people.models import Membership, UnitRelationship, User, UserUnit

_SIGN_IN = {account.name for account in ACCOUNTS}


@dataclass(frozen=True)
class Person:
    """Somebody with a role: where they live or work decides what they report."""

    key: str
    name: str
    language: str
    role: R
    owner: str = ""
    house: str = ""
    unit: str = ""
    company: str = ""
    vendor: str = ""

    @property
    def id(self) -> uuid.UUID:
        """The user's id."""
        return uid("user", self.key)

    @property
    def email(self) -> str:
        """The address."""
        return f"{self.key}@{DOMAIN}"

    @property
    def first_name(self) -> str:
        """What they are called."""
        return self.name.split(" ", 1)[0]


def _staff(key: str, name: str, language: str, role: R, owner: str, house: str = "") -> Person:
    return Person(key, name, language, role, owner=owner, house=house)


def _resident(key: str, name: str, language: str, house: str, unit: str) -> Person:
    return Person(key, name, language, R.RESIDENT, "rheinbogen", house, unit)


def _tenant(
    key: str, name: str, language: str, role: R, company: str, owner: str, house: str, unit: str
) -> Person:
    return Person(key, name, language, role, owner, house, unit, company)


def _vendor(key: str, name: str, language: str, role: R, vendor: str) -> Person:
    return Person(key, name, language, role, vendor=vendor)


PEOPLE = (
    _staff("admin", "Friederike Wendlinger", "en", R.PROPERTY_OWNER, "rheinbogen"),
    _staff("manager", "Katharina Obermayer-Schönfeld", "en", R.BUILDING_MANAGER, "rheinbogen"),
    _staff("caretaker", "Jürgen Kälin", "de", R.CARETAKER, "rheinbogen"),
    _staff("m.brandstaetter", "Matthias Brandstätter", "de", R.BUILDING_MAINTENANCE, "rheinbogen"),
    _staff("a.yildirim", "Aylin Yıldırım", "de", R.BUILDING_MAINTENANCE, "rheinbogen", "dreisam"),
    _staff("n.lefebvre", "Noémie Lefebvre-Dubois", "fr", R.BUILDING_MANAGER, "rheinbogen", "tanneurs"),
    _staff("b.schaeffer", "Bruno Schaeffer", "fr", R.CARETAKER, "rheinbogen", "tanneurs"),
    _staff("g.pellegrini", "Giulia Pellegrini", "it", R.BUILDING_ADMIN, "rheinbogen", "talvera"),
    _staff("i.mair", "Ivo Mair", "it", R.CARETAKER, "rheinbogen", "talvera"),
    _staff("l.sforzini", "Lorenzo Sforzini", "it", R.PROPERTY_OWNER, "lombarda"),
    _staff("manager2", "Alessandra Conti-Bianchi", "it", R.BUILDING_MANAGER, "lombarda"),
    _staff("s.greco", "Salvatore Greco", "it", R.CARETAKER, "lombarda"),
    _staff("d.ferraris", "Daniele Ferraris", "it", R.BUILDING_MAINTENANCE, "lombarda"),
    _resident("resident", "Annegret Hämmerle-Weißenburger", "de", "wiehre", "3.07"),
    _resident("t.faller", "Thomas Faller", "de", "wiehre", "1.02"),
    _resident("s.ruf", "Sabine Ruf", "de", "wiehre", "2.05"),
    _resident("e.demir", "Emre Demir", "de", "wiehre", "4.03"),
    _resident("c.fontaine", "Claire Fontaine", "fr", "wiehre", "2.08"),
    _resident("g.schwoerer", "Gerhard Schwörer", "de", "wiehre", "1.08"),
    _resident("l.baumgartner", "Lena Baumgartner", "de", "wiehre", "3.02"),
    _resident("o.whitcombe", "Oliver Whitcombe", "en", "wiehre", "4.06"),
    _resident("m.steiert", "Miriam Steiert", "de", "wiehre", "2.02"),
    _resident("b.zumsteg", "Beat Zumsteg", "de", "rheinhof", "12"),
    _resident("p.raman", "Priya Raman", "en", "rheinhof", "23"),
    _resident("n.jeanneret", "Nathalie Jeanneret", "fr", "rheinhof", "31"),
    _resident("u.brodbeck", "Ursula Brodbeck", "de", "rheinhof", "04"),
    _resident("e.kauffmann", "Éloïse Kauffmann", "fr", "tanneurs", "apt 23"),
    _resident("m.wintzer", "Marc Wintzer", "fr", "tanneurs", "apt 12"),
    _resident("f.belkacem", "Fatima Belkacem", "fr", "tanneurs", "apt 34"),
    _resident("jl.schmitt", "Jean-Luc Schmitt", "fr", "tanneurs", "apt 41"),
    _resident("d.haas", "Dominik Haas", "de", "tanneurs", "apt 14"),
    _resident("t.degasperi", "Tommaso Degasperi", "it", "talvera", "int. 4"),
    _resident("c.zadra", "Chiara Zadra", "it", "talvera", "int. 9"),
    _resident("k.pichler", "Klara Pichler", "de", "talvera", "int. 7"),
    _resident("m.benedetti", "Marco Benedetti", "it", "talvera", "int. 2"),
    _tenant("tenant-admin", "Johanna Vetter", "de", R.TENANT_ADMIN, "greentech", "rheinbogen", "dreisam", "2.11"),
    _tenant("f.armbruster", "Felix Armbruster", "de", R.TENANT_COORDINATOR, "greentech", "rheinbogen", "dreisam", "2.12"),
    _tenant("occupant", "Daniel Okafor", "en", R.TENANT_OCCUPANT, "greentech", "rheinbogen", "dreisam", "2.13"),
    _tenant("r.lindqvist", "Rebecca Lindqvist", "en", R.TENANT_ADMIN, "nordlicht", "rheinbogen", "dreisam", "3.11"),
    _tenant("s.achterberg", "Sam Achterberg", "en", R.TENANT_OCCUPANT, "nordlicht", "rheinbogen", "dreisam", "3.12"),
    _tenant("g.marchetti", "Giorgia Marchetti", "it", R.TENANT_OCCUPANT, "greentech", "rheinbogen", "dreisam", "2.14"),
    _tenant("p.ferrario", "Paola Ferrario", "it", R.TENANT_ADMIN, "insubria", "lombarda", "torre", "3.2"),
    _tenant("s.rinaldi", "Stefano Rinaldi", "it", R.TENANT_COORDINATOR, "insubria", "lombarda", "torre", "4.2"),
    _tenant("e.colombo", "Elena Colombo", "it", R.TENANT_OCCUPANT, "insubria", "lombarda", "torre", "3.1"),
    _tenant("d.moretti", "Davide Moretti", "it", R.TENANT_OCCUPANT, "insubria", "lombarda", "torre", "4.1"),
    _tenant("h.pryce", "Hannah Pryce", "en", R.TENANT_ADMIN, "harbour", "lombarda", "torre", "5.1"),
    _tenant("j.weller", "Jonas Weller", "en", R.TENANT_OCCUPANT, "harbour", "lombarda", "torre", "5.1"),
    _tenant("a.brennan", "Aoife Brennan", "en", R.TENANT_OCCUPANT, "harbour", "lombarda", "torre", "5.2"),
    _tenant("l.tosi", "Lucia Tosi", "it", R.TENANT_COORDINATOR, "quadrante", "lombarda", "isola", "22"),
    _tenant("p.galli", "Pietro Galli", "it", R.TENANT_OCCUPANT, "quadrante", "lombarda", "isola", "21"),
    _vendor("i.ruckenbrod", "Ingrid Ruckenbrod", "de", R.VENDOR_ADMIN, "schwarzwald"),
    _vendor("t.ruckenbrod", "Tobias Ruckenbrod", "de", R.VENDOR_TECH, "schwarzwald"),
    _vendor("vendor", "Marco Zanella", "it", R.VENDOR_ADMIN, "dolomiti"),
    _vendor("s.pedrotti", "Sara Pedrotti", "it", R.VENDOR_TECH, "dolomiti"),
    _vendor("a.kleber", "Antoine Kléber", "fr", R.VENDOR_ADMIN, "kleber"),
    _vendor("y.morel", "Yanis Morel", "fr", R.VENDOR_TECH, "kleber"),
    _vendor("h.vogel", "Hubert Vogel", "fr", R.VENDOR_ADMIN, "vogel"),
    _vendor("j.hansen", "Jens Hansen", "de", R.VENDOR_ADMIN, "hansen"),
    _vendor("r.sala", "Roberta Sala", "it", R.VENDOR_ADMIN, "lombardia"),
    _vendor("a.villa", "Andrea Villa", "it", R.VENDOR_TECH, "lombardia"),
    _vendor("m.riva", "Massimo Riva", "it", R.VENDOR_ADMIN, "sicurtec"),
)  # fmt: skip
BY_KEY = {person.key: person for person in PEOPLE}
_DIALS = {"de": "+49 761 5550", "fr": "+33 3 89 55", "it": "+39 02 5550", "en": "+49 761 5551"}


def build(rows: Rows, start: datetime, houses: dict[str, House], password_hash: str) -> None:
    """Users, roles and ties to units; only the demo accounts can sign in by password."""
    for number, person in enumerate(PEOPLE):
        first, _, last = person.name.partition(" ")
        known = person.key in _SIGN_IN
        rows.add(
            User, start, id=person.id, email=person.email, email_verified=True, name=person.name,
            first_name=first, last_name=last, language=person.language,
            phone=f"{_DIALS[person.language]} {200 + number * 7}",
            is_app_admin=person.key == "admin",
            password_hash=password_hash if known else None,
            password_updated_at=start if known else None,
        )  # fmt: skip
        _belong(rows, start, person, houses)


def _belong(rows: Rows, start: datetime, person: Person, houses: dict[str, House]) -> None:
    house = houses.get(person.house)
    unit_id = house.place(person.unit).id if house and person.unit else None
    lives = person.role in (R.RESIDENT, R.TENANT_OCCUPANT)
    rows.add(
        Membership, start, id=uid("membership", person.key), user_id=person.id, role=person.role,
        property_owner_id=OWNER_IDS[person.owner] if person.owner else None,
        tenant_company_id=company_id(person.company) if person.company else None,
        vendor_org_id=vendor_id(person.vendor) if person.vendor else None,
        building_id=house.id if house else None,
        unit_id=unit_id if lives else None,
    )  # fmt: skip
    if house is None or unit_id is None:
        return
    at_home = person.role == R.RESIDENT
    rows.add(
        UserUnit, start, id=uid("user_unit", person.key), property_owner_id=house.owner_id,
        user_id=person.id, unit_id=unit_id, building_id=house.id, is_primary=True,
        relationship=UnitRelationship.RESIDENT if at_home else UnitRelationship.WORKSPACE,
        start_date=(start - timedelta(days=200)).date(),
    )  # fmt: skip


def manager_of(house: House) -> Person:
    """Who reviews what is reported in the building."""
    keys = {"tanneurs": "n.lefebvre", "talvera": "g.pellegrini"}
    return BY_KEY[keys.get(house.key, "manager" if house.owner == "rheinbogen" else "manager2")]


def members(vendor: str) -> list[Person]:
    """Who works for the vendor."""
    return [person for person in PEOPLE if person.vendor == vendor]


def at(house: House) -> list[Person]:
    """Who lives or works in the building."""
    return [person for person in PEOPLE if person.house == house.key and person.unit]


MODELS: tuple[type[Base], ...] = (User,)
LATER: tuple[type[Base], ...] = (Membership, UserUnit)
