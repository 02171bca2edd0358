"""What the data folder remembers about the demo data: nothing, that it is being loaded, or loaded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ecopick.config import home_folder
from ecopick.server.home import write_private

LOADING: Final = "loading"
LOADED: Final = "loaded"


def state(environ: Mapping[str, str]) -> str:
    """LOADING, LOADED or empty."""
    marker = _marker(environ)
    return marker.read_text().strip() if marker.exists() else ""


def remember(environ: Mapping[str, str], what: str) -> None:
    """Write down LOADING or LOADED, safe from a power cut."""
    write_private(_marker(environ), what)


def forget(environ: Mapping[str, str]) -> None:
    """The demo data is gone."""
    _marker(environ).unlink(missing_ok=True)


def is_due(environ: Mapping[str, str]) -> bool:
    """Whether the demo data is wanted here and was not loaded yet."""
    wanted = environ.get("ECOPICK_DEMO", "").strip() != "0"
    production = environ.get("APP_ENV", "").strip() == "production"
    return wanted and not production and state(environ) != LOADED


def _marker(environ: Mapping[str, str]) -> Path:
    return home_folder(environ) / "demo"
