"""Writing on a ticket without scripts: files, names, audiences; who has seen it; long threads; history."""

import io
import re
import uuid
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.domains.notifications import rules
from ecopick.domains.people.models import User
from ecopick.domains.tickets.models import Attachment, Message, MessageMention, Ticket, TicketRead
from tests.factories import World
from tests.pages.test_tickets import Desk, photo, stored
from tests.statements import statements


def name_of(world: World, nickname: str) -> str:
    with Session(world.engine) as session:
        return str(session.get_one(User, world.people[nickname]).name)


def write(world: World, ticket: Ticket, count: int, first: int = 0) -> None:
    """Many messages, a minute apart, all of them in the past."""
    start = clock.now() - timedelta(minutes=count + 1)
    world.add(
        *(
            Message(
                property_owner_id=world.owner_id,
                ticket_id=ticket.id,
                author_id=world.people["caretaker"],
                body=f"Message number {first + number:03d}.",
                created_at=start + timedelta(minutes=number),
                updated_at=start + timedelta(minutes=number),
            )
            for number in range(count)
        )
    )


def test_a_message_carries_files_and_all_of_it_or_nothing_is_kept(
    client: FlaskClient, world: World
) -> None:
    desk = Desk(client, world, "manager")
    address = desk.report()
    ticket = stored(world, address)
    desk.post(
        f"{address}/messages", body="Two photos", file=[(photo(), "a.jpg"), (photo(), "b.jpg")]
    )
    page = desk.get(address)
    thread = page.split('id="feed"')[1].split("composer-dock")[0]
    assert "Two photos" in thread and thread.count("/thumbnail") == 2
    _, page = desk.post(
        f"{address}/messages", 422, body="Kept text", file=(io.BytesIO(b"MZ\0"), "x.exe")
    )
    assert "Kept text" in page and "Please choose a photo" in page
    with Session(world.engine) as session:
        bodies = session.scalars(select(Message.body).where(Message.ticket_id == ticket.id)).all()
        files = session.scalars(select(Attachment).where(Attachment.ticket_id == ticket.id)).all()
    assert bodies == ["Two photos"] and all(file.message_id for file in files)
    desk.post(f"{address}/messages", file=(photo(), "only.jpg"))
    assert "only.jpg" in desk.get(address)
    _, page = desk.post(f"{address}/messages", 422, body="x" * 8001)
    assert "At most 8000 characters" in page
    answer = desk.client.post(
        f"{address}/messages",
        data={"csrf_token": desk.token(desk.client), "body": "By script"},
        headers={"X-Requested-With": "fetch", "Accept": "application/json"},
    )
    assert answer.status_code == 201 and uuid.UUID(answer.get_json()["id"])


def test_a_note_and_its_files_are_for_the_team(client: FlaskClient, world: World) -> None:
    home = Desk(client, world, "resident")
    address = home.report()
    desk = Desk(client, world, "manager")
    desk.post(f"{address}/messages", body="Secret", visibility="team", file=(photo(), "inside.jpg"))
    page = desk.get(address)
    assert "is-internal" in page and "Team only" in page and "inside.jpg" in page
    home = Desk(client, world, "resident")
    page = home.get(address)
    assert "Secret" not in page and "inside.jpg" not in page
    home.get(f"{address}/people", 403)


def test_names_in_a_text_are_people_who_are_told(client: FlaskClient, world: World) -> None:
    desk = Desk(client, world, "manager")
    address = desk.report()
    ticket = stored(world, address)
    caretaker = name_of(world, "caretaker")
    options = desk.get(f"{address}/people")
    assert f'data-name="{caretaker}"' in options and 'role="option"' in options
    desk.post(f"{address}/messages", body=f"Please look, @{caretaker}! And @nobody.")
    page = desk.get(address)
    assert f'<b class="mention" translate="no">@{caretaker}</b>' in page
    with Session(world.engine) as session:
        named = session.scalars(
            select(MessageMention.user_id).where(MessageMention.ticket_id == ticket.id)
        ).all()
        message = session.scalars(select(Message).where(Message.ticket_id == ticket.id)).one()
    assert named == [world.people["caretaker"]]
    assert caretaker in desk.get(f"{address}?section=history&kind=messages")
    system = Actor.system(world.owner_id)
    happening = rules.Happening(
        uuid.uuid4(),
        "ticket.message",
        world.owner_id,
        ticket.id,
        world.people["manager"],
        {"message_id": str(message.id)},
        clock.now(),
    )
    with world.database.transaction(system.scope) as session:
        told = rules.tellings_for(session, happening)
        titles = {
            telling.notice.words(person.side).title.split(": ", 1)[1]: person.user_id
            for telling in told
            for person in telling.people
            if person.user_id == world.people["caretaker"]
        }
    assert list(titles) == [f"{name_of(world, 'manager')} mentioned you"]
    _, page = desk.post(
        f"{address}/messages",
        422,
        body="Hello",
        visibility="team",
        mentions=world.people["resident"],
    )
    assert "cannot read this" in page


def test_own_messages_say_who_has_seen_them(client: FlaskClient, world: World) -> None:
    desk = Desk(client, world, "manager")
    address = desk.report()
    ticket = stored(world, address)
    desk.post(f"{address}/messages", body="Have a look")
    assert "seen by" not in desk.get(address)
    with Session(world.engine) as session, session.begin():
        session.merge(
            TicketRead(
                property_owner_id=world.owner_id,
                ticket_id=ticket.id,
                user_id=world.people["caretaker"],
                seen_at=clock.now() + timedelta(seconds=5),
            )
        )
    assert f"seen by {name_of(world, 'caretaker').split()[0]}" in desk.get(address)


def test_a_long_thread_shows_its_end_with_as_many_statements(
    client: FlaskClient, world: World
) -> None:
    desk = Desk(client, world, "manager")
    address = desk.report(description="")
    ticket = stored(world, address)

    def reads() -> int:
        with statements(world.database) as seen:
            desk.get(f"{address}?section=activity")
        return sum(each.startswith("SELECT") for each in seen)

    write(world, ticket, 3, first=900)
    reads()
    few = reads()
    write(world, ticket, 117)
    assert reads() <= few
    page = desk.get(f"{address}?section=activity&show=messages")
    assert len(re.findall(r"Message number \d+\.", page)) == 50
    assert "Message number 116." in page and "Message number 000." not in page
    seen = 50
    while found := re.search(r'href="([^"]+since=[^"]+)"[^>]*hx-get', page):
        page = desk.get(found.group(1).replace("&amp;", "&"))
        now = len(re.findall(r"Message number \d+\.", page))
        assert now > seen
        seen = now
    assert seen == 120 and "Show earlier messages" not in page


def test_history_goes_by_kind_and_page_with_fields_in_words(
    client: FlaskClient, world: World
) -> None:
    desk = Desk(client, world, "manager")
    address = desk.report(priority="HIGH")
    ticket = stored(world, address)
    desk.post(f"{address}/details", title="Water", category="electrical", priority="LOW")
    desk.post(f"{address}/triage")
    desk.post(f"{address}/assign", assignee=f"user:{world.people['caretaker']}")
    page = desk.get(f"{address}?section=history&kind=fields")
    assert (
        "Electricity" in page
        and "Low" in page
        and "electrical" not in page.split('id="history"')[1]
    )
    assert name_of(world, "caretaker") not in page.split('id="history"')[1].split("</ol>")[0]
    assert name_of(world, "caretaker") in desk.get(f"{address}?section=history&kind=people")
    desk.get(f"{address}?section=history&kind=nonsense", 422)
    items, cursor = [], None
    for _page in range(20):
        query = f"limit=2&cursor={cursor}" if cursor else "limit=2"
        answer = desk.client.get(f"/api/tickets/{ticket.id}/history?{query}").get_json()
        items += answer["items"]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    assert len(items) == len({item["id"] for item in items}) >= 4
    assert items == sorted(items, key=lambda item: item["created_at"], reverse=True)
    everything = desk.client.get(f"/api/tickets/{ticket.id}/history?limit=200").get_json()["items"]
    assert [item["id"] for item in everything] == [item["id"] for item in items]


@pytest.mark.parametrize("section", ["activity", "attachments"])
def test_pictures_are_plain_links(client: FlaskClient, world: World, section: str) -> None:
    desk = Desk(client, world, "manager")
    address = desk.report()
    desk.post(f"{address}/attachments", file=(photo(), "done.jpg"), type="RESOLUTION_EVIDENCE")
    page = desk.get(f"{address}?section={section}").split("<main")[1]
    assert re.search(r'href="/api/attachments/[0-9a-f-]+/download"[^>]* data-lightbox="', page)
    assert "Proof of work" in page
