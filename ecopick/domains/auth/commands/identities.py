"""Signing in with an account at an identity provider, and linking such accounts.

An identity (issuer and subject) opens the account that it was linked to, and
no other; nobody gets an account by signing in elsewhere. The provider's word
on an address is worth something only where ``Proved.is_vouched_for`` says so.
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ecopick.core import audit, changes, clock, crypto
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.context import origin
from ecopick.core.db import new_id
from ecopick.core.errors import AppError, Conflict, NotFound, Text
from ecopick.core.finding import as_id
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import Database
from ecopick.domains.auth.commands.admission import admit
from ecopick.domains.auth.commands.mails import ask_for_mail
from ecopick.domains.auth.commands.sessions import SIGN_IN, end_all_sessions
from ecopick.domains.auth.models import AuthChallenge, AuthIdentity, ChallengePurpose, MailKind
from ecopick.domains.auth.outputs import Outcome
from ecopick.domains.auth.queries.credentials import factors_of, find_credentials
from ecopick.domains.auth.queries.identities import (
    find_identity,
    find_waiting_invitation,
    has_other_way_in,
)
from ecopick.domains.people.commands.invitations import invitation_token
from ecopick.domains.people.models import User
from ecopick.domains.people.queries import find_self

LINK, UNLINK = "identity_link", "identity_unlink"


@dataclass(frozen=True)
class Proved:
    """Who somebody is at a provider, after every check of its answer.

    ``is_vouched_for``: the provider says that it verified ``email``, and the
    operator lets its word count for that domain.
    """

    provider: str
    provider_name: str
    issuer: str
    subject: str = field(repr=False)
    email: str | None = field(default=None, repr=False)
    is_vouched_for: bool = False

    @property
    def method(self) -> str:
        """What sessions and the audit call this way of signing in."""
        return f"oidc:{self.provider}"


@dataclass(frozen=True)
class Invited:
    """No account yet, but an invitation waits for the proved address."""

    token: str = field(repr=False)


class NotLinked(AppError):
    """The identity opens no account, and may not be linked without its person's act."""

    status = 403
    code = "not_linked"

    def __init__(self, message: Text, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


def use_once(database: Database, state: str, expires_at: datetime) -> bool:
    """Mark an answer as used; False where it was before. Committed at once."""
    with database.transaction(Scope()) as session:
        marked = session.execute(
            insert(AuthChallenge)
            .values(
                id=new_id(),
                challenge_hash=crypto.token_hash(f"provider {state}"),
                purpose=ChallengePurpose.PROVIDER,
                created_at=clock.now(),
                consumed_at=clock.now(),
                expires_at=expires_at,
            )
            .on_conflict_do_nothing(index_elements=["challenge_hash"])
            .returning(AuthChallenge.id)
        )
        return marked.scalar_one_or_none() is not None


def sign_in_with(database: Database, proved: Proved) -> Outcome | Invited:
    """Let in whoever the identity was linked to; the account's second step still applies.

    Unknown identities: see ``_may_link_unasked``; else ``NotLinked`` with a
    sentence that tells nothing about accounts unless the provider vouches for
    the address. ``SourceBlocked`` where the address, device or person is.
    """
    with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
        user_id = find_identity(session, proved.issuer, proved.subject)
    if user_id is None:
        return _first_time(database, proved)
    with database.transaction(_scope(user_id)) as session:
        if not _note_use(session, Actor(user_id), None, proved):
            raise _not_linked("not_linked", proved.provider_name)  # Taken off a moment ago.
        return admit(session, user_id, method=proved.method)


def _first_time(database: Database, proved: Proved) -> Outcome | Invited:
    if proved.email is None or not proved.is_vouched_for:
        raise _not_linked("not_linked", proved.provider_name)
    with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
        person = find_credentials(session, proved.email)
        invited = find_waiting_invitation(session, proved.email) if person is None else None
    if invited is not None:
        return Invited(invitation_token(*invited))
    if person is None:
        raise _not_linked("no_account", proved.provider_name)
    try:
        with database.transaction(_scope(person.user_id)) as session:
            if not _may_link_unasked(session, person.user_id):
                raise _not_linked("link_first", proved.provider_name)
            _link(session, Actor(person.user_id), None, proved)
            return admit(session, person.user_id, method=proved.method)
    except IntegrityError:  # Another browser linked it a moment ago.
        raise _not_linked("not_linked", proved.provider_name) from None


def _may_link_unasked(session: Session, user_id: uuid.UUID) -> bool:
    """Whether a vouched-for address is enough for the account that has it.

    Only where nothing stronger than that mailbox protects it: its own address
    is verified, and it has no password, no second factor, no passkey, no other
    identity, and no power over a whole owner or the installation.
    """
    user = find_self(session, Actor(user_id))
    factors = factors_of(session, user_id)
    linked = session.scalar(select(AuthIdentity.id).where(AuthIdentity.user_id == user_id).limit(1))
    return (
        user.email_verified
        and linked is None
        and not user.is_system
        and not factors.has_password
        and not factors.two_factor_enabled
        and not factors.has_strong_factor
        and not factors.email_otp
        and not factors.is_trusted_with_much
    )


def link(database: Database, user_id: uuid.UUID, proved: Proved) -> bool:
    """Let the identity open the person's account; False where it does already.

    The caller has seen a fresh confirmation of the person's identity.
    ``Conflict`` where it opens somebody else's.
    """
    with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
        holder = find_identity(session, proved.issuer, proved.subject)
    if holder == user_id:
        return False
    if holder is None:
        try:
            with database.transaction(_scope(user_id)) as session:
                _link(session, Actor(user_id), None, proved)
            return True
        except IntegrityError:
            pass  # Another browser linked it a moment ago.
    raise Conflict(
        _("This account at %(name)s is connected to another account.", name=proved.provider_name),
        code="identity_taken",
    )


def unlink(
    database: Database,
    user_id: uuid.UUID,
    key: str,
    names: dict[str, str],
    *,
    keep: uuid.UUID | None,
) -> None:
    """Take an identity off the person's account; ``names`` are the known issuers'.

    All their sessions but ``keep`` end: it may be a stranger who came in by it.
    ``NotFound`` for any other identity, ``Conflict`` for the last way in.
    """
    with database.transaction(_scope(user_id)) as session:
        _unlink(session, Actor(user_id), None, key, names)
        end_all_sessions(session, user_id, keep=keep, reason="factor_changed")


@command("profile:edit", find=find_self, audit_as="ENTITY_CREATED")
def _link(session: Session, actor: Actor, user: User, proved: Proved) -> AuthIdentity:
    identity = AuthIdentity(
        id=new_id(),
        user_id=user.id,
        issuer=proved.issuer,
        subject=proved.subject,
        email=proved.email,
        last_used_at=None,
    )
    session.add(identity)
    session.flush()
    _tell(session, user, MailKind.FACTOR_ADDED, proved.provider_name)
    _record(session, LINK, user, proved.method)
    return identity


@command("profile:edit", find=find_self, audit_as="ENTITY_UPDATED")
def _unlink(
    session: Session,
    actor: Actor,
    user: User,
    key: str,
    names: dict[str, str],
) -> User:
    identity_id = as_id(key)
    identity = session.scalar(
        select(AuthIdentity).where(AuthIdentity.id == identity_id, AuthIdentity.user_id == user.id)
    )
    if identity is None:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    if not has_other_way_in(session, user, identity.id, names.keys()):
        raise Conflict(
            _(
                "This is your last way to sign in. Please set a password or add a passkey first, "
                "then disconnect it."
            ),
            code="last_way_in",
        )
    changes.note(session, removed="auth_identities", removed_id=identity.id, issuer=identity.issuer)
    session.delete(identity)
    _tell(session, user, MailKind.FACTOR_REMOVED, names.get(identity.issuer, identity.issuer))
    _record(session, UNLINK, user, f"issuer {identity.issuer}")
    return user


@command("profile:edit", find=find_self, audit_as=None)
def _note_use(session: Session, actor: Actor, user: User, proved: Proved) -> bool:
    """When it was last used; False where it is the person's no longer."""
    identity = session.scalars(
        select(AuthIdentity).where(
            AuthIdentity.issuer == proved.issuer, AuthIdentity.subject == proved.subject
        )
    ).one_or_none()
    if identity is not None:
        identity.last_used_at = clock.now()
        identity.email = proved.email
    return identity is not None


def record_refusal(
    database: Database,
    provider: str,
    reason: str,
    *,
    denied: bool = False,
    detail: str = "",
    links_user: uuid.UUID | None = None,
) -> None:
    """Note that a sign-in, or with ``links_user`` their linking, failed and why; never a secret."""
    meta = {"method": f"oidc:{provider}"} | ({"detail": detail[:200]} if detail else {})
    with database.transaction(Scope((PLATFORM_OWNER_ID,), links_user)) as session:
        audit.login(
            session,
            SIGN_IN if links_user is None else LINK,
            "denied" if denied else "failure",
            user_id=links_user,
            reason_code=reason,
            device_fingerprint=origin().device_fingerprint,
            meta=meta,
        )


def _tell(session: Session, user: User, kind: MailKind, name: str) -> None:
    ask_for_mail(
        session,
        kind,
        user.email,
        language=user.language,
        user_id=user.id,
        facts={"factor": "identity", "name": name, "at": clock.now()},
    )


def _record(session: Session, action: str, user: User, method: str) -> None:
    audit.login(
        session,
        action,
        "success",
        user_id=user.id,
        email=user.email,
        device_fingerprint=origin().device_fingerprint,
        meta={"method": method},
    )


def _not_linked(reason: str, name: str) -> NotLinked:
    if reason == "link_first":
        text = _(
            "There is an account here with your email address. Please sign in to it once in "
            "the usual way, then connect %(name)s under account security.",
            name=name,
        )
    elif reason == "no_account":
        text = _(
            "There is no account for your email address. Ask your building manager for an "
            "invitation."
        )
    else:
        text = _(
            "Your account at %(name)s is not connected to an account here. Please sign in in "
            "the usual way and connect it under account security. If you have no account, ask "
            "your building manager for an invitation.",
            name=name,
        )
    return NotLinked(text, reason)


def _scope(user_id: uuid.UUID) -> Scope:
    return Scope((PLATFORM_OWNER_ID,), user_id)
