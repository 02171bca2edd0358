"""HEIC pictures come out upright, without metadata, or are refused in time and memory."""

from __future__ import annotations

import io
import os
import struct
from pathlib import Path

import pytest

from ecopick.adapters.errors import BadImage
from ecopick.adapters.images import render_photo
from tests.adapters.test_images import decoded

SAMPLES = Path(__file__).with_name("heic")


def heic(name: str) -> bytes:
    """A sample as a phone takes it: with a place, a maker and an orientation.

    Made with the encoder x265, which neither the product nor its tests install;
    `orientation_…` shows what `marked()` draws.
    """
    return (SAMPLES / f"{name}.heic").read_bytes()


def is_red(pixel: tuple[int, ...]) -> bool:
    return pixel[0] > 180 and pixel[2] < 80


@pytest.mark.parametrize(("orientation", "corner"), [(1, (5, 5)), (6, (-5, 5)), (3, (-5, -5))])
def test_upright_and_without_a_place(orientation: int, corner: tuple[int, int]) -> None:
    """The red quarter is in the upper left of what the sensor saw; turning moves it."""
    content = heic(f"orientation_{orientation}")
    assert b"SecretMaker" in content
    photo = render_photo(io.BytesIO(content))
    whole = decoded(photo.full)
    assert whole.size == ((200, 300) if orientation == 6 else (300, 200))
    assert photo.full.content_type == "image/jpeg"
    at = tuple(place % edge for place, edge in zip(corner, whole.size, strict=True))
    assert is_red(whole.getpixel(at))  # type: ignore[arg-type]
    for part in (photo.full, photo.thumbnail):
        assert b"Secret" not in part.data and not decoded(part).getexif()


def test_transparency_and_grey() -> None:
    clear = render_photo(io.BytesIO(heic("transparent"))).full
    assert decoded(clear).getpixel((9, 9)) >= (250, 250, 250)
    assert render_photo(io.BytesIO(heic("grey"))).full.width == 64


def bomb(width: int = 20_000, height: int = 20_000) -> bytes:
    """A small picture whose container says that it has 400 megapixels."""
    content = heic("orientation_1")
    at = content.index(b"ispe") + 8
    return content[:at] + struct.pack(">II", width, height) + content[at + 8 :]


@pytest.mark.parametrize(
    ("content", "reasons"),
    [
        (bomb(), {"too_many_pixels", "unreadable"}),
        (heic("orientation_1")[:-600], {"unreadable"}),
        (heic("orientation_1")[:40] + os.urandom(50_000), {"unreadable"}),
    ],
    ids=["bomb", "cut off", "noise"],
)
def test_what_is_refused(content: bytes, reasons: set[str]) -> None:
    """Check 22: a bomb never fills the worker: the decoder is another process with limits."""
    with pytest.raises(BadImage) as refused:
        render_photo(io.BytesIO(content))
    assert refused.value.reason in reasons


def test_the_decoder_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of our surroundings reaches the process that decodes a stranger's file."""
    import subprocess

    seen: dict[str, object] = {}
    real = subprocess.run

    def watched(*arguments: object, **options: object) -> object:
        seen.update(options)
        return real(*arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "run", watched)
    render_photo(io.BytesIO(heic("orientation_1")))
    assert seen["env"] == {}
