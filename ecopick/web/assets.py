"""Static files: their address names their content, so browsers keep them for a year.

All files share one fingerprint, which stands in the path: what a script imports or a
style sheet loads by a relative address is kept as well. Texts among them travel
compressed; pages do not, since they hold secrets beside what people typed (BREACH).
"""

import gzip
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, request

YEAR_SECONDS = 365 * 24 * 3600
TEXTS = {"text/css", "text/javascript", "image/svg+xml"}
SHELL = {".css", ".js", ".svg", ".woff2"}
# Only the service worker runs it, and keeps it by itself.
NOT_OF_PAGES = {"worker.js"}
NAMED = re.compile(r"v-([0-9a-f]{12})/(.+)")


def install(app: Flask) -> None:
    """Add the fingerprint to static addresses, and the caching that it allows.

    Addresses without it, or with that of an older release, are answered with the
    present file, which browsers then ask for anew each time.
    """
    folder = Path(str(app.static_folder))
    mark = app.extensions["static_mark"] = fingerprint(folder)

    @app.url_defaults
    def _add(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "filename" in values:
            values["filename"] = f"v-{mark}/{values['filename']}"

    @app.url_value_preprocessor
    def _take(endpoint: str | None, values: dict[str, Any] | None) -> None:
        if endpoint == "static" and values and (found := NAMED.fullmatch(values["filename"])):
            g.static_mark, values["filename"] = found.groups()

    @app.after_request
    def _keep(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code in (200, 304):
            if g.get("static_mark") != mark:
                response.headers["Cache-Control"] = "no-cache"
                return response
            response.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
            if response.status_code == 200 and response.mimetype in TEXTS:
                pack(response, folder / (request.view_args or {})["filename"])
        return response


def pack(response: Response, path: Path) -> None:
    """Answer with the file compressed, where the browser can read that (RFC 9110, 12.5.3)."""
    response.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"]:
        # A tag and ranges speak of the plain file.
        for name in ("ETag", "Accept-Ranges", "Last-Modified"):
            response.headers.pop(name, None)
        response.headers["Content-Encoding"] = "gzip"
        response.direct_passthrough = False
        response.set_data(packed(path))


@cache
def packed(path: Path) -> bytes:
    """The file, compressed once for the life of the process."""
    return gzip.compress(path.read_bytes(), 9, mtime=0)


def shell_files(app: Flask) -> list[str]:
    """What every page loads, for devices that keep it: sheets, scripts, letters, icons."""
    folder = Path(str(app.static_folder))
    found = (
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.suffix in SHELL and path.name not in NOT_OF_PAGES
    )
    return sorted(found)


def fingerprint(folder: Path) -> str:
    """Twelve hexadecimal digits that change with any file in the folder."""
    whole = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        whole.update(f"{path.relative_to(folder)}\0".encode())
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()[:12]
