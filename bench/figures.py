"""A measured figure: what `make proof` collects and docs/proof.md shows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """What a check measured, in words, beside its limit; `kept` is False when it was missed."""

    check: str
    what: str
    value: str
    limit: str = ""
    kept: bool = True


def at_most(check: str, what: str, value: float, limit: float, unit: str) -> Figure:
    """A figure that must not exceed its limit."""
    kept = value <= limit
    return replace(told(check, what, value, unit), limit=f"≤ {limit:g} {unit}".strip(), kept=kept)


def at_least(check: str, what: str, value: float, limit: float, unit: str) -> Figure:
    """A figure that must reach its limit."""
    kept = value >= limit
    return replace(told(check, what, value, unit), limit=f"≥ {limit:g} {unit}".strip(), kept=kept)


def told(check: str, what: str, value: float, unit: str) -> Figure:
    """A figure without a limit."""
    return Figure(check, what, f"{_short(value)} {unit}".strip())


def read(folder: Path) -> list[Figure]:
    """What the tests wrote down (tests/figures.py), in the order of checks."""
    lines = (line for path in folder.iterdir() for line in path.read_text().splitlines())
    found = [Figure(**json.loads(line)) for line in lines if line.strip()]
    return sorted(found, key=lambda each: (each.check, each.what))


def write(path: Path, figures: Iterable[Figure]) -> None:
    """Write figures as JSON lines."""
    path.write_text("".join(json.dumps(asdict(each)) + "\n" for each in figures))


def _short(value: float) -> str:
    return (
        f"{value:.0f}"
        if value >= 100 or value == int(value)
        else f"{value:.1f}"
        if value >= 1
        else f"{value:.2g}"
    )
