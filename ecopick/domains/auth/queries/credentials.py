"""Who is behind an address, and with what they prove it."""

import uuid
from dataclasses import dataclass

from sqlalchemy import Boolean, Text, Uuid, cast, column, exists, func, select
from sqlalchemy.dialects.postgresql import CITEXT
from sqlalchemy.orm import Session

from ecopick.core.roles import MembershipRole
from ecopick.domains.auth.models import AuthRecoveryCode, PendingLoginMethod, WebAuthnCredential
from ecopick.domains.people.models import Membership, User
from ecopick.domains.people.queries import role_counts

# People of the demonstration, which production never holds.
DEMO_DOMAIN = "@demo.example.org"
# First factors that prove control of the mailbox alone.
BY_MAIL = frozenset({"email_link", "email_code", "invitation"})


@dataclass(frozen=True)
class Credentials:
    """What a sign-in needs to know of the person behind an address."""

    user_id: uuid.UUID
    password_hash: str | None
    language: str
    two_factor_enabled: bool
    email: str


def find_credentials(session: Session, email: str) -> Credentials | None:
    """The person behind an address, whatever the scope; the system user is nobody."""
    found = func.find_user_by_email(cast(email, CITEXT)).table_valued(
        column("id", Uuid),
        column("password_hash", Text),
        column("language", Text),
        column("two_factor_enabled", Boolean),
        column("email", Text),
        column("is_system", Boolean),
    )
    row = session.execute(select(found)).one_or_none()
    if row is None or row.is_system:
        return None
    return Credentials(row.id, row.password_hash, row.language, row.two_factor_enabled, row.email)


@dataclass(frozen=True)
class Factors:
    """With what a person proves their identity; their own scope is needed to read it.

    ``is_trusted_with_much``: app administrators and property owners, for whom a
    mailed code is not enough.
    """

    email: str
    language: str
    two_factor_enabled: bool
    has_password: bool
    totp: bool
    email_otp: bool
    passkeys: int
    recovery_codes: int
    is_trusted_with_much: bool

    @property
    def has_strong_factor(self) -> bool:
        """Whether an authenticator app or a passkey protects the account."""
        return self.totp or self.passkeys > 0

    @property
    def must_add_factor(self) -> bool:
        """Whether the person has to set up a strong factor before anything else.

        People of the demonstration are spared.
        """
        return self._needs_strong_factor and not self.has_strong_factor

    @property
    def must_keep_second_step(self) -> bool:
        """Whether the second step cannot be switched off: much is trusted to its person."""
        return self._needs_strong_factor and self.has_strong_factor

    @property
    def asks_second_step(self) -> bool:
        """Whether a first factor alone opens nothing, whatever the person chose."""
        return self.two_factor_enabled or self.must_keep_second_step

    @property
    def _needs_strong_factor(self) -> bool:
        return self.is_trusted_with_much and not self.email.endswith(DEMO_DOMAIN)

    @property
    def methods(self) -> tuple[PendingLoginMethod, ...]:
        """What the second step may be, strongest first.

        Beside another factor a mailed code counts only where its person chose
        so: else whoever holds the mailbox would reset the password and pass
        the second step with it.
        """
        found: list[PendingLoginMethod] = []
        if self.totp:
            found.append(PendingLoginMethod.TOTP)
        if self.passkeys:
            found.append(PendingLoginMethod.PASSKEY)
        if not found or (self.email_otp and not self.is_trusted_with_much):
            found.append(PendingLoginMethod.EMAIL_CODE)
        return tuple(found)

    def methods_after(self, first_factor: str) -> tuple[PendingLoginMethod, ...]:
        """As ``methods``, but a mailbox is not asked twice: then possibly none is left."""
        if first_factor not in BY_MAIL:
            return self.methods
        return tuple(way for way in self.methods if way is not PendingLoginMethod.EMAIL_CODE)


def factors_of(session: Session, user_id: uuid.UUID) -> Factors:
    """The factors of a person, in one statement; the scope must be the person's."""
    passkeys = (
        select(func.count())
        .where(WebAuthnCredential.user_id == User.id)
        .scalar_subquery()
        .label("passkeys")
    )
    codes = (
        select(func.count())
        .where(AuthRecoveryCode.user_id == User.id, AuthRecoveryCode.used_at.is_(None))
        .scalar_subquery()
        .label("codes")
    )
    owns = exists().where(
        Membership.user_id == User.id,
        Membership.role == MembershipRole.PROPERTY_OWNER,
        role_counts(),
    )
    row = session.execute(
        select(
            User.email,
            User.language,
            User.two_factor_enabled,
            User.password_hash.is_not(None).label("has_password"),
            User.totp_secret_enc.is_not(None).label("totp"),
            User.email_otp_enabled,
            User.is_app_admin,
            passkeys,
            codes,
            owns.label("owns"),
        ).where(User.id == user_id)
    ).one()
    return Factors(
        email=row.email,
        language=row.language,
        two_factor_enabled=row.two_factor_enabled,
        has_password=row.has_password,
        totp=row.totp,
        email_otp=row.email_otp_enabled,
        passkeys=row.passkeys,
        recovery_codes=row.codes,
        is_trusted_with_much=row.is_app_admin or row.owns,
    )
