"""The cookies of a signed-in browser.

``ecopick_session`` is ``<session id>.<HMAC>`` and ``ecopick_refresh`` a random
token of which only the hash is stored; scripts can read neither.
``ecopick_csrf`` is readable, so that pages can send it back as a header; it is
an HMAC over the family of the session and worthless without the session. It
stays the same while the session is renewed, so that forms in other windows
can still be sent. In production every name starts with ``__Host-``.
"""

import base64
import binascii
import hmac
import uuid

from flask import Request, Response

from ecopick.core import clock, crypto
from ecopick.core.actor import LiveSession
from ecopick.domains.auth.outputs import SignedIn
from ecopick.web.cookies import cookie_name, drop_cookie, set_cookie
from ecopick.web.device import keep_device, renew_device

SESSION = "ecopick_session"
REFRESH = "ecopick_refresh"
CSRF = "ecopick_csrf"


def signed(session_id: uuid.UUID) -> str:
    """The value of the session cookie."""
    signature = base64.urlsafe_b64encode(crypto.sign("session", session_id)).decode()
    return f"{session_id}.{signature.rstrip('=')}"


def read_session_id(request: Request) -> uuid.UUID | None:
    """The session that the cookie names; None unless a current key signed it."""
    text, _, signature = request.cookies.get(cookie_name(SESSION), "").partition(".")
    try:
        session_id = uuid.UUID(text)
        given = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    except (ValueError, binascii.Error):
        return None
    return session_id if crypto.verify(given, "session", session_id) else None


def read_refresh_token(request: Request) -> str | None:
    """The refresh token that the browser holds, if any."""
    return request.cookies.get(cookie_name(REFRESH)) or None


def csrf_token_for(family_id: uuid.UUID) -> str:
    """What a change must carry as ``X-CSRF-Token`` or ``csrf_token``."""
    return crypto.sign("csrf", family_id).hex()


def is_csrf_token(sent: str, family_id: uuid.UUID) -> bool:
    """Whether a current key made ``sent`` for this family of sessions."""
    try:
        return crypto.verify(bytes.fromhex(sent), "csrf", family_id)
    except ValueError:
        return False


def set_session(response: Response, signed_in: SignedIn) -> None:
    """Give the browser its new session.

    Without "keep me signed in" the refresh cookie ends with the browser.
    """
    lifetime = int(signed_in.lifetime.total_seconds())
    set_cookie(response, SESSION, signed(signed_in.session_id), lifetime)
    set_cookie(
        response,
        REFRESH,
        signed_in.refresh_token,
        lifetime if signed_in.remember_me else None,
        same_site="Strict",
    )
    set_cookie(response, CSRF, csrf_token_for(signed_in.family_id), lifetime, readable=True)
    keep_device(response)


def renew_signatures(request: Request, response: Response, live: LiveSession) -> None:
    """Replace what is missing or was signed with the key before the one in use.

    A browser that comes between two changes of the key stays signed in and known.
    """
    lifetime = int((live.expires_at - clock.now()).total_seconds())
    expected = csrf_token_for(live.family_id)
    if not _holds(request, CSRF, expected):
        set_cookie(response, CSRF, expected, lifetime, readable=True)
    if not _holds(request, SESSION, signed(live.id)):
        set_cookie(response, SESSION, signed(live.id), lifetime)
    renew_device(request, response)


def _holds(request: Request, name: str, expected: str) -> bool:
    sent = request.cookies.get(cookie_name(name), "")
    return hmac.compare_digest(sent.encode(), expected.encode())


def clear_session(response: Response) -> None:
    """Take all three cookies back."""
    drop_cookie(response, SESSION)
    drop_cookie(response, REFRESH, same_site="Strict")
    drop_cookie(response, CSRF, readable=True)
