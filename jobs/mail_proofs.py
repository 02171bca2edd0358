"""Codes for people who reported by mail: each gets one, if later than they would have liked.

What a request still needs is read from its link, so nothing is lost with a worker that
dies after the request was stored, nor where the address got a mail within the hour.
"""

import logging
import uuid
from datetime import timedelta

from sqlalchemy import Uuid, func, select

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.errors import AppError, TooManyRequests
from ecopick.domains.tickets.commands.request_links import mail_code
from ecopick.domains.tickets.models import RequestLink, RequestLinkKind, Ticket, TicketChannel
from jobs.runtime import Runtime, origin_of, runtime

log = logging.getLogger("ecopick.jobs.mail_proofs")
# Afterwards the staff answers: nobody waits for a code of the day before.
ASKED_WITHIN = timedelta(days=1)


def ask_waiting() -> int:
    """Mail a code to senders of mailed requests who got none yet; how many."""
    at = runtime()
    asked = 0
    with at.alone("mail_proofs") as alone, origin_of("mail_proofs", None, None):
        for owner_id in _owners(at) if alone else ():
            for link_id, email, language in _waiting(at, owner_id):
                asked += ask_for_proof(at, owner_id, link_id, email, language)
    return asked


def ask_for_proof(
    at: Runtime, owner_id: uuid.UUID, link_id: uuid.UUID, email: str, language: str
) -> bool:
    """Mail the code with the way to the page; False where the address has to wait for it.

    It is the only mail that an unproved address gets, one within an hour at most.
    """
    try:
        mail_code(at.database, owner_id, link_id, email, language, with_page=True)
    except TooManyRequests:
        log.info("the sender got a code within the hour already")
        return False
    except AppError as error:
        log.warning("no code could be asked for: %s", error.code)
        return False
    return True


def _owners(at: Runtime) -> list[uuid.UUID]:
    with at.database.transaction(Actor.system().scope) as session:
        owners = select(func.owners_with_mailed_requests(clock.now(), type_=Uuid))
        return list(session.scalars(owners))


def _waiting(at: Runtime, owner_id: uuid.UUID) -> list[tuple[uuid.UUID, str, str]]:
    """One link for each address: the oldest, as no address gets two mails within the hour."""
    with at.as_system(owner_id) as (session, _system):
        rows = session.execute(
            select(RequestLink.id, RequestLink.email, RequestLink.language)
            .join(Ticket, Ticket.id == RequestLink.ticket_id)
            .where(
                RequestLink.property_owner_id == owner_id,
                RequestLink.kind == RequestLinkKind.REPORTER,
                RequestLink.email.is_not(None),
                RequestLink.proof_id.is_(None),
                RequestLink.confirmed_at.is_(None),
                RequestLink.ended_at.is_(None),
                RequestLink.created_at > clock.now() - ASKED_WITHIN,
                Ticket.channel == TicketChannel.EMAIL,
            )
            .order_by(RequestLink.created_at.desc(), RequestLink.id.desc())
        ).all()
    by_address = {str(row.email).lower(): row for row in rows}
    return [(row.id, row.email, row.language) for row in by_address.values()]
