"""A mailbox read over IMAP: what is new in one folder, and noting that it was taken."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from types import TracebackType
from typing import Self

from ecopick.adapters.errors import AdapterError
from ecopick.inbound_settings import ImapSettings

_IMPLICIT_TLS_PORT = 993
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_SIZE = re.compile(rb"RFC822\.SIZE (\d{1,12})")


class ImapError(AdapterError):
    """The mailbox cannot be read now: code `unreachable`, `account`, `insecure` or `folder`."""


@dataclass(frozen=True)
class WaitingMail:
    """A mail that was not seen yet; `uid` counts as long as the folder is open."""

    uid: str
    size: int


class ImapMailbox:
    """One visit to one folder; used as a context manager, which opens and leaves it.

    TLS from the start on port 993, else STARTTLS; a password is never sent in clear,
    but for a server on this machine. While it is open, `name` tells the folder from one
    that was made anew under the same name, whose mails have other numbers.
    """

    def __init__(
        self,
        settings: ImapSettings,
        *,
        timeout: float = 20.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._settings = settings
        self._timeout = timeout
        self._tls = tls
        self._server: imaplib.IMAP4
        self.name = ""

    def __enter__(self) -> Self:
        """Sign in and open the folder. Raises ImapError."""
        try:
            self._server = self._connect()
        except (imaplib.IMAP4.error, OSError) as error:
            raise ImapError("unreachable", str(error)) from error
        try:
            self._sign_in()
            folder = self._settings.folder.replace("\\", "\\\\").replace('"', '\\"')
            answer, told = self._server.select(f'"{folder}"')
            if answer != "OK":
                raise ImapError("folder", _text(told))
            self.name = f"{self._settings.folder}:{_validity(self._server)}"
        except (imaplib.IMAP4.error, OSError) as error:
            self._leave()
            raise ImapError("account", str(error)[:200]) from error
        except ImapError:
            self._leave()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave without removing anything."""
        self._leave()

    def waiting(
        self, limit: int = 100, is_due: Callable[[str], bool] = lambda _uid: True
    ) -> Iterator[WaitingMail]:
        """Mails that nobody has seen, oldest first, at most ``limit`` of those that are due.

        Raises ImapError.
        """
        found = self._ask("SEARCH", "UNSEEN")
        uids = b" ".join(each for each in found if isinstance(each, bytes)).decode().split()
        for uid in islice(filter(is_due, uids), limit):
            told = self._ask("FETCH", uid, "(RFC822.SIZE)")
            match = _SIZE.search(b" ".join(each for each in told if isinstance(each, bytes)))
            if match is not None:
                yield WaitingMail(uid, int(match[1]))

    def read(self, mail: WaitingMail) -> bytes:
        """All of a mail, which stays unseen. Raises ImapError."""
        for part in self._ask("FETCH", mail.uid, "(BODY.PEEK[])"):
            if isinstance(part, tuple) and len(part) > 1 and isinstance(part[1], bytes):
                return part[1]
        raise ImapError("unreachable", "the server sent no mail")

    def done(self, mail: WaitingMail, *, refused: bool = False) -> None:
        """Note that a mail was dealt with; one that was refused is flagged for a person."""
        flags = r"(\Seen \Flagged)" if refused else r"(\Seen)"
        self._ask("STORE", mail.uid, "+FLAGS.SILENT", flags)

    def _connect(self) -> imaplib.IMAP4:
        to, port = self._settings.host, self._settings.port
        context = self._tls or ssl.create_default_context()
        if port == _IMPLICIT_TLS_PORT:
            return imaplib.IMAP4_SSL(to, port, ssl_context=context, timeout=self._timeout)
        server = imaplib.IMAP4(to, port, timeout=self._timeout)
        if "STARTTLS" in server.capabilities:
            server.starttls(context)
        elif to not in _LOOPBACK:
            server.shutdown()
            raise ImapError("insecure", "the server offers no TLS for the password")
        return server

    def _sign_in(self) -> None:
        self._server.login(self._settings.user, self._settings.password)

    def _ask(self, command: str, *arguments: str) -> list[object]:
        try:
            answer, told = self._server.uid(command, *arguments)
        except (imaplib.IMAP4.error, OSError) as error:
            raise ImapError("unreachable", str(error)[:200]) from error
        if answer != "OK":
            raise ImapError("unreachable", _text(told))
        return list(told)

    def _leave(self) -> None:
        with suppress(imaplib.IMAP4.error, OSError):
            self._server.logout()


def _validity(server: imaplib.IMAP4) -> str:
    _name, told = server.response("UIDVALIDITY")
    value = told[0] if told else None
    return value.decode("ascii", "replace") if isinstance(value, bytes) else "0"


def _text(told: object) -> str:
    return str(told)[:200]
