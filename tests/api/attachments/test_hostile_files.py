"""Files made to do harm: what becomes of each, and what it costs in memory and time."""

import io
import json
import os
import subprocess
import sys
import textwrap
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import Engine

from ecopick.adapters.clamd import ClamdScanner
from ecopick.adapters.scan import ScannerAway
from ecopick.adapters.storage import LocalStorage
from ecopick.core import clock
from ecopick.core.scanning import FIRST_RESCAN
from ecopick.core.uow import Database
from ecopick.domains.tickets.models import Ticket
from ecopick.inbound_settings import SocketAddress
from jobs.attachments import MAX_STOPS, scan_pending
from tests.adapters.test_heic import bomb as heic_bomb
from tests.adapters.test_heic import heic
from tests.adapters.test_image_limits import bomb_png
from tests.clamd_server import EICAR, FATAL, clamd
from tests.factories import World
from tests.figures import figure
from tests.signing_in import Api
from tests.uploads import PDF, add, added, jpeg, objects, rows

FULL = os.environ.get("ECOPICK_FULL") == "1"
REPOSITORY = Path(__file__).resolve().parents[3]
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='fetch(1)'/>"


def flat(width: int, height: int, format_: str, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (90, 120, 150)).save(out, format_, **options)
    return out.getvalue()


def zipped() -> bytes:
    """A ZIP bomb's beginning: a gigabyte of nothing in a megabyte."""
    return b"PK\x03\x04" + bytes(26) + zlib.compress(bytes(50_000_000), 9)


def heic_large() -> bytes:
    """48 megapixels, the most that phones take."""
    return heic("48_megapixels" if FULL else "12_megapixels")


HOSTILE: dict[str, tuple[str, Callable[[], bytes], set[str]]] = {
    "PNG bomb of 900 MP": ("a.png", lambda: bomb_png(30_000, 30_000), {"too_many_pixels"}),
    "JPEG of 60 MP": ("a.jpg", lambda: flat(9_000, 6_700, "JPEG"), {"too_many_pixels"}),
    "HEIC of 60 MP": ("a.heic", lambda: heic_bomb(9_000, 6_700), {"too_many_pixels"}),
    f"HEIC of {48 if FULL else 12} MP": ("a.heic", heic_large, {"stored"}),
    "HEIC that lies": ("a.heic", heic_bomb, {"too_many_pixels", "unreadable"}),
    "ZIP bomb": ("a.zip", zipped, {"wrong_type"}),
    "SVG": ("a.svg", lambda: SVG, {"wrong_type"}),
    "SVG named JPEG": ("a.jpg", lambda: SVG, {"wrong_type"}),
    "EICAR": ("eicar.com", lambda: EICAR, {"wrong_type"}),
    "JPEG and HTML": ("a.jpg", lambda: jpeg() + b"<script>alert(1)</script>", {"polyglot"}),
    "JPEG and ZIP": (
        "a.jpg",
        lambda: jpeg() + b"PK\x05\x06" + bytes(18),
        {"polyglot"},
    ),
    "PDF and HTML": ("a.pdf", lambda: b"%PDF-1.4<html>" + PDF, {"polyglot"}),
    "JPEG named PDF": ("a.pdf", jpeg, {"stored"}),
}

PROGRAM = """
import io, json, re, resource, sys, tempfile, time
from pathlib import Path
from ecopick.adapters.storage import LocalStorage
from ecopick.core.errors import AppError
from ecopick.domains.tickets.files import store_file
folder, results = Path(sys.argv[1]), {}
storage = LocalStorage(tempfile.mkdtemp())
for path in sorted(folder.iterdir()):
    began = time.monotonic()
    with path.open("rb") as file:
        try:
            store_file(storage, "o/2026-11-21/" + path.stem, file, path.name)
            outcome = "stored"
        except AppError as error:
            outcome = error.code
    results[path.name] = [outcome, time.monotonic() - began]
status = open("/proc/self/status").read()
peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) // 1024
decoder = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
print(json.dumps([results, peak, decoder]))
"""


def test_memory_and_time_of_hostile_files(tmp_path: Path) -> None:
    """Checks 21, 22: the outcome of each, in one process as a worker takes them."""
    folder = tmp_path / "files"
    folder.mkdir()
    names = {}
    for number, (what, (name, make, _)) in enumerate(HOSTILE.items()):
        path = folder / f"{number:02}{Path(name).suffix}"
        path.write_bytes(make())
        names[path.name] = what
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM), str(folder)],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    results, peak, decoder = json.loads(done.stdout)
    for name, (outcome, seconds) in results.items():
        what = names[name]
        figure("hostile files", what, f"{outcome}, {seconds:.2f} s", "≤ 10 s")
        assert outcome in HOSTILE[what][2], (what, outcome)
        assert seconds <= 10, what
    figure("hostile files", "memory of the worker", f"{peak} MiB", "< 512 MiB")
    figure("hostile files", "memory of the HEIC decoder", f"{decoder} MiB", "< 512 MiB")
    assert max(peak, decoder) < 512


@pytest.mark.parametrize("what", ["SVG", "EICAR", "JPEG and HTML", "HEIC that lies"])
def test_refusals_are_sentences_and_leave_nothing(
    manager: Api, world: World, ticket: Ticket, storage: LocalStorage, migrator: Engine, what: str
) -> None:
    """Checks 21, 23: nothing of them is stored."""
    name, make, outcomes = HOSTILE[what]
    refused = add(manager, ticket, make(), name)
    assert refused.status_code == 422
    assert refused.get_json()["code"] in outcomes and refused.get_json()["errors"]["file"]
    assert objects(storage, world) == set() and rows(migrator, world) == 0


def test_a_phone_photo_as_heic(manager: Api, ticket: Ticket) -> None:
    """Check 24: upright, without its place, clean at once and shown inline."""
    found = added(manager, ticket, heic("orientation_6"), name="IMG_1.HEIC")
    assert (found["content_type"], found["scan_state"]) == ("image/jpeg", "clean")
    assert (found["width"], found["height"], found["file_name"]) == (200, 300, "IMG_1.jpg")
    served = manager.get(found["download_url"], buffered=True)
    assert b"Secret" not in served.data and not Image.open(io.BytesIO(served.data)).getexif()


@pytest.fixture
def scanned(
    manager: Api, world: World, database: Database, storage: LocalStorage, tmp_path: Path
) -> Callable[[], int]:
    """Asks the daemon at ``tmp_path`` about everything that waits."""
    scanner = ClamdScanner(SocketAddress(path=str(tmp_path / "clamd.ctl")), timeout=5)
    return lambda: scan_pending(database, storage, world.owner_id, scanner)


def test_eicar_in_a_pdf_is_found_and_gone(
    app: Flask,
    manager: Api,
    world: World,
    ticket: Ticket,
    storage: LocalStorage,
    tmp_path: Path,
    scanned: Callable[[], int],
) -> None:
    """Check 23: with the scanner away everything waits; once it is back it decides."""
    harm, good = (
        added(manager, ticket, PDF + EICAR, name="a.pdf"),
        added(manager, ticket, PDF, name="b.pdf"),
    )
    with pytest.raises(ScannerAway):
        scanned()
    for each in (harm, good):
        assert manager.get(f"/api/attachments/{each['id']}/download").status_code == 409
    with clamd(tmp_path):
        assert scanned() == 2
    assert manager.get(f"/api/attachments/{harm['id']}/download").status_code == 404
    assert manager.get(f"/api/attachments/{good['id']}/download", buffered=True).data == PDF
    assert len(objects(storage, world)) == 1
    told = manager.get(f"/en/tickets/{ticket.id}").text
    assert "A virus was found in a file" in told and "can be opened" in told


def test_a_file_that_brings_the_scanner_down_holds_up_no_other(
    manager: Api, ticket: Ticket, tmp_path: Path, scanned: Callable[[], int]
) -> None:
    """Check 23: the daemon hangs up on it and is there again: the next file is asked about."""
    fatal = added(manager, ticket, PDF + FATAL, name="fatal.pdf")
    good = added(manager, ticket, PDF, name="good.pdf")
    with clamd(tmp_path) as server:
        assert (scanned(), scanned()) == (1, 0)
        assert manager.get(f"/api/attachments/{good['id']}/download", buffered=True).data == PDF
        assert manager.get(f"/api/attachments/{fatal['id']}/download").status_code == 409
        for number in range(MAX_STOPS + 1):
            added(manager, ticket, PDF + FATAL, name=f"{number}.pdf")
        with pytest.raises(ScannerAway):
            scanned()
        assert server.scanned == [len(PDF)] and scanned() == 0


def test_a_file_without_a_verdict_holds_up_no_other(
    manager: Api, ticket: Ticket, tmp_path: Path, scanned: Callable[[], int]
) -> None:
    """Check 23: what the scanner will not take waits, is asked about later, never served."""
    large = added(manager, ticket, PDF + bytes(300_000), name="large.pdf")
    with clamd(tmp_path, max_length=100_000) as server:
        assert scanned() == 0
        small = added(manager, ticket, PDF, name="small.pdf")
        assert scanned() == 1
        assert manager.get(f"/api/attachments/{large['id']}/download").status_code == 409
        server.max_length = 1_000_000
        assert scanned() == 0
        clock.shift(FIRST_RESCAN)
        assert scanned() == 1
    for each in (large, small):
        address = f"/api/attachments/{each['id']}/download"
        assert manager.get(address, buffered=True).status_code == 200
