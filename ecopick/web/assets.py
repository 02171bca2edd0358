"""Static files: an address that names its content may be kept for a year."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, request

YEAR_SECONDS = 365 * 24 * 3600


def install(app: Flask) -> None:
    """Add the fingerprint to static addresses, and the caching that it allows."""
    folder = Path(str(app.static_folder))

    @cache
    def fingerprint(name: str) -> str | None:
        path = folder / name
        return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else None

    @app.url_defaults
    def _add(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "filename" in values:
            mark = fingerprint(values["filename"])
            if mark is not None:
                values.setdefault("v", mark)

    @app.after_request
    def _keep(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code in (200, 304):
            named = "v" in request.args
            response.headers["Cache-Control"] = (
                f"public, max-age={YEAR_SECONDS}, immutable" if named else "no-cache"
            )
        return response
