"""A forgotten password: a mailed link lets its person set a new one.

The second factor stays: whoever resets still passes it when they sign in.
"""

import uuid
from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from ecopick.core import audit, clock
from ecopick.core.errors import Invalid
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.text import language
from ecopick.core.uow import Database
from ecopick.domains.auth import passwords
from ecopick.domains.auth.commands.admission import refuse_blocked
from ecopick.domains.auth.commands.attempts import check_rate
from ecopick.domains.auth.commands.guessing import open_password
from ecopick.domains.auth.commands.password import (
    PasswordFacts,
    new_password_refusal,
    password_facts,
    store_new_password,
)
from ecopick.domains.auth.commands.proofs import LinkRefused, Proof, consume, open_link, start_proof
from ecopick.domains.auth.commands.second_step import open_codes
from ecopick.domains.auth.inputs import ConfirmReset, RequestReset
from ecopick.domains.auth.models import AuthEmailVerification, MailKind, VerificationPurpose
from ecopick.domains.auth.queries.credentials import find_credentials

RESET = "password_reset"
LIFETIME = timedelta(hours=1)


def request_reset(database: Database, data: RequestReset) -> None:
    """Mail the link to the stored address, if there is one.

    Known and unknown addresses cost the same work and get the same answer.
    """
    check_rate(database, RESET)
    with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
        person = find_credentials(session, data.email)
    start_proof(
        database,
        VerificationPurpose.PASSWORD_RESET,
        person.email if person is not None else data.email,
        kind=MailKind.RESET_LINK,
        language=person.language if person is not None else language(),
        lifetime=LIFETIME,
        user_id=person.user_id if person is not None else None,
    )


def read_link(database: Database, token: str) -> tuple[Proof, PasswordFacts, uuid.UUID]:
    """Whose password a link resets; ``LinkRefused`` where it no longer counts.

    A link dies with its hour, its use, and a change of the address or password.
    """
    proof = open_link(database, token, VerificationPurpose.PASSWORD_RESET)
    if proof.user_id is None:
        raise LinkRefused
    with database.transaction(Scope((PLATFORM_OWNER_ID,), proof.user_id)) as session:
        facts = password_facts(session, proof.user_id)
    if facts.email.lower() != proof.email.lower():
        raise LinkRefused
    return proof, facts, proof.user_id


def confirm_reset(database: Database, data: ConfirmReset) -> None:
    """Set the new password: the link is used up, every session ends, the person is told.

    ``LinkRefused`` for a link that no longer counts, ``Invalid`` for a weak password.
    """
    check_rate(database, RESET)
    with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
        refuse_blocked(session)
    try:
        proof, facts, user_id = read_link(database, data.token)
    except LinkRefused:
        _record(database, None, None, "link_refused")
        raise
    refusal = new_password_refusal(facts, data.password)
    if refusal is not None:
        _record(database, user_id, facts.email, "weak_password")
        raise Invalid(refusal, fields={"password": refusal})
    hashed = passwords.hash_password(data.password)
    try:
        with database.transaction(Scope((PLATFORM_OWNER_ID,), user_id)) as session:
            refuse_blocked(session, user_id)
            consume(session, proof)
            end_proofs(session, user_id)
            store_new_password(session, user_id, facts, hashed, reason=RESET)
            open_password(session, user_id, facts.email)
            open_codes(session, user_id)
            audit.login(session, RESET, "success", user_id=user_id, email=facts.email)
    except LinkRefused:
        _record(database, user_id, facts.email, "link_used")
        raise


def end_proofs(session: Session, user_id: uuid.UUID) -> None:
    """Let no other mailed link or code of the person count any longer."""
    session.execute(
        update(AuthEmailVerification)
        .where(
            AuthEmailVerification.user_id == user_id,
            AuthEmailVerification.consumed_at.is_(None),
        )
        .values(consumed_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def _record(
    database: Database, user_id: uuid.UUID | None, email: str | None, reason_code: str
) -> None:
    with database.transaction(Scope((PLATFORM_OWNER_ID,), user_id)) as session:
        audit.login(
            session, RESET, "failure", user_id=user_id, email=email, reason_code=reason_code
        )
