"""Signing in by mail: a link that completes in the browser that asked, elsewhere with its code.

Asking takes the same work for every address; the job that mails decides
whether one leaves. Looking at the link changes nothing.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import audit
from ecopick.core.actor import Actor
from ecopick.core.context import origin
from ecopick.core.errors import Forbidden
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.text import language
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import Database
from ecopick.core.validation import wrong_field
from ecopick.domains.auth.account_inputs import AskForLink
from ecopick.domains.auth.commands import proofs
from ecopick.domains.auth.commands.admission import admit
from ecopick.domains.auth.commands.proofs import LinkRefused, Proof
from ecopick.domains.auth.commands.sessions import SIGN_IN
from ecopick.domains.auth.models import MailKind, VerificationPurpose
from ecopick.domains.auth.outputs import Outcome
from ecopick.domains.auth.queries.credentials import Factors, factors_of, find_credentials
from ecopick.domains.people.commands import own_account
from ecopick.domains.people.models import User

METHOD = "email_link"
LIFETIME = timedelta(minutes=15)
PURPOSE = VerificationPurpose.SIGN_IN_LINK


class LinkIsNotEnough(Forbidden):
    """The account asks for two factors, and the mailbox would be both."""

    code = "mailbox_is_one_factor"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Your account asks for two proofs, and your mailbox can be only one of them. "
                "Please sign in with your password."
            )
        )


@dataclass(frozen=True)
class Entry:
    """What came of a link, and where its person wanted to go."""

    outcome: Outcome
    next_path: str


def ask_for_link(database: Database, data: AskForLink, next_path: str = "") -> uuid.UUID:
    """Mail a link to this address if it is known; the id of the proof, for the asker alone."""
    return proofs.start_proof(
        database,
        PURPOSE,
        data.email,
        kind=MailKind.SIGN_IN_LINK,
        language=language(),
        lifetime=LIFETIME,
        browser=origin().device_id,
        details={"remember_me": bool(data.remember_me), "next": next_path},
    )


def read_link(database: Database, token: str) -> Proof:
    """What a link stands for, without using it; ``LinkRefused`` where it no longer counts."""
    return proofs.open_link(database, token, PURPOSE)


def is_own_browser(proof: Proof) -> bool:
    """Whether this browser asked for the link: it needs no code."""
    return proof.browser_hash is not None and proof.is_of(origin().device_id)


def enter_by_link(database: Database, token: str, code: str | None) -> Entry:
    """Sign in: in the browser that asked by the link alone, in any other with the code too.

    ``LinkRefused``, ``CodeRefused``, ``LinkIsNotEnough``; ``Invalid`` where the
    code is missing.
    """
    try:
        proof = read_link(database, token)
    except LinkRefused:
        _refused(database, None, "link_refused")
        raise
    if not is_own_browser(proof):
        if not code:
            _refused(database, proof.email, "other_browser")
            raise wrong_field("code", _("Please enter the code from the mail."))
        proof = proofs.check_code(database, proof.id, PURPOSE, code)
    return _enter(database, proof)


def enter_by_code(database: Database, proof_id: uuid.UUID, code: str) -> Entry:
    """Sign in by the mailed code, in the browser that asked for it."""
    browser = origin().device_id or ""
    return _enter(database, proofs.check_code(database, proof_id, PURPOSE, code, browser))


def _enter(database: Database, proof: Proof) -> Entry:
    with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
        person = find_credentials(session, proof.email)
    if person is None:
        _refused(database, proof.email, "unknown_email")
        raise LinkRefused
    remember_me = bool(proof.details.get("remember_me"))
    try:
        with database.transaction(Scope((PLATFORM_OWNER_ID,), person.user_id)) as session:
            proofs.consume(session, proof)
            if not _is_enough(factors_of(session, person.user_id)):
                raise LinkIsNotEnough
            _confirm_address(session, person.user_id, proof.email)
            outcome = admit(session, person.user_id, method=METHOD, remember_me=remember_me)
    except LinkIsNotEnough:
        _refused(database, proof.email, LinkIsNotEnough.code, person.user_id, "denied")
        raise
    return Entry(outcome, str(proof.details.get("next") or ""))


def _confirm_address(session: Session, user_id: uuid.UUID, email: str) -> None:
    """Whoever got the mail has the mailbox: an account made by others is confirmed by that."""
    if not session.scalar(select(User.email_verified).where(User.id == user_id)):
        own_account.set_email(session, Actor(user_id, via=METHOD), None, email)


def _is_enough(factors: Factors) -> bool:
    """Whether there is a second factor other than the mailbox, where two are asked for."""
    return not factors.asks_second_step or bool(factors.methods_after(METHOD))


def _refused(
    database: Database,
    email: str | None,
    reason_code: str,
    user_id: uuid.UUID | None = None,
    outcome: str = "failure",
) -> None:
    with database.transaction(Scope((PLATFORM_OWNER_ID,), user_id)) as session:
        audit.login(
            session,
            SIGN_IN,
            outcome,
            user_id=user_id,
            email=email,
            reason_code=reason_code,
            device_fingerprint=origin().device_fingerprint,
            meta={"method": METHOD},
        )
