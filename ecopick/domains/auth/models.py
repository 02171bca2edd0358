"""Sessions, refresh tokens, second factors, passkeys and proven addresses."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import CITEXT
from sqlalchemy.orm import Mapped, mapped_column

from ecopick.core.db import Base, CreatedAt, EnumText, HasId, new_id, one_of


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


class AuthSession(HasId, CreatedAt, Base):
    """A signed-in device. ``property_owner_id`` is the owner chosen to act for.

    ``step_up_at`` is the last time the person proved to be themself; sessions
    that were rotated into one another share ``family_id``.
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
    """Second step of a sign-in in progress."""

    __tablename__ = "auth_pending_logins"
    __table_args__ = (
        one_of("method", PendingLoginMethod),
        Index(None, "user_id"),
        Index(None, "expires_at"),
    )

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    method: Mapped[PendingLoginMethod] = mapped_column(EnumText(PendingLoginMethod))
    code_salt: Mapped[str | None]
    code_hash: Mapped[str | None]
    code_attempts: Mapped[int] = mapped_column(default=0)
    code_sent_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    consumed_at: Mapped[datetime | None]
    ip: Mapped[str | None]
    device_fingerprint: Mapped[str | None]


class AuthEmailVerification(HasId, CreatedAt, Base):
    """Proof of control over an address, by mailed code.

    Seen by whoever works on that address (``app.email``) or by ``user_id``.
    """

    __tablename__ = "auth_email_verifications"
    __table_args__ = (
        one_of("purpose", VerificationPurpose),
        Index(None, "email"),
        Index(None, "expires_at"),
        Index(None, "verified_at"),
    )

    email: Mapped[str] = mapped_column(CITEXT)
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    purpose: Mapped[VerificationPurpose] = mapped_column(
        EnumText(VerificationPurpose), default=VerificationPurpose.REGISTER
    )
    salt: Mapped[str]
    code_hash: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
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
    credential_id: Mapped[bytes]
    public_key: Mapped[bytes]
    counter: Mapped[int] = mapped_column(BigInteger, default=0)
    transports: Mapped[list[str]] = mapped_column(default=list)
    device_fingerprint: Mapped[str | None]
    persistent_device_id: Mapped[str | None]
    last_used_at: Mapped[datetime | None]
