"""A mail to a building becomes a request, once."""

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image

from ecopick.core import clock
from ecopick.domains.mailbox.commands import retire_address
from ecopick.domains.tickets.models import Attachment, Ticket
from jobs import account_mails, mail_in, mail_proofs
from jobs.mail_in import Outcome
from jobs.runtime import Runtime
from tests.clamd_server import EICAR
from tests.factories import World
from tests.jobs.conftest import Post, text_of
from tests.jobs.mail_in.steps import DOMAIN, STRANGER, rows, sent, written
from tests.uploads import PDF, jpeg


@pytest.fixture
def stranger() -> str:
    """An address to which nothing of an earlier test is still on its way."""
    return f"anna-{os.urandom(4).hex()}@example.org"


def test_a_mail_becomes_a_request_that_nobody_stands_for(
    world: World, jobs: Runtime, post: Post, address: str, stranger: str, work: Callable[[], int]
) -> None:
    """Check 25: the stranger gets one code and the way to the page, nothing that was written."""
    mail = written(stranger, "Im Keller steht Wasser.\nBitte schnell.", Subject="AW: Keller nass")
    assert sent(jobs, address, mail) is Outcome.REQUEST
    (ticket,) = rows(world, Ticket)
    assert (ticket.title, ticket.channel.value) == ("Keller nass", "email")
    assert ticket.description == "Im Keller steht Wasser.\nBitte schnell."
    assert (ticket.reporter_email, ticket.building_id) == (stranger, world.building_id)
    work()
    account_mails.deliver()
    (code,) = post.to(stranger)
    assert "/requests/" in text_of(code) and "Keller" not in code.as_string()
    assert code["Auto-Submitted"] == "auto-generated"
    again = written(stranger, "Noch mehr Wasser.", 2, Subject="Keller")
    assert sent(jobs, address, again) is Outcome.REQUEST
    account_mails.deliver()
    assert len(post.to(stranger)) == 1 and len(rows(world, Ticket)) == 2


def test_everybody_who_reports_by_mail_gets_their_page(
    world: World,
    jobs: Runtime,
    post: Post,
    address: str,
    stranger: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A worker that dies before the code was asked for, and a second request within the hour."""

    def dies(*_arguments: Any) -> None:
        raise KeyboardInterrupt

    first = written(stranger, "Es tropft.", Subject="Bad")
    with monkeypatch.context() as patched:
        patched.setattr(mail_in, "ask_for_proof", dies)
        with pytest.raises(KeyboardInterrupt):
            sent(jobs, address, first)
    assert sent(jobs, address, first) is Outcome.REPEATED
    assert sent(jobs, address, written(stranger, "Licht.", 2)) is Outcome.REQUEST
    mail_proofs.ask_waiting()
    account_mails.deliver()
    assert len(post.to(stranger)) == 1
    clock.shift(timedelta(hours=1, seconds=1))
    for _again in range(2):
        mail_proofs.ask_waiting()
        account_mails.deliver()
    assert len(post.to(stranger)) == 2
    pages = {re.findall(r"/requests/(\S+)", text_of(mail))[0] for mail in post.to(stranger)}
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
