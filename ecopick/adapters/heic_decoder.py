"""Decodes one HEIC picture in a process of its own, which ends after it.

Run by its path, with nothing of this product imported and none of its settings
in the environment: decoders of HEVC are large programs written in C, and the
picture comes from a stranger. Limits of memory and time are set before the first
byte is read. Takes the picture on stdin; `argv` holds the most pixels that are
decoded, the longest edge that is answered, bytes of memory and seconds.

Answers on stdout one line of JSON (`width`, `height`, `mode`, `profile`: bytes of
the colour profile), the profile, then the pixels. The exit code says what was wrong.
"""

from __future__ import annotations

import io
import json
import resource
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pi_heif import HeifImage
    from PIL.Image import Image as Picture

TOO_MANY_PIXELS = 3
UNREADABLE = 4
_BAND_ROWS = 512
_MODES = ("L", "RGB", "RGBA")


def main() -> int:
    """Decode stdin to stdout; the exit code."""
    max_pixels, max_edge, max_memory, max_seconds = (int(each) for each in sys.argv[1:5])
    resource.setrlimit(resource.RLIMIT_DATA, (max_memory, max_memory))
    resource.setrlimit(resource.RLIMIT_CPU, (max_seconds, max_seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    import pi_heif

    pi_heif.options.DECODE_THREADS = 1
    pi_heif.options.THUMBNAILS = False
    pi_heif.options.DEPTH_IMAGES = False
    pi_heif.options.AUX_IMAGES = False
    try:
        file = pi_heif.open_heif(io.BytesIO(sys.stdin.buffer.read()), convert_hdr_to_8bit=True)
        source = file[file.primary_index]
        width, height = source.size
        if width * height > max_pixels:
            return TOO_MANY_PIXELS
        # The decoder turns and mirrors by the container's own properties; EXIF may not.
        known = source.info.get("icc_profile")
        profile = known if isinstance(known, bytes) else b""
        image = _shrunk(source, max_edge)
    except MemoryError:
        return TOO_MANY_PIXELS
    except Exception as error:
        print(f"{type(error).__name__}: {error}"[:200], file=sys.stderr)
        return UNREADABLE
    head = {
        "width": image.width,
        "height": image.height,
        "mode": image.mode,
        "profile": len(profile),
    }
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + profile + image.tobytes())
    return 0


def _shrunk(source: HeifImage, max_edge: int) -> Picture:
    """The picture with no edge above `max_edge`, made in bands beside the decoded one."""
    from PIL import Image

    pixels, stride = memoryview(source.data), source.stride
    width, height = source.size
    mode = source.mode if source.mode in _MODES else "RGBA" if "A" in source.mode else "RGB"
    factor = max(1, max(width, height) // max_edge)
    result = Image.new(mode, (-(-width // factor), -(-height // factor)))
    rows = _BAND_ROWS // factor * factor or factor
    for top in range(0, height, rows):
        count = min(rows, height - top)
        part = bytes(pixels[top * stride : (top + count) * stride])
        band = Image.frombytes(
            source.mode, (width, count), part, "raw", source.mode, stride, 1
        ).convert(mode)
        result.paste(band.reduce(factor) if factor > 1 else band, (0, top // factor))
    ratio = max_edge / max(result.size)
    if ratio < 1:
        wide, high = (max(1, round(edge * ratio)) for edge in result.size)
        result = result.resize((wide, high), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return result


if __name__ == "__main__":
    sys.exit(main())
