"""Guesses at a password: counted by address, device and person before they are looked at.

Bans of an email address spare the person's own devices, passkeys and mailed
links: whoever guesses from elsewhere shuts nobody out of their usual browser.
"""

import uuid
from datetime import timedelta

from sqlalchemy.orm import Session

from ecopick.core import audit
from ecopick.core.context import origin
from ecopick.core.errors import Text, TooManyRequests
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.text import language, ngettext
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import Database
from ecopick.domains.auth.commands.attempts import wait_first
from ecopick.domains.auth.commands.mails import ask_for_mail
from ecopick.domains.auth.models import MailKind
from ecopick.domains.security.addresses import counted_as
from ecopick.domains.security.commands import ladder
from ecopick.domains.security.commands.detection import watch_failures
from ecopick.domains.security.commands.ladder import Ever, Guess
from ecopick.domains.security.commands.limits import masked
from ecopick.domains.security.lifecycle import (
    EVER_FROM_ANYWHERE,
    EVER_FROM_KNOWN_DEVICES,
    PER_DEVICE,
    PER_EMAIL,
    PER_IP,
    PER_KNOWN_DEVICE,
    Ladder,
)
from ecopick.domains.security.models import BlockedSource

PASSWORD = "sign_in"
DAY = 24 * 3600


class PasswordClosed(TooManyRequests):
    """So many failures that waiting no longer helps: another way of signing in does."""

    code = "password_closed"

    def __init__(self) -> None:
        super().__init__(
            _(
                "After many failed attempts this address can no longer be used with a "
                "password. Please reset the password or sign in another way."
            ),
            retry_after=DAY,
        )


def guess_password(
    database: Database, email: str, user_id: uuid.UUID | None, *, is_known_device: bool
) -> Guess:
    """Count a guess; ``TooManyRequests`` while a ban lasts, ``PasswordClosed`` at the end.

    Committed at once, a refusal recorded with it. Unknown addresses are treated
    as known ones.
    """
    at = origin()
    own = PER_KNOWN_DEVICE if is_known_device else PER_EMAIL
    values: dict[Ladder, str] = {
        own: f"{email} {at.device_id}" if is_known_device else email,
        PER_IP: counted_as(at.ip),
    }
    if at.device_id:
        values[PER_DEVICE] = at.device_id
    ever = Ever(
        "ever_known_device" if is_known_device else "ever",
        str(user_id) if user_id is not None else masked(PASSWORD, "ever", email),
        EVER_FROM_KNOWN_DEVICES if is_known_device else EVER_FROM_ANYWHERE,
        user_id,
    )
    with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
        guess = ladder.count_guess(session, PASSWORD, values, ever=ever, user_id=user_id)
        if guess.wait or guess.is_closed:
            audit.login(
                session,
                PASSWORD,
                "denied",
                user_id=user_id,
                email=email,
                reason_code="password_closed" if guess.is_closed else "rate_limited",
                device_fingerprint=at.device_fingerprint,
            )
    if guess.is_closed:
        raise PasswordClosed
    if guess.wait:
        raise wait_first(guess.wait)
    return guess


def record_blocked(
    database: Database, email: str, user_id: uuid.UUID | None, block: BlockedSource
) -> None:
    """Record that somebody was kept out by a block."""
    with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
        audit.login(
            session,
            PASSWORD,
            "denied",
            user_id=user_id,
            email=email,
            reason_code=f"blocked_{block.type.value}",
            device_fingerprint=origin().device_fingerprint,
        )


def was_wrong(
    session: Session, guess: Guess, email: str, user_id: uuid.UUID | None, reason_code: str
) -> None:
    """Record a wrong guess, and tell the administrators where it is one of many.

    A guess that bans its address asks for one mail to it, whoever has it or nobody: the
    job finds out, so that the request takes the same work either way.
    """
    audit.login(
        session,
        PASSWORD,
        "failure",
        user_id=user_id,
        email=email,
        reason_code=reason_code,
        device_fingerprint=origin().device_fingerprint,
    )
    watch_failures(session, PASSWORD, guess, user_id)
    if PER_EMAIL.ban_at(guess.failures.get(PER_EMAIL.field, 0)) is not None:
        ask_for_mail(session, MailKind.SIGN_IN_BLOCKED, email, language=language())


def was_right(session: Session, guess: Guess, email: str, user_id: uuid.UUID) -> None:
    """Take a right guess back: the person's own counts start anew."""
    ladder.was_right(session, guess, (PER_EMAIL, PER_KNOWN_DEVICE))
    open_password(session, user_id, email)


def open_password(session: Session, user_id: uuid.UUID, email: str) -> None:
    """Let the person use their password again: they proved who they are in some way."""
    ladder.forget_failures(session, PASSWORD, user_id, email)


def what_follows(guess: Guess) -> Text:
    """What somebody is told after a wrong guess, and how many more they have."""
    if guess.ban is not None:
        number, is_hours = _figure(guess.ban)
        if is_hours:
            return ngettext(
                "That email and password do not match. Please wait %(num)s hour before you "
                "try again.",
                "That email and password do not match. Please wait %(num)s hours before you "
                "try again.",
                number,
            )
        return ngettext(
            "That email and password do not match. Please wait %(num)s minute before you "
            "try again.",
            "That email and password do not match. Please wait %(num)s minutes before you "
            "try again.",
            number,
        )
    if guess.next_ban is None:
        return _("That email and password do not match.")
    number, is_hours = _figure(guess.next_ban)
    if is_hours:
        return ngettext(
            "That email and password do not match. "
            "%(num)s attempt left before a %(hours)s-hour wait.",
            "That email and password do not match. "
            "%(num)s attempts left before a %(hours)s-hour wait.",
            guess.left,
            hours=number,
        )
    return ngettext(
        "That email and password do not match. %(num)s attempt left before a %(minutes)s-minute wait.",
        "That email and password do not match. "
        "%(num)s attempts left before a %(minutes)s-minute wait.",
        guess.left,
        minutes=number,
    )


def _figure(wait: timedelta) -> tuple[int, bool]:
    minutes = int(wait.total_seconds() // 60)
    return (minutes // 60, True) if minutes >= 60 else (minutes, False)
