"""HEIC pictures: decoded by another process, so that neither a bomb nor a flaw reaches ours."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ecopick.adapters.errors import BadImage

if TYPE_CHECKING:
    from PIL.Image import Image

# Phones take up to 48 megapixels. Decoded they are held once in YCbCr and once in RGB.
MAX_HEIC_PIXELS = 50_000_000
# Below the 512 MB of a worker; what the system counts as data of the process.
MAX_MEMORY_BYTES = 400 * 1024 * 1024
MAX_SECONDS = 9
_PROGRAM = Path(__file__).with_name("heic_decoder.py")
_TOO_MANY_PIXELS = 3
_MAX_ANSWER_BYTES = 64 * 1024 * 1024


def decode_heic(content: bytes, max_edge: int) -> tuple[Image, bytes]:
    """The upright picture, no edge above `max_edge`, and its colour profile (or nothing).

    At most 50 megapixels, 400 MB and 9 seconds. Raises BadImage with reason
    `too_many_pixels` or `unreadable`.
    """
    limits = (MAX_HEIC_PIXELS, max_edge, MAX_MEMORY_BYTES, MAX_SECONDS)
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(_PROGRAM), *map(str, limits)],
            input=content,
            capture_output=True,
            env={},
            timeout=MAX_SECONDS + 1,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise BadImage("unreadable", "decoding took too long") from error
    if done.returncode == _TOO_MANY_PIXELS:
        raise BadImage("too_many_pixels", "HEIC")
    if done.returncode != 0 or len(done.stdout) > _MAX_ANSWER_BYTES:
        told = done.stderr[-200:].decode("utf-8", "replace").strip()
        raise BadImage("unreadable", f"HEIC, exit {done.returncode}: {told}")
    return _read(done.stdout)


def _read(answer: bytes) -> tuple[Image, bytes]:
    from PIL import Image

    line, _, rest = answer.partition(b"\n")
    head = json.loads(line)
    profile, pixels = rest[: head["profile"]], rest[head["profile"] :]
    return Image.frombytes(head["mode"], (head["width"], head["height"]), pixels), profile
