"""A canvas for drawn photographs: shaded shapes, then grain, softness and dark corners."""

from collections.abc import Sequence
from functools import cache
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

WIDTH, HEIGHT = 1280, 960
# Drawn larger than kept, which smooths every edge.
KEPT = (960, 720)
Colour = tuple[int, int, int]
Point = tuple[float, float]


def shade(colour: Colour, factor: float) -> Colour:
    """Lighter (above 1) or darker (below)."""
    red, green, blue = (max(0, min(255, round(part * factor))) for part in colour)
    return red, green, blue


class Canvas:
    """One picture in the making; coordinates are pixels of 1280 by 960."""

    def __init__(self, random: Random, colour: Colour, *, light: float = 1.0) -> None:
        self.random = random
        top, bottom = shade(colour, 1.12 * light), shade(colour, 0.78 * light)
        ramp = Image.linear_gradient("L").resize((WIDTH, HEIGHT))
        self.image = Image.composite(
            Image.new("RGB", (WIDTH, HEIGHT), bottom), Image.new("RGB", (WIDTH, HEIGHT), top), ramp
        )
        self.draw = ImageDraw.Draw(self.image, "RGBA")

    def tiles(self, size: int, colour: Colour, *, top: int = 0, bottom: int = HEIGHT) -> None:
        """Joints of tiles."""
        shift = self.random.randint(0, size)
        for x in range(-shift, WIDTH, size):
            self.draw.line((x, top, x, bottom), fill=(*colour, 150), width=4)
        for y in range(top, bottom, size):
            self.draw.line((0, y, WIDTH, y), fill=(*colour, 150), width=4)

    def pipe(self, points: Sequence[Point], width: int, colour: Colour) -> None:
        """A round pipe along the points, lit from the left."""
        layers = ((1.0, 0.58, 0), (0.9, 0.7, -0.03), (0.8, 0.8, -0.06), (0.66, 0.9, -0.09),
                  (0.5, 0.99, -0.12), (0.34, 1.06, -0.15), (0.16, 1.14, -0.18))  # fmt: skip
        for share, light, move in layers:
            size = max(1, round(width * share))
            path = [(x + width * move, y + width * move) for x, y in points]
            self.draw.line(path, fill=shade(colour, light), width=size, joint="curve")
            for x, y in path:
                half = size / 2
                self.draw.ellipse(
                    (x - half, y - half, x + half, y + half), fill=shade(colour, light)
                )

    def box(
        self, area: tuple[float, float, float, float], colour: Colour, radius: int = 10
    ) -> None:
        """A body with a shadow and a lit edge."""
        left, top, right, bottom = area
        for grow in (22, 14, 7):
            self.draw.rounded_rectangle(
                (left + 4, top + 6, right + grow, bottom + grow), radius + 8, fill=(0, 0, 0, 34)
            )
        self.draw.rounded_rectangle(area, radius, fill=shade(colour, 0.82))
        self.draw.rounded_rectangle((left, top, right - 5, bottom - 6), radius, fill=colour)
        self.draw.line(
            (left + radius, top + 3, right - radius, top + 3), fill=shade(colour, 1.2), width=5
        )

    def disc(self, x: float, y: float, radius: float, colour: Colour, alpha: int = 255) -> None:
        """A filled circle."""
        self.draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(*colour, alpha))

    def knob(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """A round body, lit from the upper left."""
        self.disc(x + radius * 0.12, y + radius * 0.16, radius * 1.06, (0, 0, 0), 90)
        for share, light in ((1.0, 0.7), (0.86, 0.95), (0.5, 1.12)):
            self.disc(
                x - radius * (1 - share) * 0.3,
                y - radius * (1 - share) * 0.3,
                radius * share,
                shade(colour, light),
            )

    def spots(
        self,
        area: tuple[float, float, float, float],
        colour: Colour,
        count: int,
        size: tuple[float, float],
        alpha: int = 90,
    ) -> None:
        """Stains, dirt or leaves, strewn over an area."""
        left, top, right, bottom = area
        for _ in range(count):
            x, y = self.random.uniform(left, right), self.random.uniform(top, bottom)
            wide = self.random.uniform(*size)
            high = wide * self.random.uniform(0.5, 1.1)
            tint = shade(colour, self.random.uniform(0.75, 1.25))
            self.draw.ellipse((x - wide, y - high, x + wide, y + high), fill=(*tint, alpha))

    def puddle(self, x: float, y: float, wide: float, high: float) -> None:
        """Standing water with a reflection."""
        for share, alpha in ((1.0, 70), (0.82, 60), (0.55, 50)):
            self.draw.ellipse(
                (x - wide * share, y - high * share, x + wide * share, y + high * share),
                fill=(70, 96, 116, alpha),
            )
        self.draw.ellipse(
            (x - wide * 0.5, y - high * 0.5, x + wide * 0.1, y - high * 0.1),
            fill=(235, 243, 248, 120),
        )

    def shine(self, x: float, y: float, radius: float, colour: Colour = (255, 246, 220)) -> None:
        """Light around a lamp."""
        for step in range(8, 0, -1):
            self.disc(x, y, radius * step / 8, colour, 26)

    def cracks(self, x: float, y: float, count: int, length: float) -> None:
        """Cracks that run from one point."""
        for _ in range(count):
            path = [(x, y)]
            dx, dy = self.random.uniform(-1, 1), self.random.uniform(-1, 1)
            for _ in range(6):
                last = path[-1]
                path.append((
                    last[0] + (dx + self.random.uniform(-0.5, 0.5)) * length / 6,
                    last[1] + (dy + self.random.uniform(-0.5, 0.5)) * length / 6,
                ))  # fmt: skip
            self.draw.line(path, fill=(250, 252, 255, 210), width=4)
            self.draw.line([(a + 3, b + 3) for a, b in path], fill=(40, 52, 60, 150), width=2)

    def finished(self) -> Image.Image:
        """The picture as a camera would have taken it."""
        image = self.image.resize(KEPT, Image.Resampling.BILINEAR, reducing_gap=2.0)
        return ImageChops.overlay(image.filter(ImageFilter.BoxBlur(1)), _film())


@cache
def _film() -> Image.Image:
    """Grain and dark corners, for all pictures the same; mid-grey changes nothing."""
    width, height = KEPT
    grain = Image.effect_noise((width // 2, height // 2), 6).resize(KEPT)
    corners = Image.radial_gradient("L").resize(KEPT)
    corners = corners.point([round(168 - value * 0.42) for value in range(256)])
    film = ImageChops.multiply(grain, corners).point(
        [min(255, round(value * 1.75)) for value in range(256)]
    )
    return Image.merge("RGB", (film, film, film))
