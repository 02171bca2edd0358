"""The vendor's inbox and answers over the API."""

from flask import Blueprint, Response, jsonify

from ecopick.domains.tickets.commands.dispatch import respond_dispatch
from ecopick.domains.tickets.dispatch_inputs import DispatchAnswer
from ecopick.domains.tickets.queries.detail import ticket_after
from ecopick.domains.tickets.queries.inbox import inbox
from ecopick.web.bind import bind
from ecopick.web.state import current_actor, db_session

api = Blueprint("vendors_api", __name__)


@api.get("/vendors/inbox")
def show_inbox() -> Response:
    """Jobs that wait for an answer, are accepted or applied for, and open ones."""
    items = inbox(db_session(), current_actor())
    return jsonify(items=[item.model_dump(mode="json") for item in items], next_cursor=None)


@api.post("/vendors/dispatch/respond")
def respond() -> Response:
    """Accept or decline; answers the ticket, or only its id where it is no longer theirs."""
    data = bind(DispatchAnswer)
    session, actor = db_session(), current_actor()
    respond_dispatch(session, actor, data.ticket_id, data.answer)
    view = ticket_after(session, actor, data.ticket_id)
    if view is None:
        return jsonify(id=data.ticket_id, available_actions=[])
    return jsonify(view.ticket.model_dump(mode="json"))
