"""Asking for a proof of the audit and for the case file of a ticket; workers make both."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.tenancy import PLATFORM_OWNER_ID
from ecopick.domains.audit.inputs import AskCaseFile
from ecopick.domains.audit.models import AuditProof, CaseFile
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.queries.find import lock_ticket


def _nothing(session: Session, actor: Actor, key: object) -> None:
    return None


@command("audit:prove", find=_nothing, audit_as="ENTITY_CREATED")
def ask_for_proof(session: Session, actor: Actor, subject: None) -> AuditProof:
    """A proof that a worker is to make; the one under way if there is one."""
    waiting = session.scalars(
        select(AuditProof)
        .where(AuditProof.property_owner_id == actor.owner_id, AuditProof.ended_at.is_(None))
        .order_by(AuditProof.created_at.desc())
        .limit(1)
        .with_for_update()
    ).one_or_none()
    if waiting is not None:
        return waiting
    proof = AuditProof(
        property_owner_id=actor.owner_id or PLATFORM_OWNER_ID,
        asked_by_id=actor.audit_user_id,
        created_at=clock.now(),
    )
    session.add(proof)
    return proof


@command("ticket:export", find=lock_ticket, audit_as="ENTITY_CREATED")
def ask_for_case_file(
    session: Session, actor: Actor, ticket: Ticket, data: AskCaseFile
) -> CaseFile:
    """A case file that a worker is to make in the asker's language."""
    made = CaseFile(
        property_owner_id=ticket.property_owner_id,
        ticket_id=ticket.id,
        asked_by_id=actor.user_id,
        language=actor.language,
        with_notes=bool(data.with_notes),
        created_at=clock.now(),
    )
    session.add(made)
    return made
