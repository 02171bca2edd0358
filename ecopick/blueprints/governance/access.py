"""Why somebody sees a ticket or not, for its management."""

import uuid
from typing import Any

from flask import Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.blueprints.governance import wording
from ecopick.blueprints.governance.blueprint import api, pages
from ecopick.core.actor import Actor
from ecopick.core.finding import as_id
from ecopick.core.permissions import authorize
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.auth.queries.actors import load_user_actor
from ecopick.domains.people.models import User
from ecopick.domains.people.queries import memberships, people
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.queries.explain import Explanation, explain
from ecopick.domains.tickets.queries.find import get_ticket
from ecopick.domains.tickets.queries.pickers import participants
from ecopick.web.render import render
from ecopick.web.state import current_actor, database, db_session


def _explained(session: Session, actor: Actor, ticket: Ticket, key: str | None) -> Explanation:
    authorize(session, actor, "ticket:explain", ticket)
    user_id = as_id(key)
    known = session.scalar(select(User.id).where(User.id == user_id, User.is_system.is_(False)))
    person = load_user_actor(database(), known, ticket.property_owner_id) if known else None
    if person is None:
        raise wrong_field("user_id", _("Please choose one of the options."))
    return explain(session, actor, person, ticket)


@api.get("/tickets/<ticket_id>/access")
def ticket_access(ticket_id: str) -> Any:
    """Whether and through what ``user_id`` sees the ticket, and what they may do."""
    session, actor = db_session(), current_actor()
    ticket = get_ticket(session, actor, ticket_id)
    found = _explained(session, actor, ticket, request.args.get("user_id"))
    return {
        "user_id": str(found.user_id),
        "name": found.name,
        "granted": found.granted,
        "reasons": [
            {"rule": each.rule, "met": each.met, "text": str(each.text)} for each in found.reasons
        ],
        "actions": [
            {"action": each.action, "granted": each.granted, "rule": each.rule}
            for each in found.acts
        ],
    }


@pages.get("/tickets/<ticket_id>/access")
def show_access(ticket_id: str) -> Response:
    """The same for people, with a person picker."""
    session, actor = db_session(), current_actor()
    ticket = get_ticket(session, actor, ticket_id)
    authorize(session, actor, "ticket:explain", ticket)
    chosen = request.args.get("user_id")
    return render(
        "governance/access.html",
        nav_current="tickets",
        ticket=ticket,
        wording=wording,
        people=_people(session, actor, ticket),
        chosen=chosen or "",
        found=_explained(session, actor, ticket, chosen) if chosen else None,
    )


def _people(session: Session, actor: Actor, ticket: Ticket) -> list[tuple[str, str]]:
    """Everybody whom the manager knows, by name."""
    ids: set[uuid.UUID | None] = {row.id for row in participants(session, actor, ticket)}
    ids |= {row.user_id for row in memberships(session, actor, only_own=False)}
    ids |= {ticket.reporter_id}
    found = people(session, ids)
    return sorted(((str(key), line.name) for key, line in found.items()), key=lambda each: each[1])
