"""ClamAV's daemon as the scanner, over its own protocol (INSTREAM)."""

from __future__ import annotations

import re
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ecopick.adapters.errors import AdapterError
from ecopick.adapters.scan import Verdict

_CHUNK_BYTES = 64 * 1024
_MAX_REPLY_BYTES = 4096
_DEFAULT_PORT = 3310
_REPLY = re.compile(r"stream: (?:(?P<threat>.+) FOUND|OK)")


class ScannerAway(AdapterError):
    """The daemon does not answer; nothing is wrong with the file. Try again soon."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("scanner_away", detail)


class ScannerRefused(AdapterError):
    """The daemon answers but gives no verdict on this file, say because it is too large."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("scanner_refused", detail)


@dataclass(frozen=True, slots=True)
class ClamdAddress:
    """Where the daemon listens: a socket file, or a host and port."""

    path: str = ""
    host: str = ""
    port: int = _DEFAULT_PORT

    @classmethod
    def parse(cls, text: str) -> ClamdAddress:
        """From `/run/clamav/clamd.ctl`, `host` or `host:3310`. Raises ValueError."""
        text = text.removeprefix("unix:").removeprefix("tcp://")
        if text.startswith("/"):
            return cls(path=str(Path(text)))
        host, _, port = text.rpartition(":") if ":" in text else (text, "", str(_DEFAULT_PORT))
        if not re.fullmatch(r"[\w.-]+|\[[0-9a-fA-F:]+\]", host) or not port.isdigit():
            raise ValueError("not an address of clamd")
        if not 0 < int(port) < 65536:
            raise ValueError("not a port")
        return cls(host=host.strip("[]"), port=int(port))


class ClamdScanner:
    """One connection a file. `timeout` in seconds holds for each step of the exchange."""

    def __init__(self, address: ClamdAddress, *, timeout: float = 30.0) -> None:
        self._address = address
        self._timeout = timeout

    def scan(self, stream: BinaryIO) -> Verdict:
        """The daemon's verdict on the whole `stream`; see Scanner.scan.

        Raises ScannerAway where it cannot be reached or falls silent, and
        ScannerRefused where it answers with an error (its `StreamMaxLength` is
        exceeded, its signatures are missing). What reading `stream` raises
        passes through.
        """
        with self._connected() as daemon:
            broken: OSError | None = None
            try:
                daemon.sendall(b"zINSTREAM\0")
            except OSError as error:
                raise ScannerAway(str(error)) from error
            while chunk := stream.read(_CHUNK_BYTES):
                try:
                    daemon.sendall(struct.pack(">I", len(chunk)) + chunk)
                except OSError as error:
                    # It stops reading where the stream is too long, and says so first.
                    broken = error
                    break
            if broken is None:
                with suppress(OSError):
                    daemon.sendall(struct.pack(">I", 0))
            return _verdict(self._reply(daemon, broken))

    def version(self) -> str:
        """What the daemon says of itself and its signatures. Raises ScannerAway."""
        with self._connected() as daemon:
            try:
                daemon.sendall(b"zVERSION\0")
            except OSError as error:
                raise ScannerAway(str(error)) from error
            return self._reply(daemon, None)

    def _connected(self) -> socket.socket:
        try:
            if not self._address.path:
                where = (self._address.host, self._address.port)
                return socket.create_connection(where, timeout=self._timeout)
            daemon = socket.socket(socket.AF_UNIX)
            daemon.settimeout(self._timeout)
            try:
                daemon.connect(self._address.path)
            except OSError:
                daemon.close()
                raise
        except OSError as error:
            raise ScannerAway(str(error)) from error
        return daemon

    def _reply(self, daemon: socket.socket, broken: OSError | None) -> str:
        """Its answer up to the NUL; ``broken`` is why not everything could be sent."""
        reply = b""
        try:
            while b"\0" not in reply and len(reply) <= _MAX_REPLY_BYTES:
                piece = daemon.recv(_MAX_REPLY_BYTES)
                if not piece:
                    break
                reply += piece
        except OSError as error:
            broken = broken or error
        text, end, _rest = reply.partition(b"\0")
        if not end:
            raise ScannerAway(str(broken or "it hung up"))
        return text.decode("utf-8", "replace").strip()


def _verdict(reply: str) -> Verdict:
    match = _REPLY.fullmatch(reply)
    if match is None:
        raise ScannerRefused(reply[:200])
    threat = match["threat"]
    return Verdict(clean=threat is None, note=(threat or "")[:200])
