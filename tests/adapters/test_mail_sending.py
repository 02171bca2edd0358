"""Mails are handed to a real SMTP server, or it is clear why not."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ecopick.adapters.mail import (
    Mailbox,
    Mailer,
    MailPermanent,
    MailTemporary,
    build_message,
)

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


class Inbox:
    """Keeps what it is handed; each reply can be changed."""

    def __init__(self, **replies: str) -> None:
        self.replies = replies
        self.envelopes: list[Envelope] = []
        self.secure: list[bool] = []
        self.logins: list[str | None] = []

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.replies.get("mail", "250 OK")

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if reply := self.replies.get("rcpt"):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        if reply := self.replies.get("data"):
            return reply
        self.envelopes.append(envelope)
        self.secure.append(session.ssl is not None)
        self.logins.append(session.auth_data and session.auth_data.login.decode())
        return "250 OK"

    async def handle_QUIT(self, server: Any, session: Any, envelope: Envelope) -> str:
        return self.replies.get("quit", "221 Bye")


class AnyPort(Controller):
    """A controller on a port that the system chooses."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def serving(inbox: Inbox, **options: Any) -> Iterator[int]:
    controller = AnyPort(inbox, hostname="127.0.0.1", port=0, **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    began = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=3))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    files = (folder / "certificate.pem", folder / "key.pem")
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


def server_tls(certificates: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificates)
    return context


def authenticator(
    server: Any, session: Any, envelope: Any, mechanism: str, data: Any
) -> AuthResult:
    good = isinstance(data, LoginPassword) and data.password == b"right"
    return AuthResult(success=good, handled=False, auth_data=data)


def test_a_mail_arrives_as_built() -> None:
    inbox = Inbox()
    with serving(inbox) as port:
        Mailer("127.0.0.1", port).send(message())
    (envelope,) = inbox.envelopes
    assert envelope.mail_from == "noreply@ecopick.example"
    assert envelope.rcpt_tos == ["anna@example.org"]
    received = parsed(bytes(envelope.content))
    assert received["Message-ID"] == "<0190-1@ecopick.example>"
    text = received.get_body(("plain",)).get_content()
    assert text.split() == ["Grüezi", "https://example.org/v/abc", ".", "Ende"]


@pytest.mark.parametrize(
    ("step", "reply", "error", "code", "status"),
    [
        ("rcpt", "550 No such user", MailPermanent, "recipient_refused", 550),
        ("rcpt", "451 Greylisted", MailTemporary, "refused_for_now", 451),
        ("rcpt", "452 Mailbox full for now", MailTemporary, "refused_for_now", 452),
        ("mail", "553 Sender not allowed", MailPermanent, "refused", 553),
        ("mail", "421 Too busy", MailTemporary, "refused_for_now", 421),
        ("mail", "530 Authentication required", MailTemporary, "account", 530),
        ("data", "554 Spam", MailPermanent, "refused", 554),
        ("data", "451 Try again", MailTemporary, "refused_for_now", 451),
    ],
)
def test_refusals(
    step: str, reply: str, error: type[MailTemporary | MailPermanent], code: str, status: int
) -> None:
    inbox = Inbox(**{step: reply})
    with serving(inbox) as port:
        with pytest.raises(error) as caught:
            Mailer("127.0.0.1", port).send(message())
        assert (caught.value.code, caught.value.status) == (code, status)
        assert inbox.envelopes == []
        inbox.replies.clear()
        Mailer("127.0.0.1", port).send(message())
    assert len(inbox.envelopes) == 1


def test_a_clumsy_goodbye_is_no_failure() -> None:
    inbox = Inbox(quit="500 What?")
    with serving(inbox) as port:
        Mailer("127.0.0.1", port).send(message())
    assert len(inbox.envelopes) == 1


def test_starttls_is_used_and_then_the_password(certificates: tuple[Path, Path]) -> None:
    inbox = Inbox()
    trust = ssl.create_default_context(cafile=str(certificates[0]))
    options = {
        "tls_context": server_tls(certificates),
        "authenticator": authenticator,
        "auth_required": True,
    }
    with serving(inbox, **options) as port:
        Mailer("127.0.0.1", port, user="eco", password="right", tls=trust).send(message())
        with pytest.raises(MailTemporary) as caught:
            Mailer("127.0.0.1", port, user="eco", password="wrong", tls=trust).send(message())
        assert (caught.value.code, caught.value.status) == ("account", 535)
        with pytest.raises(MailTemporary) as caught:
            Mailer("127.0.0.1", port, tls=trust).send(message())
        assert caught.value.code == "account"
    assert inbox.secure == [True]
    assert inbox.logins == ["eco"]


def test_an_unknown_certificate_is_refused(certificates: tuple[Path, Path]) -> None:
    inbox = Inbox()
    with (
        serving(inbox, tls_context=server_tls(certificates)) as port,
        pytest.raises(MailTemporary) as caught,
    ):
        Mailer("127.0.0.1", port).send(message())
    assert caught.value.code == "unreachable"
    assert inbox.envelopes == []


def test_no_password_in_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = Inbox()
    monkeypatch.setattr("ecopick.adapters.mail._LOOPBACK", frozenset())
    with serving(inbox) as port, pytest.raises(MailTemporary) as caught:
        Mailer("127.0.0.1", port, user="eco", password="right").send(message())
    assert caught.value.code == "insecure"
    assert inbox.envelopes == []


def test_a_server_without_sign_in() -> None:
    with serving(Inbox()) as port, pytest.raises(MailTemporary) as caught:
        Mailer("127.0.0.1", port, user="eco", password="right").send(message())
    assert caught.value.code == "account"


def test_an_address_the_server_cannot_write() -> None:
    with serving(Inbox(), enable_SMTPUTF8=False) as port, pytest.raises(MailPermanent) as caught:
        Mailer("127.0.0.1", port).send(message(to=Mailbox("jörg@example.org")))
    assert caught.value.code == "address_unsupported"
    inbox = Inbox()
    with serving(inbox, enable_SMTPUTF8=True) as port:
        Mailer("127.0.0.1", port).send(message(to=Mailbox("jörg@example.org")))
    assert inbox.envelopes[0].rcpt_tos == ["jörg@example.org"]


def test_only_one_recipient() -> None:
    several = EmailMessage()
    several["From"] = "a@example.org"
    several["To"] = "b@example.org, c@example.org"
    hidden = message()
    hidden["Bcc"] = "c@example.org"
    nobody = EmailMessage()
    for wrong in (several, hidden, nobody):
        with pytest.raises(ValueError):
            Mailer("127.0.0.1", 9).send(wrong)


def hang(connection: socket.socket) -> None:
    connection.recv(1)


def hang_up(connection: socket.socket) -> None:
    connection.close()


def talk_nonsense(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    connection.close()


def break_off_after_greeting(connection: socket.socket) -> None:
    connection.sendall(b"220 hello\r\n")
    connection.recv(100)
    connection.close()


@pytest.mark.parametrize("behaviour", [hang, hang_up, talk_nonsense, break_off_after_greeting])
def test_a_broken_server(behaviour: Callable[[socket.socket], None]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                behaviour(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(MailTemporary):
            Mailer("127.0.0.1", listener.getsockname()[1], timeout=0.5).send(message())
        thread.join(5)
        assert not thread.is_alive()


def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(MailTemporary) as caught:
            Mailer("127.0.0.1", taken.getsockname()[1], timeout=1).send(message())
    assert caught.value.code == "unreachable"
    assert caught.value.status is None
