"""Files on tickets: added once, judged, and never served before they are clean."""

import uuid
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict
from ecopick.core.events import emit
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.tickets.commands.conversation import post_message
from ecopick.domains.tickets.commands.engagement import author_id, fix_answers
from ecopick.domains.tickets.events import AttachmentAdded
from ecopick.domains.tickets.files import StoredFile
from ecopick.domains.tickets.inputs import AddAttachment, PostMessage
from ecopick.domains.tickets.lifecycle import TERMINAL
from ecopick.domains.tickets.models import Attachment, Message, ScanState, Ticket
from ecopick.domains.tickets.queries.find import lock_ticket

MAX_FILES_PER_TICKET = 100
MAX_BYTES_PER_TICKET = 500 * 1024 * 1024


def attach_file(
    session: Session, actor: Actor, key: Any, data: AddAttachment, stored: StoredFile
) -> Attachment:
    """Add a stored file to the ticket; it is as visible as the message that carries it.

    A file for the team only is carried by a team note. Refused on closed
    tickets, above the ticket's quota (100 files, 500 MB), and for a file that
    is attached already. The caller removes the objects if this fails.
    """
    ticket = lock_ticket(session, actor, getattr(key, "id", key))
    return _attach(session, actor, ticket, data, stored)


@command("ticket:attach", find=lock_ticket, audit_as="ATTACHMENT_UPLOADED")
def _attach(
    session: Session, actor: Actor, ticket: Ticket, data: AddAttachment, stored: StoredFile
) -> Attachment:
    if ticket.status in TERMINAL:
        raise Conflict(_("This request is closed; nothing can be added."), code="terminal")
    _check_quota(session, ticket, stored)
    message_id = data.message_id
    if message_id is not None:
        _check_message(session, actor, ticket, message_id)
    elif data.visibility == "team":
        note = PostMessage(body=stored.file_name, visibility="team")
        message_id = post_message(session, actor, ticket, note).id
    attachment = Attachment(
        id=new_id(),
        property_owner_id=ticket.property_owner_id,
        ticket_id=ticket.id,
        message_id=message_id,
        uploaded_by_id=author_id(actor),
        type=data.type,
        storage_key=stored.storage_key,
        thumbnail_key=stored.thumbnail_key,
        file_name=stored.file_name,
        content_type=stored.content_type,
        size_bytes=stored.size_bytes,
        width=stored.width,
        height=stored.height,
        sha256=stored.sha256,
        scan_state=ScanState.CLEAN if stored.is_clean else ScanState.PENDING,
        created_at=clock.now(),
    )
    session.add(attachment)
    session.flush()
    fix_answers(session, ticket)
    emit(session, actor, AttachmentAdded(ticket.property_owner_id, ticket.id, attachment.id))
    return attachment


def _check_quota(session: Session, ticket: Ticket, stored: StoredFile) -> None:
    count, size, known = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(Attachment.size_bytes), 0),
            func.count().filter(Attachment.storage_key == stored.storage_key),
        ).where(
            Attachment.property_owner_id == ticket.property_owner_id,
            Attachment.ticket_id == ticket.id,
        )
    ).one()
    if known:
        raise wrong_field("storage_key", _("This file is attached already."))
    if count >= MAX_FILES_PER_TICKET or int(size or 0) + stored.size_bytes > MAX_BYTES_PER_TICKET:
        raise Conflict(
            _("This request holds as many files as it can. Nothing more can be added."),
            code="quota",
        )


def _check_message(session: Session, actor: Actor, ticket: Ticket, message_id: uuid.UUID) -> None:
    """A file joins a message of the same person on the same ticket, else 422."""
    author = session.scalar(
        select(Message.author_id).where(Message.id == message_id, Message.ticket_id == ticket.id)
    )
    if author is None or author != author_id(actor):
        raise wrong_field("message_id", _("This is not a message of yours on this request."))


def lock_attachment(session: Session, actor: Actor, key: Any) -> Attachment:
    """The attachment, locked and fresh, for the system's own work on it."""
    return session.scalars(
        select(Attachment)
        .where(Attachment.id == key)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


@command("system:attachments", find=lock_attachment, audit_as="ENTITY_STATUS_CHANGED")
def record_scan(
    session: Session, actor: Actor, attachment: Attachment, state: ScanState, note: str = ""
) -> Attachment:
    """Keep the scanner's verdict; clean files are served from then on, others never."""
    attachment.scan_state = state
    attachment.close_scan(note)
    emit(
        session,
        actor,
        AttachmentAdded(attachment.property_owner_id, attachment.ticket_id, attachment.id),
    )
    return attachment


@command("system:attachments", find=lock_attachment)
def put_off_scan(session: Session, actor: Actor, attachment: Attachment, note: str) -> None:
    """No verdict on this file: it goes on waiting and is tried less and less often."""
    attachment.put_off_scan(note)
