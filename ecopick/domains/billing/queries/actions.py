"""What a person may do with an invoice now."""

from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import allows
from ecopick.domains.billing.lifecycle import PERMISSIONS, Move, possible
from ecopick.domains.billing.models import Invoice


def available_moves(session: Session, actor: Actor, invoice: Invoice) -> frozenset[Move]:
    """The moves that the state and the rules allow; whoever approved first does not again."""
    found = {
        move
        for move in possible(invoice.status)
        if allows(session, actor, PERMISSIONS[move], invoice)
    }
    first = invoice.first_approved_by_id
    if first is not None and first == actor.user_id and invoice.approved_by_id is None:
        found -= {Move.APPROVE, Move.LIFT}
    return frozenset(found)
