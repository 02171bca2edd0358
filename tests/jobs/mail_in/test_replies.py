"""A signed reply becomes a message of its person, once for each request."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, text

from ecopick.domains.tickets.models import Attachment, Message, MessageVisibility, Ticket
from jobs import mail_in
from jobs.mail_in import Outcome
from jobs.runtime import Runtime
from tests.factories import World
from tests.jobs.conftest import Post, text_of
from tests.jobs.mail_in.steps import DOMAIN, reply_to, rows, sent, written
from tests.jobs.steps import report, say, send_to_vendor
from tests.uploads import jpeg


def test_a_reply_becomes_a_message(
    world: World, jobs: Runtime, ticket: Ticket, asked: str, post: Post, work: Callable[[], int]
) -> None:
    """Check 31: with the secret of the address, from the person's own."""
    body = "Morgen um neun.\n\nAm 20.11.2026 um 10:12 schrieb Ecopick <x@y.de>:\n> Wann?\n"
    mail = written(world.emails["resident"], body)
    mail.add_attachment(jpeg(), maintype="image", subtype="jpeg", filename="a.jpg")
    assert sent(jobs, asked, mail) is Outcome.MESSAGE
    message = rows(world, Message)[-1]
    assert (message.body, message.author_id) == ("Morgen um neun.", world.people["resident"])
    assert [file.message_id for file in rows(world, Attachment)] == [message.id]
    assert sent(jobs, asked, mail) is Outcome.REPEATED
    before = len(post.to(world.emails["manager"]))
    work()
    assert len(post.to(world.emails["manager"])) == before + 1


def test_forged_and_forwarded_replies(
    world: World, jobs: Runtime, ticket: Ticket, asked: str, migrator: Engine
) -> None:
    """Check 31: a name without the secret, the secret without the name: no message."""
    before = len(rows(world, Message))
    local = asked.partition("@")[0]
    guessed = f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{DOMAIN}"
    for sender in (world.emails["manager"], world.emails["resident"]):
        assert sent(jobs, guessed, written(sender, "Gefälscht")) is Outcome.UNKNOWN
    for sender in (world.emails["manager"], "someone@example.org"):
        assert sent(jobs, asked, written(sender, "Weitergeleitet")) is Outcome.FORGED
    assert len(rows(world, Message)) == before
    with migrator.connect() as connection:
        kept = connection.execute(text("select r::text from reply_addresses r")).scalars().all()
    assert kept and not any(local.removeprefix("reply+") in row for row in kept)


def test_what_the_staff_answers_to_a_note_stays_with_the_team(
    world: World, jobs: Runtime, post: Post, ticket: Ticket, work: Callable[[], int]
) -> None:
    work()
    news = reply_to(post, world.emails["manager"])
    assert (
        sent(jobs, news, written(world.emails["manager"], "Schon wieder der.")) is Outcome.MESSAGE
    )
    assert rows(world, Message)[-1].visibility is MessageVisibility.TEAM
    say(world, ticket, "resident", "Es tropft noch.")
    work()
    mail = post.to(world.emails["manager"])[-1]
    assert "everybody involved" in text_of(mail)
    answer = written(world.emails["manager"], "Wir kommen morgen.", 2)
    assert sent(jobs, str(mail["Reply-To"]), answer) is Outcome.MESSAGE
    assert rows(world, Message)[-1].visibility is MessageVisibility.EVERYONE


def test_a_vendor_answers_as_long_as_the_job_is_theirs(
    world: World, jobs: Runtime, post: Post, ticket: Ticket, work: Callable[[], int]
) -> None:
    """A mailed word is no acceptance, and none comes in once somebody else was asked."""
    send_to_vendor(world, ticket)
    work()
    where = reply_to(post, world.emails["vendor"])
    mail = written(world.emails["vendor"], "Ja, gerne. Wann passt es?")
    assert sent(jobs, where, mail) is Outcome.MESSAGE
    message = rows(world, Message)[-1]
    assert (message.author_id, message.visibility.value) == (world.people["vendor"], "everyone")
    assert rows(world, Ticket)[0].status.value == "ASSIGNED"
    send_to_vendor(world, ticket, second=True)
    late = written(world.emails["vendor"], "Doch nicht.", 2)
    assert sent(jobs, where, late) is Outcome.FORBIDDEN


def test_mail_of_programs_is_ignored(world: World, jobs: Runtime, asked: str, address: str) -> None:
    """Check 31: taken without a word, so that nobody answers it."""
    before = len(rows(world, Message))
    resident = world.emails["resident"]
    for number, headers in enumerate(({"Auto-Submitted": "auto-replied"}, {"List-Id": "<x.org>"})):
        mail = written(resident, "Ich bin im Urlaub.", number, **headers)
        assert sent(jobs, asked, mail) is Outcome.IGNORED
    assert sent(jobs, asked, written(resident, "Bounce", 8), "") is Outcome.IGNORED
    for ours in (f"x@{DOMAIN}", jobs.sender.address):
        assert sent(jobs, address, written(ours, "Rundlauf", 9)) is Outcome.IGNORED
    assert len(rows(world, Message)) == before and len(rows(world, Ticket)) == 1


def test_two_auto_responders_come_to_rest(
    world: World, jobs: Runtime, post: Post, ticket: Ticket, asked: str, work: Callable[[], int]
) -> None:
    """Check 31: both answer each mail, name no header, and vary their words: three mails."""
    people = [world.emails["resident"], world.emails["manager"]]
    answered = {who: len(post.to(who)) for who in people}
    before, number = sum(answered.values()), 0
    answered[world.emails["resident"]] -= 1
    for _round in range(12):
        for who in people:
            for mail in post.to(who)[answered[who] :]:
                answered[who] += 1
                number += 1
                words = written(who, f"Ich bin abwesend, Vorgang {number}.", number)
                sent(jobs, str(mail["Reply-To"]), words)
        work()
    assert sum(len(post.to(who)) for who in people) - before <= 3
    assert all(answered[who] == len(post.to(who)) for who in people)
    same = [sent(jobs, asked, written(people[0], "Bin weg.", 100 + n)) for n in range(5)]
    assert same == [Outcome.MESSAGE] * 3 + [Outcome.IGNORED] * 2


def test_a_short_answer_given_twice_is_kept(
    world: World, jobs: Runtime, post: Post, asked: str, work: Callable[[], int]
) -> None:
    """Two questions, two times "Ja, danke": both are in the conversation, one is mailed on."""
    before = len(post.to(world.emails["manager"]))
    for number in range(2):
        mail = written(world.emails["resident"], "Ja, danke.", 50 + number)
        assert sent(jobs, asked, mail) is Outcome.MESSAGE
        work()
    assert [each.body for each in rows(world, Message)][-2:] == ["Ja, danke."] * 2
    assert len(post.to(world.emails["manager"])) == before + 1


def test_one_mail_answers_two_tickets(
    world: World, jobs: Runtime, post: Post, ticket: Ticket, asked: str, work: Callable[[], int]
) -> None:
    other = report(world)
    work()
    say(world, other, "manager", "Und hier?")
    work()
    both = [asked, reply_to(post, world.emails["resident"])]
    mail = written(world.emails["resident"], "Morgen um neun.")
    assert [sent(jobs, to, mail) for to in (*both, *both)] == (
        [Outcome.MESSAGE] * 2 + [Outcome.REPEATED] * 2
    )
    assert {each.ticket_id for each in rows(world, Message)[-2:]} == {ticket.id, other.id}


def test_a_person_sends_so_many_replies_an_hour(
    world: World, jobs: Runtime, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those above the limit cost nothing: no file of theirs is looked at."""
    resident = world.emails["resident"]
    results = [sent(jobs, asked, written(resident, f"x {n}", n)) for n in range(30)]
    assert results == [Outcome.MESSAGE] * 30
    mail = written(resident, "Noch eins", 99)
    mail.add_attachment(jpeg(), maintype="image", subtype="jpeg", filename="a.jpg")

    def looked(*_arguments: Any) -> None:
        raise AssertionError("a file was looked at")

    monkeypatch.setattr(mail_in, "store_file", looked)
    assert sent(jobs, asked, mail) is Outcome.TOO_MANY


def test_whoever_may_not_write_is_refused(
    world: World, jobs: Runtime, ticket: Ticket, asked: str, migrator: Engine
) -> None:
    with migrator.begin() as connection:
        closed = text("update tickets set status = 'CLOSED', closed_at = now() where id = :t")
        connection.execute(closed, {"t": ticket.id})
    refused = sent(jobs, asked, written(world.emails["resident"], "Halt"))
    assert refused is Outcome.FORBIDDEN
    assert sent(jobs, asked, written(world.emails["resident"], "> nur Zitat", 2)) is Outcome.EMPTY
