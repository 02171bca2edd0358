"""Which browser this is: a signed random id in a cookie, and what its headers tell.

The id recognises a browser in which its person signed in before; the
fingerprint is a hash over three headers and shared by many. Neither opens
anything.
"""

import base64
import binascii
import hashlib
import uuid

from flask import Request, Response, g

from ecopick.core import crypto
from ecopick.web.cookies import cookie_name, set_cookie

DEVICE = "ecopick_device"
YEAR = 365 * 24 * 3600


def device_of(request: Request) -> str:
    """The id of the browser; a fresh one where its cookie is missing or not ours."""
    found = _known(request)
    g.device_is_new = found is None
    g.device_id = found or uuid.uuid4().hex
    return str(g.device_id)


def _known(request: Request) -> str | None:
    device_id, _dot, signature = request.cookies.get(cookie_name(DEVICE), "").partition(".")
    try:
        given = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    except (ValueError, binascii.Error):
        return None
    return device_id if device_id and crypto.verify(given, "device", device_id) else None


def fingerprint_of(request: Request) -> str:
    """A hash over user agent, accepted languages and platform (64 hexadecimal digits)."""
    told = (
        request.user_agent.string or "",
        request.headers.get("Accept-Language", ""),
        request.headers.get("Sec-CH-UA-Platform", ""),
    )
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def keep_device(response: Response) -> None:
    """Let the browser keep its id for a year, from its first sign-in on."""
    if g.get("device_is_new", False):
        set_cookie(response, DEVICE, _signed(g.device_id), YEAR)


def renew_device(request: Request, response: Response) -> None:
    """Sign the id of a browser that is known with the key in use."""
    sent = request.cookies.get(cookie_name(DEVICE), "")
    if not g.get("device_is_new", True) and sent != _signed(g.device_id):
        set_cookie(response, DEVICE, _signed(g.device_id), YEAR)


def _signed(device_id: str) -> str:
    signature = base64.urlsafe_b64encode(crypto.sign("device", device_id)).decode()
    return f"{device_id}.{signature.rstrip('=')}"
