"""Who reads the audit: management, for what their roles count for; who takes it away: owners."""

from sqlalchemy import ColumnElement, and_, false, select, true
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.audit.models import AccessDecision, AccessEvent, AuditEvent, AuthAuditEvent
from ecopick.core.permissions import policy
from ecopick.core.roles import MANAGEMENT_ROLES, MembershipRole
from ecopick.domains.audit.inputs import Stream
from ecopick.domains.tickets.models import Ticket

StreamModel = type[AuditEvent] | type[AccessEvent] | type[AccessDecision] | type[AuthAuditEvent]
MODELS: dict[Stream, StreamModel] = {
    Stream.CHANGES: AuditEvent,
    Stream.READS: AccessEvent,
    Stream.DECISIONS: AccessDecision,
    Stream.SIGN_INS: AuthAuditEvent,
}


def visible_to(actor: Actor, stream: Stream) -> ColumnElement[bool]:
    """The entries of a stream that ``actor`` may read.

    Sign-ins are everybody's own. Of the rest, management reads what belongs to
    its owner; a role narrowed to buildings reads of their tickets only.
    """
    model = MODELS[stream]
    if stream is Stream.SIGN_INS:
        return AuthAuditEvent.user_id == actor.user_id
    if actor.owner_id is None:
        return false()
    if actor.kind == "system":
        return model.property_owner_id == actor.owner_id
    buildings = actor.staff_buildings(actor.owner_id, MANAGEMENT_ROLES)
    everywhere: ColumnElement[bool] = true()
    if buildings is not None:
        tickets = select(Ticket.id).where(
            Ticket.property_owner_id == actor.owner_id, Ticket.building_id.in_(buildings)
        )
        if issubclass(model, AuditEvent):
            everywhere = model.ticket_id.in_(tickets)
        else:
            everywhere = and_(
                model.resource_type == "Ticket",  # type: ignore[union-attr]
                model.resource_id.in_(tickets),  # type: ignore[union-attr]
            )
    return and_(model.property_owner_id == actor.owner_id, everywhere)


@policy("audit:view", name="management")
def management_reads(session: Session, actor: Actor, subject: object) -> bool:
    """Any management role with the owner; what it reads is narrowed with the role."""
    return actor.owner_id is not None and (
        actor.staff_buildings(actor.owner_id, MANAGEMENT_ROLES) != frozenset()
    )


@policy("audit:export", "audit:prove", name="property_owner")
def owner_exports(session: Session, actor: Actor, subject: object) -> bool:
    """A PROPERTY_OWNER of the whole owner."""
    return actor.owner_id is not None and MembershipRole.PROPERTY_OWNER in actor.staff_roles(
        actor.owner_id
    )
