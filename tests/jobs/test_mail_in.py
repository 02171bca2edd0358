"""Mail in: a request from a building's address, a message from a signed reply, once each."""

import asyncio
import io
import re
import smtplib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import Engine, select, text

from ecopick.adapters.lmtp import listening
from ecopick.adapters.mail_in import read_mail
from ecopick.config import Settings, SmtpSettings
from ecopick.core import clock
from ecopick.core.uow import Database
from ecopick.domains.mailbox.commands import issue_address, retire_address
from ecopick.domains.tickets.models import Attachment, Message, MessageVisibility, Ticket
from ecopick.inbound_settings import ImapSettings, InboundSettings, SocketAddress
from jobs import account_mails, mail_in, mail_proofs
from jobs import runtime as runtimes
from jobs.mail_in import MailReceiver, Outcome, receive
from jobs.mail_tries import FIRST_PAUSE, GIVE_UP_AFTER
from jobs.runtime import Runtime
from tests.clamd_server import EICAR
from tests.factories import World
from tests.imap_server import Mailbox, Stored, mailbox
from tests.jobs.conftest import Post, text_of
from tests.jobs.steps import report, say, send_to_vendor
from tests.uploads import PDF, jpeg

DOMAIN = "in.example.org"
STRANGER = "anna.stranger@example.org"


@pytest.fixture
def jobs(settings: Settings, database: Database, post: Post) -> Iterator[Runtime]:
    """The runtime of jobs, with a domain for mail in."""
    chosen = replace(
        settings,
        smtp=SmtpSettings(host="127.0.0.1", port=post.port),
        inbound=InboundSettings(DOMAIN),
    )
    made = runtimes.make_runtime(chosen, database)
    runtimes.use_runtime(made)
    yield made
    runtimes.use_runtime(None)


@pytest.fixture
def address(world: World, jobs: Runtime) -> str:
    """The address of the world's building."""
    manager = world.actor("manager")
    with world.database.transaction(manager.scope) as session:
        made = issue_address(session, manager, world.building_id)
    return f"{made.local_part}@{DOMAIN}"


def written(sender: str, body: str, number: int = 1, **headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["Message-ID"] = sender, f"<{number}@example.org>"
    for name, value in headers.items():
        mail[name] = value
    mail.set_content(body)
    return mail


def sent(jobs: Runtime, to: str, mail: EmailMessage, sender: str | None = None) -> Outcome:
    return receive(jobs, mail.as_bytes(), to, "someone@example.org" if sender is None else sender)


def rows(world: World, model: Any) -> list[Any]:
    manager = world.actor("manager")
    with world.database.transaction(manager.scope) as session:
        found = select(model).where(model.property_owner_id == world.owner_id)
        return list(session.scalars(found.order_by(model.created_at, model.id)))


def test_a_mail_becomes_a_request_that_nobody_stands_for(
    world: World, jobs: Runtime, post: Post, address: str, work: Callable[[], int]
) -> None:
    """Check 25: the stranger gets one code and the way to the page, nothing that was written."""
    mail = written(STRANGER, "Im Keller steht Wasser.\nBitte schnell.", Subject="AW: Keller nass")
    assert sent(jobs, address, mail) is Outcome.REQUEST
    (ticket,) = rows(world, Ticket)
    assert (ticket.title, ticket.channel.value) == ("Keller nass", "email")
    assert ticket.description == "Im Keller steht Wasser.\nBitte schnell."
    assert (ticket.reporter_email, ticket.building_id) == (STRANGER, world.building_id)
    work()
    account_mails.deliver()
    (code,) = post.to(STRANGER)
    assert "/requests/" in text_of(code) and "Keller" not in code.as_string()
    assert code["Auto-Submitted"] == "auto-generated"
    again = written(STRANGER, "Noch mehr Wasser.", 2, Subject="Keller")
    assert sent(jobs, address, again) is Outcome.REQUEST
    account_mails.deliver()
    assert len(post.to(STRANGER)) == 1 and len(rows(world, Ticket)) == 2


def test_everybody_who_reports_by_mail_gets_their_page(
    world: World, jobs: Runtime, post: Post, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that dies before the code was asked for, and a second request within the hour."""

    def dies(*_arguments: Any) -> None:
        raise KeyboardInterrupt

    first = written(STRANGER, "Es tropft.", Subject="Bad")
    with monkeypatch.context() as patched:
        patched.setattr(mail_in, "ask_for_proof", dies)
        with pytest.raises(KeyboardInterrupt):
            sent(jobs, address, first)
    assert sent(jobs, address, first) is Outcome.REPEATED
    assert sent(jobs, address, written(STRANGER, "Licht.", 2)) is Outcome.REQUEST
    account_mails.deliver()
    assert len(post.to(STRANGER)) == 1 and mail_proofs.ask_waiting() == 0
    clock.shift(timedelta(hours=1, seconds=1))
    assert [mail_proofs.ask_waiting() for _again in range(2)] == [1, 0]
    account_mails.deliver()
    pages = {re.search(r"/requests/(\S+)", text_of(mail))[1] for mail in post.to(STRANGER)}  # type: ignore[index]
    assert len(pages) == 2


def test_a_known_sender_is_not_believed(world: World, jobs: Runtime, address: str) -> None:
    """Check 31: From is easily forged; a resident's name changes nothing."""
    mail = written(world.emails["resident"], "Es tropft.", Subject="Küche")
    assert sent(jobs, address, mail) is Outcome.REQUEST
    (ticket,) = rows(world, Ticket)
    assert ticket.reporter_id != world.people["resident"]


def test_a_mail_comes_in_once(world: World, jobs: Runtime, address: str) -> None:
    mail = written(STRANGER, "Es tropft.", Subject="Küche")
    with ThreadPoolExecutor(4) as threads:
        results = list(threads.map(lambda _each: sent(jobs, address, mail), range(8)))
    assert sorted(each.name for each in results) == ["REPEATED"] * 7 + ["REQUEST"]
    assert len(rows(world, Ticket)) == 1


def test_files_of_a_mail_are_judged_like_all_others(
    world: World, jobs: Runtime, address: str
) -> None:
    """Checks 21, 24: a photo made anew, a PDF that waits, an SVG left out and named."""
    exif = Image.Exif()
    exif[0x010F] = "SecretMaker"
    mail = written(STRANGER, "Siehe Bilder.", Subject="Küche")
    mail.add_attachment(jpeg(exif=exif), maintype="image", subtype="jpeg", filename="a.jpg")
    mail.add_attachment(PDF + EICAR, maintype="application", subtype="pdf", filename="b.pdf")
    mail.add_attachment(
        b"<svg onload='x()'/>", maintype="image", subtype="svg+xml", filename="c.svg"
    )
    assert sent(jobs, address, mail) is Outcome.REQUEST
    files = rows(world, Attachment)
    assert [(file.file_name, file.scan_state.value) for file in files] == [
        ("a.jpg", "clean"),
        ("b.pdf", "pending"),
    ]
    with jobs.storage.open(files[0].storage_key) as photo:
        assert b"SecretMaker" not in photo.read()
    (ticket,) = rows(world, Ticket)
    assert "c.svg" in ticket.description
    refused = written("nobody", "x", 7)
    assert sent(jobs, address, refused) is Outcome.UNREADABLE
    keys = {key for file in files for key in (file.storage_key, file.thumbnail_key) if key}
    assert set(jobs.storage.keys(str(world.owner_id))) == keys


def test_addresses_that_take_nothing(world: World, jobs: Runtime, address: str) -> None:
    mail = written(STRANGER, "x")
    for to in (f"nobody@{DOMAIN}", address.replace(DOMAIN, "example.com"), f"reply+x@{DOMAIN}", ""):
        assert sent(jobs, to, mail) is Outcome.UNKNOWN
    assert sent(jobs, address.upper(), mail) is Outcome.REQUEST
    manager = world.actor("manager")
    with world.database.transaction(manager.scope) as session:
        retire_address(session, manager, world.building_id)
    assert sent(jobs, address, written(STRANGER, "y", 2)) is Outcome.UNKNOWN


def test_too_many_mails_wait(world: World, jobs: Runtime, address: str) -> None:
    results = [sent(jobs, address, written(STRANGER, f"x {n}", n)) for n in range(7)]
    assert results == [Outcome.REQUEST] * 5 + [Outcome.TOO_MANY] * 2


@pytest.fixture
def ticket(world: World) -> Ticket:
    return report(world)


def reply_to(post: Post, address: str) -> str:
    """Where the newest mail to somebody says that it is answered."""
    return str(post.to(address)[-1]["Reply-To"])


@pytest.fixture
def asked(world: World, jobs: Runtime, post: Post, ticket: Ticket, work: Callable[[], int]) -> str:
    """The address at which the resident answers a question of the manager."""
    work()
    say(world, ticket, "manager", "Wann sind Sie zu Hause?")
    work()
    return reply_to(post, world.emails["resident"])


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


@contextmanager
def lmtp_server(jobs: Runtime) -> Iterator[int]:
    """A server on a port of this machine, in a thread."""
    ready, stop = threading.Event(), threading.Event()
    port: list[int] = []

    async def run() -> None:
        async with listening(SocketAddress(host="127.0.0.1", port=0), MailReceiver(jobs)) as server:
            port.append(server.sockets[0].getsockname()[1])
            ready.set()
            await asyncio.get_running_loop().run_in_executor(None, stop.wait)

    thread = threading.Thread(target=asyncio.run, args=(run(),), daemon=True)
    thread.start()
    assert ready.wait(10)
    yield port[0]
    stop.set()
    thread.join(10)


def test_over_lmtp_each_recipient_has_an_answer(
    world: World, jobs: Runtime, address: str, asked: str
) -> None:
    mail = written(STRANGER, "Es tropft.", Subject="Küche")
    with lmtp_server(jobs) as port, smtplib.LMTP("127.0.0.1", port) as server:
        server.docmd("LHLO", "mx.example.org")
        server.docmd("MAIL", f"FROM:<{STRANGER}>")
        assert server.docmd("RCPT", f"TO:<nobody@{DOMAIN}>")[0] == 550
        assert [server.docmd("RCPT", f"TO:<{to}>")[0] for to in (address, asked)] == [250, 250]
        assert server.docmd("DATA")[0] == 354
        server.send(mail.as_bytes().replace(b"\n", b"\r\n") + b"\r\n.\r\n")
        assert [server.getreply()[0] for _each in range(2)] == [250, 550]
    assert [ticket.title for ticket in rows(world, Ticket)][-1] == "Küche"


def test_a_mailbox_is_read(world: World, jobs: Runtime, address: str) -> None:
    """What was taken is seen, what was refused is flagged, what must wait stays as it was."""
    with mailbox("inbox", "secret word") as server:
        imap = ImapSettings("127.0.0.1", server.port, "inbox", "secret word")
        runtimes.use_runtime(
            replace(jobs, settings=replace(jobs.settings, inbound=InboundSettings(DOMAIN, imap)))
        )
        good = written(STRANGER, "Es tropft.", To=f"Haus <{address}>", Subject="Küche")
        stray = written(STRANGER, "?", 2, To=f"nobody@{DOMAIN}")
        server.mails += [Stored(each.as_bytes()) for each in (good, stray)]
        assert mail_in.poll() == 2
        assert [mail.flags for mail in server.mails] == [{r"\Seen"}, {r"\Seen", r"\Flagged"}]
        assert mail_in.poll() == 0
        assert "DELETE" not in server.commands and "EXPUNGE" not in server.commands
        server.mails += [
            Stored(written(STRANGER, f"x {n}", 10 + n, To=address).as_bytes()) for n in range(6)
        ]
        assert mail_in.poll() == 4
        assert sum(1 for mail in server.mails if not mail.flags) == 2
    assert len(rows(world, Ticket)) == 5
    assert mail_in.poll() == 0


@pytest.fixture
def polled(jobs: Runtime) -> Iterator[Mailbox]:
    """A mailbox that the job reads."""
    with mailbox("inbox", "secret word") as server:
        imap = ImapSettings("127.0.0.1", server.port, "inbox", "secret word")
        inbound = InboundSettings(DOMAIN, imap)
        runtimes.use_runtime(replace(jobs, settings=replace(jobs.settings, inbound=inbound)))
        yield server


def test_mails_that_wait_hold_up_no_other(
    world: World, polled: Mailbox, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sender's flood is put aside after its first try; the next visit goes on behind it."""
    monkeypatch.setattr(mail_in, "MAILS_A_VISIT", 8)
    flood = [written(STRANGER, f"x {n}", n, To=address) for n in range(20)]
    polled.mails += [Stored(mail.as_bytes()) for mail in flood]
    other = written("other@example.org", "Es tropft.", 90, To=address, Subject="Bad")
    polled.mails.append(Stored(other.as_bytes()))
    assert [mail_in.poll() for _visit in range(3)] == [5, 0, 1]
    assert "Bad" in [ticket.title for ticket in rows(world, Ticket)]
    assert mail_in.poll() == 0
    clock.shift(timedelta(hours=1, minutes=1))
    assert mail_in.poll() == 5
    clock.shift(GIVE_UP_AFTER)
    while mail_in.poll():
        pass
    assert all(r"\Seen" in mail.flags for mail in polled.mails)


def test_a_mail_that_cannot_be_taken_is_flagged(
    world: World, polled: Mailbox, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error that nobody foresaw costs one mail, not the visit; three times and it is over."""

    def read(raw: bytes, *rest: Any) -> Any:
        if b"poison" in raw:
            raise ZeroDivisionError
        return read_mail(raw, *rest)

    monkeypatch.setattr(mail_in, "read_mail", read)
    for number, words in enumerate(("poison", "Es tropft.")):
        polled.mails.append(Stored(written(STRANGER, words, number, To=address).as_bytes()))
    assert mail_in.poll() == 1
    assert [ticket.description for ticket in rows(world, Ticket)] == ["Es tropft."]
    for flags in (set(), {r"\Seen", r"\Flagged"}):
        assert (mail_in.poll(), polled.mails[0].flags) == (0, polled.mails[0].flags)
        clock.shift(FIRST_PAUSE)
        mail_in.poll()
        assert polled.mails[0].flags == flags


def test_a_storage_that_is_away_lets_mail_wait(
    world: World, jobs: Runtime, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Check 46: nothing half is kept; the same mail is taken once there is room."""
    from ecopick.adapters.errors import StorageFull
    from ecopick.adapters.storage import LocalStorage

    def full(*_arguments: Any, **_options: Any) -> None:
        raise StorageFull("disk")

    mail = written(STRANGER, "Es tropft.", Subject="Küche")
    mail.add_attachment(
        io.BytesIO(PDF).read(), maintype="application", subtype="pdf", filename="a.pdf"
    )
    monkeypatch.setattr(LocalStorage, "put", full)
    assert sent(jobs, address, mail) is Outcome.LATER
    assert rows(world, Ticket) == []
    monkeypatch.undo()
    assert sent(jobs, address, mail) is Outcome.REQUEST
    assert len(rows(world, Attachment)) == 1
