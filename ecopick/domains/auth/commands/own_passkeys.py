"""Adding, naming and removing one's passkeys.

Adding and removing need a fresh confirmation of identity, are told by mail, and
end the person's other sessions.
"""

import uuid
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ecopick.core import audit, changes, clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.context import origin
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict, NotFound
from ecopick.core.finding import as_id
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.text import lazy_gettext as _
from ecopick.core.text import ngettext
from ecopick.core.uow import Database
from ecopick.domains.auth import assertions
from ecopick.domains.auth.assertions import Made, RelyingParty, Unproved
from ecopick.domains.auth.authenticators import name_of
from ecopick.domains.auth.commands.mails import ask_for_mail
from ecopick.domains.auth.commands.passkeys import (
    PasskeyRefused,
    new_challenge,
    record,
    use_challenge,
)
from ecopick.domains.auth.commands.sessions import end_all_sessions
from ecopick.domains.auth.commands.step_up import require_confirmed
from ecopick.domains.auth.models import (
    AuthIdentity,
    ChallengePurpose,
    MailKind,
    WebAuthnCredential,
)
from ecopick.domains.auth.queries.credentials import Factors, factors_of
from ecopick.domains.auth.queries.passkeys import Passkey, keys_of, passkeys_of
from ecopick.domains.people.models import User
from ecopick.domains.people.queries import find_self

MOST = 20
ADDED, RENAMED, REMOVED = "passkey_added", "passkey_renamed", "passkey_removed"


def ask_new(database: Database, party: RelyingParty, actor: Actor) -> dict[str, Any]:
    """What a browser needs to make a passkey; keepers that hold one already refuse.

    ``StepUpRequired`` without a fresh proof of identity, ``Conflict`` for the 21st.
    """
    require_confirmed(actor)
    with database.transaction(_scope(actor)) as session:
        keys = keys_of(session, actor.user_id)
        if len(keys) >= MOST:
            raise _too_many()
        challenge = new_challenge(session, ChallengePurpose.REGISTER, user_id=actor.user_id)
    return assertions.instructions(party, challenge, keys, actor.user_id, (actor.email, actor.name))


def add(
    database: Database,
    party: RelyingParty,
    actor: Actor,
    raw: dict[str, Any],
    name: str | None = None,
) -> Passkey:
    """Keep a new passkey; from now on signing in asks for a second step.

    ``PasskeyRefused`` for whatever is wrong, one that somebody has already
    included; ``Conflict`` for the 21st, ``StepUpRequired`` as above.
    """
    require_confirmed(actor)
    purpose = ChallengePurpose.REGISTER
    try:
        answer = assertions.read(raw)
        use_challenge(database, answer, purpose, user_id=actor.user_id)
        made = assertions.check_new(party, answer)
        called = name or name_of(made.aaguid, origin().user_agent)
        with database.transaction(_scope(actor)) as session:
            key_id = _add(session, _person(actor), None, made, called)
            end_all_sessions(session, actor.user_id, keep=actor.session_id, reason="factor_changed")
            return next(key for key in passkeys_of(session, actor.user_id) if key.id == key_id)
    except Unproved as error:
        record(database, purpose, actor.user_id, str(error))
        raise PasskeyRefused(signed_in=True) from None
    except Conflict as error:
        record(database, purpose, actor.user_id, error.code, denied=True)
        raise


def rename(database: Database, actor: Actor, key: str, name: str) -> None:
    """Call a passkey something else; ``NotFound`` for any but the person's own."""
    with database.transaction(_scope(actor)) as session:
        _rename(session, _person(actor), None, key, name)


def remove(database: Database, actor: Actor, key: str) -> None:
    """Delete a passkey for good.

    ``NotFound`` for any but the person's own, ``Conflict`` where the person would
    be left without a strong factor that they need, or without a way in.
    """
    require_confirmed(actor)
    try:
        with database.transaction(_scope(actor)) as session:
            _remove(session, _person(actor), None, key)
            end_all_sessions(session, actor.user_id, keep=actor.session_id, reason="factor_changed")
    except Conflict as error:
        with database.transaction(_scope(actor)) as session:
            _record(session, REMOVED, actor.user_id, outcome="denied", reason=error.code)
        raise


@command("profile:edit", find=find_self, audit_as="ENTITY_UPDATED")
def _add(session: Session, actor: Actor, user: User, made: Made, name: str) -> uuid.UUID:
    """The row of the person is locked, so that parallel ones count each other."""
    if len(keys_of(session, user.id)) >= MOST:
        raise _too_many()
    key_id = new_id()
    stored = session.execute(
        insert(WebAuthnCredential)
        .values(
            id=key_id,
            user_id=user.id,
            name=name,
            credential_id=made.credential_id,
            public_key=made.public_key,
            counter=made.counter,
            transports=made.transports,
            aaguid=made.aaguid,
            backed_up=made.is_backed_up,
            device_fingerprint=origin().device_fingerprint,
            persistent_device_id=origin().device_id,
            created_at=clock.now(),
        )
        .on_conflict_do_nothing(index_elements=["credential_id"])
        .returning(WebAuthnCredential.id)
    )
    if stored.scalar_one_or_none() is None:
        raise Unproved("known_credential")
    if not user.two_factor_enabled:
        user.two_factor_enabled = True
        user.two_factor_enabled_at = clock.now()
    changes.note(session, added="webauthn_credentials", added_id=key_id)
    _tell(session, user, MailKind.FACTOR_ADDED, name)
    _record(session, ADDED, user.id)
    return key_id


@command("profile:edit", find=find_self, audit_as="ENTITY_UPDATED")
def _rename(session: Session, actor: Actor, user: User, key: str, name: str) -> User:
    row = _find(session, user, key)
    row.name = name
    _record(session, RENAMED, user.id)
    return user


@command("profile:edit", find=find_self, audit_as="ENTITY_UPDATED")
def _remove(session: Session, actor: Actor, user: User, key: str) -> User:
    row = _find(session, user, key)
    factors = factors_of(session, user.id)
    if factors.passkeys == 1:
        _refuse_last(session, user, replace(factors, passkeys=0))
        if user.totp_secret_enc is None and not user.email_otp_enabled:
            user.two_factor_enabled = False
            user.two_factor_enabled_at = None
    changes.note(session, removed="webauthn_credentials", removed_id=row.id)
    session.delete(row)
    _tell(session, user, MailKind.FACTOR_REMOVED, row.name)
    _record(session, REMOVED, user.id)
    return user


def _refuse_last(session: Session, user: User, left: Factors) -> None:
    """``Conflict`` where the last passkey cannot be spared; ``left`` is what would remain."""
    if left.must_add_factor:
        raise Conflict(
            _(
                "Your role needs an authenticator app or a passkey, and this is the only one. "
                "Please add another one first, then remove it."
            ),
            code="factor_needed",
        )
    identities = select(AuthIdentity.id).where(AuthIdentity.user_id == user.id).limit(1)
    if user.password_hash is None and session.scalar(identities) is None:
        raise Conflict(
            _(
                "This is your last way to sign in. Please set a password or add another "
                "passkey first, then remove it."
            ),
            code="last_way_in",
        )


def _person(actor: Actor) -> Actor:
    """The person alone, whoever they act for: the change is recorded as their own."""
    return Actor(actor.user_id)


def _find(session: Session, user: User, key: str) -> WebAuthnCredential:
    """The person's own; malformed, missing and foreign are never told apart."""
    key_id = as_id(key)
    row = session.scalar(
        select(WebAuthnCredential)
        .where(WebAuthnCredential.id == key_id, WebAuthnCredential.user_id == user.id)
        .with_for_update()
    )
    if row is None:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    return row


def _too_many() -> Conflict:
    return Conflict(
        ngettext(
            "You have %(num)s passkey already. Please remove one first.",
            "You have %(num)s passkeys already. Please remove one first.",
            MOST,
        ),
        code="too_many_passkeys",
    )


def _tell(session: Session, user: User, kind: MailKind, name: str) -> None:
    ask_for_mail(
        session,
        kind,
        user.email,
        language=user.language,
        user_id=user.id,
        facts={"factor": "passkey", "name": name, "at": clock.now()},
    )


def _record(
    session: Session,
    action: str,
    user_id: uuid.UUID,
    *,
    outcome: str = "success",
    reason: str | None = None,
) -> None:
    audit.login(
        session,
        action,
        outcome,
        user_id=user_id,
        reason_code=reason,
        device_fingerprint=origin().device_fingerprint,
    )


def _scope(actor: Actor) -> Scope:
    return Scope((PLATFORM_OWNER_ID,), actor.user_id)
