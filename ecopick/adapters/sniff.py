"""What an uploaded file really is, judged by its content and never by its name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from typing import BinaryIO

from ecopick.adapters.errors import RefusedFile

_HEAD_BYTES = 8192
_CHUNK_BYTES = 256 * 1024
_OVERLAP_BYTES = 64
_ZIP_TAIL_BYTES = 22 + 0xFFFF

MAX_NAME_CHARACTERS = 120
MAX_NAME_BYTES = 200


class FileKind(StrEnum):
    """The types of file that are accepted; the value is the content type."""

    JPEG = "image/jpeg"
    PNG = "image/png"
    WEBP = "image/webp"
    HEIC = "image/heic"
    PDF = "application/pdf"
    MP4 = "video/mp4"

    @property
    def extension(self) -> str:
        """The usual ending of a file name, without the dot."""
        return _EXTENSIONS[self][0]

    @property
    def is_photo(self) -> bool:
        """Whether this program re-encodes it: the only kinds ever shown inline."""
        return self in (FileKind.JPEG, FileKind.PNG, FileKind.WEBP, FileKind.HEIC)


_EXTENSIONS = {
    FileKind.JPEG: ("jpg", "jpeg", "jpe", "jfif"),
    FileKind.PNG: ("png",),
    FileKind.WEBP: ("webp",),
    FileKind.HEIC: ("heic", "heif"),
    FileKind.PDF: ("pdf",),
    FileKind.MP4: ("mp4", "m4v"),
}
_BY_CONTENT_TYPE = {kind.value: kind for kind in FileKind} | {"image/apng": FileKind.PNG}
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis")

# Markup that a browser would obey. Each pattern is long enough not to turn up by
# chance in megabytes of compressed pixels.
_MARKUP = re.compile(
    rb"<(?:script|!doctype\s+html|iframe|foreignobject)"
    rb"|<(?:html|body|head)[\s>]"
    rb"|<\?php\s"
    rb"|<(?:svg|img|object|embed|link|meta|base|form|style|math|video|audio)[\s/][\x20-\x7e\s]{6}",
    re.IGNORECASE,
)


def sniff(stream: BinaryIO) -> FileKind:
    """The kind of the file in the seekable `stream`, which is left at its beginning.

    Reads all of it, in pieces. Raises RefusedFile: `empty` for no bytes,
    `wrong_type` for anything outside FileKind (HTML, SVG, archives, programs),
    `polyglot` for an allowed type that is at the same time HTML, SVG, PHP, a PDF
    or a ZIP archive.
    """
    stream.seek(0)
    head = stream.read(_HEAD_BYTES)
    kind = kind_of(head)
    _refuse_polyglot(kind, head, stream)
    stream.seek(0)
    return kind


def kind_of(head: bytes) -> FileKind:
    """The kind that the first 8 KiB announce. Raises RefusedFile `empty` or `wrong_type`."""
    import filetype

    if not head:
        raise RefusedFile("empty")
    content_type: str | None = filetype.guess_mime(head)
    kind = _BY_CONTENT_TYPE.get(content_type or "")
    if kind is None and head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS:
        kind = FileKind.HEIC
    if kind is FileKind.PDF and not head.startswith(b"%PDF-"):
        kind = None
    if kind is None:
        raise RefusedFile("wrong_type", content_type or "unknown content")
    return kind


def _refuse_polyglot(kind: FileKind, head: bytes, stream: BinaryIO) -> None:
    if kind is FileKind.PDF:
        # Forms and annotations inside a PDF may hold markup of their own: what counts
        # is what a browser would look at, and what stands after the document's end.
        tail = _tail(stream, _ZIP_TAIL_BYTES)
        suspicious = [head[:1024], tail[tail.rfind(b"%%EOF") + 1 :] if b"%%EOF" in tail else b""]
        found = any(_MARKUP.search(part) for part in suspicious)
    else:
        found = b"%PDF-" in head[:1024] or any(map(_MARKUP.search, _windows(stream)))
    if found or _ends_as_zip(_tail(stream, _ZIP_TAIL_BYTES)):
        raise RefusedFile("polyglot", f"{kind} and something else")


def _windows(stream: BinaryIO) -> Iterator[bytes]:
    """The whole content in overlapping pieces, so that nothing hides on a border."""
    stream.seek(0)
    previous = b""
    while chunk := stream.read(_CHUNK_BYTES):
        yield previous + chunk
        previous = chunk[-_OVERLAP_BYTES:]


def _tail(stream: BinaryIO, length: int) -> bytes:
    size = stream.seek(0, 2)
    stream.seek(max(0, size - length))
    return stream.read(length)


def _ends_as_zip(tail: bytes) -> bool:
    """Whether a ZIP end record closes the file: archives are read from their end."""
    at = tail.rfind(b"PK\x05\x06")
    while at >= 0:
        comment = int.from_bytes(tail[at + 20 : at + 22], "little")
        if at + 22 <= len(tail) and at + 22 + comment <= len(tail):
            disks = tail[at + 4 : at + 8]
            if disks == b"\0\0\0\0":
                return True
        at = tail.rfind(b"PK\x05\x06", 0, at)
    return False


_RESERVED_NAMES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))]
)
_PERCENT_CODE = re.compile(r"%(?=[0-9A-Fa-f]{2})")
_ENDING = re.compile(r"\.([A-Za-z0-9]{1,10})$")


def safe_file_name(name: str | None, kind: FileKind | None = None) -> str:
    """A name that can be shown, stored and sent in a header, made from an untrusted one.

    Only the last part of a path stays. Control and invisible characters (line breaks,
    direction marks), path separators, quotes and what Windows forbids are gone; so are
    dots and blanks at either end. At most 120 characters and 200 bytes, the ending kept;
    `file` when nothing is left. With `kind`, the ending is one of that kind's. Applying
    it twice changes nothing more.
    """
    stem, ending = _split(_cleaned(name or ""))
    if kind is not None and ending.lower() not in _EXTENSIONS[kind]:
        ending = kind.extension
    room = MAX_NAME_CHARACTERS - len(ending) - 1
    while len(stem) > room or len(stem.encode()) > MAX_NAME_BYTES - len(ending) - 1:
        stem = stem[:-1] if len(stem) <= room else stem[:room]
    stem = stem.strip(" .") or "file"
    if stem.split(".")[0].strip().lower() in _RESERVED_NAMES:
        stem = f"_{stem}"[:room]
    return f"{stem}.{ending}" if ending else stem


def _cleaned(name: str) -> str:
    name = unicodedata.normalize("NFKC", name).replace("\\", "/")
    name = "".join(" " if unicodedata.category(c) == "Zs" else c for c in name if _is_visible(c))
    name = name.rstrip("/ .").rsplit("/", 1)[-1]
    name = _PERCENT_CODE.sub("_", name)
    name = re.sub(r'[<>:"|?*;\']', "_", name)
    return unicodedata.normalize("NFKC", re.sub(r" +", " ", name).strip(" ."))


def _is_visible(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] != "C" and category not in ("Zl", "Zp")


def _split(name: str) -> tuple[str, str]:
    match = _ENDING.search(name)
    return (name[: match.start()], match[1]) if match and match.start() else (name, "")
