"""Passkeys: signing in, the second step and confirming one's identity with them.

A challenge is used up before its answer is looked at, whatever comes of it.
Every refusal gets the same answer; its reason is recorded. Guesses are not
counted, as nobody guesses a signature: no attack locks a passkey out.
"""

import secrets
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NoReturn, TypeVar

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from ecopick.core import audit, clock, crypto
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.context import origin
from ecopick.core.db import new_id
from ecopick.core.errors import AppError
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import Database
from ecopick.domains.auth import assertions
from ecopick.domains.auth.assertions import Answer, RelyingParty, Unproved
from ecopick.domains.auth.commands import second_step
from ecopick.domains.auth.commands.admission import SourceBlocked, admit, refuse_blocked
from ecopick.domains.auth.commands.second_step import SignInOver
from ecopick.domains.auth.commands.step_up import confirm_identity
from ecopick.domains.auth.models import AuthChallenge, ChallengePurpose, WebAuthnCredential
from ecopick.domains.auth.outputs import Outcome, SignedIn
from ecopick.domains.auth.queries.passkeys import find_passkey, keys_of
from ecopick.domains.auth.queries.pending_logins import person_of
from ecopick.domains.people.models import User
from ecopick.domains.people.queries import find_self
from ecopick.domains.security.commands.alerts import raise_alert
from ecopick.domains.security.models import AlertCategory, AlertType

KIND = "passkey"
METHOD = "passkey"
CHALLENGE_LIFETIME = timedelta(minutes=5)
CHALLENGE_BYTES = 32
COUNTER_RISK = 90

R = TypeVar("R")


class PasskeyRefused(AppError):
    """Nothing was proved; why is never told."""

    status = 401
    code = "passkey_refused"

    def __init__(self, *, signed_in: bool = False) -> None:
        super().__init__(
            _("This passkey could not be confirmed. Please try again, or choose another way.")
        )
        if signed_in:
            self.status = 422  # 401 would tell the browser that its session is over.


class _CountedBackwards(Unproved):
    """Everything is right but the counter: a copy of the key may be about."""


def new_challenge(
    session: Session,
    purpose: ChallengePurpose,
    *,
    user_id: uuid.UUID | None = None,
    pending_login_id: uuid.UUID | None = None,
) -> bytes:
    """A fresh challenge for one purpose, person and sign-in; only its hash is stored."""
    challenge, moment = secrets.token_bytes(CHALLENGE_BYTES), clock.now()
    session.execute(
        insert(AuthChallenge).values(
            id=new_id(),
            challenge_hash=_hash(challenge),
            purpose=purpose,
            user_id=user_id,
            pending_login_id=pending_login_id,
            created_at=moment,
            expires_at=moment + CHALLENGE_LIFETIME,
        )
    )
    return challenge


def use_challenge(
    database: Database,
    answer: Answer,
    purpose: ChallengePurpose,
    *,
    user_id: uuid.UUID | None = None,
    pending_login_id: uuid.UUID | None = None,
) -> None:
    """Use a challenge up, committed at once; ``Unproved`` unless it was made for exactly this."""
    moment = clock.now()
    with database.transaction(Scope()) as session:
        stored = session.execute(
            update(AuthChallenge)
            .where(
                AuthChallenge.challenge_hash == _hash(answer.challenge),
                AuthChallenge.consumed_at.is_(None),
                AuthChallenge.expires_at > moment,
            )
            .values(consumed_at=moment)
            .returning(AuthChallenge.purpose, AuthChallenge.user_id, AuthChallenge.pending_login_id)
            .execution_options(synchronize_session=False)
        ).one_or_none()
        known = stored is not None or session.scalar(
            select(AuthChallenge.id).where(AuthChallenge.challenge_hash == _hash(answer.challenge))
        )
    if stored is None:
        raise Unproved("used_challenge" if known else "unknown_challenge")
    if stored.purpose != purpose:
        raise Unproved("wrong_purpose")
    if (stored.user_id, stored.pending_login_id) != (user_id, pending_login_id):
        raise Unproved("foreign_challenge")


def ask(database: Database, party: RelyingParty) -> dict[str, Any]:
    """What a browser needs to sign somebody in who is not known yet.

    ``SourceBlocked`` where the address or device is.
    """
    with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
        refuse_blocked(session)
        challenge = new_challenge(session, ChallengePurpose.SIGN_IN)
    return assertions.questions(party, challenge, ())


def ask_second_step(
    database: Database, party: RelyingParty, pending: str | uuid.UUID | None
) -> dict[str, Any]:
    """What a browser needs for the second step: the person's own passkeys and no other.

    ``SignInOver`` where no second step is awaited.
    """
    pending_id, user_id = _awaited(database, pending)
    with database.transaction(_scope(user_id)) as session:
        refuse_blocked(session, user_id)
        keys = keys_of(session, user_id)
        if not keys:
            raise SignInOver
        challenge = new_challenge(
            session, ChallengePurpose.SECOND_STEP, user_id=user_id, pending_login_id=pending_id
        )
    return assertions.questions(party, challenge, keys)


def ask_confirmation(database: Database, party: RelyingParty, actor: Actor) -> dict[str, Any]:
    """What a browser needs to confirm the identity of somebody who is signed in."""
    with database.transaction(_scope(actor.user_id)) as session:
        keys = keys_of(session, actor.user_id)
        challenge = new_challenge(session, ChallengePurpose.STEP_UP, user_id=actor.user_id)
    return assertions.questions(party, challenge, keys)


def sign_in(
    database: Database, party: RelyingParty, raw: dict[str, Any], *, remember_me: bool = False
) -> Outcome:
    """Open a session for the holder of a passkey that verified them: both factors at once.

    ``PasskeyRefused`` for whatever is wrong, ``SourceBlocked`` where the address,
    device or person is.
    """
    purpose = ChallengePurpose.SIGN_IN

    def go_in(session: Session, user_id: uuid.UUID) -> Outcome:
        return admit(session, user_id, method=METHOD, remember_me=remember_me, is_both_factors=True)

    with _Refusals(database, purpose) as told:
        with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
            refuse_blocked(session)
        answer = assertions.read(raw)
        use_challenge(database, answer, purpose)
        key_id, told.user_id = _holder(database, answer)
        return _prove(database, party, answer, key_id, told.user_id, go_in)


def take_second_step(
    database: Database,
    party: RelyingParty,
    raw: dict[str, Any],
    pending: str | uuid.UUID | None,
) -> SignedIn:
    """End a sign-in that waits for its second step; only its person's passkeys will do.

    ``PasskeyRefused`` for whatever is wrong, ``SignInOver`` where none is awaited.
    """
    purpose = ChallengePurpose.SECOND_STEP
    pending_id, user_id = _awaited(database, pending)

    def complete(session: Session, _user_id: uuid.UUID) -> SignedIn:
        return second_step.complete(session, user_id, pending_id, METHOD)

    with _Refusals(database, purpose, user_id):
        answer = assertions.read(raw)
        use_challenge(database, answer, purpose, user_id=user_id, pending_login_id=pending_id)
        key_id = _own_key(database, answer, user_id)
        return _prove(database, party, answer, key_id, user_id, complete)


def _awaited(database: Database, pending: str | uuid.UUID | None) -> tuple[uuid.UUID, uuid.UUID]:
    """Id and person of a sign-in that waits; ``SignInOver`` where none does."""
    pending_id = second_step.waiting(database, pending).step.pending_login_id
    with database.transaction(Scope()) as session:
        user_id = person_of(session, pending_id)
    if user_id is None:
        raise SignInOver
    return pending_id, user_id


def confirm(database: Database, party: RelyingParty, actor: Actor, raw: dict[str, Any]) -> SignedIn:
    """A new session for somebody who is signed in and used a passkey of theirs.

    ``PasskeyRefused`` for whatever is wrong.
    """
    purpose, user_id = ChallengePurpose.STEP_UP, actor.user_id
    with _Refusals(database, purpose, user_id, signed_in=True):
        answer = assertions.read(raw)
        use_challenge(database, answer, purpose, user_id=user_id)
        key_id = _own_key(database, answer, user_id)
        _prove(database, party, answer, key_id, user_id, lambda _session, _user: None)
    return confirm_identity(database, actor, METHOD)


def _holder(database: Database, answer: Answer) -> tuple[uuid.UUID, uuid.UUID]:
    """Id and person of the passkey that answered."""
    with database.transaction(Scope()) as session:
        found = find_passkey(session, answer.credential_id)
    if found is None:
        raise Unproved("unknown_credential")
    if answer.user_handle is not None and answer.user_handle != found[1].bytes:
        raise Unproved("foreign_credential")
    return found


def _own_key(database: Database, answer: Answer, user_id: uuid.UUID) -> uuid.UUID:
    key_id, holder = _holder(database, answer)
    if holder != user_id:
        raise Unproved("foreign_credential")
    return key_id


def _prove(
    database: Database,
    party: RelyingParty,
    answer: Answer,
    key_id: uuid.UUID,
    user_id: uuid.UUID,
    then: Callable[[Session, uuid.UUID], R],
) -> R:
    """Check the answer, store the counter, and do what it opens: all of it, or nothing."""
    with database.transaction(_scope(user_id)) as session:
        key = session.scalar(select(WebAuthnCredential).where(WebAuthnCredential.id == key_id))
        if key is None:
            raise Unproved("unknown_credential")  # Removed a moment ago.
        used = assertions.check_use(party, answer, key.public_key)
        if not _store_use(session, Actor(user_id), None, key_id, used):
            raise _CountedBackwards("counter_went_back")
        return then(session, user_id)


@command("profile:edit", find=find_self, audit_as=None)
def _store_use(
    session: Session, actor: Actor, user: User, key_id: uuid.UUID, used: assertions.Used
) -> bool:
    """Move the counter on; False where it did not grow. Keepers that do not count tell 0."""
    key = WebAuthnCredential
    counts_on = key.counter < used.counter if used.counter else key.counter == 0
    stored = session.scalar(
        update(key)
        .where(key.id == key_id, key.user_id == user.id, counts_on)
        .values(counter=used.counter, backed_up=used.is_backed_up, last_used_at=clock.now())
        .returning(key.id)
        .execution_options(synchronize_session=False)
    )
    return stored is not None


class _Refusals:
    """Records why an answer proved nothing, and answers ``PasskeyRefused`` instead."""

    def __init__(
        self,
        database: Database,
        purpose: ChallengePurpose,
        user_id: uuid.UUID | None = None,
        *,
        signed_in: bool = False,
    ) -> None:
        self.database = database
        self.purpose = purpose
        self.user_id = user_id
        self.signed_in = signed_in

    def __enter__(self) -> "_Refusals":
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, SourceBlocked):
            record(self.database, self.purpose, self.user_id, "blocked", denied=True)
        elif isinstance(error, SignInOver):
            record(self.database, self.purpose, self.user_id, "not_open", denied=True)
        elif isinstance(error, Unproved):
            self._refuse(error)

    def _refuse(self, error: Unproved) -> NoReturn:
        record(self.database, self.purpose, self.user_id, str(error))
        if isinstance(error, _CountedBackwards):
            self._raise_alert()
        raise PasskeyRefused(signed_in=self.signed_in) from None

    def _raise_alert(self) -> None:
        with self.database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
            raise_alert(
                session,
                AlertType.PASSKEY_COUNTER,
                category=AlertCategory.AUTHENTICATION,
                risk_score=COUNTER_RISK,
                user_id=self.user_id,
                meta={"purpose": self.purpose},
            )


def record(
    database: Database,
    purpose: ChallengePurpose,
    user_id: uuid.UUID | None,
    reason: str,
    *,
    denied: bool = False,
) -> None:
    """Note that a passkey was refused, and why."""
    with database.transaction(Scope((PLATFORM_OWNER_ID,), user_id)) as session:
        audit.login(
            session,
            KIND,
            "denied" if denied else "failure",
            user_id=user_id,
            reason_code=reason,
            device_fingerprint=origin().device_fingerprint,
            meta={"purpose": str(purpose)},
        )


def _hash(challenge: bytes) -> bytes:
    return crypto.token_hash(f"passkey {challenge.hex()}")


def _scope(user_id: uuid.UUID) -> Scope:
    return Scope((PLATFORM_OWNER_ID,), user_id)
