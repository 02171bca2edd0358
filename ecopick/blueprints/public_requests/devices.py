"""What a browser keeps once its person has proved their address: who they are, for 30 days.

The cookie opens nothing. It lets the next report with the same address count as theirs at once.
"""

import hmac
import uuid

from flask import Response, request

from ecopick.core import clock, crypto
from ecopick.domains.tickets.commands.public_requests import Known
from ecopick.domains.tickets.queries.public_requests import known_person
from ecopick.web.cookies import cookie_name, set_cookie
from ecopick.web.state import db_session

COOKIE = "ecopick_reporter"
KEPT_SECONDS = 30 * 24 * 3600


def remember(response: Response, user_id: uuid.UUID) -> None:
    """Keep for 30 days that this browser's person proved their address."""
    since = int(clock.now().timestamp())
    value = f"{user_id.hex}.{since}.{_mark(user_id, since)}"
    set_cookie(response, COOKIE, value, KEPT_SECONDS)


def known_sender(email: str | None) -> Known | None:
    """The person with this address, if they proved it in this browser within 30 days."""
    found = _kept() if email else None
    if found is None or email is None or not known_person(db_session(), found, email):
        return None
    return Known(found)


def _kept() -> uuid.UUID | None:
    parts = request.cookies.get(cookie_name(COOKIE), "").split(".")
    try:
        user_id, since = uuid.UUID(hex=parts[0]), int(parts[1])
    except (ValueError, IndexError):
        return None
    given = parts[2] if len(parts) == 3 else ""
    fresh = 0 <= clock.now().timestamp() - since < KEPT_SECONDS
    if not fresh or not hmac.compare_digest(given.encode(), _mark(user_id, since).encode()):
        return None
    return user_id


def _mark(user_id: uuid.UUID, since: int) -> str:
    return crypto.sign("request_device", user_id, since).hex()
