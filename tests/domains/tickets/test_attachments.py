"""Files on tickets through the command: quota, messages, visibility."""

import uuid
from dataclasses import replace

import pytest
from sqlalchemy import select

from ecopick.core.actor import Actor
from ecopick.core.errors import Conflict, Forbidden, Invalid, NotFound
from ecopick.domains.tickets.commands import attachments
from ecopick.domains.tickets.commands.attachments import attach_file, record_scan
from ecopick.domains.tickets.commands.conversation import post_message
from ecopick.domains.tickets.files import StoredFile, new_stem
from ecopick.domains.tickets.inputs import AddAttachment, PostMessage
from ecopick.domains.tickets.models import Attachment, Message, MessageVisibility, ScanState, Ticket
from ecopick.domains.tickets.queries.attachments import get_attachment
from ecopick.domains.tickets.queries.detail import ticket_detail
from tests.factories import World
from tests.jobs.steps import report

STORED = StoredFile(
    storage_key="",
    thumbnail_key=None,
    file_name="a.jpg",
    content_type="image/jpeg",
    size_bytes=1000,
    sha256=b"x" * 32,
    width=10,
    height=10,
    is_clean=True,
)


def stored(world: World, **values: object) -> StoredFile:
    key = f"{new_stem(world.owner_id)}.jpg"
    return replace(STORED, **{"storage_key": key, **values})  # type: ignore[arg-type]


def attach(
    world: World, ticket: Ticket, who: str, file: StoredFile | None = None, **data: object
) -> Attachment:
    actor = world.actor(who)
    with world.database.transaction(actor.scope) as session:
        return attach_file(
            session,
            actor,
            ticket.id,
            AddAttachment.model_validate(data),
            file or stored(world),
        )


def seen(world: World, ticket: Ticket, who: str) -> set[uuid.UUID]:
    actor = world.actor(who)
    with world.database.transaction(actor.scope) as session:
        return {item.id for item in ticket_detail(session, actor, ticket.id).attachments}


@pytest.fixture
def ticket(world: World) -> Ticket:
    return report(world)


@pytest.mark.parametrize("who", ["resident", "manager", "caretaker", "building_admin"])
def test_who_may_attach(world: World, ticket: Ticket, who: str) -> None:
    assert attach(world, ticket, who).scan_state is ScanState.CLEAN


@pytest.mark.parametrize("who", ["neighbour", "occupant", "vendor", "stranger", "tenant_admin"])
def test_who_may_not(world: World, ticket: Ticket, who: str) -> None:
    with pytest.raises(NotFound):
        attach(world, ticket, who)


def test_a_file_is_as_visible_as_its_message(world: World, ticket: Ticket) -> None:
    manager = world.actor("manager")
    ids = {}
    for visibility in ("everyone", "team"):
        with world.database.transaction(manager.scope) as session:
            message = post_message(
                session,
                manager,
                ticket.id,
                PostMessage.model_validate({"body": "x", "visibility": visibility}),
            )
        ids[visibility] = attach(world, ticket, "manager", message_id=message.id).id
    assert seen(world, ticket, "manager") == set(ids.values())
    assert seen(world, ticket, "resident") == {ids["everyone"]}
    resident = world.actor("resident")
    with world.database.transaction(resident.scope) as session:
        assert get_attachment(session, resident, ids["everyone"]).id == ids["everyone"]
        with pytest.raises(NotFound):
            get_attachment(session, resident, ids["team"])


def test_a_file_for_the_team_is_carried_by_a_note(world: World, ticket: Ticket) -> None:
    found = attach(world, ticket, "caretaker", visibility="team")
    with world.database.transaction(Actor.system(world.owner_id).scope) as session:
        note = session.scalars(select(Message).where(Message.id == found.message_id)).one()
    assert (note.visibility, note.body) == (MessageVisibility.TEAM, "a.jpg")
    with pytest.raises(Forbidden):
        attach(world, ticket, "resident", visibility="team")


def test_nobody_adds_to_somebody_elses_message(world: World, ticket: Ticket) -> None:
    manager = world.actor("manager")
    with world.database.transaction(manager.scope) as session:
        message = post_message(session, manager, ticket.id, PostMessage(body="x"))
    for other in (message.id, uuid.uuid4()):
        with pytest.raises(Invalid) as refused:
            attach(world, ticket, "resident", message_id=other)
        assert set(refused.value.fields) == {"message_id"}


def test_quotas_hold(world: World, ticket: Ticket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check 24."""
    monkeypatch.setattr(attachments, "MAX_FILES_PER_TICKET", 2)
    monkeypatch.setattr(attachments, "MAX_BYTES_PER_TICKET", 5000)
    attach(world, ticket, "manager")
    with pytest.raises(Conflict, match="quota"):
        attach(world, ticket, "manager", stored(world, size_bytes=4001))
    attach(world, ticket, "manager", stored(world, size_bytes=4000))
    with pytest.raises(Conflict, match="quota"):
        attach(world, ticket, "manager", stored(world, size_bytes=0))


def test_one_object_is_attached_once(world: World, ticket: Ticket) -> None:
    file = stored(world)
    attach(world, ticket, "manager", file)
    with pytest.raises(Invalid) as refused:
        attach(world, ticket, "manager", file)
    assert set(refused.value.fields) == {"storage_key"}


def test_only_the_system_decides_what_is_clean(world: World, ticket: Ticket) -> None:
    found = attach(world, ticket, "manager", stored(world, is_clean=False))
    assert found.scan_state is ScanState.PENDING
    manager = world.actor("manager")
    with (
        pytest.raises(Forbidden),
        world.database.transaction(manager.scope) as session,
    ):
        record_scan(session, manager, found.id, ScanState.CLEAN)
    system = Actor.system(world.owner_id)
    with world.database.transaction(system.scope) as session:
        record_scan(session, system, found.id, ScanState.INFECTED)
    assert seen(world, ticket, "manager") == set()
