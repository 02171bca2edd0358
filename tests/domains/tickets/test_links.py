"""Links of a vendor: who gets one, how long it lives, which windows it offers."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, select, text

from ecopick.core import clock, crypto
from ecopick.core.actor import Actor
from ecopick.core.errors import Forbidden, Invalid
from ecopick.domains.tickets.commands.assignment import lapse_assignment
from ecopick.domains.tickets.commands.links import link_token, note_answer, note_fetched
from ecopick.domains.tickets.link_inputs import OTHER, LinkAccept, offered_windows
from ecopick.domains.tickets.models import Assignment, VendorLink
from ecopick.domains.tickets.queries.links import LinkContext, LinkState, open_link, read_job
from tests.factories import World
from tests.jobs.steps import SECRET_NOTE, answer, assign, report, send_to_vendor
from tests.vendor_links import link_of, token_of

BERLIN = ZoneInfo("Europe/Berlin")


def links(world: World, assignment: Assignment) -> list[VendorLink]:
    with world.database.transaction(Actor.system(world.owner_id).scope) as session:
        return list(
            session.scalars(select(VendorLink).where(VendorLink.assignment_id == assignment.id))
        )


def opened(world: World, token: str) -> LinkContext:
    found = open_link(world.database, token)
    assert found is not None
    return found


def test_one_link_for_each_recipient(world: World) -> None:
    """Check 30: 256 bits each, and only their hashes are stored."""
    assignment = send_to_vendor(world, report(world))
    found = links(world, assignment)
    assert {link.recipient_id for link in found} == {
        world.people["vendor"],
        world.people["vendor_tech"],
    }
    tokens = {link_token(link) for link in found}
    assert len(tokens) == 2 and all(len(token) == 43 for token in tokens)
    assert {link.token_hash for link in found} == {crypto.token_hash(token) for token in tokens}


@pytest.mark.parametrize(
    ("priority", "hours"), [("URGENT", 0.5), ("HIGH", 2), ("MEDIUM", 24), ("LOW", 24)]
)
def test_an_unanswered_link_ends_with_respond_by(world: World, priority: str, hours: float) -> None:
    assignment = send_to_vendor(world, report(world, priority=priority))
    for link in links(world, assignment):
        assert link.expires_at == assignment.respond_by
        assert link.expires_at - link.created_at <= dt.timedelta(hours=hours, seconds=5)
    token = token_of(world, assignment)
    assert opened(world, token).state is LinkState.WAITING
    clock.shift(dt.timedelta(hours=hours, seconds=1))
    assert opened(world, token).state is LinkState.EXPIRED


def test_silence_and_reassignment_end_the_links(world: World) -> None:
    ticket = report(world)
    first = send_to_vendor(world, ticket)
    token = token_of(world, first)
    clock.shift(dt.timedelta(hours=3))
    system = Actor.system(world.owner_id)
    with world.database.transaction(system.scope) as session:
        assert lapse_assignment(session, system, first.id)
    assert opened(world, token).state is LinkState.EXPIRED
    second = send_to_vendor(world, ticket)
    again = token_of(world, second)
    assert again != token
    assign(world, ticket, type="INTERNAL", assigned_to_user_id=world.people["caretaker"])
    assert opened(world, again).state is LinkState.REVOKED
    assert all(link.revoked_at is not None for link in links(world, second))


def test_the_holder_has_the_recipients_role_at_this_vendor_only(
    world: World, migrator: Engine
) -> None:
    """A link never brings other roles of the person along."""
    with migrator.begin() as connection:
        connection.execute(
            text(
                "insert into memberships (id, user_id, role, property_owner_id, status,"
                " created_at, updated_at) values"
                " (gen_random_uuid(), :u, 'PROPERTY_OWNER', :o, 'active', now(), now())"
            ),
            {"u": world.people["vendor"], "o": world.owner_id},
        )
    assignment = send_to_vendor(world, report(world, description="Es tropft"))
    link = opened(world, token_of(world, assignment))
    assert (link.actor.kind, link.actor.via) == ("link", "vendor_link")
    assert link.actor.owner_ids == (world.owner_id,)
    assert not link.actor.is_staff and not link.actor.user_units
    assert link.actor.vendor_org_ids == {world.vendor_org_id}
    with world.database.transaction(link.actor.scope) as session:
        job = read_job(session, link)
    assert job.occupant is None
    shown = job.ticket.model_dump_json()
    for secret in (SECRET_NOTE, "Resident ", "+49"):
        assert secret not in shown


def test_after_acceptance_the_occupant_is_known(world: World) -> None:
    assignment = send_to_vendor(world, report(world, who="manager"))
    answer(world, assignment)
    link = opened(world, token_of(world, assignment))
    with world.database.transaction(link.actor.scope) as session:
        job = read_job(session, link)
    assert job.occupant is not None
    assert job.occupant.name.startswith("Resident ")
    assert job.occupant.phone == "+49 761 123456"


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "\x00", "é"])
def test_unknown_tokens_find_nothing(world: World, token: str) -> None:
    assert open_link(world.database, token) is None


def test_only_the_system_keeps_the_books_of_a_link(world: World) -> None:
    assignment = send_to_vendor(world, report(world))
    link, vendor = link_of(world, assignment), world.actor("vendor")
    for step in (
        lambda session: note_fetched(session, vendor, link.id),
        lambda session: note_answer(session, vendor, link.id, accepted=True),
    ):
        with pytest.raises(Forbidden), world.database.transaction(vendor.scope) as session:
            step(session)


# Windows.


def local(text_: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text_).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("now", "first"),
    [
        ("2026-03-10T10:10", ("2026-03-10T11:00", "2026-03-10T12:30")),
        ("2026-03-10T05:00", ("2026-03-10T08:00", "2026-03-10T09:30")),
        ("2026-03-10T17:31", ("2026-03-11T08:00", "2026-03-11T10:00")),
        ("2026-03-10T23:50", ("2026-03-11T08:00", "2026-03-11T10:00")),
    ],
)
def test_offered_windows(now: str, first: tuple[str, str]) -> None:
    found = offered_windows(local(now).astimezone(dt.UTC), BERLIN, urgent=False)
    assert (found[0].start, found[0].end) == tuple(local(end) for end in first)
    assert len(found) in (2, 3)


def test_an_emergency_is_offered_the_next_half_hour_even_at_night() -> None:
    found = offered_windows(local("2026-03-10T22:10").astimezone(dt.UTC), BERLIN, urgent=True)
    assert found[0].start == local("2026-03-10T23:00")


@pytest.mark.parametrize("day", ["2026-03-28", "2026-10-24"])
def test_offered_windows_hold_on_the_days_the_clocks_change(day: str) -> None:
    """Check 47: eight in the morning stays eight in the morning."""
    found = offered_windows(local(f"{day}T12:00").astimezone(dt.UTC), BERLIN, urgent=False)
    morning = found[1]
    assert morning.start.astimezone(BERLIN).hour == 8
    assert morning.end - morning.start == dt.timedelta(hours=2)


def test_every_offered_window_is_accepted() -> None:
    now = dt.datetime(2026, 3, 10, 9, tzinfo=dt.UTC)
    for window in offered_windows(now, BERLIN, urgent=True):
        assert LinkAccept(window=window.value).arrival(BERLIN, now) == window


def test_a_window_of_ones_own_is_read_on_local_clocks() -> None:
    now = dt.datetime(2026, 3, 10, 9, tzinfo=dt.UTC)
    data = LinkAccept.model_validate(
        {"window": OTHER, "date": "2026-03-30", "from_time": "08:00", "until_time": "09:30"}
    )
    found = data.arrival(BERLIN, now)
    assert found.start == dt.datetime(2026, 3, 30, 6, tzinfo=dt.UTC)
    assert found.start.tzinfo is dt.UTC


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({}, {"window"}),
        ({"window": OTHER}, {"date", "from_time", "until_time"}),
        ({"window": OTHER, "date": "2026-03-12"}, {"from_time", "until_time"}),
        ({"window": "2026-03-12T08:00/2026-03-12T10:00"}, {"window"}),
        ({"window": "2026-03-12T10:00+00:00/2026-03-12T08:00+00:00"}, {"window"}),
        ({"window": "2026-03-12T10:00+00:00/2026-03-19T08:00+00:00"}, {"window"}),
        ({"window": "2026-03-01T10:00+00:00/2026-03-01T12:00+00:00"}, {"window"}),
        (
            {"window": OTHER, "date": "2026-03-01", "from_time": "08:00", "until_time": "09:00"},
            {"date"},
        ),
    ],
)
def test_windows_that_are_refused(fields: dict[str, str], named: set[str]) -> None:
    now = dt.datetime(2026, 3, 10, 9, tzinfo=dt.UTC)
    with pytest.raises(Invalid) as refused:
        LinkAccept.model_validate(fields).arrival(BERLIN, now)
    assert set(refused.value.fields) == named
