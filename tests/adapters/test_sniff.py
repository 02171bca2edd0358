"""Types are judged by content; names are made harmless."""

from __future__ import annotations

import io
import os
import random
import unicodedata
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from ecopick.adapters.errors import RefusedFile
from ecopick.adapters.sniff import FileKind, safe_file_name, sniff


def picture(format_: str, **options: object) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((200, 150), 80).convert("RGB").save(out, format_, **options)
    return out.getvalue()


def ftyp(major: bytes, *compatible: bytes) -> bytes:
    box = b"ftyp" + major + b"\0\0\0\0" + b"".join(compatible)
    return (len(box) + 4).to_bytes(4, "big") + box + b"\0" * 64


def zip_archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("evil.class", b"x" * 100)
    return out.getvalue()


PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def refused(content: bytes) -> str:
    with pytest.raises(RefusedFile) as caught:
        sniff(io.BytesIO(content))
    return caught.value.code


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (picture("JPEG"), FileKind.JPEG),
        (picture("PNG"), FileKind.PNG),
        (picture("WEBP"), FileKind.WEBP),
        (ftyp(b"heic", b"mif1", b"heic"), FileKind.HEIC),
        (ftyp(b"mif1", b"heic"), FileKind.HEIC),
        (ftyp(b"heix", b"mif1"), FileKind.HEIC),
        (PDF, FileKind.PDF),
        (ftyp(b"isom", b"iso2", b"mp41"), FileKind.MP4),
        (ftyp(b"mp42", b"mp42"), FileKind.MP4),
    ],
)
def test_allowed_kinds_whatever_the_name(content: bytes, kind: FileKind) -> None:
    stream = io.BytesIO(content)
    stream.seek(5)
    assert sniff(stream) is kind
    assert stream.tell() == 0
    assert safe_file_name("report.html", kind).endswith("." + kind.extension)


@pytest.mark.parametrize(
    "content",
    [
        HTML,
        b"  \n" + HTML,
        SVG,
        b"\xef\xbb\xbf" + SVG,
        b"\xef\xbb\xbf" + PDF,
        b"junk" + PDF,
        b"plain text",
        b"MZ" + bytes(200),
        b"\x7fELF" + bytes(200),
        zip_archive(),
        picture("GIF"),
        picture("BMP"),
        picture("TIFF"),
        ftyp(b"qt  ", b"qt  "),
        b"\xff\xd8",
        bytes(500),
    ],
)
def test_everything_else_is_refused(content: bytes) -> None:
    assert refused(content) == "wrong_type"


def test_nothing_is_refused_as_empty() -> None:
    assert refused(b"") == "empty"


@pytest.mark.parametrize("payload", [HTML, SVG, b"<svg/onload=alert(1)>", b"<?php system(1);"])
@pytest.mark.parametrize("base", ["JPEG", "PNG", "WEBP"])
def test_markup_after_an_image(base: str, payload: bytes) -> None:
    assert refused(picture(base) + payload) == "polyglot"
    assert refused(picture(base) + os.urandom(1_000_000) + payload + bytes(99)) == "polyglot"


@pytest.mark.parametrize("offset", range(256 * 1024 - 12, 256 * 1024 + 2))
def test_markup_across_a_piece_border(offset: int) -> None:
    content = picture("JPEG").ljust(offset, b"\0") + b"<ScRiPt>" + bytes(1000)
    assert refused(content) == "polyglot"


def test_markup_in_a_comment_and_in_exif() -> None:
    assert refused(picture("JPEG", comment=HTML)) == "polyglot"
    exif = Image.Exif()
    exif[0x010E] = "<script>alert(1)</script>"
    assert refused(picture("JPEG", exif=exif)) == "polyglot"


@pytest.mark.parametrize(
    "make",
    [
        lambda: picture("JPEG") + zip_archive(),
        lambda: picture("PNG") + zip_archive() + b"tail",
        lambda: PDF + zip_archive(),
        lambda: picture("JPEG", comment=PDF),
        lambda: PDF + HTML,
        lambda: b"%PDF-1.4\n" + HTML + PDF,
        lambda: ftyp(b"isom", b"mp41") + HTML,
        lambda: ftyp(b"heic", b"heic") + SVG,
    ],
)
def test_other_polyglots(make: Callable[[], bytes]) -> None:
    assert refused(make()) == "polyglot"


def test_ordinary_metadata_and_forms_are_no_polyglots() -> None:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><dc:title>Bad</dc:title></rdf:RDF>'
    assert sniff(io.BytesIO(picture("JPEG", xmp=xmp))) is FileKind.JPEG
    form = PDF.replace(b"1 0 obj", b" " * 2000 + b'<body xmlns="xhtml">note</body> 1 0 obj')
    assert sniff(io.BytesIO(form)) is FileKind.PDF


def test_random_pixels_are_never_mistaken_for_markup() -> None:
    noise = random.Random(7).randbytes(20_000_000)
    assert sniff(io.BytesIO(picture("JPEG") + noise)) is FileKind.JPEG


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("photo.jpg", "photo.jpg"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\win.ini", "win.ini"),
        ("/absolute/path/", "path"),
        ("a\r\nSet-Cookie: x=1.png", "aSet-Cookie_ x=1.png"),
        ("a\0b.png", "ab.png"),
        ("gpj\u202egnp.exe", "gpjgnp.exe"),
        ('q";filename="x.html', "q__filename=_x.html"),
        ("..", "file"),
        ("", "file"),
        (None, "file"),
        (".htaccess", "htaccess"),
        ("con.txt", "_con.txt"),
        ("..%2f..%2fx", "_2f.._2fx"),
        ("50% off.pdf", "50% off.pdf"),
        ("／etc／passwd", "passwd"),
        ("Küche Wasserschaden.jpg", "Küche Wasserschaden.jpg"),
        ("厨房.png", "厨房.png"),
    ],
)
def test_names_made_harmless(name: str | None, expected: str) -> None:
    assert safe_file_name(name) == expected


def test_the_ending_follows_the_content() -> None:
    assert safe_file_name("evil.html", FileKind.JPEG) == "evil.jpg"
    assert safe_file_name("evil.php.jpeg", FileKind.JPEG) == "evil.php.jpeg"
    assert safe_file_name("scan", FileKind.PDF) == "scan.pdf"
    assert safe_file_name(None, FileKind.PNG) == "file.png"
    assert safe_file_name("x" * 300 + ".PDF", FileKind.PDF) == "x" * 116 + ".PDF"


NAMES = st.one_of(
    st.text(max_size=300),
    st.text(
        alphabet="./\\ \r\n\t\0:%2eF~aé\u0301\u202e\u200d厨\U0001f6b0\ud800-_;\"'", max_size=60
    ),
    st.builds("{}.{}".format, st.text(max_size=200), st.sampled_from(["jpg", "PDF", "html", "ﬀ"])),
)


@given(NAMES, st.sampled_from([None, *FileKind]))
@example("e" + "\u200d" + "\u0301", None)
@example("a" * 119 + " .b", None)
@example("con", FileKind.MP4)
@example("_" * 119 + ".nul", None)
@example("nul." + "x" * 200, None)
def test_any_name_becomes_safe(name: str, kind: FileKind | None) -> None:
    safe = safe_file_name(name, kind)
    assert safe and safe not in (".", "..") and not safe.startswith(".")
    assert safe == safe.strip() and not safe.endswith(".")
    assert not set(safe) & set("/\\<>:\"|?*;'")
    assert not any(unicodedata.category(c)[0] == "C" for c in safe)
    assert "\n" not in safe and "\r" not in safe
    assert len(safe) <= 120 and len(safe.encode("utf-8")) <= 200
    if kind is not None:
        assert "." in safe
    assert safe_file_name(safe, kind) == safe
