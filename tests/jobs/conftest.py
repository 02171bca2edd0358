"""A real mail server, and jobs that run in the test's own process."""

import email
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope, Session
from sqlalchemy import Engine, text

from ecopick.config import Settings, SmtpSettings
from ecopick.core.uow import Database
from jobs import runtime as runtimes
from jobs.notifications import deliver
from jobs.outbox import dispatch_owner
from jobs.runtime import Runtime
from tests.factories import World


@dataclass
class Post:
    """What the mail server took, and how it behaves."""

    mails: list[EmailMessage] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    stall: threading.Event | None = None
    reached: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    async def handle_RCPT(
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        """Keep the mail."""
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        message = email.message_from_bytes(raw, policy=POLICY)
        self.mails.append(message)  # type: ignore[arg-type]
        return "250 Taken"

    def to(self, address: str) -> list[EmailMessage]:
        """The mails to one address, oldest first."""
        return [mail for mail in self.mails if mail["To"].addresses[0].addr_spec == address]


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    """One part of a mail."""
    part = mail.get_body(preferencelist=(kind,))
    assert part is not None
    return str(part.get_content())


def serve(post: Post, port: int = 0) -> Controller:
    """A running mail server for ``post``."""
    controller = Controller(post, hostname="127.0.0.1", port=port, ready_timeout=10)
    if port == 0:
        import socket

        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            controller.port = probe.getsockname()[1]
    controller.start()
    post.port = controller.port
    return controller


@pytest.fixture
def post(migrator: Engine) -> Iterator[Post]:
    """A mail server; what earlier tests left to be mailed is forgotten."""
    with migrator.begin() as connection:
        connection.execute(text("delete from account_mails"))
    found = Post()
    controller = serve(found)
    yield found
    controller.stop()


@pytest.fixture
def jobs(settings: Settings, database: Database, post: Post) -> Iterator[Runtime]:
    """The runtime of jobs in this process, with the mail server."""
    chosen = replace(settings, smtp=SmtpSettings(host="127.0.0.1", port=post.port))
    made = runtimes.make_runtime(chosen, database)
    runtimes.use_runtime(made)
    yield made
    runtimes.use_runtime(None)


@pytest.fixture
def work(jobs: Runtime, world: World) -> Any:
    """Dispatch the world's events and send what is due; the number of mails."""

    def run() -> int:
        dispatch_owner(jobs, world.owner_id)
        return deliver()

    return run
