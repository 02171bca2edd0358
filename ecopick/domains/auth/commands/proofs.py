"""Proofs of control over an address: a mailed code, or a mailed link.

Code and link are computed from the proof's id and version; only keyed hashes
are stored. Unknown, expired, used-up and foreign proofs get one answer.
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    Select,
    Text,
    Uuid,
    case,
    cast,
    column,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import BYTEA
from sqlalchemy.orm import Session

from ecopick.core import audit, clock, crypto
from ecopick.core.context import origin
from ecopick.core.db import new_id
from ecopick.core.errors import AppError, Invalid
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import Database
from ecopick.domains.auth import codes
from ecopick.domains.auth.commands.admission import refuse_blocked
from ecopick.domains.auth.commands.attempts import count
from ecopick.domains.auth.commands.mails import ask_for_mail
from ecopick.domains.auth.models import AuthEmailVerification, MailKind, VerificationPurpose
from ecopick.domains.security.addresses import counted_as
from ecopick.domains.security.commands.limits import Limit

GUESSES = 5
# However long the proof lives: a code is short enough to be guessed, its link is not.
CODE_LIFETIME = timedelta(minutes=10)
RESEND_AFTER = timedelta(seconds=60)
VERIFIED_LIFETIME = timedelta(minutes=30)
MAILS = "account_mail"
PER_EMAIL_AND_HOUR = Limit("email_hour", 5, timedelta(hours=1))
PER_IP_AND_HOUR = Limit("ip_hour", 20, timedelta(hours=1))
ASKED, CHECKED, USED = "proof_asked", "proof_checked", "proof_used"


class CodeRefused(Invalid):
    """A wrong code, or one that no longer counts: never told apart."""

    code = "code_refused"

    def __init__(self) -> None:
        text = _("This code is not right or no longer valid. You can ask for a new one.")
        super().__init__(text, fields={"code": text})


class LinkRefused(AppError):
    """No such link, or one that no longer counts: never told apart."""

    status = 410
    code = "link_refused"

    def __init__(self) -> None:
        super().__init__(_("This link is no longer valid. Please ask for a new one."))


@dataclass(frozen=True)
class Proof:
    """A proof that counts. ``by_link``: its holder came with the link's token."""

    id: uuid.UUID
    purpose: VerificationPurpose
    email: str
    user_id: uuid.UUID | None
    language: str
    expires_at: datetime
    is_verified: bool
    browser_hash: bytes | None = field(repr=False)
    by_link: bool = False
    details: dict[str, Any] = field(default_factory=dict)

    def is_of(self, browser: str | None) -> bool:
        """Whether ``browser`` (its device id) asked; so for all where nobody noted it."""
        return self.browser_hash is None or self.browser_hash == _browser_hash(browser)


def code_for(proof_id: uuid.UUID, purpose: VerificationPurpose, version: int = 1) -> str:
    """The code that the proof's mail carries."""
    return codes.code_for(purpose, proof_id, version)


def token_for(proof_id: uuid.UUID, purpose: VerificationPurpose, version: int = 1) -> str:
    """The token that the link in the proof's mail carries."""
    return crypto.token(f"proof:{purpose}", proof_id, version)


def start_proof(
    database: Database,
    purpose: VerificationPurpose,
    email: str,
    *,
    kind: MailKind,
    language: str,
    lifetime: timedelta,
    user_id: uuid.UUID | None = None,
    browser: str | None = None,
    details: dict[str, Any] | None = None,
    resend_after: timedelta = RESEND_AFTER,
) -> uuid.UUID:
    """Make a proof and ask for its mail; the proof's id, which only the asker may learn.

    Never asks whether the address is known. ``browser`` is the device id of the
    browser to which the proof belongs. ``TooManyRequests`` where the address
    got a mail within ``resend_after`` or five in an hour, or this network
    address asked for twenty; ``SourceBlocked`` for blocked sources.
    """
    with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
        refuse_blocked(session)
    limits = {
        Limit("email", 1, resend_after): email.lower(),
        PER_EMAIL_AND_HOUR: email.lower(),
    }
    if origin().ip:
        limits[PER_IP_AND_HOUR] = counted_as(origin().ip)
    count(database, MAILS, limits, user_id=user_id, email=email)
    proof_id, salt, moment = new_id(), codes.new_salt(), clock.now()
    with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
        _work_on(session, email)
        session.execute(
            insert(AuthEmailVerification).values(
                id=proof_id,
                email=email,
                user_id=user_id,
                purpose=purpose,
                language=language,
                version=1,
                salt=salt,
                code_hash=codes.code_hash(salt, code_for(proof_id, purpose)),
                token_hash=crypto.token_hash(token_for(proof_id, purpose)),
                browser_hash=_browser_hash(browser) if browser else None,
                details=details,
                attempts=0,
                sent_at=moment,
                created_at=moment,
                expires_at=moment + lifetime,
            )
        )
        ask_for_mail(session, kind, email, language=language, user_id=user_id, subject_id=proof_id)
        _record(session, ASKED, "success", purpose, email, user_id)
    return proof_id


def check_code(
    database: Database,
    proof_id: uuid.UUID,
    purpose: VerificationPurpose,
    code: str,
    browser: str | None = None,
) -> Proof:
    """The proof, verified by its code; ``CodeRefused`` otherwise.

    A guess is counted before it is looked at: five in all, also of parallel
    ones. With ``browser`` only the browser that asked may guess. A verified
    proof lives half an hour longer, for whatever is done with it.
    """
    digits = codes.digits_of(code) or ""
    with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
        refuse_blocked(session)
        email = _address(session, proof_id)
        _work_on(session, email)
        row = _count_guess(session, proof_id, purpose, browser)
        right = codes.code_matches(
            row.code_hash if row is not None else None,
            row.salt if row is not None else None,
            digits,
        )
        if row is not None and right:
            moment = clock.now()
            session.execute(
                update(AuthEmailVerification)
                .where(AuthEmailVerification.id == proof_id)
                .values(
                    verified_at=func.coalesce(AuthEmailVerification.verified_at, moment),
                    expires_at=case(
                        (
                            AuthEmailVerification.verified_at.is_(None),
                            moment + VERIFIED_LIFETIME,
                        ),
                        else_=AuthEmailVerification.expires_at,
                    ),
                )
            )
            _record(session, CHECKED, "success", purpose, row.email, row.user_id)
            found: Proof | None = _proof(row, is_verified=True)
        else:
            reason = "wrong_code" if row is not None else _why(session, proof_id, purpose, browser)
            _record(session, CHECKED, "failure", purpose, email or None, None, reason)
            found = None
    if found is None:
        raise CodeRefused
    return found


def _count_guess(
    session: Session, proof_id: uuid.UUID, purpose: VerificationPurpose, browser: str | None
) -> Any:
    """The row, locked, with one more guess counted; None where it bears none."""
    conditions = [
        AuthEmailVerification.id == proof_id,
        AuthEmailVerification.purpose == purpose,
        AuthEmailVerification.attempts < GUESSES,
        AuthEmailVerification.expires_at > clock.now(),
        or_(
            AuthEmailVerification.created_at > clock.now() - CODE_LIFETIME,
            AuthEmailVerification.verified_at.is_not(None),
        ),
        AuthEmailVerification.consumed_at.is_(None),
    ]
    if browser is not None:
        conditions.append(
            or_(
                AuthEmailVerification.browser_hash.is_(None),
                AuthEmailVerification.browser_hash == _browser_hash(browser),
            )
        )
    return session.execute(
        update(AuthEmailVerification)
        .where(*conditions)
        .values(attempts=AuthEmailVerification.attempts + 1)
        .returning(*AuthEmailVerification.__table__.columns)
    ).one_or_none()


def _why(
    session: Session, proof_id: uuid.UUID, purpose: VerificationPurpose, browser: str | None
) -> str:
    """Why a proof bears no guess, for the record alone."""
    row = session.execute(_of(proof_id)).one_or_none()
    if row is None or row.purpose != purpose:
        return "unknown_proof"
    if row.consumed_at is not None:
        return "used"
    if min(row.expires_at, row.created_at + CODE_LIFETIME) <= clock.now():
        return "expired"
    if row.attempts >= GUESSES:
        return "too_many_guesses"
    return "other_browser"


def open_link(database: Database, token: str, purpose: VerificationPurpose) -> Proof:
    """What a link stands for; ``LinkRefused`` where it no longer counts. Changes nothing."""
    with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
        hashed = crypto.token_hash(token)
        email = _address(session, None, hashed)
        _work_on(session, email)
        row = session.execute(
            select(*AuthEmailVerification.__table__.columns).where(
                AuthEmailVerification.token_hash == hashed,
                AuthEmailVerification.purpose == purpose,
                AuthEmailVerification.expires_at > clock.now(),
                AuthEmailVerification.consumed_at.is_(None),
            )
        ).one_or_none()
    if row is None:
        raise LinkRefused
    return _proof(row, is_verified=row.verified_at is not None, by_link=True)


def find_proof(
    database: Database,
    proof_id: uuid.UUID,
    purpose: VerificationPurpose | None = None,
    *,
    is_verified: bool = True,
) -> Proof | None:
    """A proof that still counts, by its id; with ``is_verified`` only once its code was right.

    ``purpose`` None takes any. Changes nothing.
    """
    with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
        _work_on(session, _address(session, proof_id))
        row = session.execute(_of(proof_id)).one_or_none()
    if row is None or row.consumed_at is not None or row.expires_at <= clock.now():
        return None
    if (purpose is not None and row.purpose != purpose) or (is_verified and not row.verified_at):
        return None
    return _proof(row, is_verified=row.verified_at is not None)


def consume(session: Session, proof: Proof) -> None:
    """Use the proof up in the caller's transaction: works once.

    Else ``LinkRefused``, or ``CodeRefused`` for a proof by code, which must have
    been verified. The transaction's scope must hold
    the platform's owner, as the use is recorded.
    """
    moment = clock.now()
    _work_on(session, proof.email)
    conditions = [
        AuthEmailVerification.id == proof.id,
        AuthEmailVerification.purpose == proof.purpose,
        AuthEmailVerification.consumed_at.is_(None),
        AuthEmailVerification.expires_at > moment,
    ]
    if not proof.by_link:
        conditions.append(AuthEmailVerification.verified_at.is_not(None))
    used = session.execute(
        update(AuthEmailVerification)
        .where(*conditions)
        .values(
            consumed_at=moment,
            verified_at=func.coalesce(AuthEmailVerification.verified_at, moment),
        )
        .returning(AuthEmailVerification.id)
    ).one_or_none()
    if used is None:
        raise LinkRefused if proof.by_link else CodeRefused
    _record(session, USED, "success", proof.purpose, proof.email, proof.user_id)


def _address(session: Session, proof_id: uuid.UUID | None, hashed: bytes | None = None) -> str:
    """The address that a proof is about, whatever the scope; blank where there is none."""
    found = func.find_email_verification(cast(proof_id, Uuid), cast(hashed, BYTEA)).table_valued(
        column("id", Uuid), column("email", Text)
    )
    return str(session.scalar(select(found.c.email)) or "")


def _work_on(session: Session, email: str) -> None:
    """From here on the transaction sees the proofs of this address."""
    session.execute(select(func.set_config("app.email", literal(email), True)))


def _of(proof_id: uuid.UUID) -> Select[Any]:
    return select(*AuthEmailVerification.__table__.columns).where(
        AuthEmailVerification.id == proof_id
    )


def _browser_hash(browser: str | None) -> bytes:
    return crypto.token_hash(f"browser:{browser or ''}")


def _proof(row: Any, *, is_verified: bool, by_link: bool = False) -> Proof:
    return Proof(
        id=row.id,
        purpose=VerificationPurpose(row.purpose),
        email=row.email,
        user_id=row.user_id,
        language=row.language,
        expires_at=row.expires_at,
        is_verified=is_verified,
        browser_hash=row.browser_hash,
        by_link=by_link,
        details=row.details or {},
    )


def _record(
    session: Session,
    action: str,
    outcome: str,
    purpose: VerificationPurpose,
    email: str | None,
    user_id: uuid.UUID | None,
    reason_code: str | None = None,
) -> None:
    audit.login(
        session,
        action,
        outcome,
        user_id=user_id,
        email=email,
        reason_code=reason_code,
        device_fingerprint=origin().device_fingerprint,
        meta={"purpose": purpose.value},
    )
