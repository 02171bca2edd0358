"""Asking for an approval, from the page and from programs alike."""

import uuid

from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.governance.commands.approvals import request_approval
from ecopick.domains.governance.inputs import RequestApproval
from ecopick.domains.governance.models import AccessRequest
from ecopick.domains.governance.queries.grants import held_resource
from ecopick.domains.governance.resources import Resource, find_resource

OPTION = _("Please choose one of the options.")


def ask(session: Session, actor: Actor, data: RequestApproval) -> AccessRequest:
    """Store a request; foreign and missing ids are refused under their field."""
    about = _about(session, actor, "Ticket", data.ticket_id, "ticket_id")
    ticket_id = about.id if about is not None else None
    if data.resource_type is not None:
        about = _about(session, actor, data.resource_type, data.resource_id, "resource_id")
    return request_approval(session, actor, data, about=about, ticket_id=ticket_id)


def _about(
    session: Session, actor: Actor, kind: str, key: uuid.UUID | None, field: str
) -> Resource | None:
    if key is None:
        return None
    found = find_resource(session, actor, kind, key) or held_resource(session, actor, kind, key)
    if found is None:
        raise wrong_field(field, OPTION)
    return found
