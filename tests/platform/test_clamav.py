"""Debian's ClamAV with a signature of its own: the real daemon behind the adapter."""

from __future__ import annotations

import io
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecopick.adapters.clamd import ClamdScanner
from ecopick.adapters.scan import ScannerAway, ScannerRefused
from ecopick.inbound_settings import SocketAddress
from ecopick.server.processes import wait_until
from tests.clamd_server import EICAR
from tests.figures import figure
from tests.uploads import PDF

CLAMD = shutil.which("clamd", path="/usr/sbin:/usr/bin")
MEGABYTE = 1024 * 1024

pytestmark = [
    pytest.mark.platform,
    pytest.mark.skipif(CLAMD is None, reason="clamav-daemon is not installed"),
]


@pytest.fixture
def scanner(tmp_path: Path) -> Iterator[ClamdScanner]:
    """A daemon that knows one signature and takes streams of up to 25 MB."""
    signatures = tmp_path / "signatures"
    signatures.mkdir()
    (signatures / "own.ndb").write_text(f"Eicar-Test-Signature:0:*:{EICAR.hex()}\n")
    socket = tmp_path / "clamd.ctl"
    settings = tmp_path / "clamd.conf"
    settings.write_text(
        f"LocalSocket {socket}\nDatabaseDirectory {signatures}\nForeground yes\n"
        f"StreamMaxLength 25M\nMaxThreads 2\nLogFile {tmp_path / 'log'}\n"
    )
    daemon = subprocess.Popen(
        [str(CLAMD), "--config-file", str(settings)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    found = ClamdScanner(SocketAddress(path=str(socket)), timeout=10)
    try:
        log = tmp_path / "log"
        wait_until(lambda: _answers(found), daemon, seconds=20, what="clamd", log=log)
        yield found
    finally:
        daemon.terminate()
        daemon.wait(10)


def _answers(scanner: ClamdScanner) -> bool:
    try:
        return scanner.version().startswith("ClamAV")
    except ScannerAway:
        return False


def test_the_real_daemon(scanner: ClamdScanner) -> None:
    """Check 23: EICAR is found wherever it stands, clean files pass, too long ones wait."""
    begun = time.perf_counter()
    assert scanner.scan(io.BytesIO(PDF)).clean
    harmful = scanner.scan(io.BytesIO(PDF + EICAR))
    seconds = time.perf_counter() - begun
    assert (harmful.clean, "Eicar" in harmful.note) == (False, True)
    assert not scanner.scan(io.BytesIO(EICAR)).clean
    assert scanner.scan(io.BytesIO(bytes(25 * MEGABYTE))).clean
    with pytest.raises(ScannerRefused):
        scanner.scan(io.BytesIO(bytes(27 * MEGABYTE)))
    figure("virus scanner", "daemon", scanner.version().split("/")[0])
    figure("virus scanner", "two small files", f"{seconds * 1000:.0f} ms")
