"""The demo's texts and lives, without a database."""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from ecopick.core import crypto
from ecopick.core.categories import CATEGORIES
from ecopick.demo import owners, people, situations, tickets, vendors
from ecopick.demo.rows import Rows
from ecopick.demo.scenes import SCENES
from ecopick.demo.trail import Trail

NOW = datetime(2026, 11, 19, 9, 40, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crypto, "_keys", [crypto.Keys(b"d" * 32, (b"s" * 32,))])


def told(now: datetime) -> tuple[Rows, Trail]:
    """Everything that is written for this moment, but for what follows from it."""
    rows, trail = Rows(), Trail()
    houses = owners.build(rows, now - timedelta(days=120))
    people.build(rows, now - timedelta(days=120), houses, "hash")
    vendors.build(rows, now - timedelta(days=120), houses)
    tickets.build(rows, trail, houses, now)
    return rows, trail


def tables(rows: Rows) -> dict[str, list[dict[str, Any]]]:
    """Rows by the name of their table."""
    return {table.name: list(found) for table, found in rows._rows.items()}


@pytest.mark.parametrize("language", ["de", "en", "fr", "it"])
def test_each_language_has_its_own_situations(language: str) -> None:
    cards = situations.parse(language, situations.TEXTS[language])
    assert len(cards) >= 40
    assert len({card.title for card in cards}) == len(cards)
    for card in cards:
        assert card.category in CATEGORIES
        assert card.scene in SCENES
        assert card.said("d"), card.title
        assert (card.said("q") is None) == (card.said("a") is None), card.title
        assert {kind for kind, _ in card.lines} <= set("qamnwdt"), card.title
        assert all(text and text == text.strip() for _, text in card.lines)
    assert {card.priority.value for card in cards} == {"URGENT", "HIGH", "MEDIUM", "LOW"}


def test_the_same_moment_makes_the_same_story() -> None:
    first, second = told(NOW), told(NOW)
    assert tables(first[0]) == tables(second[0])
    assert first[1].entries == second[1].entries


@pytest.mark.parametrize("hours", [0, 5, 9, 16, 31, 60, 77, 118, 150])
def test_the_story_fits_any_hour_of_the_week(hours: int) -> None:
    now = NOW + timedelta(hours=hours, minutes=hours)
    rows, _ = told(now)
    found = tables(rows)
    assert max(row["updated_at"] for row in found["tickets"]) <= now
    assert all(
        row["respond_by"] > now
        for row in found["assignments"]
        if row["state"] == "PENDING" and row["respond_by"]
    )
    assert not [
        row["id"]
        for row in found["assignments"]
        if row["responded_at"] and row["respond_by"] and row["responded_at"] > row["respond_by"]
    ]


def test_a_deck_repeats_as_late_as_it_can() -> None:
    deck = situations.Deck("fr", Random(1))
    count = len(situations.parse("fr", situations.FRENCH))
    drawn = [deck.draw(lambda card: True).title for _ in range(count)]
    assert len(set(drawn)) == count
