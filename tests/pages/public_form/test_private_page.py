"""The private page of a request: who holds its address needs no account, and sees one request."""

import io
import logging
import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from ecopick.core import clock
from ecopick.core.tenancy import SYSTEM_USER_ID
from ecopick.domains.tickets.commands.conversation import post_message
from ecopick.domains.tickets.commands.public_requests import link_token
from ecopick.domains.tickets.inputs import PostMessage
from ecopick.domains.tickets.lifecycle import AttachmentType, TicketStatus
from ecopick.domains.tickets.models import Attachment, ScanState, Ticket
from tests.factories import World
from tests.mailed_proofs import code_of, latest, mails_to, other_than, stranger
from tests.public_form import WORDS, Phone, links, tickets
from tests.uploads import jpeg


@pytest.fixture
def phone(app: Flask, world: World) -> Phone:
    """A phone at the building's address."""
    return Phone(app, world)


def solve(world: World, ticket: Ticket) -> None:
    """The caretaker did the work and proved it."""
    world.add(
        Attachment(
            property_owner_id=world.owner_id,
            ticket_id=ticket.id,
            uploaded_by_id=world.people["caretaker"],
            type=AttachmentType.RESOLUTION_EVIDENCE,
            storage_key="x",
            file_name="nachher.jpg",
            scan_state=ScanState.CLEAN,
        )
    )
    with world.engine.begin() as connection:
        connection.execute(
            text("update tickets set status = 'RESOLVED', resolved_at = now() where id = :t"),
            {"t": ticket.id},
        )


def test_words_go_both_ways(phone: Phone, world: World) -> None:
    page = phone.report()
    (ticket,) = tickets(world)
    assert phone.post(page, "message", body="Ich bin ab 17 Uhr da.").status_code == 303
    manager = world.actor("manager")
    with world.database.transaction(manager.scope) as session:
        post_message(session, manager, ticket.id, PostMessage(body="Wir kommen um 18 Uhr."))
        note = PostMessage(body="Vorsicht, Hund", visibility="team")
        post_message(session, manager, ticket.id, note)
    shown = phone.client.get(page).text
    assert shown.index("Ich bin ab 17 Uhr da.") < shown.index("Wir kommen um 18 Uhr.")
    assert "Hund" not in shown
    answer = phone.post(page, "message", body=" ")
    assert (answer.status_code, WORDS in answer.text) == (422, True)
    assert phone.post(page, "message", body="Psst", visibility="team").status_code == 403


def test_photos_are_added_and_read_by_the_link_alone(
    app: Flask, phone: Phone, world: World
) -> None:
    page = phone.report(photos=1)
    more = phone.post(page, "photos", file=[(io.BytesIO(jpeg()), "zwei.jpg")])
    assert more.status_code == 303
    shown = phone.client.get(page).text
    files = sorted(set(re.findall(r'href="([^"]+/files/[^"]+)"', shown)))
    assert len(files) == 2
    for address in (files[0], f"{files[0]}/thumbnail"):
        with phone.client.get(address) as file:
            assert (file.status_code, file.mimetype) == (200, "image/jpeg")
    other = Phone(app, world)
    foreign = other.report(asked="true")
    mixed = files[0].replace(page, foreign)
    assert other.client.get(mixed).status_code == 404
    assert (
        app.test_client().get(f"/api/attachments/{files[0].split('/')[-1]}/download").status_code
        == 401
    )


def test_not_fixed_reopens_and_fixed_closes(phone: Phone, world: World) -> None:
    page = phone.report()
    assert phone.post(page, "fixed").status_code == 409
    assert phone.post(page, "not-fixed", body="Tropft").status_code in (403, 409)
    solve(world, tickets(world)[0])
    assert 'id="outcome"' in phone.client.get(page).text
    assert phone.post(page, "not-fixed").status_code == 422
    assert phone.post(page, "not-fixed", body="Es tropft noch.").status_code == 303
    assert tickets(world)[0].status is TicketStatus.IN_PROGRESS
    assert "Es tropft noch." in phone.client.get(page).text
    with world.engine.begin() as connection:
        connection.execute(text("update tickets set status = 'RESOLVED', resolved_at = now()"))
    assert phone.post(page, "fixed").status_code == 303
    assert tickets(world)[0].status is TicketStatus.CLOSED


def test_a_report_is_withdrawn_with_a_reason_while_nobody_was_asked(
    phone: Phone, world: World
) -> None:
    page = phone.report()
    assert phone.post(page, "withdraw").status_code == 422
    assert phone.post(page, "withdraw", reason="solved").status_code == 303
    assert tickets(world)[0].status is TicketStatus.CANCELLED
    assert phone.post(page, "message", body="Hallo").status_code in (403, 409)


def test_reading_changes_nothing_and_no_other_address_opens(
    app: Flask, phone: Phone, world: World, migrator: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """Checks 28 and 30: scanners change nothing; the token is in no table and no log."""
    caplog.set_level(logging.DEBUG)
    page = phone.report(email=stranger())
    token = page.rsplit("/", 1)[1]
    before = _state(migrator, world)
    reader = app.test_client()
    for method in ("GET", "HEAD"):
        assert reader.open(page, method=method).status_code == 200
    for href in re.findall(r'<a [^>]*href="([^"#]+)"', reader.get(page).text):
        reader.get(href)
    assert _state(migrator, world) == before
    assert reader.get(page[:-1] + ("A" if page[-1] != "A" else "B")).status_code == 404
    assert reader.get(page.replace(token, "")).status_code == 404
    with migrator.connect() as connection:
        for table in (
            "request_links",
            "outbox",
            "audit_events",
            "account_mails",
            "idempotency_keys",
        ):
            rows = connection.execute(text(f"select t::text from {table} t")).scalars().all()
            assert not any(token in row for row in rows), table
    assert token not in caplog.text
    cross = reader.post(
        f"{page}/withdraw", data={"reason": "solved"}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert cross.status_code == 403


def _state(migrator: Engine, world: World) -> list[str]:
    with migrator.connect() as connection:
        return [
            str(row)
            for table in ("tickets", "request_links", "messages", "outbox", "audit_events")
            for row in connection.execute(
                text(f"select t::text from {table} t where property_owner_id = :o order by 1"),
                {"o": world.owner_id},
            ).all()
        ]


def test_a_code_makes_the_sender_known_and_sends_somebody(phone: Phone, world: World) -> None:
    """A person without a password is made; what waited for them goes on."""
    world.add_rule(assignee="caretaker")
    email = stranger()
    page = phone.report(email=email, photos=1)
    phone.post(page, "message", body="Bitte klingeln.")
    code = code_of(latest(world.engine, email))
    wrong = phone.post(page, "code", code=other_than(code))
    assert (wrong.status_code, 'aria-invalid="true"' in wrong.text) == (422, True)
    assert phone.post(page, "code", code=code).status_code == 303
    (ticket,) = tickets(world)
    (link,) = links(world)
    assert ticket.reporter_id == link.user_id != SYSTEM_USER_ID
    assert ticket.reporter_email is None
    assert ticket.status is TicketStatus.ASSIGNED
    with world.engine.connect() as connection:
        person = connection.execute(
            text("select email, password_hash, email_verified from users where id = :u"),
            {"u": ticket.reporter_id},
        ).one()
        authors = connection.execute(
            text("select author_id from messages where ticket_id = :t"), {"t": ticket.id}
        )
        assert set(authors.scalars()) == {ticket.reporter_id}
    assert tuple(person) == (email, None, True)
    again = phone.client.get(page).text
    assert "Bitte klingeln." in again
    assert 'name="code"' not in again


def test_an_account_is_found_only_by_who_holds_its_mailbox(phone: Phone, world: World) -> None:
    """A stranger who types the resident's address stays a stranger."""
    email = world.emails["resident"]
    page = phone.report(email=email)
    assert tickets(world)[0].reporter_id == SYSTEM_USER_ID
    phone.post(page, "code", code=code_of(latest(world.engine, email)))
    assert tickets(world)[0].reporter_id == world.people["resident"]


def test_a_confirmed_browser_stays_so_for_a_month(app: Flask, phone: Phone, world: World) -> None:
    world.add_rule(assignee="caretaker")
    email = stranger()
    page = phone.report(email=email)
    phone.post(page, "code", code=code_of(latest(world.engine, email)))
    sent = len(mails_to(world.engine, email))
    phone.report(email=email, asked="true", description="Und das Licht flackert")
    assert tickets(world)[1].reporter_id == tickets(world)[0].reporter_id
    assert tickets(world)[1].status is TicketStatus.ASSIGNED
    assert len(mails_to(world.engine, email)) == sent
    # Another address, or the cookie in another hand: unknown again.
    phone.report(email=stranger(), asked="true", description="Keller steht unter Wasser")
    elsewhere = Phone(app, world)
    elsewhere.report(email=email, asked="true", description="Dachfenster offen")
    clock.shift(timedelta(days=31))
    phone.report(email=email, asked="true", description="Klingel ohne Ton")
    assert {each.reporter_id for each in tickets(world)[2:]} == {SYSTEM_USER_ID}


def test_one_mail_an_hour_and_nothing_typed_in_it(app: Flask, phone: Phone, world: World) -> None:
    """Check 25: however many forms name an address, it gets one mail, and only a code."""
    email = stranger()
    for time in range(3):
        page = Phone(app, world).report(email=email, asked="true", description=f"Bericht {time}")
    assert len(mails_to(world.engine, email)) == 1
    assert "Bericht" not in str(mails_to(world.engine, email)[0].facts)
    again = phone.post(page, "email", email=email)
    assert again.status_code == 429
    assert len(mails_to(world.engine, email)) == 1


def test_the_link_ends_for_who_stops_following(app: Flask, phone: Phone, world: World) -> None:
    phone.report(category="elevator", description="Aufzug steht")
    (ticket,) = tickets(world)
    other = Phone(app, world)
    joined = other.client.post(f"{other.address}/follow", data={"ticket_id": str(ticket.id)})
    page = joined.headers["Location"]
    for step, typed in (
        ("message", {"body": "Hallo"}),
        ("fixed", {}),
        ("withdraw", {"reason": "other"}),
    ):
        assert other.post(page, step, **typed).status_code in (403, 404)
    assert other.post(page, "leave").status_code == 303
    assert other.client.get(page).status_code == 410
    assert links(world)[1].ended_at is not None
    assert page.endswith(link_token(links(world)[1]))
