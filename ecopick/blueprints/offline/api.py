"""What a browser reads to install the product: a manifest a language, one service worker."""

import json
from typing import Any

from flask import Blueprint, Response, current_app, request, url_for

from ecopick.core.text import LANGUAGES, set_language
from ecopick.core.text import gettext as _
from ecopick.web.access import current_language, public
from ecopick.web.assets import shell_files

api = Blueprint("offline_api", __name__)

CANVAS, NAVY = "#F1F4F7", "#0F3659"
MANIFEST_SECONDS = 3600


@api.get("/manifest.webmanifest")
@public
def manifest() -> Response:
    """Names, icons and the start page of the app; ``language`` chooses its words."""
    asked = request.args.get("language", "")
    code = asked if asked in LANGUAGES else current_language()
    set_language(code)
    response = Response(json.dumps(_manifest(code)), mimetype="application/manifest+json")
    response.headers["Cache-Control"] = f"public, max-age={MANIFEST_SECONDS}"
    return response


def _manifest(code: str) -> dict[str, Any]:
    report = _("Report something")
    return {
        "id": "/",
        "name": "Ecopick",
        "short_name": "Ecopick",
        "description": _("Report what is broken in your building, also without a connection."),
        "lang": code,
        "dir": "ltr",
        "start_url": url_for("offline.start", locale=code),
        "scope": "/",
        "display": "standalone",
        "background_color": CANVAS,
        "theme_color": NAVY,
        "categories": ["utilities", "productivity"],
        "icons": [
            _icon("app-192.png", "192x192", "any"),
            _icon("app-512.png", "512x512", "any"),
            _icon("app-maskable-512.png", "512x512", "maskable"),
        ],
        "shortcuts": [{"name": report, "url": url_for("tickets.new", locale=code)}],
    }


def _icon(name: str, sizes: str, purpose: str) -> dict[str, str]:
    address = url_for("static", filename=f"icons/{name}")
    return {"src": address, "sizes": sizes, "type": "image/png", "purpose": purpose}


@api.get("/sw.js")
@public
def worker() -> Response:
    """The service worker of the whole site; it changes with the fingerprint of the files."""
    shell = {
        "mark": current_app.extensions["static_mark"],
        "files": [url_for("static", filename=name) for name in shell_files(current_app)],
        "pages": [url_for("offline.start", locale=code) for code in LANGUAGES],
    }
    parts = ", ".join(
        json.dumps(url_for("static", filename=f"js/{name}.js")) for name in ("outbox", "worker")
    )
    text = f"self.shell = {json.dumps(shell)};\nimportScripts({parts});\n"
    response = Response(text, mimetype="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response
