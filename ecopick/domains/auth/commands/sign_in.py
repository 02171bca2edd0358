"""Signing in with a password."""

from ecopick.core.errors import AppError, Text
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.uow import Database
from ecopick.domains.auth import passwords
from ecopick.domains.auth.commands.admission import SourceBlocked, admit
from ecopick.domains.auth.commands.guessing import (
    guess_password,
    record_blocked,
    was_right,
    was_wrong,
    what_follows,
)
from ecopick.domains.auth.commands.password import keep_hash_strong
from ecopick.domains.auth.inputs import SignIn
from ecopick.domains.auth.outputs import Outcome
from ecopick.domains.auth.queries.credentials import Credentials, find_credentials
from ecopick.domains.auth.queries.devices import familiarity
from ecopick.domains.security.queries import find_block


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
        block = find_block(session)
        person = find_credentials(session, data.email)
        user_id = person.user_id if person is not None else None
        known = familiarity(session, user_id).knows_device
    if block is not None:
        record_blocked(database, data.email, user_id, block)
        raise SourceBlocked
    guess = guess_password(database, data.email, user_id, is_known_device=known)
    stored = person.password_hash if person is not None else None
    if not passwords.matches(stored, data.password) or person is None:
        with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
            was_wrong(session, guess, data.email, user_id, _reason(person))
        raise WrongCredentials(what_follows(guess))
    with database.transaction(Scope((PLATFORM_OWNER_ID,), person.user_id)) as session:
        block = find_block(session, person.user_id)
        was_right(session, guess, data.email, person.user_id)
        if block is None:
            keep_hash_strong(session, person.user_id, stored, data.password)
            remember_me = bool(data.remember_me)
            return admit(session, person.user_id, method="password", remember_me=remember_me)
    record_blocked(database, data.email, person.user_id, block)
    raise SourceBlocked


def _reason(person: Credentials | None) -> str:
    if person is None:
        return "unknown_email"
    return "no_password" if person.password_hash is None else "wrong_password"
