"""The section of related tickets, and links between tickets."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request, url_for

from ecopick.blueprints.tickets.nearby import related_href
from ecopick.blueprints.tickets.sections import show_ticket
from ecopick.core.errors import AppError
from ecopick.core.finding import as_id
from ecopick.core.permissions import authorize
from ecopick.core.text import gettext as _
from ecopick.core.text import lazy_gettext as _l
from ecopick.core.validation import wrong_field
from ecopick.domains.tickets.commands.related import link_tickets, restore_link, unlink_tickets
from ecopick.domains.tickets.incident_inputs import LinkTickets
from ecopick.domains.tickets.lifecycle import TERMINAL, Action
from ecopick.domains.tickets.outputs import TicketOut
from ecopick.domains.tickets.queries.detail import TicketView, ticket_view
from ecopick.domains.tickets.queries.find import get_ticket
from ecopick.web.bind import bind, raw_input
from ecopick.web.errors import refill
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, db_session
from ecopick.web.toasts import say


def _again(ticket_id: str, *, error: AppError, **_rest: Any) -> Response:
    """The page where the link was asked for, with the reason of the refusal."""
    return show_ticket(request.form.get("shown") or ticket_id, error=error, section="related")


def _back(ticket_id: str) -> Any:
    return see_other(related_href(ticket_id))


def ask_duplicate(ticket_id: str) -> Response:
    """What else should happen when the ticket becomes a duplicate of another one."""
    other_id = request.args.get("of", "")
    get_ticket(db_session(), current_actor(), ticket_id)
    if as_id(other_id) is None:
        raise wrong_field("of", _l("Please choose one of the options."))
    return _duplicate(ticket_id, other_id)


def _duplicate(ticket_id: str, other_id: str, *, error: AppError | None = None) -> Response:
    session, actor = db_session(), current_actor()
    authorize(session, actor, "ticket:edit", get_ticket(session, actor, ticket_id))
    twin, original = ticket_view(session, actor, ticket_id), ticket_view(session, actor, other_id)
    shown = request.values.get("shown") or ticket_id
    return render(
        "tickets/duplicate.html",
        ticket=twin.ticket,
        original=original.ticket,
        can_cancel=Action.CANCEL in twin.ticket.available_actions,
        follower=_follower(twin.ticket, original),
        same_home=twin.ticket.unit_id is not None
        and twin.ticket.unit_id == original.ticket.unit_id,
        shown=shown,
        back=related_href(shown),
        error=error,
        typed=request.form,
        nav_current="tickets",
    )


def _follower(twin: TicketOut, original: TicketView) -> str | None:
    """Who could follow the original; None where nobody needs to, or nobody may."""
    if (
        twin.reporter is None
        or twin.reporter_id == original.ticket.reporter_id
        or original.ticket.status in TERMINAL
        or "manage_stakeholders" not in original.can
    ):
        return None
    return twin.reporter.name


def link(ticket_id: str) -> Any:
    """Link two tickets; for duplicates with what was chosen besides."""
    if request.form.get("kind") == "DUPLICATE_OF":
        return _link_duplicate(ticket_id)
    return _link_cause(ticket_id)


def _duplicate_again(ticket_id: str, *, error: AppError) -> Response:
    return _duplicate(ticket_id, request.form.get("other_id", ""), error=error)


@refill(_duplicate_again)
def _link_duplicate(ticket_id: str) -> Any:
    return _make(ticket_id)


@refill(_again)
def _link_cause(ticket_id: str) -> Any:
    return _make(ticket_id)


def _make(ticket_id: str) -> Any:
    raw = raw_input(request, LinkTickets)
    shown = str(raw.pop("shown", None) or ticket_id)
    data = bind(LinkTickets, source=raw)
    made = link_tickets(db_session(), current_actor(), ticket_id, data)
    undo = url_for("tickets.unlink", ticket_id=shown, link_id=made.id)
    say(_("Tickets linked"), undo=None if data.cancel else undo)
    return _back(shown)


@refill(_again)
def unlink(ticket_id: str, link_id: str) -> Any:
    """Take a link away; it can be brought back at once."""
    unlink_tickets(db_session(), current_actor(), ticket_id, link_id)
    say(_("Link removed"), undo=url_for("tickets.relink", ticket_id=ticket_id, link_id=link_id))
    return _back(ticket_id)


@refill(_again)
def relink(ticket_id: str, link_id: str) -> Any:
    """Bring a link back."""
    restore_link(db_session(), current_actor(), ticket_id, link_id)
    say(_("Tickets linked"))
    return _back(ticket_id)


# (path below the ticket, endpoint, view, method)
ROUTES: tuple[tuple[str, str, Callable[..., Any], str], ...] = (
    ("duplicate", "ask_duplicate", ask_duplicate, "GET"),
    ("links", "link", link, "POST"),
    ("links/<link_id>/remove", "unlink", unlink, "POST"),
    ("links/<link_id>/restore", "relink", relink, "POST"),
)


def add_related(pages: Blueprint) -> None:
    """Mount the links below ``/tickets/<ticket_id>``."""
    for path, endpoint, view, method in ROUTES:
        pages.add_url_rule(f"/tickets/<ticket_id>/{path}", endpoint, view, methods=[method])
