"""What a reader of mails would see, computed as the mails are."""

import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from ecopick.core.audit.models import AuthAuditEvent
from ecopick.domains.auth.commands import proofs
from ecopick.domains.auth.models import AccountMail, AuthEmailVerification, VerificationPurpose


def latest(engine: Engine, email: str) -> AuthEmailVerification:
    """The newest proof about an address."""
    with Session(engine) as session:
        return session.scalars(
            sa.select(AuthEmailVerification)
            .where(AuthEmailVerification.email == email)
            .order_by(AuthEmailVerification.id.desc())
            .limit(1)
        ).one()


def code_of(proof: AuthEmailVerification) -> str:
    """The code in its mail."""
    return proofs.code_for(proof.id, VerificationPurpose(proof.purpose))


def token_of(proof: AuthEmailVerification) -> str:
    """The token in its mail's link."""
    return proofs.token_for(proof.id, VerificationPurpose(proof.purpose))


def other_than(code: str, step: int = 1) -> str:
    """A well-formed code that is not ``code``."""
    return f"{(int(code) + step) % 10**6:06d}"


def mails_to(engine: Engine, email: str) -> list[AccountMail]:
    """Mails asked for, oldest first."""
    with Session(engine) as session:
        query = sa.select(AccountMail).where(AccountMail.email == email).order_by(AccountMail.id)
        return list(session.scalars(query))


def recorded(engine: Engine, request_id: str) -> list[tuple[str, str, str | None]]:
    """What the authentication audit holds about one request."""
    with Session(engine) as session:
        rows = session.execute(
            sa.select(AuthAuditEvent.action, AuthAuditEvent.outcome, AuthAuditEvent.reason_code)
            .where(AuthAuditEvent.request_id == request_id)
            .order_by(AuthAuditEvent.created_at)
        )
        return [(row.action, row.outcome, row.reason_code) for row in rows]


def stranger() -> str:
    """An address that nobody has."""
    return f"{uuid.uuid4().hex}@example.org"


def state_of(engine: Engine, tables: tuple[str, ...]) -> dict[str, Any]:
    """Every row of some tables, to be compared."""
    with engine.connect() as connection:
        return {
            table: sorted(connection.execute(sa.text(f"select t::text from {table} t")).scalars())
            for table in tables
        }
