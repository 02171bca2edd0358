"""A small server that speaks clamd's protocol as the real one does."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Split, so that a scanner of this machine lets the file be.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
# On a file with these bytes it hangs up without a word.
FATAL = b"FATAL-TO-THE-DAEMON"


class Clamd(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Looks for one signature in streams of at most ``max_length`` bytes."""

    daemon_threads = True

    def __init__(self, path: Path, max_length: int) -> None:
        super().__init__(str(path), _Conversation)
        self.max_length = max_length
        self.scanned: list[int] = []


class _Conversation(socketserver.StreamRequestHandler):
    server: Clamd

    def handle(self) -> None:
        command = self._word()
        if command == b"zINSTREAM":
            self._answer(self._scan())
        elif command == b"zVERSION":
            self._answer(b"ClamAV 1.4.6/1/Sat Nov 21 2026")
        else:
            self._answer(b"UNKNOWN COMMAND")

    def _word(self) -> bytes:
        word = b""
        while (each := self.rfile.read(1)) not in (b"", b"\0"):
            word += each
        return word

    def _scan(self) -> bytes:
        content = b""
        while True:
            head = self.rfile.read(4)
            if len(head) < 4:
                return b"INSTREAM: Can't read length. ERROR"
            length = struct.unpack(">I", head)[0]
            if length == 0:
                break
            if len(content) + length > self.server.max_length:
                return b"INSTREAM size limit exceeded. ERROR"
            content += self.rfile.read(length)
        if FATAL in content:
            return b""
        self.server.scanned.append(len(content))
        return b"stream: Eicar-Test-Signature FOUND" if EICAR in content else b"stream: OK"

    def _answer(self, text: bytes) -> None:
        if text:
            self.wfile.write(text + b"\0")


@contextmanager
def clamd(folder: Path, max_length: int = 26_214_400) -> Iterator[Clamd]:
    """A running server below ``folder``."""
    with Clamd(folder / "clamd.ctl", max_length) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
