"""The inbox of approvals: what waits, one request beside it, the decision."""

from datetime import datetime, timedelta
from typing import Any

from flask import Response, request, url_for

from ecopick.blueprints.governance import wording
from ecopick.blueprints.governance.asking import ask
from ecopick.blueprints.governance.blueprint import pages
from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.errors import AppError, Forbidden
from ecopick.core.text import gettext as _
from ecopick.core.text import lazy_gettext as _l
from ecopick.core.text import ngettext
from ecopick.domains.governance.commands import approvals as commands
from ecopick.domains.governance.commands import delegates
from ecopick.domains.governance.inputs import (
    AskQuestion,
    DecideApproval,
    Decision,
    ListApprovals,
    NameDelegate,
    RequestApproval,
    SkipStep,
)
from ecopick.domains.governance.policy import management_sees
from ecopick.domains.governance.queries.approvals import (
    Approval,
    approvers,
    available_moves,
    counts,
    get_approval,
    list_approvals,
    own_delegates,
)
from ecopick.domains.people.queries import find_self
from ecopick.domains.property.queries import home_of
from ecopick.domains.tickets.queries.mentions import Mention, mentions
from ecopick.web.amounts import typed_number
from ecopick.web.bind import bind, raw_input
from ecopick.web.errors import refill
from ecopick.web.formats import zone_of
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, db_session
from ecopick.web.step_up import needs_step_up
from ecopick.web.toasts import say

SOON = timedelta(hours=24)


@pages.get("/approvals")
def approvals() -> Response:
    """What waits for the person; what they asked for; what was decided."""
    return show()


@pages.get("/approvals/<approval_id>")
def approval(approval_id: str) -> Response:
    """One request beside the list."""
    return show(approval_id)


def show(approval_id: str | None = None, *, error: AppError | None = None) -> Response:
    """The inbox, with one request where it is named."""
    session, actor = db_session(), current_actor()
    view = _view(actor)
    opened = get_approval(session, actor, approval_id) if approval_id else None
    rows = list_approvals(session, actor, ListApprovals(view=view))
    tickets = mentions(session, actor, [each.ticket_id for each in (*rows, opened) if each])
    figures = counts(session, actor)
    return render(
        "approvals/page.html",
        "approvals/_inbox.html",
        rows=[_row(each, tickets) for each in rows],
        opened=_row(opened, tickets) if opened else None,
        beside=_beside(opened, rows, view) if opened else {},
        moves=available_moves(session, actor, opened.id) if opened else set(),
        view=view,
        tabs=_tabs(view, figures),
        may_delegate=management_sees(session, actor, None),
        may_ask=actor.is_staff,
        wording=wording,
        nav_current="approvals",
        me_id=actor.user_id,
        now=clock.now(),
        error=error,
        errors=dict(error.fields) if error else {},
        typed=request.form,
    )


def _view(actor: Actor) -> Any:
    asked = request.args.get("view")
    return asked if asked in ("waiting", "mine", "decided") else "waiting"


def _tabs(view: str, figures: dict[str, int]) -> list[dict[str, Any]]:
    names = {
        "waiting": _("Waiting for you"),
        "mine": _("Requested by you"),
        "decided": _("Decided"),
    }
    return [
        {
            "key": key,
            "label": name,
            "href": url_for("governance.approvals", view=key if key != "waiting" else None),
            "count": figures[key],
        }
        for key, name in names.items()
    ]


def _row(found: Approval, tickets: dict[Any, Mention]) -> dict[str, Any]:
    """A request with the words of its line."""
    ticket = tickets.get(found.ticket_id)
    place = ticket.building_name if ticket else found.resource_name
    title = found.title or (ticket.title if ticket else None) or place
    return {
        "it": found,
        "ticket": ticket,
        "title": title or wording.action_words(found.action),
        "about": ", ".join(
            part
            for part in (
                wording.action_words(found.action),
                ticket.reference if ticket else None,
                place if place != title else None,
            )
            if part
        ),
        "icon": wording.action_icon(found.action),
        "due": _due(found),
    }


def _due(found: Approval) -> dict[str, Any] | None:
    """The time that is left, as the chip shows it; None once it is decided."""
    if not found.is_open or found.due_at is None:
        return None
    left = found.due_at - clock.now()
    if left <= timedelta(0):
        return {"state": "past_due", "text": _("Past due"), "due": None}
    hours = int(left.total_seconds() // 3600)
    if left >= SOON:
        days = round(left / timedelta(days=1))
        words = ngettext("%(num)s day left", "%(num)s days left", days)
    elif hours:
        words = ngettext("%(num)s h left", "%(num)s h left", hours)
    else:
        words = ngettext(
            "%(num)s min left", "%(num)s min left", max(1, int(left.total_seconds() // 60))
        )
    return {"state": "at_risk" if left < SOON else "running", "text": words}


def _beside(opened: Approval, rows: list[Approval], view: str) -> dict[str, str | None]:
    """The neighbours in the list, for going up and down."""
    ids = [each.id for each in rows]
    if opened.id not in ids:
        return {}
    at = ids.index(opened.id)
    kept = view if view != "waiting" else None
    return {
        name: url_for("governance.approval", approval_id=ids[other], view=kept)
        for name, other in (("up", at - 1), ("down", at + 1))
        if 0 <= other < len(ids)
    }


def _again(approval_id: str, *, error: AppError) -> Response:
    return show(approval_id, error=error)


@pages.post("/approvals/<approval_id>/decide")
@needs_step_up
@refill(_again)
def decide_approval(approval_id: str) -> Any:
    """Approve or refuse."""
    data = bind(DecideApproval)
    commands.decide_approval(db_session(), current_actor(), approval_id, data)
    say(_("Approved") if data.decision is Decision.APPROVED else _("Rejected"))
    return see_other(url_for("governance.approvals"))


@pages.post("/approvals/<approval_id>/question")
@refill(_again)
def ask_question(approval_id: str) -> Any:
    """Ask before the decision, or answer."""
    text = request.form.get("text") or request.form.get("note") or None
    commands.ask_question(
        db_session(), current_actor(), approval_id, bind(AskQuestion, source={"text": text})
    )
    say(_("Sent"))
    return see_other(url_for("governance.approval", approval_id=approval_id))


@pages.post("/approvals/<approval_id>/skip")
@refill(_again)
def skip_step(approval_id: str) -> Any:
    """Leave the present step out."""
    commands.skip_step(db_session(), current_actor(), approval_id, bind(SkipStep))
    say(_("Step skipped"))
    return see_other(url_for("governance.approval", approval_id=approval_id))


@pages.post("/approvals/<approval_id>/cancel")
@refill(_again)
def cancel_approval(approval_id: str) -> Any:
    """Take one's request back."""
    commands.cancel_approval(db_session(), current_actor(), approval_id)
    say(_("Request taken back"))
    return see_other(url_for("governance.approvals", view="mine"))


@pages.post("/approvals/<approval_id>/close")
@refill(_again)
def close_approval(approval_id: str) -> Any:
    """File a decided request."""
    commands.close_approval(db_session(), current_actor(), approval_id)
    say(_("Request closed"))
    return see_other(url_for("governance.approval", approval_id=approval_id))


# A new request.


@pages.get("/approvals/new")
def new_approval() -> Response:
    """The form for a request."""
    return _form()


def _form(*, error: AppError | None = None) -> Response:
    session, actor = db_session(), current_actor()
    if not actor.is_staff:
        raise Forbidden(_l("You do not have permission to do this."))
    ticket, owner_id = None, actor.owner_id
    if asked := request.values.get("ticket_id"):
        found = mentions(session, actor, [_id(asked)])
        ticket = next(iter(found.values()), None)
    return render(
        "approvals/new.html",
        nav_current="approvals",
        choices=wording.action_choices(),
        approvers=[(str(key), name) for key, name in approvers(session, actor)],
        ticket=ticket,
        currency=home_of(session, owner_id, ticket.building_id if ticket else None).currency
        if owner_id
        else "EUR",
        typed=request.form,
        errors=dict(error.fields) if error else {},
        message=error.message if error else None,
    )


def _id(text: str) -> Any:
    from ecopick.core.finding import as_id

    return as_id(text)


@pages.post("/approvals")
@refill(_form)
def create_approval() -> Any:
    """Ask."""
    raw = raw_input(request, RequestApproval)
    if raw.get("amount"):
        raw["amount"] = typed_number(str(raw["amount"]))
    data = bind(RequestApproval, source=raw)
    made = ask(db_session(), current_actor(), data)
    say(_("Request for approval sent"))
    return see_other(url_for("governance.approval", approval_id=made.id, view="mine"))


# While somebody is away.


@pages.get("/approvals/away")
def away() -> Response:
    """Who decides in one's place, and the form to name somebody."""
    return _away()


def _away(*, error: AppError | None = None) -> Response:
    session, actor = db_session(), current_actor()
    if not management_sees(session, actor, find_self(session, actor)):
        raise Forbidden(_l("You do not have permission to do this."))
    return render(
        "approvals/away.html",
        nav_current="approvals",
        delegates=own_delegates(session, actor),
        approvers=[(str(key), name) for key, name in approvers(session, actor)],
        today=clock.now().astimezone(zone_of(None)).date(),
        typed=request.form,
        errors=dict(error.fields) if error else {},
        message=error.message if error else None,
    )


@pages.post("/approvals/away")
@refill(_away)
def name_delegate() -> Any:
    """Name somebody, by days of the calendar."""
    source = {
        "delegate_id": request.form.get("delegate_id") or None,
        "starts_at": _day(request.form.get("starts_at", "")),
        "ends_at": _day(request.form.get("ends_at", ""), after=1),
    }
    delegates.name_delegate(db_session(), current_actor(), None, bind(NameDelegate, source=source))
    say(_("Your stand-in is set"))
    return see_other(url_for("governance.away"))


def _day(text: str, after: int = 0) -> Any:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=zone_of(None))
    except ValueError:
        return text or None
    return day + timedelta(days=after)


@pages.post("/approvals/away/<delegate_id>/end")
def end_delegation(delegate_id: str) -> Any:
    """Decide alone again."""
    delegates.end_delegation(db_session(), current_actor(), None, delegate_id)
    say(_("Your stand-in has ended"))
    return see_other(url_for("governance.away"))
