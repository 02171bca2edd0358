"""Mails about accounts: composed at the moment of sending, sent once.

Whether an address is known decides what a mail says, or that none leaves, here
and not in the request: asking takes the same work for every address. Codes and
link tokens are computed here and stored nowhere; links start with the
configured address. As with notifications a mail is sent while its row is
locked: a worker that dies lets go of it, and whatever comes twice has the same
Message-ID.
"""

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from ecopick.adapters.mail import Mailbox, MailPermanent, MailTemporary, build_message
from ecopick.core import clock
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.text import language, use_language
from ecopick.domains.auth import codes
from ecopick.domains.auth.commands import proofs
from ecopick.domains.auth.models import (
    AccountMail,
    AuthEmailVerification,
    AuthPendingLogin,
    MailKind,
    VerificationPurpose,
)
from ecopick.domains.auth.queries.credentials import find_credentials
from ecopick.domains.people.commands.invitations import invitation_token
from ecopick.domains.tickets.commands.public_requests import first_token
from jobs.account_texts import address_wanted, already_registered, letter_for
from jobs.account_words import AccountLetter, Case
from jobs.mails import templates
from jobs.runtime import Runtime, runtime

log = logging.getLogger("ecopick.jobs.account_mails")
BATCH = 200
KEPT = timedelta(days=30)
GIVE_UP_AFTER = timedelta(days=3)
FIRST_RETRY = timedelta(seconds=10)
LONGEST_RETRY = timedelta(hours=1)
SENDER = "Ecopick"
# Only for somebody who has an account; whoever has none hears nothing.
ONLY_FOR_KNOWN = frozenset({MailKind.SIGN_IN_LINK, MailKind.RESET_LINK, MailKind.SIGN_IN_BLOCKED})
BY_PROOF = frozenset(
    {
        MailKind.SIGN_IN_LINK,
        MailKind.RESET_LINK,
        MailKind.REGISTER_CODE,
        MailKind.EMAIL_CHANGE_CODE,
        MailKind.REQUEST_CODE,
    }
)


class _ServerAway(Exception):
    """No mail can leave at present."""


@dataclass(frozen=True)
class _Reader:
    """To whom a mail goes, and in which language."""

    email: str
    language: str
    is_known: bool


def deliver() -> int:
    """Send every mail that is due; how many left. Stops where the server cannot be reached."""
    at = runtime()
    sent = 0
    try:
        for mail_id in _due(at):
            sent += _attempt(at, mail_id)
    except _ServerAway:
        log.warning("mail server away; %s account mails left before", sent)
    return sent


def prune(session: Session) -> int:
    """Forget mails of more than thirty days ago, for the system alone; how many."""
    gone = session.execute(
        delete(AccountMail)
        .where(AccountMail.created_at < clock.now() - KEPT)
        .returning(AccountMail.id)
    )
    return len(gone.all())


def _due(at: Runtime) -> list[uuid.UUID]:
    with at.as_system(PLATFORM_OWNER_ID) as (session, _system):
        return list(
            session.scalars(
                select(AccountMail.id)
                .where(
                    AccountMail.sent_at.is_(None),
                    AccountMail.failed_at.is_(None),
                    AccountMail.retry_at <= clock.now(),
                )
                .order_by(AccountMail.created_at, AccountMail.id)
                .limit(BATCH)
            )
        )


def _attempt(at: Runtime, mail_id: uuid.UUID) -> int:
    try:
        return deliver_one(at, mail_id)
    except _ServerAway:
        raise
    except Exception:
        log.exception("account mail %s could not be written", mail_id)
        _put_off(at, mail_id)
        return 0


def deliver_one(at: Runtime, mail_id: uuid.UUID) -> int:
    """Send one mail unless it left, failed or is being sent; 1 if it left now."""
    away = False
    with at.as_system(PLATFORM_OWNER_ID) as (session, _system):
        row = session.scalars(
            select(AccountMail)
            .where(
                AccountMail.id == mail_id,
                AccountMail.sent_at.is_(None),
                AccountMail.failed_at.is_(None),
            )
            .with_for_update(skip_locked=True)
        ).one_or_none()
        if row is None:
            return 0
        message = compose(session, at, row)
        if message is None:
            _close(row, failed=True)
            return 0
        row.attempts += 1
        try:
            if at.mailer is None:
                raise MailTemporary("unreachable", detail="no mail server is set")
            at.mailer.send(message)
        except MailPermanent as error:
            log.warning("account mail %s refused: %s", mail_id, error.code)
            _close(row, failed=True)
            return 0
        except MailTemporary as error:
            log.warning("account mail %s not taken now: %s", mail_id, error.code)
            away = error.status is None
            _retry_later(row)
        else:
            _close(row, failed=False)
    if away:
        raise _ServerAway
    return 1 if row.sent_at else 0


def _close(row: AccountMail, *, failed: bool) -> None:
    moment = clock.now()
    row.sent_at, row.failed_at = (None, moment) if failed else (moment, None)
    row.retry_at = None


def _retry_later(row: AccountMail) -> None:
    if clock.now() - row.created_at > GIVE_UP_AFTER:
        _close(row, failed=True)
        return
    row.retry_at = clock.now() + min(FIRST_RETRY * 2 ** min(row.attempts - 1, 10), LONGEST_RETRY)


def _put_off(at: Runtime, mail_id: uuid.UUID) -> None:
    """A mail that cannot even be written holds up nobody."""
    with at.as_system(PLATFORM_OWNER_ID) as (session, _system):
        session.execute(
            update(AccountMail)
            .where(AccountMail.id == mail_id, AccountMail.sent_at.is_(None))
            .values(attempts=AccountMail.attempts + 1, retry_at=clock.now() + LONGEST_RETRY)
        )


def compose(session: Session, at: Runtime, row: AccountMail) -> EmailMessage | None:
    """The mail as it is to leave; None where there is nothing (any more) to say.

    That is so for links to unknown addresses, and for codes and links that no
    longer count. ``session`` is the system's.
    """
    kind = MailKind(row.kind)
    reader = _reader(session, row, kind)
    if kind in ONLY_FOR_KNOWN and not reader.is_known:
        return None
    try:
        to = Mailbox(reader.email)
    except ValueError:
        return None
    computed = _computed(session, at, row, kind)
    if computed is None:
        return None
    with use_language(reader.language):
        case = Case(
            email=reader.email,
            facts=row.facts or {},
            base=f"{at.settings.public_base_url}/{language()}",
            **computed,
        )
        if kind is MailKind.REGISTER_CODE and reader.is_known:
            letter = already_registered(case)
        elif kind is MailKind.EMAIL_CHANGE_CODE and find_credentials(session, row.email):
            letter = address_wanted(case)
        else:
            letter = letter_for(kind, case)
        return _message(at, row, letter, to)


def _reader(session: Session, row: AccountMail, kind: MailKind) -> _Reader:
    """The person as stored where the mail depends on it, else the address as asked."""
    if kind not in ONLY_FOR_KNOWN and kind is not MailKind.REGISTER_CODE:
        return _Reader(row.email, row.language, is_known=row.user_id is not None)
    known = find_credentials(session, row.email)
    if known is None:
        return _Reader(row.email, row.language, is_known=False)
    return _Reader(known.email, known.language, is_known=True)


def _computed(
    session: Session, at: Runtime, row: AccountMail, kind: MailKind
) -> dict[str, Any] | None:
    """Code, token and minutes of validity; None where they no longer count."""
    if kind in BY_PROOF:
        return _of_proof(session, row)
    if kind is MailKind.SECOND_STEP_CODE:
        return _of_second_step(at, row)
    if kind is MailKind.INVITATION and row.subject_id is not None:
        return {"token": invitation_token(row.subject_id, row.version)}
    return {}


def _of_proof(session: Session, row: AccountMail) -> dict[str, Any] | None:
    session.execute(select(func.set_config("app.email", row.email, True)))
    proof = session.scalars(
        select(AuthEmailVerification).where(
            AuthEmailVerification.id == row.subject_id,
            AuthEmailVerification.expires_at > clock.now(),
            AuthEmailVerification.consumed_at.is_(None),
        )
    ).one_or_none()
    if proof is None:
        return None
    return {
        "code": proofs.code_for(proof.id, proof.purpose, row.version),
        "token": proofs.token_for(proof.id, proof.purpose, row.version),
        "minutes": _minutes(proof.created_at, proof.expires_at),
        "page": _page_of(proof),
    }


def _page_of(proof: AuthEmailVerification) -> str:
    """The token of the page that a report by mail got; empty for all else."""
    details = proof.details or {}
    if proof.purpose is not VerificationPurpose.PUBLIC_REQUEST or not details.get("with_page"):
        return ""
    return first_token(uuid.UUID(str(details["link_id"])))


def _of_second_step(at: Runtime, row: AccountMail) -> dict[str, Any] | None:
    """The code of a second step that still waits for this very code."""
    with at.database.transaction(Scope((), row.user_id)) as own:
        found = own.execute(
            select(AuthPendingLogin.code_sent_at, AuthPendingLogin.expires_at).where(
                AuthPendingLogin.id == row.subject_id,
                AuthPendingLogin.code_version == row.version,
                AuthPendingLogin.expires_at > clock.now(),
                AuthPendingLogin.consumed_at.is_(None),
            )
        ).one_or_none()
    if found is None or row.subject_id is None:
        return None
    return {
        "code": codes.code_for(codes.SECOND_STEP, row.subject_id, row.version),
        "minutes": _minutes(row.created_at, found.expires_at),
    }


def _minutes(start: datetime, end: datetime) -> int:
    return max(1, round((end - start).total_seconds() / 60))


def _message(at: Runtime, row: AccountMail, letter: AccountLetter, to: Mailbox) -> EmailMessage:
    """The message with both parts. Its Message-ID is the row's, at every attempt."""
    host = urlsplit(at.settings.public_base_url).hostname or "localhost"
    values = {"letter": letter, "language": language(), "sender": SENDER}
    return build_message(
        sender=Mailbox(at.sender.address, SENDER),
        to=to,
        subject=letter.title,
        text=templates().get_template("account.txt").render(values),
        html=templates().get_template("account.html").render(values),
        message_id=f"<a-{row.id}@{host}>",
        date=clock.now(),
        headers={"X-Auto-Response-Suppress": "All"},
    )
