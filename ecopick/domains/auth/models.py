"""Sessions, refresh tokens, second factors, passkeys and proven addresses."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import CITEXT
from sqlalchemy.orm import Mapped, mapped_column

from ecopick.core.db import Base, CreatedAt, EnumText, HasId, Owned, new_id, one_of


class PendingLoginMethod(StrEnum):
    """What the second step of a sign-in asks for."""

    TOTP = "totp"
    EMAIL_CODE = "email_code"
    PASSKEY = "passkey"


class VerificationPurpose(StrEnum):
    """Why control of an address is being proved."""

    REGISTER = "register"
    EMAIL_CHANGE = "email_change"
    PASSWORD_RESET = "password_reset"
    PUBLIC_REQUEST = "public_request"
    SIGN_IN_LINK = "sign_in_link"


class MailKind(StrEnum):
    """What an account mail says."""

    REGISTER_CODE = "register_code"
    SECOND_STEP_CODE = "second_step_code"
    SIGN_IN_LINK = "sign_in_link"
    RESET_LINK = "reset_link"
    EMAIL_CHANGE_CODE = "email_change_code"
    INVITATION = "invitation"
    EMAIL_CHANGED = "email_changed"
    PASSWORD_CHANGED = "password_changed"
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"
    RECOVERY_CODES_MADE = "recovery_codes_made"
    RECOVERY_CODE_USED = "recovery_code_used"
    NEW_DEVICE = "new_device"
    SESSIONS_ENDED = "sessions_ended"
    SIGN_IN_BLOCKED = "sign_in_blocked"
    REQUEST_CODE = "request_code"


class ChallengePurpose(StrEnum):
    """What a passkey, or an identity provider, is asked for."""

    REGISTER = "register"
    SIGN_IN = "sign_in"
    SECOND_STEP = "second_step"
    STEP_UP = "step_up"
    PROVIDER = "provider"


class AuthSession(HasId, CreatedAt, Base):
    """A signed-in device. ``property_owner_id`` is the owner chosen to act for.

    ``step_up_at`` is the last time the person proved to be themself; sessions
    that were rotated into one another share ``family_id``; ``method`` names what
    opened the first of them (``password+totp``, ``passkey``).
    """

    __tablename__ = "auth_sessions"
    __table_args__ = (
        Index(None, "user_id"),
        Index(None, "device_fingerprint"),
        Index(None, "persistent_device_id"),
        Index(None, "expires_at"),
        Index(None, "family_id"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    property_owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("property_owners.id"))
    family_id: Mapped[uuid.UUID] = mapped_column(default=new_id)
    remember_me: Mapped[bool] = mapped_column(default=False)
    method: Mapped[str]
    device_fingerprint: Mapped[str | None]
    persistent_device_id: Mapped[str | None]
    user_agent: Mapped[str | None]
    ip: Mapped[str | None]
    location: Mapped[str | None]
    expires_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    step_up_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AuthRefreshToken(HasId, CreatedAt, Base):
    """Hashed, one for each session; a family is revoked as a whole on reuse."""

    __tablename__ = "auth_refresh_tokens"
    __table_args__ = (
        UniqueConstraint("session_id"),
        Index(None, "user_id"),
        Index(None, "device_fingerprint"),
        Index(None, "persistent_device_id"),
        Index(None, "expires_at"),
        Index(None, "revoked_at"),
        Index(None, "family_id"),
        Index(None, "token_hash"),
    )

    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("auth_sessions.id"))
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    family_id: Mapped[uuid.UUID]
    token_hash: Mapped[str]
    device_fingerprint: Mapped[str | None]
    persistent_device_id: Mapped[str | None]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AuthPendingLogin(HasId, CreatedAt, Base):
    """A sign-in whose first step succeeded and whose second is awaited.

    ``first_factor`` is what succeeded; ``method`` what the person chose for the
    second step, None until then. A mailed code is computed from id and
    ``code_version`` while its mail is rendered; only its hash is stored.
    """

    __tablename__ = "auth_pending_logins"
    __table_args__ = (
        one_of("method", PendingLoginMethod),
        Index(None, "user_id"),
        Index(None, "expires_at"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    first_factor: Mapped[str]
    remember_me: Mapped[bool] = mapped_column(default=False)
    method: Mapped[PendingLoginMethod | None] = mapped_column(EnumText(PendingLoginMethod))
    code_salt: Mapped[str | None]
    code_hash: Mapped[str | None]
    code_version: Mapped[int] = mapped_column(default=0)
    code_attempts: Mapped[int] = mapped_column(default=0)
    code_sent_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    consumed_at: Mapped[datetime | None]
    ip: Mapped[str | None]
    device_fingerprint: Mapped[str | None]
    persistent_device_id: Mapped[str | None]


class AuthEmailVerification(HasId, CreatedAt, Base):
    """Proof of control over an address, by mailed code or link.

    Seen by whoever works on that address (``app.email``) or by ``user_id``. Code
    and link token are computed from id and ``version`` while the mail is
    rendered; only hashes are stored. ``browser_hash`` names the browser that
    asked, where only it may complete. ``details`` holds what the asker chose
    (where to go on, to be remembered).
    """

    __tablename__ = "auth_email_verifications"
    __table_args__ = (
        one_of("purpose", VerificationPurpose),
        UniqueConstraint("token_hash"),
        Index(None, "email"),
        Index(None, "expires_at"),
        Index(None, "verified_at"),
    )

    email: Mapped[str] = mapped_column(CITEXT)
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    purpose: Mapped[VerificationPurpose] = mapped_column(
        EnumText(VerificationPurpose), default=VerificationPurpose.REGISTER
    )
    language: Mapped[str] = mapped_column(default="en")
    version: Mapped[int] = mapped_column(default=1)
    salt: Mapped[str]
    code_hash: Mapped[str]
    token_hash: Mapped[bytes | None]
    browser_hash: Mapped[bytes | None]
    details: Mapped[dict[str, Any] | None]
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    verified_at: Mapped[datetime | None]
    consumed_at: Mapped[datetime | None]


class AuthRecoveryCode(HasId, CreatedAt, Base):
    """One-time code for the day the second factor is lost."""

    __tablename__ = "auth_recovery_codes"
    __table_args__ = (Index(None, "user_id"), Index(None, "used_at"))

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    salt: Mapped[str]
    hash: Mapped[str]
    used_at: Mapped[datetime | None]


class WebAuthnCredential(HasId, CreatedAt, Base):
    """A passkey."""

    __tablename__ = "webauthn_credentials"
    __table_args__ = (
        UniqueConstraint("credential_id"),
        Index(None, "user_id"),
        Index(None, "device_fingerprint"),
        Index(None, "persistent_device_id"),
        Index(None, "created_at"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str]
    credential_id: Mapped[bytes]
    public_key: Mapped[bytes]
    counter: Mapped[int] = mapped_column(BigInteger, default=0)
    transports: Mapped[list[str]] = mapped_column(default=list)
    aaguid: Mapped[str | None]
    backed_up: Mapped[bool] = mapped_column(default=False)
    device_fingerprint: Mapped[str | None]
    persistent_device_id: Mapped[str | None]
    last_used_at: Mapped[datetime | None]


class AuthChallenge(HasId, CreatedAt, Base):
    """What a passkey must sign: used once, for one purpose, within minutes.

    For a provider's answer, the mark that it was used. Outside row-level
    security, as nobody is known yet when it is made; reached by its hash alone.
    """

    __tablename__ = "auth_challenges"
    __table_args__ = (
        one_of("purpose", ChallengePurpose),
        UniqueConstraint("challenge_hash"),
        Index(None, "expires_at"),
    )

    challenge_hash: Mapped[bytes]
    purpose: Mapped[ChallengePurpose] = mapped_column(EnumText(ChallengePurpose))
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    pending_login_id: Mapped[uuid.UUID | None]
    expires_at: Mapped[datetime]
    consumed_at: Mapped[datetime | None]


class AuthIdentity(HasId, CreatedAt, Base):
    """An account at an identity provider (OpenID Connect) that opens this one."""

    __tablename__ = "auth_identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"), Index(None, "user_id"))

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    issuer: Mapped[str]
    subject: Mapped[str]
    email: Mapped[str | None] = mapped_column(CITEXT)
    last_used_at: Mapped[datetime | None]


class AccountMail(HasId, Owned, CreatedAt, Base):
    """A mail about an account that is to leave once, or has left; it belongs to the platform.

    Codes and link tokens are computed while it is rendered, from ``subject_id``
    (a proof, a second step, an invitation) and ``version``; ``facts`` holds what
    else it tells, never a secret. Its Message-ID is made of its id.
    """

    __tablename__ = "account_mails"
    __table_args__ = (one_of("kind", MailKind), Index(None, "retry_at"), Index(None, "user_id"))

    kind: Mapped[MailKind] = mapped_column(EnumText(MailKind))
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    email: Mapped[str] = mapped_column(CITEXT)
    language: Mapped[str]
    subject_id: Mapped[uuid.UUID | None]
    version: Mapped[int] = mapped_column(default=1)
    facts: Mapped[dict[str, Any] | None]
    attempts: Mapped[int] = mapped_column(default=0)
    retry_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]


class SupportAccess(HasId, Owned, CreatedAt, Base):
    """An app administrator at work for an owner, for a stated reason and a short time.

    Without ``subject_id`` with all rights there; with it, with the eyes of that
    person. It belongs to the sessions of one family and ends with them.
    """

    __tablename__ = "support_accesses"
    __table_args__ = (
        Index(None, "user_id", "family_id"),
        Index(None, "property_owner_id", "created_at"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    family_id: Mapped[uuid.UUID]
    subject_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
