"""Signing in with a password."""

from ecopick.core import audit
from ecopick.core.context import origin
from ecopick.core.errors import AppError, Text
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.text import lazy_gettext as _
from ecopick.core.text import ngettext
from ecopick.core.uow import Database
from ecopick.domains.auth import passwords
from ecopick.domains.auth.commands.admission import admit, refuse_blocked
from ecopick.domains.auth.commands.attempts import WINDOW, count
from ecopick.domains.auth.commands.password import keep_hash_strong
from ecopick.domains.auth.commands.sessions import SIGN_IN
from ecopick.domains.auth.inputs import SignIn
from ecopick.domains.auth.outputs import Outcome
from ecopick.domains.auth.queries.credentials import Credentials, find_credentials
from ecopick.domains.security.commands.limits import Allowance, Limit, take_back

PER_EMAIL = Limit("email", 5, WINDOW)
# Whole offices share one address; this only slows a list of stolen passwords.
PER_ADDRESS = Limit("ip", 100, WINDOW)


class WrongCredentials(AppError):
    """No such person, or not their password: never told apart."""

    status = 401
    code = "wrong_credentials"

    def __init__(self, message: Text) -> None:
        super().__init__(message, fields={"password": message})


def sign_in(database: Database, data: SignIn) -> Outcome:
    """Check the password; a session, or the second step of an account that asks for one.

    Unknown people, people without a password and wrong passwords cost the same
    work and get the same answer: ``WrongCredentials``. After too many failures:
    ``TooManyRequests``. Every outcome is recorded.
    """
    with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
        refuse_blocked(session)
        person = find_credentials(session, data.email)
    limits = {PER_EMAIL: data.email, PER_ADDRESS: origin().ip or ""}
    user_id = person.user_id if person is not None else None
    allowance = count(database, SIGN_IN, limits, user_id=user_id, email=data.email)
    stored = person.password_hash if person is not None else None
    if not passwords.matches(stored, data.password) or person is None:
        _record_failure(database, person, data)
        raise _wrong(allowance)
    with database.transaction(Scope((PLATFORM_OWNER_ID,), person.user_id)) as session:
        take_back(session, SIGN_IN, allowance, {PER_EMAIL: data.email})
        keep_hash_strong(session, person.user_id, stored, data.password)
        return admit(session, person.user_id, method="password", remember_me=bool(data.remember_me))


def _record_failure(database: Database, person: Credentials | None, data: SignIn) -> None:
    with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
        audit.login(
            session,
            SIGN_IN,
            "failure",
            user_id=person.user_id if person is not None else None,
            email=data.email,
            reason_code=_reason(person),
            device_fingerprint=origin().device_fingerprint,
        )


def _reason(person: Credentials | None) -> str:
    if person is None:
        return "unknown_email"
    return "no_password" if person.password_hash is None else "wrong_password"


def _wrong(allowance: Allowance) -> WrongCredentials:
    minutes = int(WINDOW.total_seconds() // 60)
    if allowance.left:
        return WrongCredentials(
            ngettext(
                "That email and password do not match. "
                "%(num)s attempt left before a %(minutes)s-minute wait.",
                "That email and password do not match. "
                "%(num)s attempts left before a %(minutes)s-minute wait.",
                allowance.left,
                minutes=minutes,
            )
        )
    return WrongCredentials(
        _(
            "That email and password do not match. Please wait %(minutes)s minutes before "
            "you try again.",
            minutes=minutes,
        )
    )
