"""Names, roles, own units, assignable staff, the first account."""

import uuid

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core.audit.models import AuditEvent
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict, Forbidden
from ecopick.core.permissions import allows
from ecopick.core.roles import OPERATIONS_ROLES, MembershipRole
from ecopick.core.uow import Database
from ecopick.domains.auth.commands.administrators import create_administrator
from ecopick.domains.auth.commands.sign_in import sign_in
from ecopick.domains.auth.inputs import NewAdministrator, SignIn
from ecopick.domains.auth.queries.actors import load_actor
from ecopick.domains.people import queries
from ecopick.domains.people.commands import choose_language
from ecopick.domains.people.inputs import ChooseLanguage, ListMyUnits
from ecopick.domains.people.models import Membership, User
from ecopick.domains.people.policy import memberships_visible_to
from ecopick.domains.property.models import PropertyOwner, UnitType
from tests.factories import World


@pytest.mark.parametrize(
    ("name", "first", "last", "shown"),
    [
        ("Ada Byron", "A", "B", "Ada Byron"),
        ("  ", "Ada", "Byron", "Ada Byron"),
        (None, None, "Byron", "Byron"),
        (None, None, None, "email"),
    ],
)
def test_shown_name(
    world: World,
    database: Database,
    name: str | None,
    first: str | None,
    last: str | None,
    shown: str,
) -> None:
    user = world.person("someone", first_name=first, last_name=last)
    user.name = name
    expected = user.email if shown == "email" else shown
    assert queries.display_name(user) == expected
    world.add(user)
    world.add(
        Membership(
            user_id=world.people["someone"],
            role=MembershipRole.CARETAKER,
            property_owner_id=world.owner_id,
        )
    )
    actor = world.actor("manager")
    with database.transaction(actor.scope) as session:
        found = queries.people(session, [world.people["someone"], None])
    assert found[world.people["someone"]].name == expected


def test_people_of_another_owner_have_no_name(
    world: World, other_world: World, database: Database
) -> None:
    actor = world.actor("manager")
    with database.transaction(actor.scope) as session:
        assert queries.people(session, other_world.people.values()) == {}


def test_assignable_staff(world: World, database: Database) -> None:
    world.add(world.person("narrowed"))
    world.add(
        *(
            Membership(
                user_id=world.people["narrowed"],
                role=role,
                property_owner_id=world.owner_id,
                building_id=world.second_building_id,
            )
            for role in (MembershipRole.CARETAKER, MembershipRole.BUILDING_MAINTENANCE)
        )
    )
    actor = world.actor("manager")
    with database.transaction(actor.scope) as session:
        everywhere = {m.user_id: m for m in queries.org_members(session, actor)}
        first = {m.user_id for m in queries.org_members(session, actor, world.building_id)}
    staff = {
        world.people[name]
        for name in ("owner", "manager", "building_admin", "caretaker", "maintenance")
    }
    assert set(everywhere) == staff | {world.people["narrowed"]}
    assert first == staff
    assert everywhere[world.people["narrowed"]].building_ids == [world.second_building_id]
    assert len(everywhere[world.people["narrowed"]].roles) == 2
    assert everywhere[world.people["manager"]].building_ids == []


@pytest.mark.parametrize("nickname", ["resident", "tenant_admin", "vendor", "stranger"])
def test_others_get_no_staff_list(world: World, database: Database, nickname: str) -> None:
    actor = world.actor(nickname)
    with database.transaction(actor.scope) as session:
        assert queries.org_members(session, actor) == []


def test_role_for_one_building(world: World, database: Database) -> None:
    world.add(world.person("narrowed"))
    world.add(
        Membership(
            user_id=world.people["narrowed"],
            role=MembershipRole.CARETAKER,
            property_owner_id=world.owner_id,
            building_id=world.second_building_id,
        )
    )
    actor = world.actor("manager")

    def counts(nickname: str, building_id: uuid.UUID) -> bool:
        with database.transaction(actor.scope) as session:
            return queries.is_org_member(
                session, world.owner_id, world.people[nickname], building_id
            )

    assert counts("caretaker", world.building_id)
    assert counts("narrowed", world.second_building_id)
    assert not counts("narrowed", world.building_id)
    assert not counts("resident", world.building_id)
    with database.transaction(actor.scope) as session:
        names = queries.staff_with(session, world.owner_id, OPERATIONS_ROLES, world.building_id)
    assert world.people["narrowed"] not in {line.id for line in names}


def test_own_units(world: World, database: Database) -> None:
    def labels(nickname: str, **filters: object) -> list[tuple[str, bool]]:
        actor = world.actor(nickname)
        data = ListMyUnits.model_validate(filters)
        with database.transaction(actor.scope) as session:
            return [
                (unit.label, unit.can_raise_tickets)
                for unit in queries.my_units(session, actor, data)
            ]

    assert labels("resident") == [("3.07", True)]
    assert labels("tenant_admin") == [("3.08", True)]
    assert labels("manager") == []
    assert labels("manager", context="report") == [("3.07", True), ("3.08", True)]
    assert labels("manager", context="report", unit_type=UnitType.OFFICE) == []
    assert labels("resident", building_id=world.second_building_id) == []


@pytest.mark.parametrize(
    "nickname", ["owner", "manager", "caretaker", "resident", "tenant_admin", "vendor", "stranger"]
)
def test_roles_listed_are_roles_granted(
    world: World, other_world: World, database: Database, nickname: str
) -> None:
    actor = world.actor(nickname)
    with database.transaction(actor.scope) as session:
        rows = list(session.scalars(select(Membership)))
        listed = set(session.scalars(select(Membership.id).where(memberships_visible_to(actor))))
        assert listed == {row.id for row in rows if allows(session, actor, "membership:view", row)}
        own = queries.memberships(session, actor)
        assert {line.user_id for line in own} <= {actor.user_id}
        shown = queries.memberships(session, actor, only_own=False)
        assert {line.id for line in shown} == listed


def test_only_an_owner_decides_on_owners(world: World, database: Database) -> None:
    def may(nickname: str, about: str) -> bool:
        actor = world.actor(nickname)
        with database.transaction(actor.scope) as session:
            row = session.scalars(
                select(Membership).where(Membership.user_id == world.people[about])
            ).one()
            return allows(session, actor, "membership:manage", row)

    assert may("owner", "owner")
    assert may("owner", "manager")
    assert may("manager", "caretaker")
    assert not may("manager", "owner")
    assert not may("caretaker", "caretaker")
    assert may("vendor", "vendor_tech")
    assert not may("vendor_tech", "vendor")
    assert may("tenant_admin", "occupant")


def test_choosing_a_language_is_recorded(world: World, database: Database) -> None:
    actor = world.actor("resident")
    with database.transaction(actor.scope) as session:
        choose_language(session, actor, None, ChooseLanguage(language="it"))
    assert world.actor("resident").language == "it"
    with Session(world.engine) as session:
        entry = session.scalars(
            select(AuditEvent).where(AuditEvent.actor_id == actor.user_id)
        ).one()
    assert entry.changes == [{"field": "language", "from": "de", "to": "it"}]


def test_nobody_changes_the_language_of_another(world: World, database: Database) -> None:
    actor = world.actor("manager")
    with database.transaction(actor.scope) as session:
        other = session.get_one(User, world.people["caretaker"])
        with pytest.raises(Forbidden):
            choose_language(session, actor, other, ChooseLanguage(language="it"))


def test_first_account(world: World, database: Database) -> None:
    email = f"first-{new_id().hex}@example.org"
    data = NewAdministrator(
        email=email, name="First", password="long enough a phrase", owner_name="Rheinbogen"
    )
    user_id = create_administrator(database, data)
    signed_in = sign_in(database, SignIn(email=email, password=data.password))
    actor = load_actor(database, signed_in.session_id)
    assert actor is not None
    assert actor.user_id == user_id
    assert actor.is_app_admin
    assert actor.owner_id is not None
    assert actor.staff_roles(actor.owner_id) == {MembershipRole.PROPERTY_OWNER}
    with Session(world.engine) as session:
        assert session.get_one(PropertyOwner, actor.owner_id).name == "Rheinbogen"
    with pytest.raises(Conflict):
        create_administrator(database, data)
