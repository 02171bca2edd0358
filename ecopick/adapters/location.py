"""Places of network addresses, from a file of ranges on this machine.

The file is CSV without a head, one range a line: first address, last address,
place in words, latitude, longitude. Several providers give such files away.
"""

import csv
from bisect import bisect_right
from ipaddress import IPv6Address, ip_address
from pathlib import Path

from ecopick.core.places import Place


class RangeFile:
    """All ranges in memory; IPv4 and IPv6 in one order."""

    def __init__(self, path: Path) -> None:
        """Raises ``ValueError`` with the number of the line that cannot be read."""
        found: list[tuple[tuple[int, int], tuple[int, int], Place]] = []
        with path.open(newline="", encoding="utf-8") as file:
            for number, line in enumerate(csv.reader(file), 1):
                if not line:
                    continue
                try:
                    first, last, words, latitude, longitude = line
                    place = Place(words, float(latitude), float(longitude))
                    found.append((_key(first), _key(last), place))
                except ValueError as error:
                    raise ValueError(f"{path}, line {number}: {error}") from error
        found.sort(key=lambda each: each[0])
        self._first = [each[0] for each in found]
        self._found = found

    def locate(self, ip: str) -> Place | None:
        """The place of the range in which ``ip`` lies."""
        try:
            key = _key(ip)
        except ValueError:
            return None
        at = bisect_right(self._first, key) - 1
        if at < 0:
            return None
        _first, last, place = self._found[at]
        return place if key <= last else None


def _key(text: str) -> tuple[int, int]:
    address = ip_address(text.strip())
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.version, int(address)
