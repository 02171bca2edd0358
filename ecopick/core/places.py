"""Where on Earth a network address is, as far as this installation knows.

The process registers a source at start; without one every address is nowhere.
"""

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from typing import Protocol

EARTH_KILOMETRES = 6371.0


@dataclass(frozen=True)
class Place:
    """A place in words ("Bolzano, IT") and in degrees."""

    words: str
    latitude: float
    longitude: float

    def kilometres_to(self, other: "Place") -> float:
        """The distance on the surface of a sphere."""
        north, south = radians(self.latitude), radians(other.latitude)
        across = radians(other.longitude - self.longitude)
        chord = sin((south - north) / 2) ** 2 + cos(north) * cos(south) * sin(across / 2) ** 2
        return 2 * EARTH_KILOMETRES * asin(sqrt(chord))


class Places(Protocol):
    """A source of places, asked without leaving this machine."""

    def locate(self, ip: str) -> Place | None:
        """Where ``ip`` is, None where that is not known."""
        ...


_places: list[Places] = []


def use_places(found: Places | None) -> None:
    """Set the source of this process; None for none."""
    _places[:] = [found] if found is not None else []


def locate(ip: str | None) -> Place | None:
    """Where ``ip`` is; None without a source or where that is not known."""
    return _places[0].locate(ip) if _places and ip else None
