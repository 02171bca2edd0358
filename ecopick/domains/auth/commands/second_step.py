"""The second step of a sign-in: a code of an app, a mailed code, a recovery code, a passkey.

A guess is counted before it is looked at, so that parallel ones count as well;
five are looked at for one sign-in, whatever the way. What proves the person
(the step of an app's code, a recovery code) is used up in the transaction that
ends the wait and opens the session: all of it happens once, or nothing.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from ecopick.core import audit, clock
from ecopick.core.actor import Actor
from ecopick.core.context import origin
from ecopick.core.errors import TooManyRequests
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.text import lazy_gettext as _
from ecopick.core.text import ngettext
from ecopick.core.uow import Database
from ecopick.core.validation import wrong_field
from ecopick.domains.auth import codes
from ecopick.domains.auth.commands import recovery_codes
from ecopick.domains.auth.commands.admission import admit, refuse_blocked, second_step
from ecopick.domains.auth.commands.attempts import wait_first
from ecopick.domains.auth.commands.factors import use_app_code
from ecopick.domains.auth.commands.mails import ask_for_mail
from ecopick.domains.auth.models import AuthPendingLogin, MailKind, PendingLoginMethod
from ecopick.domains.auth.outputs import SecondStep, SignedIn
from ecopick.domains.auth.queries.credentials import Factors, factors_of
from ecopick.domains.auth.queries.pending_logins import GUESSES, find_open, is_open, person_of
from ecopick.domains.auth.refusals import CodesClosed, SignInOver, WrongCode
from ecopick.domains.security.commands import ladder
from ecopick.domains.security.commands.limits import Limit, count_attempt
from ecopick.domains.security.lifecycle import Ladder, Rung

__all__ = ["CodesClosed", "SignInOver", "WrongCode", "complete", "start", "verify", "waiting"]

KIND = "second_step"
MAIL = "second_step_mail"
CODE_LIFETIME = timedelta(minutes=10)
RESEND_AFTER = timedelta(seconds=60)
# For one person, over all their sign-ins; passkeys are never counted.
PER_PERSON = Ladder("person", (Rung(20, timedelta(minutes=15)), Rung(40, timedelta(hours=24))))
# Wrong codes in a row that an account bears; recovery codes are too long to be guessed.
EVER = 100
MAILS_PER_HOUR = Limit("person", 10, timedelta(hours=1))


@dataclass(frozen=True)
class Waiting:
    """What the page of a second step shows. ``resend_in`` is in seconds."""

    step: SecondStep
    method: PendingLoginMethod | None
    is_code_sent: bool
    resend_in: int
    expires_at: datetime


@dataclass(frozen=True)
class Verified:
    """The session; after a recovery code also how many are left."""

    signed_in: SignedIn
    recovery_codes_left: int | None = None


@dataclass(frozen=True)
class _Guess:
    """A guess that may be looked at."""

    pending_id: uuid.UUID
    user_id: uuid.UUID
    method: PendingLoginMethod | None
    salt: str | None
    hash: str | None
    sent_at: datetime | None
    left: int
    counted: ladder.Guess


class _Refused(Exception):
    """Rolls back what a wrong proof began; names the reason."""


def waiting(database: Database, pending: str | uuid.UUID | None) -> Waiting:
    """The second step that is awaited; ``SignInOver`` where none is."""
    pending_id, user_id = person_behind(database, pending)
    with database.transaction(_scope(user_id)) as session:
        row = find_open(session, pending_id)
        if row is not None:
            return _shown(row, factors_of(session, user_id))
    raise SignInOver


def _shown(row: AuthPendingLogin, factors: Factors) -> Waiting:
    return Waiting(
        step=second_step(row.id, factors, row.first_factor),
        method=row.method,
        is_code_sent=row.code_hash is not None,
        resend_in=_resend_in(row),
        expires_at=row.expires_at,
    )


def start(database: Database, pending: str | uuid.UUID | None, method: str) -> Waiting:
    """Take the second step by ``method``; for ``email_code`` a code is mailed.

    ``SignInOver`` as for any other act on a second step, ``Invalid`` for a way
    that this person does not have, ``TooManyRequests`` for a second code within
    a minute; the one that was sent stays good.
    """
    pending_id, user_id = person_behind(database, pending)
    wait, shown, reason = 0, None, "not_open"
    with database.transaction(_scope(user_id)) as session:
        refuse_blocked(session, user_id)
        row = find_open(session, pending_id, lock=True)
        if row is not None:
            factors, reason = factors_of(session, user_id), "unknown_method"
            if method in factors.methods_after(row.first_factor):
                row.method = PendingLoginMethod(method)
                reason = "method_chosen"
                if row.method is PendingLoginMethod.EMAIL_CODE:
                    wait = _mail_code(session, row, factors)
                    reason = "code_too_soon" if wait else "code_mailed"
                session.flush()
                shown = _shown(row, factors)
        outcome = "challenged" if shown is not None and not wait else "denied"
        _record(session, user_id, outcome, reason, method)
    if reason == "not_open":
        raise SignInOver
    if shown is None:
        raise wrong_field("method", _("Please choose one of the options."))
    if wait:
        raise _soon(wait)
    return shown


def _soon(wait: int) -> TooManyRequests:
    if wait > RESEND_AFTER.total_seconds():
        return wait_first(wait)
    return TooManyRequests(
        ngettext(
            "A code is on its way. You can ask for another one in %(num)s second.",
            "A code is on its way. You can ask for another one in %(num)s seconds.",
            wait,
        ),
        retry_after=wait,
    )


def _mail_code(session: Session, row: AuthPendingLogin, factors: Factors) -> int:
    """Mail a fresh code, the earlier one is void; else the seconds to wait, and it stays."""
    soon = _resend_in(row)
    if soon:
        return soon
    allowance = count_attempt(session, MAIL, {MAILS_PER_HOUR: str(row.user_id)})
    if allowance.wait:
        return allowance.wait
    row.code_version += 1
    row.code_salt = codes.new_salt()
    code = codes.code_for(codes.SECOND_STEP, row.id, row.code_version)
    row.code_hash = codes.code_hash(row.code_salt, code)
    row.code_sent_at = clock.now()
    ask_for_mail(
        session,
        MailKind.SECOND_STEP_CODE,
        factors.email,
        language=factors.language,
        user_id=row.user_id,
        subject_id=row.id,
        version=row.code_version,
    )
    return 0


def _resend_in(row: AuthPendingLogin) -> int:
    if row.code_sent_at is None:
        return 0
    left = (row.code_sent_at + RESEND_AFTER - clock.now()).total_seconds()
    return max(0, int(-(-left // 1)))


def verify(
    database: Database,
    pending: str | uuid.UUID | None,
    *,
    code: str | None = None,
    recovery_code: str | None = None,
) -> Verified:
    """Open the session if the code is right: the mailed one, the app's, or a recovery code.

    ``WrongCode`` else, ``SignInOver`` where no second step is awaited (any more),
    ``TooManyRequests`` after too many guesses at one person.
    """
    field = "code" if recovery_code is None else "recovery_code"
    if (code is None) == (recovery_code is None):
        raise wrong_field("code", _("Please enter one code."))
    pending_id, user_id = person_behind(database, pending)
    guess = _count_guess(database, pending_id, user_id, is_recovery=recovery_code is not None)
    digest = None
    if recovery_code is not None:
        digest = recovery_codes.hash_typed(database, user_id, recovery_code)
    way = _way(guess, digest)
    try:
        with database.transaction(_scope(user_id)) as session:
            reason = _prove(session, guess, code or "", digest)
            if reason is not None:
                raise _Refused(reason)
            signed_in = complete(session, user_id, pending_id, way)
            ladder.was_right(session, guess.counted, (PER_PERSON,))
            left = recovery_codes.left(session, user_id) if digest is not None else None
            return Verified(signed_in, left)
    except _Refused as refused:
        with database.transaction(_scope(user_id)) as session:
            _record(session, user_id, "failure", str(refused), way)
        raise WrongCode(field, guess.left) from None
    except SignInOver:
        with database.transaction(_scope(user_id)) as session:
            _record(session, user_id, "denied", "not_open", way)
        raise


def complete(session: Session, user_id: uuid.UUID, pending_id: uuid.UUID, factor: str) -> SignedIn:
    """End the wait and open the session; exactly once, whatever proved the person.

    The transaction's scope must be the person's, and ``factor`` proved in it
    (``totp``, ``email_code``, ``recovery_code``, ``passkey``). ``SignInOver``
    where the second step is not awaited any more.
    """
    moment = clock.now()
    waited = session.execute(
        update(AuthPendingLogin)
        .where(
            AuthPendingLogin.id == pending_id,
            AuthPendingLogin.user_id == user_id,
            AuthPendingLogin.consumed_at.is_(None),
            AuthPendingLogin.expires_at > moment,
        )
        .values(consumed_at=moment)
        .returning(AuthPendingLogin.first_factor, AuthPendingLogin.remember_me)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if waited is None:
        raise SignInOver
    outcome = admit(
        session,
        user_id,
        method=f"{waited.first_factor}+{factor}",
        remember_me=waited.remember_me,
        is_both_factors=True,
    )
    if not isinstance(outcome, SignedIn):
        raise RuntimeError("a sign-in with both factors asks for another one")
    open_codes(session, user_id)
    return outcome


def open_codes(session: Session, user_id: uuid.UUID) -> None:
    """Take codes of the person again: they are in, or their password is a new one."""
    ladder.hold(session, KIND, {PER_PERSON: str(user_id)}, _ever(user_id))
    ladder.forget_failures(session, KIND, user_id, "")


def _ever(user_id: uuid.UUID) -> ladder.Ever:
    return ladder.Ever("ever", str(user_id), EVER, user_id)


def _count_guess(
    database: Database, pending_id: uuid.UUID, user_id: uuid.UUID, *, is_recovery: bool
) -> _Guess:
    """Count a guess, committed at once; refused where the sign-in or the person bears no more."""
    counted = ladder.Guess(KIND)
    ever = None if is_recovery else _ever(user_id)
    with database.transaction(_scope(user_id)) as session:
        refuse_blocked(session, user_id)
        row = session.execute(
            update(AuthPendingLogin)
            .where(AuthPendingLogin.id == pending_id, is_open())
            .values(code_attempts=AuthPendingLogin.code_attempts + 1)
            .returning(
                AuthPendingLogin.method,
                AuthPendingLogin.code_salt,
                AuthPendingLogin.code_hash,
                AuthPendingLogin.code_sent_at,
                AuthPendingLogin.code_attempts,
            )
            .execution_options(synchronize_session=False)
        ).one_or_none()
        if row is None:
            _record(session, user_id, "denied", "not_open")
        else:
            values = {PER_PERSON: str(user_id)}
            counted = ladder.count_guess(session, KIND, values, ever=ever, user_id=user_id)
            if counted.is_closed or counted.wait:
                reason = "codes_closed" if counted.is_closed else "rate_limited"
                _record(session, user_id, "denied", reason)
    if row is None:
        raise SignInOver
    if counted.is_closed:
        raise CodesClosed
    if counted.wait:
        raise wait_first(counted.wait)
    return _Guess(
        pending_id,
        user_id,
        row.method,
        row.code_salt,
        row.code_hash,
        row.code_sent_at,
        GUESSES - row.code_attempts,
        counted,
    )


def _way(guess: _Guess, digest: str | None) -> str:
    if digest is not None:
        return "recovery_code"
    mailed = guess.method is PendingLoginMethod.EMAIL_CODE
    return "email_code" if mailed else "totp"


def _prove(session: Session, guess: _Guess, typed: str, digest: str | None) -> str | None:
    """Use up what was typed; the reason where it proves nothing."""
    person = Actor(guess.user_id)
    if digest is not None:
        used = recovery_codes.use(session, person, None, digest)
        return None if used else "wrong_recovery_code"
    code = codes.digits_of(typed) or ""
    if guess.method is not PendingLoginMethod.EMAIL_CODE:
        return use_app_code(session, person, None, code)
    if not codes.code_matches(guess.hash, guess.salt, code):
        return "wrong_code"
    in_time = guess.sent_at is not None and clock.now() < guess.sent_at + CODE_LIFETIME
    return None if in_time else "expired_code"


def person_behind(
    database: Database, pending: str | uuid.UUID | None
) -> tuple[uuid.UUID, uuid.UUID]:
    """Id and person of a second step; what is no id is as unknown as any other."""
    try:
        pending_id = pending if isinstance(pending, uuid.UUID) else uuid.UUID(pending or "")
    except ValueError:
        pending_id = uuid.UUID(int=0)
    with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
        refuse_blocked(session)
        user_id = person_of(session, pending_id)
        if user_id is None:
            _record(session, None, "denied", "not_open")
    if user_id is None:
        raise SignInOver
    return pending_id, user_id


def _scope(user_id: uuid.UUID) -> Scope:
    return Scope((PLATFORM_OWNER_ID,), user_id)


def _record(
    session: Session, user_id: uuid.UUID | None, outcome: str, reason: str, method: str = ""
) -> None:
    audit.login(
        session,
        KIND,
        outcome,
        user_id=user_id,
        reason_code=reason,
        device_fingerprint=origin().device_fingerprint,
        meta={"method": method} if method else None,
    )
