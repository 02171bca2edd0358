"""A local SMTP server that keeps every mail as a file, and the reader of that folder.

It stands in for a mail provider outside production: real SMTP on one side,
one `.eml` file a mail on the other. Only the newest mails are kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import email
import os
import signal
import socket
import time
import uuid
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import getaddresses
from pathlib import Path
from typing import Any, Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from ecopick.core import clock

KEPT_MAILS: Final = 2000
LARGEST_MAIL_BYTES: Final = 30 * 1024 * 1024
_RECEIVED: Final = "X-Ecopick-Received-At"
_RECIPIENTS: Final = "X-Ecopick-Recipients"


class _KeepInFolder:
    """What aiosmtpd calls for each mail."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.content or b""
        raw = content if isinstance(content, bytes) else content.encode()
        try:
            await asyncio.to_thread(keep_mail, self._folder, raw, list(envelope.rcpt_tos))
        except OSError:
            return "452 The mail cannot be stored now"
        return "250 Kept"


def keep_mail(folder: Path, raw: bytes, recipients: list[str]) -> Path:
    """Write one mail into the folder, whole or not at all, and drop the oldest ones."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{time.time_ns():020d}-{uuid.uuid4().hex}.eml"
    head = f"{_RECEIVED}: {clock.now().isoformat()}\r\n{_RECIPIENTS}: {', '.join(recipients)}\r\n"
    fresh = folder / f".{name}"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(head.encode("utf-8", "replace"))
        out.write(raw)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(folder / name)
    for old in _newest_first(folder)[KEPT_MAILS:]:
        old.unlink(missing_ok=True)
    return folder / name


def caught_mails(folder: Path, to: str | None = None, limit: int = 200) -> list[dict[str, Any]]:
    """The kept mails, newest first; `to` narrows to one recipient, in any case of letters.

    Each is `{to, subject, text, html, headers, received_at}`: `text` and
    `html` are empty when the mail has no such part, `received_at` is ISO 8601
    in UTC.
    """
    wanted = to.strip().casefold() if to else None
    found: list[dict[str, Any]] = []
    for path in _newest_first(folder):
        with contextlib.suppress(FileNotFoundError):
            mail = _read(path)
            if wanted is None or wanted in mail["recipients"]:
                del mail["recipients"]
                found.append(mail)
        if len(found) >= limit:
            break
    return found


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9]*.eml"), reverse=True)


def _read(path: Path) -> dict[str, Any]:
    message = email.message_from_bytes(path.read_bytes(), policy=SMTP_POLICY)
    received = message[_RECEIVED] or datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat()
    recipients = [address for _, address in getaddresses([str(message[_RECIPIENTS] or "")])]
    own = {_RECEIVED, _RECIPIENTS}
    return {
        "recipients": {address.casefold() for address in recipients},
        "to": ", ".join(recipients),
        "subject": str(message["Subject"] or ""),
        "text": _part(message, "plain"),
        "html": _part(message, "html"),
        "headers": {name: str(value) for name, value in message.items() if name not in own},
        "received_at": str(received),
    }


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body(preferencelist=(kind,))
    return str(body.get_content()).replace("\r\n", "\n") if body is not None else ""


def serve(folder: Path, listener: socket.socket) -> None:
    """Catch mails on a listening socket until SIGTERM or SIGINT."""
    asyncio.run(_serve(folder, listener))


async def _serve(folder: Path, listener: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stopped.set)

    def make() -> SMTP:
        return SMTP(
            _KeepInFolder(folder),
            data_size_limit=LARGEST_MAIL_BYTES,
            enable_SMTPUTF8=True,
            hostname="localhost",
            loop=loop,
        )

    server = await loop.create_server(make, sock=listener)
    try:
        await stopped.wait()
    finally:
        server.close()
