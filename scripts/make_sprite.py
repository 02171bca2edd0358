"""Build the icon sprite from the Lucide package.

Usage, with the package unpacked anywhere:

    npm pack lucide-static@1.62.0 && tar xzf lucide-static-1.62.0.tgz
    python scripts/make_sprite.py package/icons

The list of icons is ``ecopick/static/vendor/lucide/icons.txt``, one name a line,
sorted. The script writes ``sprite.svg`` beside it, one ``<symbol>`` per name, and
renews the checksum in ``VERSION``. Add a name to the list, run it again, commit
the three files together.
"""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent / "ecopick" / "static" / "vendor" / "lucide"
VERSION = "1.62.0"


def symbol(name: str, source: str) -> str:
    """One icon file as a ``<symbol>``: the drawing only, colours and width from CSS."""
    match = re.search(r"<svg\b[^>]*>(.*)</svg>", source, re.S)
    if match is None:
        raise SystemExit(f"{name}: not an SVG file")
    body = re.sub(r"\s*\n\s*", "", match.group(1)).replace(" />", "/>")
    return f'<symbol id="{name}" viewBox="0 0 24 24">{body}</symbol>'


def main(folder: Path) -> None:
    """Write the sprite and its checksum; exits with a sentence if an icon is missing."""
    names = sorted(set((HERE / "icons.txt").read_text().split()))
    (HERE / "icons.txt").write_text("\n".join(names) + "\n")
    symbols = []
    for name in names:
        file = folder / f"{name}.svg"
        if not file.exists():
            raise SystemExit(f"Lucide {VERSION} has no icon named {name}")
        symbols.append(symbol(name, file.read_text()))
    sprite = (
        f"<!-- lucide-static v{VERSION}, ISC licence, see LICENSE -->\n"
        '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"
    )
    (HERE / "sprite.svg").write_text(sprite)
    digest = hashlib.sha256(sprite.encode()).hexdigest()
    (HERE / "VERSION").write_text(
        f"lucide-static {VERSION}\nLicence: ISC (LICENSE)\nsha256 sprite.svg {digest}\n"
    )
    print(f"{len(names)} icons, {len(sprite)} bytes")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("Usage: python scripts/make_sprite.py FOLDER_WITH_SVG_FILES")
    main(Path(sys.argv[1]))
