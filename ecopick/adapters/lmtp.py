"""A small server that takes mail over LMTP (RFC 2033) from the mail server beside it."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Protocol

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from ecopick.adapters.mail_in import MAX_MAIL_BYTES
from ecopick.inbound_settings import SocketAddress

log = logging.getLogger("ecopick.lmtp")
LATER = "451 4.3.0 Please try again later"
# Mails at work at the same time; the others wait in their connections.
WORKERS = 2
MAX_RECIPIENTS = 50


class Receiver(Protocol):
    """What decides on mails; both are called from threads and may take their time."""

    def knows(self, recipient: str) -> bool:
        """Whether mail to this address is taken."""
        ...

    def take(self, raw: bytes, sender: str, recipient: str) -> str:
        """Take a mail for one recipient; the answer as SMTP gives it, `250 2.0.0 …`."""
        ...


class _Conversation:
    """What aiosmtpd calls; each recipient gets an answer of its own."""

    def __init__(self, receiver: Receiver, pool: ThreadPoolExecutor) -> None:
        self._receiver = receiver
        self._pool = pool

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        known = await self._run(lambda: self._receiver.knows(address))
        if known is None:
            return LATER
        if not known:
            return "550 5.1.1 No such address here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape")
        sender = envelope.mail_from or ""
        answers = [await self._take(raw, sender, each) for each in envelope.rcpt_tos]
        return "\r\n".join(answers)

    async def _take(self, raw: bytes, sender: str, recipient: str) -> str:
        found = await self._run(lambda: self._receiver.take(raw, sender, recipient))
        return found if isinstance(found, str) else LATER

    async def _run(self, act: Callable[[], bool | str]) -> bool | str | None:
        """In a thread; None where it failed, so that the other side tries again."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, act)
        except Exception:
            log.exception("a mail was put off")
            return None


def serve(address: SocketAddress, receiver: Receiver) -> None:
    """Take mail until SIGTERM or SIGINT. Raises OSError where nobody can listen there."""

    async def run() -> None:
        stopped = asyncio.Event()
        for sign in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(sign, stopped.set)
        async with listening(address, receiver):
            await stopped.wait()

    asyncio.run(run())


@asynccontextmanager
async def listening(address: SocketAddress, receiver: Receiver) -> AsyncIterator[asyncio.Server]:
    """The server, as long as the block lasts."""
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="lmtp") as pool:

        def make() -> LMTP:
            return LMTP(
                _Conversation(receiver, pool),
                data_size_limit=MAX_MAIL_BYTES,
                enable_SMTPUTF8=True,
                hostname="localhost",
                ident="Ecopick",
                loop=loop,
                timeout=120,
            )

        if address.path:
            server = await loop.create_unix_server(make, address.path)
        else:
            server = await loop.create_server(make, address.host, address.port)
        try:
            yield server
        finally:
            server.close()
