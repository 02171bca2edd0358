"""Pages, fragments and redirects."""

from typing import Any, Literal

from flask import Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from ecopick.web.state import find_actor


def wants_fragment() -> bool:
    """Whether htmx asks for a part of the page."""
    return request.headers.get("HX-Request-Type") == "partial"


def wants_json() -> bool:
    """Whether the answer must be JSON: the API, or a client that says so."""
    return request.path.startswith("/api/") or (request.accept_mimetypes.best == "application/json")


def render(page: str, fragment: str | None = None, *, status: int = 200, **values: Any) -> Response:
    """The whole page, or only its fragment for htmx; both vary by that header."""
    template = fragment if fragment and wants_fragment() else page
    response = make_response(render_template(template, actor=find_actor(), **values), status)
    response.headers["Vary"] = "HX-Request, HX-Request-Type, HX-Target, Cookie, Accept-Language"
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def keep_offline(response: Response, whose: Literal["public", "own"]) -> None:
    """Let a phone open the page without a connection.

    ``own`` pages are kept until the person signs out, ``public`` ones hold nobody's data.
    """
    response.headers["X-Keep-Offline"] = whose


def see_other(location: str) -> BaseResponse:
    """303 after a form; htmx follows it as any browser does."""
    return redirect(local_path(location), code=303)


def local_path(location: str | None, default: str = "/") -> str:
    """``location`` if it is a path of this site, else ``default``.

    ``//evil`` and ``/\\evil`` are other hosts to a browser, so only a single
    leading slash without backslashes or control characters will do.
    """
    if (
        not location
        or not location.startswith("/")
        or location.startswith("//")
        or "\\" in location
        or any(ord(char) < 32 for char in location)
    ):
        return default
    return location
