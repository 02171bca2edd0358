"""Messages are well formed, whatever text goes into them."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecopick.adapters.mail import Mailbox, build_message, one_line

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SENDER = Mailbox("noreply@ecopick.example", "Ecopick")


def message(**changes: Any) -> EmailMessage:
    parts: dict[str, Any] = {
        "sender": SENDER,
        "to": Mailbox("anna@example.org", "Anna Müller"),
        "subject": "Wasserschaden in der Küche",
        "text": "Grüezi\n\nhttps://example.org/v/abc\n.\nEnde",
        "html": "<p>Grüezi</p>",
        "message_id": "<0190-1@ecopick.example>",
        "date": NOW,
    }
    return build_message(**(parts | changes))


def parsed(raw: bytes) -> EmailMessage:
    result = message_from_bytes(raw, policy=default)
    assert isinstance(result, EmailMessage)
    assert not result.defects
    return result


def test_a_message_has_both_parts_and_the_callers_identity() -> None:
    built = parsed(message().as_bytes())
    assert built.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in built.iter_parts()] == ["text/plain", "text/html"]
    assert "https://example.org/v/abc" in built.get_body(("plain",)).get_content()
    assert built.get_body(("html",)).get_content().strip() == "<p>Grüezi</p>"
    assert built["Message-ID"] == "<0190-1@ecopick.example>"
    assert built["Auto-Submitted"] == "auto-generated"
    assert built["Date"].datetime == NOW
    assert built["Subject"] == "Wasserschaden in der Küche"
    assert built["To"].addresses[0].display_name == "Anna Müller"
    assert message().as_bytes().isascii()


def test_long_links_and_ids_stay_in_one_piece() -> None:
    link = "<https://ecopick.example/unsubscribe/" + "a" * 300 + ">"
    headers = {
        "List-Unsubscribe": link,
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "In-Reply-To": "<" + "b" * 120 + "@ecopick.example>",
        "X-Ticket": "FR-000123",
        "Reply-To": "Team <team@ecopick.example>",
    }
    raw = message(message_id="<" + "c" * 120 + "@ecopick.example>", headers=headers).as_bytes()
    for value in headers.values():
        assert f": {value}\r\n".encode() in raw
    assert b"Message-ID: <" + b"c" * 120 + b"@ecopick.example>\r\n" in raw


@pytest.mark.parametrize("breaker", ["\r\n", "\n", "\r", "\0", "\x0b", "\x85", "\u2028"])
def test_line_breaks_cannot_add_headers(breaker: str) -> None:
    attack = f"hello{breaker}Bcc: thief@example.org{breaker}{breaker}<p>body"
    built = message(
        subject=attack,
        to=Mailbox("anna@example.org", attack),
        sender=Mailbox("noreply@ecopick.example", attack),
        headers={"X-Note": attack},
    )
    result = parsed(built.as_bytes())
    assert result["Bcc"] is None
    assert [a.addr_spec for a in result["To"].addresses] == ["anna@example.org"]
    assert result["Subject"] == "hello Bcc: thief@example.org <p>body"
    assert result["X-Note"] == "hello Bcc: thief@example.org <p>body"


@given(subject=st.text(max_size=300), name=st.text(max_size=200), body=st.text(max_size=300))
def test_any_text_makes_a_well_formed_message(subject: str, name: str, body: str) -> None:
    built = message(subject=subject, to=Mailbox("a@example.org", name), text=body, html=body)
    result = parsed(built.as_bytes())
    assert [address.addr_spec for address in result["To"].addresses] == ["a@example.org"]
    assert set(result.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version",
        "Content-Type",
    }  # fmt: skip
    assert len(list(result.iter_parts())) == 2
    assert max(map(len, built.as_bytes().split(b"\r\n"))) <= 998
    assert len(one_line(subject, 200)) <= 200


@pytest.mark.parametrize("language", ["Überschwemmung im Keller " * 7, "水漏れ " * 40, "a" * 500])
def test_subjects_survive_folding(language: str) -> None:
    assert parsed(message(subject=language).as_bytes())["Subject"] == one_line(language, 200)


@pytest.mark.parametrize(
    "address",
    [
        "", "anna", "@example.org", "anna@", "a b@example.org", "a@b@c.org", "a@example.org\n",
        "a@example.org\r\nBcc: x@y.z", "<a@example.org>", "a@example.org, b@example.org",
        "a@exa mple.org", "a@-example.org", "a@example..org", "x" * 65 + "@example.org",
        "a@" + "ä" * 64 + ".org",
    ],
)  # fmt: skip
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(ValueError):
        Mailbox(address)


def test_mailboxes() -> None:
    assert Mailbox.parse("Ecopick <noreply@ecopick.example>") == SENDER
    assert Mailbox.parse("noreply@ecopick.example").name == ""
    assert Mailbox("info@müller.example").address == "info@xn--mller-kva.example"


@pytest.mark.parametrize(
    "changes",
    [
        {"message_id": "no-brackets@example.org"},
        {"message_id": "<a@b>\r\nBcc: <x@y>"},
        {"message_id": "<a b@c>"},
        {"date": NOW.replace(tzinfo=None)},
        {"headers": {"Bcc": "x@example.org"}},
        {"headers": {"subject": "again"}},
        {"headers": {"Content-Type": "text/html"}},
        {"headers": {"X-A: b\r\nBcc": "x"}},
        {"headers": {"X-A": "1", "x-a": "2"}},
        {"headers": {"List-Unsubscribe": "<https://ü.example>"}},
    ],
)
def test_mistakes_of_the_caller_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        message(**changes)
