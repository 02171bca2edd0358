"""Photos made safe to show: decoded, turned upright, stripped and encoded anew."""

from __future__ import annotations

import io
import struct
import threading
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from ecopick.adapters.errors import BadImage, RefusedFile
from ecopick.adapters.heic import decode_heic
from ecopick.adapters.sniff import FileKind, kind_of

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_BYTES = 25 * 1024 * 1024
MAX_PIXELS = 50_000_000
# The WebP decoder keeps several whole copies of the picture, that of a progressive
# CMYK JPEG all coefficients of four channels.
MAX_WEBP_PIXELS = 16_000_000
MAX_CMYK_PIXELS = 25_000_000
# A progressive JPEG has about ten scans; each one more costs a pass over all pixels.
MAX_JPEG_SCANS = 64
MAX_EDGE = 2560
THUMBNAIL_EDGE = 480
_JPEG_QUALITY = 85
_BAND_ROWS = 512
_MAX_PROFILE_BYTES = 4 * 1024 * 1024
_ORIENTATION_TAG = 0x0112

# What Pillow raises for broken content, by format and by place in the file.
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    OverflowError,
    EOFError,
    RuntimeError,
    struct.error,
    zlib.error,
    Warning,
)
# One decoding at a time per process keeps its memory bounded.
_decoding = threading.Lock()


@dataclass(frozen=True)
class Picture:
    """An encoded image without metadata: JPEG, or PNG where it is transparent."""

    data: bytes
    content_type: str
    width: int
    height: int

    @property
    def extension(self) -> str:
        """The ending of a file name, without the dot."""
        return FileKind(self.content_type).extension


@dataclass(frozen=True)
class Photo:
    """One photo in the size for viewing (2560 px at most) and as thumbnail (480 px)."""

    full: Picture
    thumbnail: Picture


def render_photo(stream: BinaryIO, *, max_bytes: int = MAX_BYTES) -> Photo:
    """The photo in the seekable `stream` (JPEG, PNG, WebP or HEIC), made safe to show.

    Upright by its orientation, in sRGB, without any metadata. Raises BadImage with
    reason `empty` (no bytes), `too_large` (more than `max_bytes`), `wrong_type`,
    `too_many_pixels` (over 50 megapixels, 25 for CMYK, 16 for WebP; told before decoding) or
    `unreadable` (truncated or corrupt).
    """
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    if size == 0:
        raise BadImage("empty")
    if size > max_bytes:
        raise BadImage("too_large", f"{size} bytes")
    kind = _photo_kind(stream)
    with _decoding:
        try:
            return _render(stream, kind)
        except MemoryError as error:
            raise BadImage("too_many_pixels", "out of memory") from error


def _photo_kind(stream: BinaryIO) -> FileKind:
    head = stream.read(8192)
    stream.seek(0)
    try:
        kind = kind_of(head)
    except RefusedFile as error:
        raise BadImage("wrong_type", error.detail) from error
    if not kind.is_photo:
        raise BadImage("wrong_type", kind)
    if kind is FileKind.WEBP:
        _check_pixels(*_webp_size(head), MAX_WEBP_PIXELS)
    elif kind is FileKind.JPEG:
        _check_scans(stream)
    return kind


def _check_pixels(width: int, height: int, limit: int) -> None:
    if width * height > limit:
        raise BadImage("too_many_pixels", f"{width} x {height}")


def _webp_size(head: bytes) -> tuple[int, int]:
    """Width and height from the header: Pillow's decoder takes its memory on opening."""
    chunk, body = head[12:16], head[20:30]
    if len(body) < 10:
        raise BadImage("unreadable", "WebP header cut off")
    if chunk == b"VP8X":
        return (
            int.from_bytes(body[4:7], "little") + 1,
            int.from_bytes(body[7:10], "little") + 1,
        )
    if chunk == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 ":
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF
    raise BadImage("unreadable", "unknown WebP chunk")


def _check_scans(stream: BinaryIO) -> None:
    """Refuse a JPEG of very many scans: small to send, minutes to decode."""
    scans, last = 0, b""
    while chunk := stream.read(256 * 1024):
        scans += (last + chunk).count(b"\xff\xda")
        last = chunk[-1:]
    stream.seek(0)
    if scans > MAX_JPEG_SCANS:
        raise BadImage("unreadable", f"{scans} scans")


def _render(stream: BinaryIO, kind: FileKind) -> Photo:
    if kind is FileKind.HEIC:
        image, profile = decode_heic(stream.read(), MAX_EDGE)
        return _finished(_in_srgb(image, profile), kind)
    return _finished(_decoded(stream, kind), kind)


def _decoded(stream: BinaryIO, kind: FileKind) -> Image:
    from PIL import Image

    try:
        with Image.open(stream, formats=[kind.name]) as source:
            _check_pixels(*source.size, MAX_CMYK_PIXELS if source.mode == "CMYK" else MAX_PIXELS)
            if kind is FileKind.JPEG:
                _decode_smaller(source)
            source.load()
            orientation = _orientation(source)
            profile = source.info.get("icc_profile")
            image = _shrunk(source)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadImage("too_many_pixels", str(error)) from error
    except _BROKEN as error:
        raise BadImage("unreadable", f"{type(error).__name__}: {error}") from error

    return _upright(_in_srgb(_fitted(image, MAX_EDGE), profile), orientation)


def _finished(image: Image, kind: FileKind) -> Photo:
    keep_alpha = kind is FileKind.PNG and _is_transparent(image)
    full = image if keep_alpha else _flattened(image)
    thumbnail = _flattened(_fitted(image, THUMBNAIL_EDGE))
    return Photo(_encoded(full), _encoded(thumbnail))


def _decode_smaller(source: Image) -> None:
    """Let the JPEG decoder itself halve a very large picture: less memory, less time."""
    ratio = MAX_EDGE / max(source.size)
    if ratio < 1:
        width, height = source.size
        source.draft(None, (max(1, round(width * ratio)), max(1, round(height * ratio))))


def _orientation(source: Image) -> int:
    try:
        return int(source.getexif().get(_ORIENTATION_TAG, 1))
    except _BROKEN:
        return 1  # damaged metadata do not spoil the picture


def _shrunk(source: Image) -> Image:
    """A copy in L, RGB, RGBA or CMYK, reduced by a whole factor to less than twice MAX_EDGE.

    Works in bands of rows, so that beside the decoded picture only a small part is
    ever held a second time.
    """
    from PIL import Image

    mode = _working_mode(source)
    factor = max(1, max(source.size) // MAX_EDGE)
    width, height = source.size
    result = Image.new(mode, (-(-width // factor), -(-height // factor)))
    rows = _BAND_ROWS // factor * factor or factor
    for top in range(0, height, rows):
        band = _converted(source.crop((0, top, width, min(top + rows, height))), mode)
        result.paste(band.reduce(factor) if factor > 1 else band, (0, top // factor))
    return result


def _working_mode(source: Image) -> str:
    if source.mode == "I" or source.mode.startswith("I;16"):
        return "L"
    if source.mode in ("RGBA", "LA", "PA") or "transparency" in source.info:
        return "RGBA"
    if source.mode in ("L", "1"):
        return "L"
    return "CMYK" if source.mode == "CMYK" else "RGB"


def _converted(band: Image, mode: str) -> Image:
    if band.mode == "I" or band.mode.startswith("I;16"):
        # Sixteen bits a pixel: keep the upper eight, where convert() would cut off.
        band = band.convert("I").point(lambda value: value * (1 / 257) + 0).convert("L")
    return band if band.mode == mode else band.convert(mode)


def _fitted(image: Image, edge: int) -> Image:
    """`image` with no edge longer than `edge`, never enlarged."""
    from PIL import Image

    ratio = edge / max(image.size)
    if ratio >= 1:
        return image
    width, height = image.size
    size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def _in_srgb(image: Image, profile: object) -> Image:
    """Colours as sRGB; a profile that is missing, damaged or of another kind is dropped."""
    from PIL import ImageCms

    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    colours = image.convert("RGB") if alpha is not None else image
    if isinstance(profile, bytes) and 0 < len(profile) <= _MAX_PROFILE_BYTES:
        try:
            converted = ImageCms.profileToProfile(
                colours,
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode="RGB",
            )
            colours = converted or colours
        except (ImageCms.PyCMSError, *_BROKEN):
            pass
    if colours.mode != "L":
        colours = colours.convert("RGB")
    if alpha is not None:
        colours = colours.convert("RGB")
        colours.putalpha(alpha)
    return colours


def _upright(image: Image, orientation: int) -> Image:
    from PIL.Image import Transpose

    turn = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }.get(orientation)
    return image if turn is None else image.transpose(turn)


def _is_transparent(image: Image) -> bool:
    return image.mode == "RGBA" and image.getchannel("A").getextrema()[0] != 255


def _flattened(image: Image) -> Image:
    """Without transparency, on white."""
    from PIL import Image

    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _encoded(image: Image) -> Picture:
    out = io.BytesIO()
    image.info.clear()  # comments and profiles would be written along
    if image.mode == "RGBA":
        image.save(out, "PNG")
        kind = FileKind.PNG
    else:
        image.save(out, "JPEG", quality=_JPEG_QUALITY, progressive=True, optimize=True)
        kind = FileKind.JPEG
    return Picture(out.getvalue(), kind.value, *image.size)
