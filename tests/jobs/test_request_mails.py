"""What leaves by mail because of a report without an account."""

from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask

from ecopick.domains.tickets.commands.public_requests import link_token
from ecopick.domains.tickets.lifecycle import TicketStatus
from jobs import account_mails
from jobs.runtime import Runtime
from tests.factories import World
from tests.jobs.conftest import Post, text_of
from tests.jobs.steps import answer, send_to_vendor
from tests.mailed_proofs import code_of, latest, stranger
from tests.public_form import WORDS, Phone, links, tickets


@pytest.fixture
def phone(app: Flask, world: World) -> Phone:
    """A phone at the building's address."""
    return Phone(app, world, locale="fr")


def test_nothing_but_the_code_leaves_before_it_is_typed(
    phone: Phone, world: World, jobs: Runtime, post: Post, work: Any
) -> None:
    """Check 25: one mail with a code and no word of the report; the staff read it in the app."""
    email = stranger()
    page = phone.report(email=email)
    phone.post(page, "message", body="Venez vite")
    assert work() == 0
    account_mails.deliver()
    (mail,) = post.to(email)
    assert _to(mail) == email
    code = code_of(latest(world.engine, email))
    for part in ("plain", "html"):
        text = text_of(mail, part)
        assert code in text
        assert WORDS not in text
        assert "Venez" not in text
        assert page not in text


def test_after_the_code_the_sender_hears_with_the_private_link(
    phone: Phone, world: World, jobs: Runtime, post: Post, work: Any
) -> None:
    email = stranger()
    page = phone.report(email=email)
    phone.post(page, "code", code=code_of(latest(world.engine, email)))
    work()
    assert post.to(world.emails["manager"])
    (ticket,) = tickets(world)
    assignment = send_to_vendor(world, ticket)
    answer(world, assignment)
    work()
    mails = post.to(email)
    assert mails
    assert f"http://localhost{page}" in text_of(mails[-1])
    assert "/tickets/" not in text_of(mails[-1])


def test_a_neighbour_hears_of_the_state_and_of_nobody(
    app: Flask, phone: Phone, world: World, jobs: Runtime, post: Post, work: Any
) -> None:
    phone.report(category="elevator", description="Anna Muster steckt fest")
    (ticket,) = tickets(world)
    other, email = Phone(app, world), stranger()
    joined = other.client.post(f"{other.address}/follow", data={"ticket_id": str(ticket.id)})
    page = joined.headers["Location"]
    other.post(page, "email", email=email)
    other.post(page, "code", code=code_of(latest(world.engine, email)))
    assert links(world)[1].confirmed_at is not None
    reporter = phone.client
    reporter.post(f"/fr/requests/{_token(world)}/withdraw", data={"reason": "solved"})
    assert tickets(world)[0].status is TicketStatus.CANCELLED
    work()
    (mail,) = post.to(email)
    assert "Anna" not in text_of(mail)
    assert page in text_of(mail)


def _token(world: World) -> str:
    return link_token(links(world)[0])


def _to(mail: EmailMessage) -> str:
    return str(mail["To"].addresses[0].addr_spec)
