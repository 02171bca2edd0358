"""Factories: a whole small owner at once, made behind row-level security."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.db import new_id
from ecopick.core.roles import MembershipRole
from ecopick.core.uow import Database
from ecopick.domains.auth.queries.actors import load_user_actor
from ecopick.domains.people.models import Membership, UnitRelationship, User, UserUnit
from ecopick.domains.property.models import (
    Building,
    CompanyType,
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
from ecopick.domains.routing.models import RoutingRule
from ecopick.domains.vendors.models import OwnerVendor, VendorOrg

PASSWORD = "correct-horse-battery-staple"
# Cheap parameters: what the hash costs is not what most tests are about.
PASSWORD_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)

STAFF = {
    "owner": MembershipRole.PROPERTY_OWNER,
    "manager": MembershipRole.BUILDING_MANAGER,
    "building_admin": MembershipRole.BUILDING_ADMIN,
    "caretaker": MembershipRole.CARETAKER,
    "maintenance": MembershipRole.BUILDING_MAINTENANCE,
}
# People of the demonstration need no authenticator app for what they are trusted with.
TRUSTED_WITH_MUCH = frozenset({"owner", "app_admin"})


@dataclass
class World:
    """Ids of one owner's world; people by nickname in ``people``."""

    engine: Engine
    database: Database
    owner_id: uuid.UUID
    building_id: uuid.UUID
    second_building_id: uuid.UUID
    unit_id: uuid.UUID
    neighbour_unit_id: uuid.UUID
    section_id: uuid.UUID
    company_id: uuid.UUID
    vendor_org_id: uuid.UUID
    second_vendor_org_id: uuid.UUID
    people: dict[str, uuid.UUID] = field(default_factory=dict)
    emails: dict[str, str] = field(default_factory=dict)

    def actor(self, nickname: str) -> Actor:
        """The person as an actor, with every fact read from the database."""
        owner_id = None if nickname.startswith("vendor") else self.owner_id
        found = load_user_actor(self.database, self.people[nickname], owner_id)
        assert found is not None
        return found

    def add(self, *rows: Any) -> None:
        """Store rows behind row-level security."""
        with Session(self.engine) as session, session.begin():
            session.add_all(rows)

    def add_rule(
        self,
        category: str = "plumbing",
        *,
        vendor: bool = False,
        second_vendor: bool = False,
        assignee: str | None = None,
        priority: int = 0,
        unit_id: uuid.UUID | None = None,
    ) -> uuid.UUID:
        """A routing rule of the first building; answers its id."""
        vendor_id = self.second_vendor_org_id if second_vendor else self.vendor_org_id
        rule = RoutingRule(
            id=new_id(),
            property_owner_id=self.owner_id,
            building_id=self.building_id,
            unit_id=unit_id,
            category=category,
            default_vendor_org_id=vendor_id if vendor or second_vendor else None,
            default_assignee_user_id=self.people[assignee] if assignee else None,
            priority=priority,
        )
        rule_id = rule.id
        self.add(rule)
        return rule_id

    def person(self, nickname: str, *, language: str = "en", **values: Any) -> User:
        """A new user row (not stored) with a unique address and the common password."""
        mark = uuid.uuid4().hex[:8]
        domain = "demo.example.org" if nickname in TRUSTED_WITH_MUCH else "example.org"
        user = User(
            id=new_id(),
            email=f"{nickname.replace('_', '-')}-{mark}@{domain}",
            name=f"{nickname.replace('_', ' ').title()} {mark}",
            email_verified=True,
            language=language,
            password_hash=PASSWORD_HASH,
            **values,
        )
        self.people[nickname] = user.id
        self.emails[nickname] = user.email
        return user


def make_world(engine: Engine, database: Database) -> World:
    """One owner: two buildings, units, a tenant company, two vendors, eleven people."""
    return make_worlds(engine, database, 1)[0]


def make_worlds(engine: Engine, database: Database, count: int) -> list[World]:
    """As many owners of the same kind, stored in one go."""
    worlds = [_empty_world(engine, database) for _each in range(count)]
    with Session(engine) as session, session.begin():
        for make_rows in (_organisations, _places, _places_inside, _people):
            session.add_all([row for world in worlds for row in make_rows(world)])
            session.flush()
        session.add_all([row for world in worlds for row in _roles(world)])
    return worlds


def _empty_world(engine: Engine, database: Database) -> World:
    ids = {name: new_id() for name in ("owner", "b1", "b2", "u1", "u2", "s1", "c1", "v1", "v2")}
    return World(
        engine,
        database,
        owner_id=ids["owner"],
        building_id=ids["b1"],
        second_building_id=ids["b2"],
        unit_id=ids["u1"],
        neighbour_unit_id=ids["u2"],
        section_id=ids["s1"],
        company_id=ids["c1"],
        vendor_org_id=ids["v1"],
        second_vendor_org_id=ids["v2"],
    )


def _organisations(world: World) -> list[Any]:
    mark = world.owner_id.hex[-6:]
    return [
        PropertyOwner(
            id=world.owner_id, name=f"Owner {mark}", owner_type=OwnerType.PROPERTY_MANAGEMENT
        ),
        VendorOrg(id=world.vendor_org_id, name=f"Plumber {mark}", language="it"),
        VendorOrg(id=world.second_vendor_org_id, name=f"Electrician {mark}", language="de"),
    ]


def _places(world: World) -> list[Any]:
    owner = world.owner_id
    return [
        Building(
            id=world.building_id,
            property_owner_id=owner,
            name="Wiehre-Höfe",
            address1="Günterstalstraße 41",
            city="Freiburg",
            country="DE",
            time_zone="Europe/Berlin",
        ),
        Building(id=world.second_building_id, property_owner_id=owner, name="Nordtor"),
        TenantCompany(
            id=world.company_id,
            property_owner_id=owner,
            name="Mieter AG",
            company_type=CompanyType.CORPORATE,
        ),
        OwnerVendor(property_owner_id=owner, vendor_org_id=world.vendor_org_id),
        OwnerVendor(property_owner_id=owner, vendor_org_id=world.second_vendor_org_id),
    ]


def _places_inside(world: World) -> list[Any]:
    owner = world.owner_id
    lease_id = new_id()
    return [
        Unit(
            id=world.unit_id,
            property_owner_id=owner,
            building_id=world.building_id,
            label="3.07",
            unit_type=UnitType.APARTMENT,
        ),
        Unit(
            id=world.neighbour_unit_id,
            property_owner_id=owner,
            building_id=world.building_id,
            label="3.08",
            unit_type=UnitType.APARTMENT,
        ),
        UnitSection(
            id=world.section_id,
            property_owner_id=owner,
            unit_id=world.unit_id,
            name="Küche",
            section_type=SectionType.KITCHEN,
        ),
        Lease(
            id=lease_id,
            property_owner_id=owner,
            tenant_company_id=world.company_id,
            building_id=world.building_id,
            start_date=clock.now().date() - timedelta(days=300),
        ),
        LeaseUnit(
            property_owner_id=owner,
            lease_id=lease_id,
            building_id=world.building_id,
            unit_id=world.neighbour_unit_id,
        ),
    ]


def _people(world: World) -> list[Any]:
    users = [world.person(nickname) for nickname in STAFF]
    users += [
        world.person("resident", language="de", phone="+49 761 123456"),
        world.person("neighbour", language="fr"),
        world.person("tenant_admin"),
        world.person("occupant"),
        world.person("vendor", language="it"),
        world.person("vendor_tech", language="it"),
        world.person("vendor_two", language="de"),
        world.person("app_admin", is_app_admin=True),
        world.person("stranger"),
    ]
    return users


def _roles(world: World) -> list[Any]:
    people, owner = world.people, world.owner_id
    rows: list[Any] = [
        Membership(user_id=people[nickname], role=role, property_owner_id=owner)
        for nickname, role in STAFF.items()
    ]
    rows += [
        Membership(
            user_id=people[nickname],
            role=role,
            property_owner_id=owner,
            tenant_company_id=world.company_id,
        )
        for nickname, role in (
            ("tenant_admin", MembershipRole.TENANT_ADMIN),
            ("occupant", MembershipRole.TENANT_OCCUPANT),
        )
    ]
    rows += [
        Membership(user_id=people[nickname], role=role, vendor_org_id=vendor)
        for nickname, role, vendor in (
            ("vendor", MembershipRole.VENDOR_ADMIN, world.vendor_org_id),
            ("vendor_tech", MembershipRole.VENDOR_TECH, world.vendor_org_id),
            ("vendor_two", MembershipRole.VENDOR_ADMIN, world.second_vendor_org_id),
        )
    ]
    rows += [
        UserUnit(
            user_id=people[nickname],
            property_owner_id=owner,
            unit_id=unit_id,
            building_id=world.building_id,
            relationship=UnitRelationship.RESIDENT,
            start_date=clock.now().date() - timedelta(days=200),
        )
        for nickname, unit_id in (
            ("resident", world.unit_id),
            ("neighbour", world.neighbour_unit_id),
        )
    ]
    return rows
