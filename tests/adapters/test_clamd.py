"""The scanner's daemon: what it is sent, what its answers mean, and when it is away."""

from __future__ import annotations

import io
import socket
import threading
from pathlib import Path

import pytest

from ecopick.adapters.clamd import ClamdScanner
from ecopick.adapters.scan import ScannerAway, ScannerRefused, ScannerStopped
from ecopick.inbound_settings import SocketAddress
from tests.clamd_server import EICAR, clamd

MEGABYTE = 1024 * 1024


def at(path: Path, timeout: float = 5) -> ClamdScanner:
    return ClamdScanner(SocketAddress.parse(str(path), 3310), timeout=timeout)


def test_verdicts(tmp_path: Path) -> None:
    with clamd(tmp_path) as server:
        scanner = at(tmp_path / "clamd.ctl")
        assert scanner.scan(io.BytesIO(b"")).clean
        assert scanner.scan(io.BytesIO(bytes(3 * MEGABYTE))).clean
        found = scanner.scan(io.BytesIO(b"%PDF-1.4" + bytes(200_000) + EICAR))
        assert (found.clean, found.note) == (False, "Eicar-Test-Signature")
        assert server.scanned[:2] == [0, 3 * MEGABYTE]
        assert scanner.version().startswith("ClamAV")


def test_a_stream_that_is_too_long_gets_no_verdict(tmp_path: Path) -> None:
    with clamd(tmp_path, max_length=MEGABYTE):
        scanner = at(tmp_path / "clamd.ctl")
        with pytest.raises(ScannerRefused, match="size limit"):
            scanner.scan(io.BytesIO(bytes(20 * MEGABYTE)))
        assert scanner.scan(io.BytesIO(bytes(MEGABYTE))).clean


@pytest.mark.parametrize("answer", [b"", b"stream: OK", None])
def test_a_daemon_that_breaks_off_or_falls_silent_gives_no_verdict(answer: bytes | None) -> None:
    """Half an answer is none: a file is clean only where the daemon said so to its end."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        done = threading.Event()

        def serve() -> None:
            with listening.accept()[0] as one:
                one.recv(65536)
                if answer is None:
                    done.wait(5)
                else:
                    one.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        address = SocketAddress.parse(f"127.0.0.1:{listening.getsockname()[1]}", 3310)
        with pytest.raises(ScannerStopped):
            ClamdScanner(address, timeout=0.3).scan(io.BytesIO(b"x"))
        done.set()
        thread.join()


def test_no_daemon(tmp_path: Path) -> None:
    with pytest.raises(ScannerAway):
        at(tmp_path / "nobody.ctl").scan(io.BytesIO(b"x"))


def test_addresses() -> None:
    parse = SocketAddress.parse
    assert parse("/run/clamav/clamd.ctl", 3310).path == "/run/clamav/clamd.ctl"
    assert parse("scanner", 3310) == SocketAddress(host="scanner", port=3310)
    assert parse("tcp://[::1]:99", 3310) == SocketAddress(host="::1", port=99)
    for wrong in ("", "host:0", "host:99999", "a b", "host:port"):
        with pytest.raises(ValueError):
            parse(wrong, 3310)
