"""ClamAV's daemon as the scanner, over its own protocol (INSTREAM)."""

from __future__ import annotations

import re
import socket
import struct
from contextlib import suppress
from typing import BinaryIO

from ecopick.adapters.scan import ScannerAway, ScannerRefused, ScannerStopped, Verdict
from ecopick.inbound_settings import SocketAddress

_CHUNK_BYTES = 64 * 1024
_MAX_REPLY_BYTES = 4096
_REPLY = re.compile(r"stream: (?:(?P<threat>.+) FOUND|OK)")


class ClamdScanner:
    """One connection a file. `timeout` in seconds holds for each step of the exchange."""

    def __init__(self, address: SocketAddress, *, timeout: float = 30.0) -> None:
        self._address = address
        self._timeout = timeout

    def scan(self, stream: BinaryIO) -> Verdict:
        """The daemon's verdict on the whole `stream`; see Scanner.scan.

        Raises ScannerAway where it cannot be reached, ScannerStopped where it falls
        silent or hangs up on this file, and ScannerRefused where it answers with an
        error (its `StreamMaxLength` is exceeded, its signatures are missing). What
        reading `stream` raises passes through.
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
            try:
                return _verdict(self._reply(daemon, broken))
            except ScannerAway as error:
                raise ScannerStopped(error.detail) from error

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
