"""Mail over LMTP and out of a mailbox: each mail has its answer, none holds up another."""

import asyncio
import io
import smtplib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ecopick.adapters.imap import ImapError, ImapMailbox
from ecopick.adapters.lmtp import listening
from ecopick.adapters.mail_in import read_mail
from ecopick.core import clock
from ecopick.domains.tickets.models import Attachment, Ticket
from ecopick.inbound_settings import ImapSettings, InboundSettings, SocketAddress
from jobs import mail_in
from jobs import runtime as runtimes
from jobs.mail_in import MailReceiver, Outcome
from jobs.mail_tries import FIRST_PAUSE, GIVE_UP_AFTER, LONGEST_PAUSE, MAX_FAULTS
from jobs.runtime import Runtime
from tests.factories import World
from tests.imap_server import Mailbox, Stored, mailbox
from tests.jobs.mail_in.steps import DOMAIN, STRANGER, rows, sent, written
from tests.uploads import PDF


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


@pytest.fixture
def polled(jobs: Runtime) -> Iterator[Mailbox]:
    """A mailbox that the job reads."""
    with mailbox("inbox", "secret word") as server:
        imap = ImapSettings("127.0.0.1", server.port, "inbox", "secret word")
        inbound = InboundSettings(DOMAIN, imap)
        runtimes.use_runtime(replace(jobs, settings=replace(jobs.settings, inbound=inbound)))
        yield server


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


def test_a_broken_connection_is_no_fault_of_a_mail(
    world: World, polled: Mailbox, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often the mailbox breaks off, the mail is taken unflagged in the end."""

    def broken(*_arguments: Any) -> bytes:
        raise ImapError("unreachable")

    mail = written(STRANGER, "Es tropft.", To=address)
    polled.mails.append(Stored(mail.as_bytes()))
    with monkeypatch.context() as patched:
        patched.setattr(ImapMailbox, "read", broken)
        for _visit in range(MAX_FAULTS + 1):
            assert mail_in.poll() == 0
            clock.shift(LONGEST_PAUSE)
    assert (mail_in.poll(), polled.mails[0].flags) == (1, {r"\Seen"})
    assert len(rows(world, Ticket)) == 1


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
