"""Mailed proofs: five guesses, one use, one answer for whatever does not count."""

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from ecopick.core import clock, crypto
from ecopick.core.audit.models import AuthAuditEvent
from ecopick.core.context import Origin, origin, use_origin
from ecopick.core.errors import TooManyRequests
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.uow import Database
from ecopick.domains.auth.commands import proofs
from ecopick.domains.auth.commands.admission import SourceBlocked
from ecopick.domains.auth.commands.proofs import CodeRefused, LinkRefused, Proof
from ecopick.domains.auth.models import (
    AccountMail,
    AuthEmailVerification,
    MailKind,
    VerificationPurpose,
)
from ecopick.domains.security.models import BlockedSource, BlockedSourceType
from tests.factories import World

REGISTER = VerificationPurpose.REGISTER
LINK = VerificationPurpose.SIGN_IN_LINK


@pytest.fixture(autouse=True)
def _here(world: World) -> Iterator[None]:
    with use_origin(Origin(ip="198.51.100.20", device_id="asker")):
        yield


def address() -> str:
    return f"{uuid.uuid4().hex}@example.org"


def start(database: Database, email: str, purpose: Any = REGISTER, **values: Any) -> uuid.UUID:
    return proofs.start_proof(
        database,
        purpose,
        email,
        kind=MailKind.REGISTER_CODE,
        language="de",
        lifetime=timedelta(minutes=10),
        **values,
    )


def right(proof_id: uuid.UUID, purpose: Any = REGISTER) -> str:
    return proofs.code_for(proof_id, purpose)


def wrong(proof_id: uuid.UUID, number: int = 1) -> str:
    return f"{(int(right(proof_id)) + number) % 10**6:06d}"


def stored(world: World, proof_id: uuid.UUID) -> AuthEmailVerification:
    with Session(world.engine) as session:
        return session.get_one(AuthEmailVerification, proof_id)


def records(world: World, request_id: str) -> list[tuple[str, str, str | None]]:
    with Session(world.engine) as session:
        rows = session.execute(
            sa.select(AuthAuditEvent.action, AuthAuditEvent.outcome, AuthAuditEvent.reason_code)
            .where(AuthAuditEvent.request_id == request_id)
            .order_by(AuthAuditEvent.created_at)
        )
        return [(row.action, row.outcome, row.reason_code) for row in rows]


def use(database: Database, proof: Proof) -> None:
    with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
        proofs.consume(session, proof)


def test_a_proof_asks_for_its_mail(world: World, database: Database) -> None:
    email = address()
    proof_id = start(database, email, browser="asker", details={"next": "/en/tickets"})
    row = stored(world, proof_id)
    with Session(world.engine) as session:
        mail = session.scalars(sa.select(AccountMail).where(AccountMail.email == email)).one()
    assert (mail.kind, mail.subject_id, mail.language) == (MailKind.REGISTER_CODE, proof_id, "de")
    assert (row.attempts, row.verified_at, row.details) == (0, None, {"next": "/en/tickets"})


def test_neither_code_nor_token_is_stored(world: World, database: Database) -> None:
    """Check 30: no token in plain text."""
    email = address()
    proof_id = start(database, email)
    token = proofs.token_for(proof_id, REGISTER)
    with world.engine.connect() as connection:
        rows = [
            str(connection.execute(sa.text(f"select t::text from {table} t")).all())
            for table in ("auth_email_verifications", "account_mails", "auth_audit_events")
        ]
    assert all(token not in row and right(proof_id) not in row for row in rows)
    assert stored(world, proof_id).token_hash == crypto.token_hash(token)


def test_the_right_code_proves_the_address(world: World, database: Database) -> None:
    email = address()
    proof_id = start(database, email)
    assert proofs.find_proof(database, proof_id, REGISTER) is None
    code = right(proof_id)
    proof = proofs.check_code(database, proof_id, REGISTER, f" {code[:3]} {code[3:]} ")
    assert (proof.email, proof.is_verified) == (email, True)
    clock.shift(timedelta(minutes=29))
    found = proofs.find_proof(database, proof_id, REGISTER)
    assert found is not None
    assert found.expires_at > proof.expires_at
    assert proofs.find_proof(database, proof_id) == found
    assert proofs.find_proof(database, proof_id, LINK) is None
    again = proofs.check_code(database, proof_id, REGISTER, code)
    assert again.is_verified


def test_a_wrong_code_is_counted_and_recorded(world: World, database: Database) -> None:
    proof_id = start(database, address())
    with pytest.raises(CodeRefused):
        proofs.check_code(database, proof_id, REGISTER, wrong(proof_id))
    assert stored(world, proof_id).attempts == 1
    assert records(world, origin().request_id) == [
        ("proof_asked", "success", None),
        ("proof_checked", "failure", "wrong_code"),
    ]


def test_five_guesses_are_looked_at_even_if_many_come_at_once(
    world: World, database: Database
) -> None:
    """Check 2: a hundred parallel guesses, five of them evaluated; then not even the right one."""
    proof_id = start(database, address())

    guessers = Origin(ip="198.51.100.21")

    def guess(number: int) -> None:
        with pytest.raises(CodeRefused), use_origin(guessers):
            proofs.check_code(database, proof_id, REGISTER, wrong(proof_id, number))

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(guess, range(1, 101)))
    assert stored(world, proof_id).attempts == 5
    with pytest.raises(CodeRefused):
        proofs.check_code(database, proof_id, REGISTER, right(proof_id))
    assert stored(world, proof_id).verified_at is None
    reasons = [reason for _, _, reason in records(world, guessers.request_id)]
    assert reasons.count("wrong_code") == 5
    assert reasons.count("too_many_guesses") == 95


@pytest.mark.parametrize("case", ["unknown", "expired", "used", "foreign", "browser", "rubbish"])
def test_what_does_not_count_gets_one_answer(world: World, database: Database, case: str) -> None:
    """Check 2: bound to its own purpose and browser, dead after ten minutes."""
    proof_id = start(database, address(), browser="asker")
    code, purpose, browser = right(proof_id), REGISTER, "asker"
    if case == "unknown":
        proof_id = uuid.uuid4()
    elif case == "expired":
        clock.shift(timedelta(minutes=10))
    elif case == "used":
        use(database, proofs.check_code(database, proof_id, REGISTER, code))
    elif case == "foreign":
        purpose = LINK
    elif case == "browser":
        browser = "another"
    else:
        code = "\x00" * 6
    with pytest.raises(CodeRefused) as refused:
        proofs.check_code(database, proof_id, purpose, code, browser)
    assert refused.value.status == 422
    assert str(refused.value.message) == (
        "This code is not right or no longer valid. You can ask for a new one."
    )


def test_opening_a_link_changes_nothing(world: World, database: Database) -> None:
    """Check 28: whoever only looks uses nothing up."""
    proof_id = start(database, address(), LINK, browser="asker", details={"remember_me": True})
    token = proofs.token_for(proof_id, LINK)
    before = stored(world, proof_id).__dict__ | {"_sa_instance_state": None}
    for _turn in range(3):
        proof = proofs.open_link(database, token, LINK)
    assert stored(world, proof_id).__dict__ | {"_sa_instance_state": None} == before
    assert (proof.is_of("asker"), proof.is_of("another"), proof.is_of(None)) == (True, False, False)
    assert proof.details == {"remember_me": True}


@pytest.mark.parametrize("case", ["unknown", "expired", "used", "foreign", "empty"])
def test_a_dead_link_gets_one_answer(world: World, database: Database, case: str) -> None:
    proof_id = start(database, address(), LINK)
    token, purpose = proofs.token_for(proof_id, LINK), LINK
    if case == "unknown":
        token = proofs.token_for(uuid.uuid4(), LINK)
    elif case == "expired":
        clock.shift(timedelta(minutes=10))
    elif case == "used":
        use(database, proofs.open_link(database, token, LINK))
    elif case == "foreign":
        purpose = VerificationPurpose.PASSWORD_RESET
    else:
        token = ""
    with pytest.raises(LinkRefused) as refused:
        proofs.open_link(database, token, purpose)
    assert refused.value.status == 410


def test_a_proof_is_used_once_by_many_at_once(world: World, database: Database) -> None:
    proof_id = start(database, address(), LINK)
    proof = proofs.open_link(database, proofs.token_for(proof_id, LINK), LINK)

    def consume(_number: int) -> bool:
        try:
            use(database, proof)
        except LinkRefused:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(consume, range(50))) == 1


def test_an_unverified_proof_cannot_be_used(world: World, database: Database) -> None:
    proof_id = start(database, address())
    proof = proofs.find_proof(database, proof_id, REGISTER, is_verified=False)
    assert proof is not None
    with pytest.raises(CodeRefused):
        use(database, proof)


def test_an_address_gets_one_mail_a_minute_and_five_an_hour(
    world: World, database: Database
) -> None:
    email = address()
    for _turn in range(5):
        start(database, email)
        with pytest.raises(TooManyRequests) as refused:
            start(database, email, LINK)
        assert refused.value.retry_after <= 61
        clock.shift(timedelta(seconds=61))
    with pytest.raises(TooManyRequests) as refused:
        start(database, email)
    assert refused.value.retry_after > 3000
    with Session(world.engine) as session:
        mails = session.scalars(sa.select(AccountMail).where(AccountMail.email == email)).all()
    assert len(mails) == 5


def test_parallel_requests_make_one_mail(world: World, database: Database) -> None:
    email = address()

    def ask(_number: int) -> bool:
        try:
            start(database, email)
        except TooManyRequests:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(ask, range(20))) == 1


def test_one_network_address_asks_for_twenty_an_hour(world: World, database: Database) -> None:
    with use_origin(Origin(ip="198.51.100.77")):
        for _turn in range(20):
            start(database, address())
        with pytest.raises(TooManyRequests):
            start(database, address())
    with use_origin(Origin(ip="198.51.100.78")):
        start(database, address())


def test_a_blocked_source_gets_no_mail(world: World, database: Database) -> None:
    world.add(BlockedSource(type=BlockedSourceType.IP, value="198.51.100.66", permanent=True))
    email = address()
    with use_origin(Origin(ip="198.51.100.66")), pytest.raises(SourceBlocked):
        start(database, email)
    with Session(world.engine) as session:
        assert not session.scalars(sa.select(AccountMail).where(AccountMail.email == email)).all()
