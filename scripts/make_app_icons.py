"""Draw the icons of the installed product from its mark: four windows, one lit.

Usage: ``python -m scripts.make_app_icons``. The mark is that of
``ecopick/static/icons/favicon.svg``, on a grid of 30 units. Commit the pictures
with the script.
"""

from pathlib import Path

from PIL import Image, ImageDraw

HERE = Path(__file__).resolve().parent.parent / "ecopick" / "static" / "icons"
NAVY, WHITE, LIME, SLATE = "#0F3659", "#FFFFFF", "#9FE870", "#7D8C9E"
# Left, top and colour of each window, 6 by 7 units.
WINDOWS = ((8, 7, WHITE), (16, 7, LIME), (8, 16, WHITE), (16, 16, SLATE))
GRID, CORNER = 30, 8
# Drawn larger and reduced, so that edges are smooth.
OVERSAMPLING = 4
# (file, pixels, share of the picture that the mark fills, round corners). Systems cut a
# maskable icon to their own shape: all that counts stands in its inner 80 %.
ICONS = (
    ("app-192.png", 192, 1.0, True),
    ("app-512.png", 512, 1.0, True),
    ("app-maskable-512.png", 512, 0.8, False),
    ("app-touch-180.png", 180, 1.0, False),
)


def draw(pixels: int, share: float, *, rounded: bool) -> Image.Image:
    """The mark in a square of ``pixels``; outside of round corners nothing is drawn."""
    side = pixels * OVERSAMPLING
    picture = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    unit = side / GRID
    pen.rounded_rectangle((0, 0, side - 1, side - 1), CORNER * unit if rounded else 0, fill=NAVY)
    unit *= share
    start = side * (1 - share) / 2
    for left, top, colour in WINDOWS:
        x, y = start + left * unit, start + top * unit
        pen.rounded_rectangle((x, y, x + 6 * unit, y + 7 * unit), unit, fill=colour)
    return picture.resize((pixels, pixels), Image.Resampling.LANCZOS)


def main() -> None:
    """Write the pictures."""
    for name, pixels, share, rounded in ICONS:
        draw(pixels, share, rounded=rounded).save(HERE / name, optimize=True)
        print(name, (HERE / name).stat().st_size, "bytes")


if __name__ == "__main__":
    main()
