"""How programs that fill in forms give themselves away: too fast, or in a field nobody sees."""

import hmac

from ecopick.core import clock, crypto
from ecopick.core.errors import Invalid
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.public_inputs import SubmitRequest

# Nobody chooses, types and sends in less; forms that waited for a connection are old.
FASTEST_SECONDS = 2
OLDEST_SECONDS = 60 * 24 * 3600


def shown_now() -> str:
    """When a form was opened, signed by us."""
    moment = int(clock.now().timestamp())
    return f"{moment}.{_mark(moment)}"


def check_pace(data: SubmitRequest, *, needed: bool) -> None:
    """Refuse what a program filled in. Raises Invalid; what was typed stays.

    ``needed``: the page sends when it was opened; other programs need not.
    """
    check_unseen(data.website)
    if data.shown_at is None and not needed:
        return
    age = _age(data.shown_at or "")
    if age is None or age > OLDEST_SECONDS:
        raise Invalid(
            _(
                "This page was open for a long time, so nothing was sent. Please check and send again."
            ),
            code="page_outdated",
        )
    if age < FASTEST_SECONDS:
        raise Invalid(
            _(
                "That was very fast, so nothing was sent. Please check what you typed and send again."
            ),
            code="too_fast",
        )


def check_unseen(website: str | None) -> None:
    """Refuse whoever filled in the field that people do not see. Raises Invalid."""
    if website:
        raise Invalid(
            _("This looked like an automatic message, so it was not sent. Please send it again."),
            code="automatic",
        )


def _age(given: str) -> float | None:
    moment, _dot, mark = given.partition(".")
    if not moment.isascii() or not moment.isdigit() or len(moment) > 12:
        return None
    if not hmac.compare_digest(mark.encode(), _mark(int(moment)).encode()):
        return None
    return clock.now().timestamp() - int(moment)


def _mark(moment: int) -> str:
    return crypto.sign("public_form", moment).hex()[:32]
