"""The proof that this browser is about to give: kept in a signed cookie, never in an address."""

import base64
import binascii
import uuid

from flask import Response, request

from ecopick.core import crypto
from ecopick.web.cookies import cookie_name, drop_cookie, set_cookie

REGISTRATION, LINK = "ecopick_registration", "ecopick_link"


def hold(response: Response, name: str, proof_id: uuid.UUID, seconds: int) -> None:
    """Let this browser, and no other, go on with the proof."""
    signature = base64.urlsafe_b64encode(crypto.sign("held", name, proof_id)).decode()
    set_cookie(response, name, f"{proof_id}.{signature.rstrip('=')}", seconds)


def held(name: str) -> uuid.UUID | None:
    """The proof that this browser holds; None unless a current key signed it."""
    text, _dot, signature = request.cookies.get(cookie_name(name), "").partition(".")
    try:
        proof_id = uuid.UUID(text)
        given = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    except (ValueError, binascii.Error):
        return None
    return proof_id if crypto.verify(given, "held", name, proof_id) else None


def let_go(response: Response, name: str) -> None:
    """The proof was used: forget it."""
    if request.cookies.get(cookie_name(name)):
        drop_cookie(response, name)
