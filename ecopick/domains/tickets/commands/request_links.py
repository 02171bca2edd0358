"""Private links: proving the address behind one, and leaving."""

import uuid
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import NotFound
from ecopick.core.events import emit
from ecopick.core.tenancy import PLATFORM_OWNER_ID, SYSTEM_USER_ID, Scope
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import Database
from ecopick.domains.auth.commands import proofs
from ecopick.domains.auth.commands.proofs import CodeRefused, Proof
from ecopick.domains.auth.models import MailKind, VerificationPurpose
from ecopick.domains.auth.queries.credentials import find_credentials
from ecopick.domains.people.commands.registration import register_person
from ecopick.domains.people.inputs import PersonRow
from ecopick.domains.people.models import User
from ecopick.domains.tickets.commands.routing import auto_route
from ecopick.domains.tickets.events import RequestConfirmed, RequestJoined
from ecopick.domains.tickets.lifecycle import TicketStatus
from ecopick.domains.tickets.models import (
    Attachment,
    Message,
    RequestLink,
    RequestLinkKind,
    Ticket,
)
from ecopick.domains.tickets.outside import FORM, is_unconfirmed
from ecopick.domains.tickets.queries.public_requests import RequestContext

CODE = VerificationPurpose.PUBLIC_REQUEST
# An address that nobody has proved gets one mail an hour, whoever types it wherever.
ASK_AGAIN_AFTER = timedelta(hours=1)


def _lock_link(session: Session, actor: Actor, key: uuid.UUID) -> RequestLink:
    link = session.scalars(
        select(RequestLink)
        .where(RequestLink.id == key)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if link is None:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    return link


def mail_code(
    database: Database,
    owner_id: uuid.UUID,
    link_id: uuid.UUID,
    email: str,
    language: str,
    *,
    with_page: bool = False,
) -> None:
    """Mail a code for the address of a link; the mail holds nothing of what was reported.

    ``with_page`` adds the way to the page of the report, for whoever came by mail and
    has not seen it.

    Raises TooManyRequests where the address got a mail within the hour.
    """
    proof_id = proofs.start_proof(
        database,
        CODE,
        email,
        kind=MailKind.REQUEST_CODE,
        language=language,
        lifetime=proofs.CODE_LIFETIME,
        details={"link_id": str(link_id), "with_page": with_page},
        resend_after=ASK_AGAIN_AFTER,
    )
    system = Actor.system(owner_id, via=FORM)
    with database.transaction(system.scope) as session:
        note_code(session, system, link_id, email, proof_id)


@command("system:request_links", find=_lock_link)
def note_code(
    session: Session, actor: Actor, link: RequestLink, email: str, proof_id: uuid.UUID
) -> None:
    """Keep which address a link waits for, and by which code it is proved.

    A report that nobody stands for yet names the same address to the staff.
    """
    if link.confirmed_at is not None:
        return
    link.email, link.proof_id = email, proof_id
    if link.kind is RequestLinkKind.REPORTER:
        ticket = session.scalars(select(Ticket).where(Ticket.id == link.ticket_id)).one()
        if is_unconfirmed(ticket):
            ticket.reporter_email = email


def confirm_address(database: Database, link: RequestContext, code: str) -> uuid.UUID:
    """Who stands for the link from now on: the person with the proved address.

    There may be an account already; otherwise one without a password is made. Raises
    CodeRefused for a wrong code and for one that no longer counts.
    """
    if link.proof_id is None:
        raise CodeRefused
    proof = proofs.check_code(database, link.proof_id, CODE, code)
    try:
        return _confirm(database, link, proof)
    except IntegrityError:
        # Somebody else's confirmation made the same person in this very moment.
        return _confirm(database, link, proof)


def _confirm(database: Database, link: RequestContext, proof: Proof) -> uuid.UUID:
    with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
        known = find_credentials(session, proof.email)
    user_id = known.user_id if known is not None else new_id()
    scope = Scope((link.property_owner_id, PLATFORM_OWNER_ID), user_id)
    with database.transaction(scope) as session:
        proofs.consume(session, proof)
        if known is None:
            row = PersonRow(email=proof.email, language=link.language)
            register_person(session, Actor.system(via=FORM), None, row, User(id=user_id))
        confirm_link(session, Actor.system(link.property_owner_id, via=FORM), link.id, user_id)
    return user_id


@command("system:request_links", find=_lock_link, audit_as="ENTITY_UPDATED")
def confirm_link(
    session: Session, actor: Actor, link: RequestLink, user_id: uuid.UUID
) -> RequestLink:
    """Somebody stands for the link: what they reported is theirs, and what waited goes on."""
    if link.confirmed_at is not None:
        return link
    link.user_id, link.confirmed_at = user_id, clock.now()
    if link.kind is RequestLinkKind.REPORTER:
        _stand_for(session, actor, link, user_id)
    return link


def _stand_for(session: Session, actor: Actor, link: RequestLink, user_id: uuid.UUID) -> None:
    ticket = session.scalars(
        select(Ticket)
        .where(Ticket.id == link.ticket_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    if not is_unconfirmed(ticket):
        return
    ticket.reporter_id, ticket.reporter_email = user_id, None
    session.execute(
        update(Message)
        .where(Message.ticket_id == ticket.id, Message.author_id == SYSTEM_USER_ID)
        .values(author_id=user_id, updated_at=Message.updated_at)
    )
    session.execute(
        update(Attachment)
        .where(Attachment.ticket_id == ticket.id, Attachment.uploaded_by_id == SYSTEM_USER_ID)
        .values(uploaded_by_id=user_id)
    )
    emit(session, actor, RequestConfirmed(ticket.property_owner_id, ticket.id))
    if ticket.status is TicketStatus.NEW:
        auto_route(session, ticket)


@command("request:leave", find=_lock_link, audit_as="ENTITY_DEACTIVATED")
def leave_request(session: Session, actor: Actor, link: RequestLink) -> RequestLink:
    """A neighbour is no longer affected: nobody tells them any more. A repeat changes nothing."""
    if link.ended_at is None:
        link.ended_at = clock.now()
        emit(session, actor, RequestJoined(link.property_owner_id, link.ticket_id))
    return link
