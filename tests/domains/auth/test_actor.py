"""The actor behind a session: owners in scope, idle time, the chosen owner."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.db import new_id
from ecopick.core.errors import Invalid, NotFound
from ecopick.core.roles import MembershipRole
from ecopick.core.tenancy import Scope
from ecopick.core.uow import Database
from ecopick.domains.auth.commands import sessions
from ecopick.domains.auth.commands.sign_in import sign_in
from ecopick.domains.auth.inputs import ChooseOwner, SignIn
from ecopick.domains.auth.models import AuthSession
from ecopick.domains.auth.outputs import SignedIn
from ecopick.domains.auth.queries.actors import load_actor, load_user_actor, owner_choices
from ecopick.domains.people.models import Membership, MembershipStatus, UserUnit
from tests.factories import PASSWORD, World
from tests.statements import statements


def session_of(world: World, database: Database, nickname: str, **values: bool) -> uuid.UUID:
    data = SignIn(email=world.emails[nickname], password=PASSWORD, **values)
    outcome = sign_in(database, data)
    assert isinstance(outcome, SignedIn)
    return outcome.session_id


def test_staff_act_for_their_owner(world: World, database: Database) -> None:
    actor = load_actor(database, session_of(world, database, "manager"))
    assert actor is not None
    assert (actor.owner_id, actor.owner_ids) == (world.owner_id, (world.owner_id,))
    assert actor.is_staff
    assert actor.is_management(world.owner_id)


def test_resident_has_unit_and_owner(world: World, database: Database) -> None:
    actor = load_actor(database, session_of(world, database, "resident"))
    assert actor is not None
    assert actor.owner_ids == (world.owner_id,)
    assert [unit.unit_id for unit in actor.user_units] == [world.unit_id]
    assert actor.user_units[0].since is not None
    assert actor.language == "de"
    assert not actor.is_staff


def test_vendor_reaches_the_owners_it_works_for(world: World, database: Database) -> None:
    actor = load_actor(database, session_of(world, database, "vendor"))
    assert actor is not None
    assert actor.vendor_org_ids == {world.vendor_org_id}
    assert actor.owner_ids == (world.owner_id,)


def test_app_admin_has_no_scope_of_their_own(world: World, database: Database) -> None:
    actor = load_actor(database, session_of(world, database, "app_admin"))
    assert actor is not None
    assert actor.is_app_admin
    assert actor.owner_ids == ()


def test_loading_costs_three_statements_and_the_announcement(
    world: World, database: Database
) -> None:
    session_id = session_of(world, database, "manager")
    with statements(database) as seen:
        load_actor(database, session_id)
    assert len(seen) == 3


@pytest.mark.parametrize("change", ["ended", "pending"])
def test_role_that_does_not_count_gives_nothing(
    world: World, database: Database, change: str
) -> None:
    """Check 11: a removed role counts no more at the next request."""
    session_id = session_of(world, database, "manager")
    with Session(world.engine) as session, session.begin():
        role = session.query(Membership).filter_by(user_id=world.people["manager"]).one()
        if change == "ended":
            role.ended_at = clock.now()
        else:
            role.status = MembershipStatus.PENDING
    actor = load_actor(database, session_id)
    assert actor is not None
    assert (actor.memberships, actor.owner_ids) == ((), ())


@pytest.mark.parametrize("change", ["over", "off", "future"])
def test_unit_that_is_no_longer_or_not_yet_used(
    world: World, database: Database, change: str
) -> None:
    with Session(world.engine) as session, session.begin():
        tie = session.query(UserUnit).filter_by(user_id=world.people["resident"]).one()
        today = clock.now().date()
        if change == "over":
            tie.end_date = today - timedelta(days=1)
        elif change == "off":
            tie.is_active = False
        else:
            tie.start_date = today + timedelta(days=1)
    actor = load_actor(database, session_of(world, database, "resident"))
    assert actor is not None
    assert actor.user_units == ()
    assert (world.owner_id in actor.owner_ids) == (change == "over")


def test_session_dies_after_half_an_hour_without_activity(world: World, database: Database) -> None:
    """Check 12: 30 minutes idle."""
    session_id = session_of(world, database, "manager")
    for _ in range(3):
        clock.shift(timedelta(minutes=20))
        assert load_actor(database, session_id) is not None
    clock.shift(timedelta(minutes=30))
    assert load_actor(database, session_id) is None


def test_polling_keeps_nothing_alive(world: World, database: Database) -> None:
    session_id = session_of(world, database, "manager")
    clock.shift(timedelta(minutes=20))
    assert load_actor(database, session_id, active=False) is not None
    clock.shift(timedelta(minutes=11))
    assert load_actor(database, session_id, active=False) is None


def test_session_dies_after_twelve_hours_of_work(world: World, database: Database) -> None:
    """Check 12: 12 hours absolute."""
    session_id = session_of(world, database, "manager")
    for _ in range(47):
        clock.shift(timedelta(minutes=15))
        assert load_actor(database, session_id) is not None
    clock.shift(timedelta(minutes=15))
    assert load_actor(database, session_id) is None


def test_activity_is_written_once_a_minute(world: World, database: Database) -> None:
    session_id = session_of(world, database, "manager")

    def seen() -> object:
        with Session(world.engine) as session:
            return session.get_one(AuthSession, session_id).last_seen_at

    first = seen()
    clock.shift(timedelta(seconds=50))
    load_actor(database, session_id)
    assert seen() == first
    clock.shift(timedelta(seconds=20))
    load_actor(database, session_id)
    assert seen() != first


def test_unknown_session(database: Database) -> None:
    assert load_actor(database, new_id()) is None


def in_both(world: World, other_world: World, nickname: str = "manager") -> None:
    other_world.add(
        Membership(
            user_id=world.people[nickname],
            role=MembershipRole.BUILDING_MANAGER,
            property_owner_id=other_world.owner_id,
        )
    )


def test_staff_of_two_owners_act_for_one_at_a_time(
    world: World, other_world: World, database: Database
) -> None:
    in_both(world, other_world)
    session_id = session_of(world, database, "manager")
    actor = load_actor(database, session_id)
    assert actor is not None
    with database.transaction(actor.scope) as session:
        choices = owner_choices(session, actor)
    assert {owner_id for owner_id, _ in choices} == {world.owner_id, other_world.owner_id}
    assert actor.owner_ids == (choices[0][0],)
    second = choices[1][0]
    with database.transaction(actor.scope) as session:
        sessions.choose_owner(session, actor, ChooseOwner(property_owner_id=second))
    again = load_actor(database, session_id)
    assert again is not None
    assert again.owner_ids == (second,)


def test_header_outranks_the_stored_choice(
    world: World, other_world: World, database: Database
) -> None:
    in_both(world, other_world)
    session_id = session_of(world, database, "manager")
    for owner_id in (world.owner_id, other_world.owner_id):
        actor = load_actor(database, session_id, owner_id)
        assert actor is not None
        assert actor.owner_ids == (owner_id,)


def test_foreign_owner_is_refused(world: World, other_world: World, database: Database) -> None:
    session_id = session_of(world, database, "manager")
    with pytest.raises(NotFound):
        load_actor(database, session_id, other_world.owner_id)
    actor = load_actor(database, session_id)
    assert actor is not None
    with database.transaction(actor.scope) as session, pytest.raises(Invalid) as refused:
        sessions.choose_owner(session, actor, ChooseOwner(property_owner_id=other_world.owner_id))
    assert "property_owner_id" in refused.value.fields


def test_staff_who_live_elsewhere_keep_both_owners_in_scope(
    world: World, other_world: World, database: Database
) -> None:
    other_world.add(
        UserUnit(
            user_id=world.people["manager"],
            property_owner_id=other_world.owner_id,
            unit_id=other_world.unit_id,
            building_id=other_world.building_id,
            relationship="resident",
            start_date=clock.now().date(),
        )
    )
    actor = load_actor(database, session_of(world, database, "manager"))
    assert actor is not None
    assert actor.owner_id == world.owner_id
    assert set(actor.owner_ids) == {world.owner_id, other_world.owner_id}
    assert not actor.is_operations(other_world.owner_id)


def test_link_holder_has_only_their_role_at_the_vendor(world: World, database: Database) -> None:
    world.add(
        Membership(
            user_id=world.people["vendor"],
            role=MembershipRole.BUILDING_MANAGER,
            property_owner_id=world.owner_id,
        )
    )
    actor = load_user_actor(
        database, world.people["vendor"], world.owner_id, kind="link", via="vendor_link"
    )
    assert actor is not None
    assert (actor.kind, actor.via) == ("link", "vendor_link")
    assert {fact.role for fact in actor.memberships} == {MembershipRole.VENDOR_ADMIN}
    assert actor.scope == Scope((world.owner_id,), world.people["vendor"])
    assert not actor.is_staff


def test_system_person_is_nobody(database: Database) -> None:
    from ecopick.core.tenancy import SYSTEM_USER_ID

    assert load_user_actor(database, SYSTEM_USER_ID) is None
