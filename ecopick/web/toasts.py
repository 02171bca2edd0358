"""A sentence for the page after a redirect: "Ticket assigned".

It travels in a signed cookie that the next page takes and clears, so a reload
does not say it again.
"""

import base64
import binascii
import hmac
import json
from dataclasses import asdict, dataclass
from typing import Literal

from flask import Flask, Response, g, request

from ecopick.core import crypto
from ecopick.core.errors import Text
from ecopick.web.state import settings

COOKIE = "ecopick_toast"
LIFETIME_SECONDS = 60
MAX_TOASTS = 3


@dataclass(frozen=True)
class Toast:
    """One sentence; ``undo`` is the address that takes the act back by POST, ``href`` that of
    the page that tells more."""

    text: str
    undo: str | None = None
    tone: Literal["", "error"] = ""
    href: str | None = None


def say(
    text: Text | str,
    *,
    undo: str | None = None,
    tone: Literal["", "error"] = "",
    href: str | None = None,
) -> None:
    """Show ``text`` on the page that the person sees next."""
    g.setdefault("toasts", []).append(Toast(str(text), undo, tone, href))


def take() -> list[Toast]:
    """The sentences for this page: those of the request before and of this one."""
    found = _sent() if not g.get("toasts_taken") else []
    g.toasts_taken = True
    return [*found, *g.pop("toasts", [])]


def install(app: Flask) -> None:
    """Carry sentences across redirects; templates get ``take_toasts()``."""
    app.jinja_env.globals.update(take_toasts=take)
    app.after_request(_carry)


def _name() -> str:
    return f"__Host-{COOKIE}" if settings().is_production else COOKIE


def _carry(response: Response) -> Response:
    waiting = g.pop("toasts", None)
    # A script that gets 201 goes on to the next page as a redirect would.
    if waiting and (300 <= response.status_code < 400 or response.status_code == 201):
        response.set_cookie(
            _name(),
            _pack(waiting[-MAX_TOASTS:]),
            max_age=LIFETIME_SECONDS,
            path="/",
            secure=settings().is_production,
            httponly=True,
            samesite="Lax",
        )
    elif g.get("toasts_taken") and request.cookies.get(_name()):
        response.delete_cookie(
            _name(), path="/", secure=settings().is_production, httponly=True, samesite="Lax"
        )
    return response


def _pack(waiting: list[Toast]) -> str:
    body = base64.urlsafe_b64encode(
        json.dumps([asdict(item) for item in waiting], ensure_ascii=False).encode()
    ).decode()
    return f"{body}.{crypto.sign('toast', body).hex()}"


def _sent() -> list[Toast]:
    body, _, signature = request.cookies.get(_name(), "").partition(".")
    if not body or not hmac.compare_digest(
        signature.encode(), crypto.sign("toast", body).hex().encode()
    ):
        return []
    try:
        return [Toast(**item) for item in json.loads(base64.urlsafe_b64decode(body))]
    except (ValueError, TypeError, binascii.Error):
        return []
