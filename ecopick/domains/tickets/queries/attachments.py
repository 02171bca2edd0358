"""Which files of a ticket somebody may see, and which may be served at all."""

import uuid
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.errors import Conflict
from ecopick.core.finding import as_id, missing
from ecopick.core.permissions import allows, authorize
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.lifecycle import TERMINAL
from ecopick.domains.tickets.models import (
    Attachment,
    Message,
    MessageVisibility,
    ScanState,
    Ticket,
)
from ecopick.domains.tickets.outputs import AttachmentOut
from ecopick.domains.tickets.policy import open_assignment, visible_to
from ecopick.domains.tickets.queries.find import get_ticket
from ecopick.domains.tickets.queries.redaction import hides_people, sees_team
from ecopick.domains.vendors.queries.certificates import named_certificate_keys


def ticket_for_upload(session: Session, actor: Actor, key: Any) -> Ticket:
    """The visible ticket to which the actor may add files; asked before any is stored.

    Raises NotFound, Forbidden or, for a closed ticket, Conflict.
    """
    ticket = get_ticket(session, actor, key)
    if not allows(session, actor, "ticket:attach", ticket):
        authorize(session, actor, "ticket:attach", ticket)
    if ticket.status in TERMINAL:
        raise Conflict(_("This request is closed; nothing can be added."), code="terminal")
    return ticket


def attachment_out(row: Attachment) -> AttachmentOut:
    """A file as the API shows it; its addresses are there once it is clean."""
    base = f"/api/attachments/{row.id}"
    clean = row.scan_state is ScanState.CLEAN
    return AttachmentOut.model_validate(row).model_copy(
        update={
            "download_url": f"{base}/download" if clean else None,
            "thumbnail_url": f"{base}/thumbnail" if clean and row.thumbnail_key else None,
        }
    )


def get_attachment(session: Session, actor: Actor, key: Any) -> Attachment:
    """A file that the actor may see and that may be served.

    Raises NotFound (missing, malformed, foreign, not for this person, infected)
    or Conflict ``scan_pending`` while it is still being checked.
    """
    attachment_id = as_id(key)
    row = (
        session.execute(
            select(Attachment, Ticket)
            .join(
                Ticket,
                and_(
                    Ticket.property_owner_id == Attachment.property_owner_id,
                    Ticket.id == Attachment.ticket_id,
                ),
            )
            .where(Attachment.id == attachment_id, visible_to(actor))
        ).one_or_none()
        if attachment_id
        else None
    )
    session.info["authorized"] = True
    if row is None or not _shown(session, actor, row[1], row[0]):
        raise missing(actor, "Attachment", key)
    found: Attachment = row[0]
    if found.scan_state == ScanState.INFECTED:
        raise missing(actor, "Attachment", key)
    if found.scan_state != ScanState.CLEAN:
        raise Conflict(
            _("This file is still being checked for viruses. Try again in a minute."),
            code="scan_pending",
        )
    return found


def _shown(session: Session, actor: Actor, ticket: Ticket, attachment: Attachment) -> bool:
    if hides_people(actor, ticket, open_assignment(session, ticket)):
        return False
    if attachment.message_id is None or sees_team(actor, ticket):
        return True
    visibility = session.scalar(
        select(Message.visibility).where(Message.id == attachment.message_id)
    )
    return visibility == MessageVisibility.EVERYONE


def pending(session: Session, owner_id: uuid.UUID, limit: int = 100) -> list[Attachment]:
    """Files of an owner that wait for the scanner and are due for it, oldest first."""
    return list(
        session.scalars(
            select(Attachment)
            .where(
                Attachment.property_owner_id == owner_id,
                Attachment.scan_state == ScanState.PENDING,
                Attachment.is_due(),
            )
            .order_by(Attachment.created_at)
            .limit(limit)
        )
    )


def named_keys(session: Session, owner_id: uuid.UUID, keys: list[str]) -> frozenset[str]:
    """Those of ``keys`` that a row of the owner names as a file or thumbnail: of a ticket, or
    of a vendor's certificate."""
    rows = session.execute(
        select(Attachment.storage_key, Attachment.thumbnail_key).where(
            Attachment.property_owner_id == owner_id,
            or_(Attachment.storage_key.in_(keys), Attachment.thumbnail_key.in_(keys)),
        )
    )
    found = frozenset(key for row in rows for key in row if key is not None)
    return found | named_certificate_keys(session, owner_id, keys)
