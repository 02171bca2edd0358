"""Who gets which mail, in which language, with which words and links."""

import re
from typing import Any

import pytest
from sqlalchemy import func, select, update

from ecopick.core import crypto
from ecopick.core.models import Outbox
from ecopick.core.text import use_language
from ecopick.domains.notifications.models import Notification, NotificationChannel
from ecopick.domains.tickets.models import VendorLink
from jobs.notifications import deliver
from jobs.outbox import dispatch_owner
from jobs.runtime import Runtime
from tests.factories import World
from tests.jobs.conftest import Post, text_of
from tests.jobs.steps import SECRET_NOTE, answer, assign, report, say, send_to_vendor


def links(world: World, jobs: Runtime) -> list[VendorLink]:
    with jobs.as_system(world.owner_id) as (session, _system):
        return list(session.scalars(select(VendorLink).where(VendorLink.revoked_at.is_(None))))


def notifications(world: World, jobs: Runtime, nickname: str) -> list[Notification]:
    with jobs.as_system(world.owner_id) as (session, _system):
        return list(
            session.scalars(
                select(Notification)
                .where(Notification.user_id == world.people[nickname])
                .order_by(Notification.created_at, Notification.id)
            )
        )


def test_management_hears_of_a_new_ticket(world: World, post: Post, work: Any) -> None:
    report(world)
    work()
    mail = post.to(world.emails["manager"])[0]
    assert re.match(r"EP-\d+: New ticket: Rohrbruch in der Küche", mail["Subject"])
    assert mail["Auto-Submitted"] == "auto-generated"
    assert 'lang="en"' in text_of(mail, "html")
    assert not post.to(world.emails["resident"])
    assert not post.to(world.emails["caretaker"])


def test_the_dispatch_mail_is_in_the_vendors_language_with_a_working_link(
    world: World, jobs: Runtime, post: Post, work: Any
) -> None:
    assignment = send_to_vendor(world, report(world))
    work()
    by_person = {link.recipient_id: link for link in links(world, jobs)}
    for nickname in ("vendor", "vendor_tech"):
        (mail,) = post.to(world.emails[nickname])
        link = by_person[world.people[nickname]]
        token = crypto.token("vendor_link", assignment.id, link.recipient_id, link.version)
        url = f"http://localhost/it/jobs/{token}"
        assert url in text_of(mail) and url in text_of(mail, "html")
        assert crypto.token_hash(token) == link.token_hash
        assert 'lang="it"' in text_of(mail, "html")
    assert not post.to(world.emails["vendor_two"])


def test_a_german_vendor_reads_german(world: World, post: Post, work: Any) -> None:
    send_to_vendor(world, report(world), second=True)
    work()
    (mail,) = post.to(world.emails["vendor_two"])
    assert 'lang="de"' in text_of(mail, "html")
    assert re.search(r"http://localhost/de/jobs/[\w-]{43}", text_of(mail))
    day = r"(Montag|Dienstag|Mittwoch|Donnerstag|Freitag|Samstag|Sonntag)"
    assert re.search(day, text_of(mail))


def test_no_occupants_data_reaches_a_vendor_by_mail(
    world: World, jobs: Runtime, post: Post, work: Any
) -> None:
    ticket = report(world)
    send_to_vendor(world, ticket)
    say(world, ticket, "resident", "Meine Nummer ist 0761 123456")
    work()
    mails = post.to(world.emails["vendor"])
    assert len(mails) == 1
    resident = world.actor("resident")
    for kind in ("plain", "html"):
        text = text_of(mails[0], kind)
        for secret in (resident.name, resident.email, "123456", SECRET_NOTE, "klingeln"):
            assert secret not in text
    told = " ".join(f"{row.title} {row.body}" for row in notifications(world, jobs, "vendor"))
    assert resident.name not in told and SECRET_NOTE not in told and "123456" not in told


def test_the_reporter_reads_who_comes_and_when_and_never_of_a_ticket(
    world: World, post: Post, work: Any
) -> None:
    assignment = send_to_vendor(world, report(world, "neighbour", unit_id=world.neighbour_unit_id))
    answer(world, assignment)
    work()
    (mail,) = post.to(world.emails["neighbour"])
    text = text_of(mail) + mail["Subject"] + text_of(mail, "html")
    assert "Plumber" in text
    assert re.search(r"\d\d:00", text)
    assert 'lang="fr"' in text
    assert "icket" not in re.sub(r"/tickets/\S*", "", text)
    assert f"http://localhost/fr/tickets/{assignment.ticket_id}" in text


def test_management_hears_of_a_decline_and_that_nobody_is_left(
    world: World, post: Post, work: Any
) -> None:
    answer(world, send_to_vendor(world, report(world)), accept=False)
    work()
    subjects = [mail["Subject"] for mail in post.to(world.emails["manager"])]
    assert any("has declined" in subject for subject in subjects)
    assert any("Nobody to assign" in subject for subject in subjects)


def test_a_message_reaches_everybody_but_its_author(world: World, post: Post, work: Any) -> None:
    ticket = report(world)
    assign(world, ticket, type="INTERNAL", assigned_to_user_id=world.people["caretaker"])
    work()
    post.mails.clear()
    say(world, ticket, "resident", "Es tropft <b>stärker</b>")
    work()
    (mail,) = post.to(world.emails["caretaker"])
    assert "Es tropft <b>stärker</b>" in text_of(mail)
    assert "&lt;b&gt;stärker" in text_of(mail, "html")
    assert not post.to(world.emails["resident"])
    assert not post.to(world.emails["manager"])


def test_where_nobody_of_the_staff_takes_part_a_message_reaches_management(
    world: World, post: Post, work: Any
) -> None:
    ticket = report(world)
    work()
    post.mails.clear()
    say(world, ticket, "resident", "Hallo?")
    work()
    assert post.to(world.emails["manager"])


def test_team_notes_stay_with_the_team(world: World, jobs: Runtime, post: Post, work: Any) -> None:
    ticket = report(world)
    assign(world, ticket, type="INTERNAL", assigned_to_user_id=world.people["caretaker"])
    work()
    post.mails.clear()
    say(world, ticket, "manager", "Nur unter uns", visibility="team")
    work()
    assert post.to(world.emails["caretaker"])
    assert not post.to(world.emails["resident"])
    told = [row.body or "" for row in notifications(world, jobs, "resident")]
    assert not any("Nur unter uns" in body for body in told)


def test_a_vendor_whose_job_goes_elsewhere_is_told(world: World, post: Post, work: Any) -> None:
    ticket = report(world)
    answer(world, send_to_vendor(world, ticket))
    work()
    post.mails.clear()
    send_to_vendor(world, ticket, second=True)
    work()
    (mail,) = post.to(world.emails["vendor"])
    assert mail["Subject"].startswith("EP-1: ")
    assert "/jobs/" not in text_of(mail)


def test_a_mail_for_a_job_that_was_taken_back_never_leaves(
    world: World, jobs: Runtime, post: Post
) -> None:
    ticket = report(world)
    send_to_vendor(world, ticket)
    dispatch_owner(jobs, world.owner_id)
    send_to_vendor(world, ticket, second=True)
    deliver()
    assert not post.to(world.emails["vendor"])


def test_preferences_are_honoured_but_for_the_vendors_job(
    world: World, jobs: Runtime, post: Post, work: Any
) -> None:
    from ecopick.domains.notifications.commands import set_preference
    from ecopick.domains.notifications.inputs import SetPreference

    for nickname, kind in (("manager", "ticket_created"), ("vendor", "ticket_assigned")):
        actor = world.actor(nickname)
        with world.database.transaction(actor.scope) as session:
            set_preference(
                session, actor, None, SetPreference.model_validate({"type": kind, "channels": []})
            )
    send_to_vendor(world, report(world, auto_route=False))
    work()
    assert not notifications(world, jobs, "manager")
    assert len(post.to(world.emails["vendor"])) == 1


def test_an_undeliverable_dispatch_mail_tells_the_manager(
    world: World, post: Post, work: Any
) -> None:
    post.refused[world.emails["vendor"]] = "550 no such person"
    send_to_vendor(world, report(world))
    work()
    work()
    subjects = [mail["Subject"] for mail in post.to(world.emails["manager"])]
    assert sum("does not reach" in subject for subject in subjects) == 1
    assert len(post.to(world.emails["vendor_tech"])) == 1


def test_a_temporary_refusal_is_tried_again_with_the_same_message_id(
    world: World, jobs: Runtime, post: Post, work: Any
) -> None:
    address = world.emails["vendor"]
    post.refused[address] = "450 come again"
    send_to_vendor(world, report(world))
    work()
    (waiting,) = [
        row
        for row in notifications(world, jobs, "vendor")
        if row.channel is NotificationChannel.EMAIL
    ]
    assert waiting.sent_at is None and waiting.attempts == 1 and waiting.retry_at is not None
    del post.refused[address]
    assert not post.to(address)
    from datetime import timedelta

    from ecopick.core import clock

    deliver()
    assert not post.to(address), "the pause is kept"
    clock.shift(timedelta(minutes=2))
    deliver()
    deliver()
    (mail,) = post.to(address)
    assert mail["Message-ID"] == f"<n-{waiting.id}@localhost>"


def test_dispatching_twice_tells_once(world: World, jobs: Runtime, post: Post, work: Any) -> None:
    send_to_vendor(world, report(world))
    work()
    before = len(post.mails)
    with jobs.as_system(world.owner_id) as (session, _system):
        session.execute(update(Outbox).values(dispatched_at=None))
        count = session.scalar(select(func.count()).select_from(Notification))
    work()
    with jobs.as_system(world.owner_id) as (session, _system):
        assert session.scalar(select(func.count()).select_from(Notification)) == count
    assert len(post.mails) == before


@pytest.mark.parametrize("language", ["en", "de", "fr", "it"])
def test_every_notice_can_be_written_in_every_language(
    world: World, jobs: Runtime, language: str
) -> None:
    from ecopick.core import clock
    from ecopick.domains.notifications import wording
    from ecopick.domains.notifications.audience import Side
    from ecopick.domains.notifications.facts import ticket_facts
    from ecopick.domains.tickets.lifecycle import TicketStatus

    ticket = report(world)
    now = clock.now()
    with jobs.as_system(world.owner_id) as (session, _system), use_language(language):
        facts = ticket_facts(session, ticket.id)
        assert facts is not None
        notices = [
            wording.created(facts),
            wording.unrouted(facts),
            wording.assigned(facts, now),
            wording.dispatched(facts, now),
            wording.recalled(facts),
            wording.confirmed(facts),
            wording.accepted(facts, "Rossi", (now, now)),
            wording.accepted(facts, "Rossi", None),
            wording.declined(facts, "Rossi", "no time"),
            wording.lapsed(facts, "Rossi"),
            wording.undone(facts, "Rossi"),
            wording.claimed(facts, "Rossi"),
            wording.withdrawn(facts),
            wording.published(facts),
            wording.added(facts),
            wording.message(facts, "Rossi", "x" * 5000),
            wording.due_soon(facts),
            wording.past_due(facts),
            wording.undeliverable(facts, "Rossi"),
            wording.appointment_off(facts),
            *(wording.permission_ended(kind) for kind in ("Ticket", "Building", "Unit")),
            wording.permission_ended("PropertyOwner"),
            *(wording.status(facts, status) for status in TicketStatus),
        ]
        for notice in notices:
            for side in Side:
                if notice is None:
                    continue
                words = notice.words(side)
                assert words.title and "%(" not in words.title + words.body
                if side is Side.TENANT and notice.type == "ticket_status_changed":
                    assert "ticket" not in words.title.lower()
