"""What a change on a link's page must carry, and what a browser that answered keeps.

The nonce comes only from the page itself. The device cookie is set by an
answer: later steps that need no typing work only in that browser, or with a
typed name, because mail scanners press buttons too.
"""

import base64
import binascii
import hmac

from flask import Response, g, request

from ecopick.core import clock, crypto
from ecopick.core.errors import Conflict, Invalid
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.queries.links import LinkContext, LinkState
from ecopick.web.cookies import cookie_name, set_cookie
from ecopick.web.state import settings

NONCE_HOURS = 12
DEVICE_SECONDS = 90 * 24 * 3600
JOBS_HERE, MOST_JOBS_HERE = "ecopick_jobs_here", 4


def make_nonce(link: LinkContext) -> str:
    """The nonce of a page: the hour, the version it shows, and our signature on both."""
    return _nonce(link, _hour(), link.assignment_version)


def check_nonce(link: LinkContext) -> None:
    """Refuse a change whose page we did not make, made long ago, or that shows an older state.

    A page that shows an answered job may be sent again: the answer stays the same.
    """
    given = request.form.get("nonce", "")
    try:
        hour, version = (int(part) for part in given.split(".")[:2])
    except ValueError:
        raise _outdated() from None
    expected = _nonce(link, hour, version)
    fresh = _hour() - NONCE_HOURS <= hour <= _hour()
    if not hmac.compare_digest(given.encode(), expected.encode()) or not fresh:
        raise _outdated()
    if link.state is LinkState.WAITING and version != link.assignment_version:
        raise _outdated()


def _outdated() -> Conflict:
    return Conflict(
        _("This page was open for a long time, so nothing was sent. Please check and send again."),
        code="page_outdated",
    )


def _hour() -> int:
    return int(clock.now().timestamp() // 3600)


def _nonce(link: LinkContext, hour: int, version: int) -> str:
    mark = crypto.sign("vendor_page", link.holder_id, link.version, version, hour).hex()
    return f"{hour}.{version}.{mark}"


def remember_device(response: Response, link: LinkContext, typed_name: str | None) -> None:
    """Let this browser take the next steps of this job without being asked again."""
    name = base64.urlsafe_b64encode((typed_name or "").encode()).decode()
    response.set_cookie(
        _cookie(link),
        f"{name}.{_device_mark(link, name)}",
        max_age=DEVICE_SECONDS,
        path="/",
        secure=settings().is_production,
        httponly=True,
        samesite="Lax",
    )
    tokens = [g.link_token, *(each for each in jobs_here() if each != g.link_token)]
    set_cookie(response, JOBS_HERE, " ".join(tokens[:MOST_JOBS_HERE]), DEVICE_SECONDS)


def jobs_here() -> list[str]:
    """Tokens of the jobs that this browser works on, for codes on walls that it scans."""
    return request.cookies.get(cookie_name(JOBS_HERE), "").split()[:MOST_JOBS_HERE]


def known_device(link: LinkContext) -> str | None:
    """The name typed in this browser when it answered ('' for none); None if it never did.

    Whoever is signed in as the link's recipient needs no cookie.
    """
    if link.sublink_id is None and g.get("signed_in_id") == link.actor.user_id:
        return ""
    name, _dot, mark = request.cookies.get(_cookie(link), "").partition(".")
    if not mark or not hmac.compare_digest(mark.encode(), _device_mark(link, name).encode()):
        return None
    try:
        return base64.urlsafe_b64decode(name).decode()
    except (binascii.Error, ValueError):
        return None


def holder_name(link: LinkContext, typed_name: str | None, *, needed: bool = False) -> str | None:
    """What the holder calls themselves: typed now, or when this browser answered.

    Raises Invalid under ``typed_name`` where the step needs a name or the cookie.
    """
    known = known_device(link)
    if typed_name:
        return typed_name
    if known is None and needed:
        raise Invalid(
            _("Please check the marked fields."),
            fields={"typed_name": _("Please type your name to confirm.")},
        )
    return known or link.actor.typed_name


def _cookie(link: LinkContext) -> str:
    return cookie_name(f"ecopick_job_{link.holder_id.hex[-12:]}")


def _device_mark(link: LinkContext, name: str) -> str:
    return crypto.sign("vendor_device", link.holder_id, link.version, name).hex()
