"""Places of network addresses: from a file on this machine, or not at all."""

from pathlib import Path

import pytest

from ecopick.adapters.location import RangeFile
from ecopick.core import places
from ecopick.domains.security.addresses import blocks_around, is_too_wide, network, stored

ROWS = """203.0.113.0,203.0.113.127,"Bolzano, IT",46.498,11.354
198.51.100.0,198.51.100.255,"Freiburg, DE",47.999,7.842

2001:db8::,2001:db8:ffff:ffff:ffff:ffff:ffff:ffff,"Basel, CH",47.559,7.588
"""


@pytest.fixture
def file(tmp_path: Path) -> RangeFile:
    path = tmp_path / "places.csv"
    path.write_text(ROWS)
    return RangeFile(path)


@pytest.mark.parametrize(
    ("ip", "words"),
    [
        ("203.0.113.0", "Bolzano, IT"),
        ("203.0.113.127", "Bolzano, IT"),
        ("203.0.113.128", None),
        ("::ffff:203.0.113.5", "Bolzano, IT"),
        ("198.51.100.4", "Freiburg, DE"),
        ("198.51.99.255", None),
        ("0.0.0.0", None),
        ("2001:db8:1::1", "Basel, CH"),
        ("2001:db9::", None),
        ("no address", None),
    ],
)
def test_ranges(file: RangeFile, ip: str, words: str | None) -> None:
    found = file.locate(ip)
    assert (found.words if found is not None else None) == words


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "places.csv"
    path.write_text(ROWS + "203.0.113.0,nonsense\n")
    with pytest.raises(ValueError, match="line 5"):
        RangeFile(path)


def test_distances(file: RangeFile) -> None:
    bolzano, basel = file.locate("203.0.113.1"), file.locate("2001:db8::1")
    assert bolzano is not None
    assert basel is not None
    assert bolzano.kilometres_to(basel) == pytest.approx(307, abs=5)
    assert bolzano.kilometres_to(bolzano) == 0


def test_without_a_source_everything_is_nowhere() -> None:
    places.use_places(None)
    assert places.locate("203.0.113.1") is None


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7/24", "203.0.113.0/24"),
        (" ::ffff:203.0.113.7 ", "203.0.113.7"),
        ("2001:DB8::1", "2001:db8::1"),
        ("2001:db8::/48", "2001:db8::/48"),
        ("fe80::1%eth0", "fe80::1"),
        ("203.0.113.7/33", None),
        ("1.2.3", None),
        ("localhost", None),
    ],
)
def test_networks_are_stored_in_one_way(text: str, kept: str | None) -> None:
    found = network(text)
    assert (stored(found) if found is not None else None) == kept


def test_every_network_around_an_address() -> None:
    around = blocks_around("203.0.113.7")
    assert {"203.0.113.7", "203.0.113.0/24", "203.0.0.0/16"} <= set(around)
    assert len(around) == 17
    wide = network("203.0.0.0/15")
    assert wide is not None
    assert is_too_wide(wide)
    assert len(blocks_around("2001:db8::1")) == 97
    assert blocks_around(None) == []
