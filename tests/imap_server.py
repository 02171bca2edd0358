"""A small IMAP server (RFC 3501): one mailbox, as far as reading new mail needs it."""

from __future__ import annotations

import re
import secrets
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

WELCOME = b"* OK [CAPABILITY IMAP4rev1] ready\r\n"


@dataclass
class Stored:
    """A mail in the mailbox with its flags."""

    raw: bytes
    flags: set[str] = field(default_factory=set)


class Mailbox(socketserver.ThreadingTCPServer):
    """Serves ``mails`` to one user; ``commands`` is what was asked."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, user: str, password: str) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.user, self.password = user, password
        self.mails: list[Stored] = []
        self.commands: list[str] = []
        self.validity = secrets.randbelow(2**31) + 1

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


class _Conversation(socketserver.StreamRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        self.wfile.write(WELCOME)
        while line := self.rfile.readline():
            tag, _, rest = line.decode().strip().partition(" ")
            name, _, arguments = rest.partition(" ")
            if name.upper() == "UID":
                name, _, arguments = arguments.partition(" ")
            self.server.commands.append(name.upper())
            answer = getattr(self, f"do_{name.upper()}", self._unknown)(arguments)
            self.wfile.write(f"{tag} {answer}\r\n".encode())
            if name.upper() == "LOGOUT":
                return

    def _unknown(self, arguments: str) -> str:
        return "BAD unknown command"

    def _say(self, line: bytes) -> None:
        self.wfile.write(b"* " + line + b"\r\n")

    def do_CAPABILITY(self, arguments: str) -> str:
        self._say(b"CAPABILITY IMAP4rev1")
        return "OK done"

    def do_LOGIN(self, arguments: str) -> str:
        wanted = f'{self.server.user} "{self.server.password}"'
        return "OK signed in" if arguments == wanted else "NO wrong"

    def do_SELECT(self, arguments: str) -> str:
        if arguments != '"INBOX"':
            return "NO no such folder"
        self._say(f"{len(self.server.mails)} EXISTS".encode())
        self._say(f"OK [UIDVALIDITY {self.server.validity}] numbers".encode())
        return "OK [READ-WRITE] open"

    def do_SEARCH(self, arguments: str) -> str:
        found = [
            str(n) for n, mail in enumerate(self.server.mails, 1) if r"\Seen" not in mail.flags
        ]
        self._say(" ".join(["SEARCH", *found]).encode())
        return "OK done"

    def do_FETCH(self, arguments: str) -> str:
        uid, _, what = arguments.partition(" ")
        raw = self.server.mails[int(uid) - 1].raw
        if "RFC822.SIZE" in what:
            self._say(f"{uid} FETCH (UID {uid} RFC822.SIZE {len(raw)})".encode())
        else:
            head = f"{uid} FETCH (UID {uid} BODY[] {{{len(raw)}}}".encode()
            self._say(head + b"\r\n" + raw + b")")
        return "OK done"

    def do_STORE(self, arguments: str) -> str:
        uid, _, rest = arguments.partition(" ")
        self.server.mails[int(uid) - 1].flags |= set(re.findall(r"\\\w+", rest))
        return "OK done"

    def do_LOGOUT(self, arguments: str) -> str:
        self._say(b"BYE")
        return "OK bye"


@contextmanager
def mailbox(user: str, password: str) -> Iterator[Mailbox]:
    """A running server."""
    with Mailbox(user, password) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
