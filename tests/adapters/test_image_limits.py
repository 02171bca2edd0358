"""Images made to exhaust the server are refused; the largest allowed ones fit."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import textwrap
import time
import zlib
from pathlib import Path

import pytest
from PIL import Image

from ecopick.adapters.errors import BadImage
from ecopick.adapters.images import Photo, render_photo
from tests.figures import figure

REPOSITORY = Path(__file__).resolve().parents[2]


def encoded(image: Image.Image, format_: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def render(content: bytes) -> Photo:
    return render_photo(io.BytesIO(content))


def refusal(content: bytes) -> str:
    with pytest.raises(BadImage) as caught:
        render(content)
    return caught.value.reason


def picture() -> Image.Image:
    return Image.effect_noise((300, 200), 40).convert("RGB")


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def bomb_png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(10_000_000), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "size",
    [(7072, 7072), (10_000, 10_000), (30_000, 30_000), (2**31 - 1, 2**31 - 1), (50_000_001, 1)],
)
def test_bombs_are_refused_before_decoding(size: tuple[int, int]) -> None:
    began = time.process_time()
    assert refusal(bomb_png(*size)) == "too_many_pixels"
    assert time.process_time() - began < 1


def test_jpeg_and_webp_with_huge_dimensions() -> None:
    jpeg = bytearray(encoded(picture(), "JPEG"))
    at = jpeg.index(b"\xff\xc0") + 5
    jpeg[at : at + 4] = struct.pack(">HH", 60_000, 60_000)
    assert refusal(bytes(jpeg)) == "too_many_pixels"

    extended = bytearray(encoded(picture().convert("RGBA"), "WEBP", exif=b"Exif\0\0MM"))
    assert extended[12:16] == b"VP8X"
    extended[24:30] = (16382).to_bytes(3, "little") * 2
    assert refusal(bytes(extended)) == "too_many_pixels"

    lossy = bytearray(encoded(picture(), "WEBP"))
    assert lossy[12:16] == b"VP8 "
    lossy[26:30] = struct.pack("<HH", 16383, 16383)
    assert refusal(bytes(lossy)) == "too_many_pixels"

    lossless = bytearray(encoded(picture(), "WEBP", lossless=True))
    assert lossless[12:16] == b"VP8L"
    lossless[21:25] = ((1 << 28) - 1).to_bytes(4, "little")
    assert refusal(bytes(lossless)) == "too_many_pixels"


def test_a_png_text_bomb() -> None:
    text = b"Comment\0\0" + zlib.compress(bytes(80_000_000), 9)
    whole = encoded(picture(), "PNG")
    assert refusal(whole[:33] + chunk(b"zTXt", text) + whole[33:]) == "unreadable"


def test_a_jpeg_of_very_many_scans() -> None:
    whole = encoded(picture(), "JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    assert refusal(whole[:last] + whole[last:-2] * 60 + whole[-2:]) == "unreadable"


def test_an_extremely_long_picture() -> None:
    photo = render(encoded(Image.new("L", (3_000_000, 1), 90), "PNG"))
    assert (photo.full.width, photo.full.height) == (2560, 1)


LARGEST = {
    "progressive": ("JPEG", "RGB", (7071, 7071), {"progressive": True, "subsampling": 0}),
    "cmyk": ("JPEG", "CMYK", (5000, 5000), {"progressive": True}),
    "alpha": ("PNG", "RGBA", (7071, 7071), {"compress_level": 1}),
    "palette": ("PNG", "P", (7071, 7071), {"compress_level": 1}),
    "unreduced": ("PNG", "RGBA", (5119, 5119), {"compress_level": 1}),
    "webp": ("WEBP", "RGBA", (4000, 4000), {"quality": 1, "method": 0}),
}


@pytest.mark.parametrize("case", LARGEST)
def test_the_largest_pictures_stay_within_memory_and_time(case: str, tmp_path: Path) -> None:
    format_, mode, size, options = LARGEST[case]
    colour = (10, 20, 30, 100)[: len(Image.new(mode, (1, 1)).getbands())]
    path = tmp_path / "photo"
    Image.new(mode, size, colour if len(colour) > 1 else 7).save(path, format_, **options)
    program = """
        import json, re, sys, time
        from ecopick.adapters.images import render_photo
        began = time.monotonic()
        with open(sys.argv[1], "rb") as file:
            photo = render_photo(file)
        status = open("/proc/self/status").read()  # ru_maxrss would count the parent's
        peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1])
        print(json.dumps([photo.full.width, peak // 1024, time.monotonic() - began]))
    """
    output = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), str(path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=REPOSITORY,
        timeout=60,
    ).stdout
    width, peak_megabytes, seconds = json.loads(output)
    assert width == 2560
    figure("photos", f"memory of the largest: {case}", f"{peak_megabytes} MiB", "< 420 MiB")
    figure("photos", f"time of the largest: {case}", f"{seconds:.1f} s", "< 10 s")
    assert peak_megabytes < 420  # leaves room for the rest of a worker below 512
    assert seconds < 10
