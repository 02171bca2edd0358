"""HEIC pictures come out upright, without metadata, or are refused in time and memory."""

from __future__ import annotations

import io
import os
import struct

import pillow_heif
import pytest
from PIL import Image

from ecopick.adapters.errors import BadImage
from ecopick.adapters.images import render_photo
from tests.adapters.test_images import GPS_IFD, decoded, marked


def heic(image: Image.Image, orientation: int = 1, quality: int = 90) -> bytes:
    """As a phone takes it: with a place, a maker and an orientation."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "SecretMaker"
    exif.get_ifd(GPS_IFD).update({1: "N", 2: (47.0, 59.0, 42.0), 3: "E", 4: (7.0, 50.0, 57.0)})
    out = io.BytesIO()
    pillow_heif.from_pillow(image).save(
        out, quality=quality, exif=exif.tobytes(), enc_params={"preset": "ultrafast"}
    )
    return out.getvalue()


def is_red(pixel: tuple[int, ...]) -> bool:
    return pixel[0] > 180 and pixel[2] < 80


@pytest.mark.parametrize(("orientation", "corner"), [(1, (5, 5)), (6, (-5, 5)), (3, (-5, -5))])
def test_upright_and_without_a_place(orientation: int, corner: tuple[int, int]) -> None:
    """The red quarter is in the upper left of what the sensor saw; turning moves it."""
    content = heic(marked(), orientation)
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
    clear = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    assert decoded(render_photo(io.BytesIO(heic(clear))).full).getpixel((9, 9)) >= (250, 250, 250)
    grey = Image.new("L", (64, 64), 90)
    assert render_photo(io.BytesIO(heic(grey))).full.width == 64


def bomb(width: int = 20_000, height: int = 20_000) -> bytes:
    """A small picture whose container says that it has 400 megapixels."""
    content = heic(marked())
    at = content.index(b"ispe") + 8
    return content[:at] + struct.pack(">II", width, height) + content[at + 8 :]


@pytest.mark.parametrize(
    ("content", "reasons"),
    [
        (bomb(), {"too_many_pixels", "unreadable"}),
        (heic(marked())[:-600], {"unreadable"}),
        (heic(marked())[:40] + os.urandom(50_000), {"unreadable"}),
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
    render_photo(io.BytesIO(heic(marked())))
    assert seen["env"] == {}
