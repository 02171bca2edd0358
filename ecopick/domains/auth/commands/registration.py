"""Registering: an address is proved by a code, then the account is made.

Until an address is proved nobody learns whether it is known: the mail alone
tells whoever has an account that they have one.
"""

import uuid

from sqlalchemy.exc import IntegrityError

from ecopick.core import audit
from ecopick.core.actor import Actor
from ecopick.core.context import origin
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict, Invalid
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.text import language
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import Database
from ecopick.domains.auth import passwords
from ecopick.domains.auth.account_inputs import AskForCode, AskIfKnown, Register
from ecopick.domains.auth.commands import proofs
from ecopick.domains.auth.commands.admission import admit
from ecopick.domains.auth.commands.attempts import count
from ecopick.domains.auth.commands.proofs import CodeRefused, Proof
from ecopick.domains.auth.models import MailKind, VerificationPurpose
from ecopick.domains.auth.outputs import Outcome
from ecopick.domains.auth.password_rules import check_password
from ecopick.domains.auth.queries.credentials import find_credentials
from ecopick.domains.people.commands.registration import register_person
from ecopick.domains.people.inputs import PersonRow
from ecopick.domains.people.models import User
from ecopick.domains.security.addresses import counted_as
from ecopick.domains.security.commands.limits import Limit

REGISTER, EXISTS = "register", "email_exists"
METHOD = "email_code"
LIFETIME = proofs.CODE_LIFETIME
ASKS_PER_IP = Limit("ip", 20, proofs.PER_IP_AND_HOUR.window)
PURPOSE = VerificationPurpose.REGISTER


class AddressTaken(Conflict):
    """Told only to whoever proved control of the address."""

    code = "address_taken"

    def __init__(self) -> None:
        super().__init__(_("There is already an account with this email address. Please sign in."))


def send_code(database: Database, data: AskForCode, next_path: str = "") -> uuid.UUID:
    """Mail a code, or to people with an account that they have one; the proof's id.

    The same work and answer for every address.
    """
    return proofs.start_proof(
        database,
        PURPOSE,
        data.email,
        kind=MailKind.REGISTER_CODE,
        language=language(),
        lifetime=LIFETIME,
        details={"next": next_path} if next_path else None,
    )


def verify_code(database: Database, proof_id: uuid.UUID, code: str) -> Proof:
    """The proof, now verified; ``CodeRefused`` otherwise."""
    return proofs.check_code(database, proof_id, PURPOSE, code)


def register(database: Database, data: Register) -> Outcome:
    """Make the account of a proved address and sign it in: once for each proof.

    ``CodeRefused`` where the proof does not count, ``Invalid`` for a weak
    password, ``AddressTaken`` where there is an account meanwhile.
    """
    proof = proofs.find_proof(database, data.proof_id, PURPOSE)
    if proof is None:
        _refused(database, None, "not_proved")
        raise CodeRefused
    try:
        check_password(data.password, email=proof.email, name=data.name, is_only_factor=True)
    except Invalid:
        _refused(database, proof.email, "weak_password")
        raise
    row = PersonRow(
        email=proof.email,
        name=data.name,
        language=data.language or proof.language,
        password_hash=passwords.hash_password(data.password),
    )
    try:
        return _store(database, proof, row)
    except (AddressTaken, IntegrityError):
        _refused(database, proof.email, "address_taken")
        raise AddressTaken from None
    except CodeRefused:
        _refused(database, proof.email, "used")
        raise


def _store(database: Database, proof: Proof, row: PersonRow) -> Outcome:
    user_id = new_id()
    with database.transaction(Scope((PLATFORM_OWNER_ID,), user_id)) as session:
        proofs.consume(session, proof)
        if find_credentials(session, proof.email) is not None:
            raise AddressTaken
        system = Actor.system(via="registration")
        register_person(session, system, None, row, User(id=user_id))
        audit.login(
            session,
            REGISTER,
            "success",
            user_id=user_id,
            email=proof.email,
            reason_code="account_created",
            device_fingerprint=origin().device_fingerprint,
        )
        return admit(session, user_id, method=METHOD)


def _refused(database: Database, email: str | None, reason_code: str) -> None:
    with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
        audit.login(
            session,
            REGISTER,
            "failure",
            user_id=None,
            email=email,
            reason_code=reason_code,
            device_fingerprint=origin().device_fingerprint,
        )


def address_exists(database: Database, data: AskIfKnown) -> bool | None:
    """Whether there is an account; None for whoever has not just proved the address.

    The same work for everybody; ``TooManyRequests`` after twenty in an hour.
    """
    count(database, EXISTS, {ASKS_PER_IP: counted_as(origin().ip)}, email=data.email)
    proof = proofs.find_proof(database, data.proof_id or uuid.UUID(int=0))
    is_proved = proof is not None and proof.email.lower() == data.email.lower()
    with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
        found = find_credentials(session, data.email) is not None
        audit.login(
            session,
            EXISTS,
            "success" if is_proved else "denied",
            user_id=None,
            email=data.email,
            reason_code=None if is_proved else "not_proved",
            device_fingerprint=origin().device_fingerprint,
        )
    return found if is_proved else None
