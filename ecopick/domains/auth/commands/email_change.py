"""Another email address: proved by a code, after a fresh confirmation of identity.

Whether an address is taken is told to nobody but its owner.
"""

import uuid
from datetime import timedelta

from sqlalchemy.exc import IntegrityError

from ecopick.core import audit
from ecopick.core.actor import Actor
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import Database
from ecopick.core.validation import wrong_field
from ecopick.domains.auth.commands.admission import masked_email
from ecopick.domains.auth.commands.attempts import count
from ecopick.domains.auth.commands.mails import ask_for_mail
from ecopick.domains.auth.commands.proofs import (
    CodeRefused,
    LinkRefused,
    check_code,
    consume,
    find_proof,
    start_proof,
)
from ecopick.domains.auth.commands.reset import end_proofs
from ecopick.domains.auth.commands.step_up import require_confirmed
from ecopick.domains.auth.inputs import ChangeEmail, ConfirmEmail
from ecopick.domains.auth.models import MailKind, VerificationPurpose
from ecopick.domains.auth.queries.credentials import find_credentials
from ecopick.domains.people.commands import own_account
from ecopick.domains.security.commands.limits import Limit

CHANGE = "email_change"
LIFETIME = timedelta(minutes=10)
PER_PERSON = Limit("user", 10, timedelta(hours=1))


def request_email_change(database: Database, actor: Actor, data: ChangeEmail) -> uuid.UUID:
    """Mail a code to the new address; the id of the proof that the code completes.

    ``StepUpRequired`` without a fresh confirmation of identity. A taken address
    answers as a free one does; its owner is told, and no code completes it.
    """
    require_confirmed(actor)
    if data.new_email == actor.email.lower():
        raise wrong_field("new_email", _("This is your present email address already."))
    count(database, CHANGE, {PER_PERSON: str(actor.user_id)}, user_id=actor.user_id)
    with database.transaction(_scope(actor)) as session:
        taken = find_credentials(session, data.new_email) is not None
        audit.login(
            session,
            CHANGE,
            "denied" if taken else "challenged",
            user_id=actor.user_id,
            email=data.new_email,
            reason_code="address_taken" if taken else "code_mailed",
        )
    return start_proof(
        database,
        VerificationPurpose.EMAIL_CHANGE,
        data.new_email,
        kind=MailKind.EMAIL_CHANGE_CODE,
        language=actor.language,
        lifetime=LIFETIME,
        user_id=actor.user_id,
        details={"taken": taken},
    )


def confirm_email_change(database: Database, actor: Actor, data: ConfirmEmail) -> str:
    """Be reached by the new address from now on; answers it.

    The former address is told. ``CodeRefused`` for a wrong or spent code, and
    for an address that somebody else has.
    """
    require_confirmed(actor)
    purpose = VerificationPurpose.EMAIL_CHANGE
    waiting = find_proof(database, data.proof_id, purpose, is_verified=False)
    if waiting is None or waiting.user_id != actor.user_id:
        _record(database, actor, "unknown_proof")
        raise CodeRefused
    proof = check_code(database, data.proof_id, purpose, data.code)
    former = actor.email
    try:
        with database.transaction(_scope(actor)) as session:
            if proof.details.get("taken") or find_credentials(session, proof.email) is not None:
                raise _Taken
            consume(session, proof)
            end_proofs(session, actor.user_id)
            person = Actor(actor.user_id, email=former, via=CHANGE)
            own_account.set_email(session, person, None, proof.email)
            ask_for_mail(
                session,
                MailKind.EMAIL_CHANGED,
                former,
                language=actor.language,
                user_id=actor.user_id,
                facts={"new_email": masked_email(proof.email)},
            )
            audit.login(session, CHANGE, "success", user_id=actor.user_id, email=proof.email)
    except (_Taken, IntegrityError):
        _record(database, actor, "address_taken")
        raise CodeRefused from None
    except LinkRefused:
        _record(database, actor, "used")
        raise CodeRefused from None
    return proof.email


class _Taken(Exception):
    """Somebody else has this address."""


def _scope(actor: Actor) -> Scope:
    return Scope((PLATFORM_OWNER_ID,), actor.user_id)


def _record(database: Database, actor: Actor, reason_code: str) -> None:
    with database.transaction(_scope(actor)) as session:
        audit.login(session, CHANGE, "failure", user_id=actor.user_id, reason_code=reason_code)
