"""Working on an accepted job through a mailed link: words, photos, done."""

import io
import re

from flask import Flask
from sqlalchemy import Engine, text

from ecopick.domains.tickets.lifecycle import TicketStatus
from ecopick.domains.tickets.models import Assignment, Ticket
from tests.domains.tickets.test_main_line import audit_actions, now_at
from tests.factories import World
from tests.jobs.steps import report, say, send_to_vendor
from tests.vendor_links import (
    Browser,
    photo,
    token_of,
    window,
)

PHONE = "+49 761 123456"


def test_writing_and_reading(working: Browser, world: World, ticket: Ticket) -> None:
    say(world, ticket, "resident", "Ich bin ab 14 Uhr zuhause")
    say(world, ticket, "manager", "Nur für uns", "team")
    nonce = working.nonce()
    for _ in range(2):
        assert working.send("message", nonce, body="Arrivo alle 14").status_code == 303
    page = working.open().text
    assert "Ich bin ab 14 Uhr zuhause" in page
    assert page.count("Arrivo alle 14") == 1
    assert "Nur für uns" not in page


def test_done_needs_a_photo_and_keeps_what_was_typed(
    working: Browser, world: World, ticket: Ticket
) -> None:
    refused = working.send("done", body="Sostituito il sifone")
    assert refused.status_code == 409
    assert "Sostituito il sifone" in refused.text
    assert now_at(world, ticket).status is TicketStatus.IN_PROGRESS
    assert working.send("evidence", moment="before", file=photo("prima.jpg")).status_code == 303
    assert working.send("done", body="Sostituito il sifone").status_code == 409
    assert working.send("evidence", moment="after", file=photo()).status_code == 303
    nonce = working.nonce()
    for _ in range(2):
        assert working.send("done", nonce, body="Sostituito il sifone").status_code == 303
    assert now_at(world, ticket).status is TicketStatus.RESOLVED
    assert audit_actions(world, ticket).count("RESOLVED") == 1
    page = working.open().text
    assert page.count("Sostituito il sifone") == 1
    assert "/done" not in page


def test_pictures_are_served_to_the_link_alone(
    app: Flask, working: Browser, world: World, ticket: Ticket
) -> None:
    working.send("evidence", moment="after", file=photo())
    found = re.search(r'src="(/it/jobs/[^"]+/files/[^"]+/thumbnail)"', working.open().text)
    assert found is not None
    picture = working.client.get(found[1], buffered=True)
    assert (picture.status_code, picture.mimetype) == (200, "image/jpeg")
    assert picture.headers["Cache-Control"].startswith("private")
    assert working.client.get(found[1].replace("/thumbnail", ""), buffered=True).status_code == 200
    other = send_to_vendor(world, report(world, title="Ein anderer Auftrag"))
    elsewhere = Browser(app, token_of(world, other))
    elsewhere.accept()
    identity = found[1].split("/files/")[1]
    assert elsewhere.client.get(f"{elsewhere.address}/files/{identity}").status_code == 404


def test_bad_files_are_refused_in_words(working: Browser, world: World) -> None:
    for content, name in ((b"", "leer.jpg"), (b"<svg onload=x>", "a.svg"), (b"hello", "a.jpg")):
        refused = working.send("evidence", moment="after", file=(io.BytesIO(content), name))
        assert refused.status_code == 422, name
        assert 'role="alert"' in refused.text
    assert working.send("evidence", moment="after").status_code == 422
    assert working.send("evidence", file=photo()).status_code == 422


def test_the_typed_name_stands_encrypted_in_the_audit(
    working: Browser, world: World, ticket: Ticket, migrator: Engine
) -> None:
    working.send("evidence", moment="after", file=photo())
    with migrator.connect() as connection:
        rows = connection.execute(
            text(
                "select action, meta, actor_id from audit_events where ticket_id = :t"
                " and meta ->> 'via' = 'vendor_link' order by created_at, id"
            ),
            {"t": ticket.id},
        ).all()
    assert [row.action for row in rows] == ["VENDOR_ACCEPTED", "ATTACHMENT_UPLOADED"]
    for row in rows:
        assert row.actor_id == world.people["vendor"]
        assert row.meta["typed_name"].startswith("v1.")


def test_the_browser_that_answered_is_remembered(
    app: Flask, working: Browser, world: World, assignment: Assignment
) -> None:
    """A forwarded link asks for a name before a one-tap step."""
    cookie = next(
        line
        for line in working.send("accept", window=window()).headers.getlist("Set-Cookie")
        if line.startswith("ecopick_job_")
    )
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
    working.send("evidence", moment="after", file=photo())
    stranger = Browser(app, token_of(world, assignment))
    refused = stranger.send("done")
    assert refused.status_code == 422 and "typed_name" in refused.text
    assert stranger.send("done", typed_name="Carla Bianchi").status_code == 303


def test_a_colleague_sees_the_accepted_job(
    app: Flask, working: Browser, world: World, assignment: Assignment
) -> None:
    colleague = Browser(app, token_of(world, assignment, "vendor_tech"))
    page = colleague.open()
    assert page.status_code == 200
    assert PHONE in page.text and "/undo" not in page.text and "/done" not in page.text


def test_what_waited_on_a_phone_is_taken_once_and_its_token_is_stored_nowhere(
    working: Browser, world: World, ticket: Ticket, migrator: Engine
) -> None:
    """Check 30: the answer to a repeat is kept without the token of the link."""
    headers = {"X-Requested-With": "fetch", "Accept": "application/json", "Idempotency-Key": "w-1"}
    answers = [
        working.client.post(
            f"{working.address}/evidence",
            data={"nonce": working.nonce(), "moment": "after", "file": photo()},
            headers=headers,
        )
        for _each in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json == answers[1].json
    assert answers[1].headers["Idempotent-Replay"] == "true"
    assert working.client.get(answers[1].json["url"], buffered=True).status_code == 200
    token = working.address.rsplit("/", 1)[1]
    with migrator.connect() as connection:
        rows = connection.execute(
            text("select path, response::text from idempotency_keys where key = 'w-1'")
        ).all()
        files = connection.execute(
            text("select count(*) from attachments where ticket_id = :t"), {"t": ticket.id}
        ).scalar_one()
    assert files == 1
    assert len(rows) == 1 and all(token not in value for value in rows[0])
    ended = working.client.post(
        f"{working.address}x/evidence", data={"file": photo()}, headers=headers
    )
    assert ended.status_code == 409 and ended.json is not None
    assert ended.json["code"] == "link_ended"
