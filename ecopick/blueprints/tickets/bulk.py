"""One act on the selected tickets: choose, carry out, see what became of each, take back.

The bar below the list posts the selection to the page of an act, which shows the one
form as a dialog, or as a page without scripts. Few tickets are changed at once, many by
a worker; either way every ticket has its own result.
"""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Response, request, url_for

from ecopick.core.actor import Actor
from ecopick.core.db import new_id
from ecopick.core.errors import AppError, Invalid, TooLarge
from ecopick.core.permissions import authorize
from ecopick.core.roles import MANAGEMENT_ROLES
from ecopick.core.text import gettext as _
from ecopick.core.text import lazy_gettext as _l
from ecopick.core.text import ngettext
from ecopick.core.uow import after_commit
from ecopick.domains.notifications.reach import people_reached
from ecopick.domains.tickets.commands.bulk import begin_bulk, begin_undo, carry_on
from ecopick.domains.tickets.desk_inputs import (
    BulkAssign,
    BulkMessage,
    BulkPriority,
    BulkStatus,
    BulkTickets,
)
from ecopick.domains.tickets.lifecycle import (
    BULK_AT_ONCE,
    BULK_LIMIT,
    BulkKind,
    BulkOutcome,
    BulkState,
    TicketPriority,
)
from ecopick.domains.tickets.models import BulkAct
from ecopick.domains.tickets.queries.bulk import (
    UNFINISHED,
    Selection,
    counts,
    find_act,
    outcomes,
    selection,
)
from ecopick.domains.tickets.queries.pickers import members, vendor_orgs
from ecopick.web import labels
from ecopick.web.access import background
from ecopick.web.bind import bind, raw_input
from ecopick.web.errors import refill
from ecopick.web.render import local_path, render, see_other
from ecopick.web.state import current_actor, db_session, queue
from ecopick.web.toasts import say

WORK = "jobs.bulk.work"
INPUTS: dict[BulkKind, type[BulkTickets]] = {
    BulkKind.ASSIGN: BulkAssign,
    BulkKind.STATUS: BulkStatus,
    BulkKind.PRIORITY: BulkPriority,
    BulkKind.MESSAGE: BulkMessage,
}
TITLES = {
    BulkKind.ASSIGN: _l("Assign tickets"),
    BulkKind.STATUS: _l("Set status"),
    BulkKind.PRIORITY: _l("Set priority"),
    BulkKind.MESSAGE: _l("Write a message"),
}
# Word and icon of the button on the bar, and its key.
BUTTONS = {
    BulkKind.ASSIGN: (_l("Assign"), "user-plus", "a"),
    BulkKind.STATUS: (_l("Set status"), "circle-dot", "s"),
    BulkKind.PRIORITY: (_l("Priority"), "chevrons-up", "p"),
    BulkKind.MESSAGE: (_l("Message"), "message-square", None),
}


def bulk_buttons(actor: Actor) -> list[dict[str, Any]]:
    """The buttons of the bar that this person can use."""
    manages = actor.owner_id is not None and (
        actor.staff_buildings(actor.owner_id, MANAGEMENT_ROLES) != frozenset()
    )
    only_management = (BulkKind.ASSIGN, BulkKind.PRIORITY)
    return [
        {"act": kind.value, "label": str(words), "icon": icon, "key": key}
        for kind, (words, icon, key) in BUTTONS.items()
        if actor.is_staff and (manages or kind not in only_management)
    ]


# Choosing.


def _choose(kind: BulkKind, *, error: AppError | None = None) -> Response:
    session, actor = db_session(), current_actor()
    authorize(session, actor, "ticket:bulk", None)
    given = request.form.getlist("ticket_id")
    _check_size(given)
    chosen = selection(session, actor, bind(BulkTickets, source={"ticket_id": given}).ticket_id)
    return render(
        "tickets/bulk.html",
        "tickets/_bulk_dialog.html",
        act=kind.value,
        title=str(TITLES[kind]),
        chosen=chosen,
        total=len(chosen.ids),
        hidden=len(chosen.ids) - len(chosen.visible),
        error=error,
        errors=dict(error.fields) if error is not None else {},
        typed=request.form,
        idempotency_key=str(new_id()),
        back=_list_address(),
        nav_current="tickets",
        **CHOICES[kind](actor, chosen),
    )


def _check_size(given: Sequence[str]) -> None:
    if not given:
        raise Invalid(_l("Please select at least one ticket."), code="nothing_selected")
    if len(given) > BULK_LIMIT:
        raise TooLarge(
            _l("At most %(count)s tickets at once, please.", count=BULK_LIMIT),
            code="too_many_tickets",
        )


def _list_address() -> str:
    return local_path(request.form.get("next"), url_for("tickets.index"))


def _people(actor: Actor, chosen: Selection) -> dict[str, Any]:
    session = db_session()
    people = [
        {
            "value": f"user:{row.user_id}",
            "title": row.name,
            "note": ", ".join(labels.label(role) for role in row.roles),
        }
        for row in members(session, actor, chosen.building_id)
    ]
    vendors = [
        {"value": f"vendor:{row.id}", "title": row.name, "note": row.phone or row.email or ""}
        for row in vendor_orgs(session, actor)
    ]
    return {"people": people, "vendors": vendors}


def _statuses(actor: Actor, chosen: Selection) -> dict[str, Any]:
    """Statuses with a way for at least one; the others are told why not."""
    ways = chosen.ways()
    seen = len(chosen.visible)
    offered = [
        {
            "value": status.value,
            "title": labels.label(status),
            "icon": labels.icon_of(status),
            "note": ""
            if count == seen
            else _("Possible for %(count)s of %(total)s", count=count, total=seen),
        }
        for status, count in ways.items()
        if count
    ]
    closed = [labels.label(status) for status, count in ways.items() if not count]
    return {"statuses": offered, "closed": closed}


def _priorities(actor: Actor, chosen: Selection) -> dict[str, Any]:
    return {
        "priorities": [
            {"value": each.value, "title": labels.label(each), "icon": labels.icon_of(each)}
            for each in reversed(TicketPriority)
        ]
    }


def _readers(actor: Actor, chosen: Selection) -> dict[str, Any]:
    session = db_session()
    everyone = people_reached(session, actor, chosen.visible)
    team = people_reached(session, actor, chosen.visible, team=True)

    def told(count: int) -> str:
        return ngettext("%(num)s person is told", "%(num)s people are told", count)

    return {
        "visibilities": [
            {"value": "everyone", "title": _("Everyone on the ticket"), "note": told(everyone)},
            {"value": "team", "title": _("Only the team"), "note": told(team)},
        ]
    }


CHOICES: dict[BulkKind, Callable[[Actor, Selection], dict[str, Any]]] = {
    BulkKind.ASSIGN: _people,
    BulkKind.STATUS: _statuses,
    BulkKind.PRIORITY: _priorities,
    BulkKind.MESSAGE: _readers,
}


# Carrying out.


def _apply(kind: BulkKind) -> Any:
    session, actor = db_session(), current_actor()
    authorize(session, actor, "ticket:bulk", None)
    _check_size(request.form.getlist("ticket_id"))
    model = INPUTS[kind]
    data = bind(model, source=raw_input(request, model))
    act = begin_bulk(session, actor, None, kind, data)
    back = _list_address()
    if act.tickets_total > BULK_AT_ONCE:
        wake = queue()
        after_commit(session, lambda: wake.ask(WORK))
        return see_other(url_for("tickets.bulk_act", bulk_id=act.id, next=back))
    carry_on(session, actor, act.id)
    _tell(act, back)
    return see_other(back)


def _tell(act: BulkAct, back: str) -> None:
    """The toast on the list: how many were changed, the way to the rest, and back."""
    show = url_for("tickets.bulk_act", bulk_id=act.id, next=back)
    undo = url_for("tickets.undo_bulk", bulk_id=act.id, next=back)
    can_undo = act.act is not BulkKind.MESSAGE and act.changed > 0
    say(_said(act), undo=undo if can_undo else None, href=show)


def _said(act: BulkAct) -> str:
    rest = act.tickets_total - act.changed
    changed = ngettext("%(num)s changed", "%(num)s changed", act.changed)
    if act.act is BulkKind.MESSAGE:
        changed = ngettext("%(num)s message sent", "%(num)s messages sent", act.changed)
    if not rest:
        return changed
    return _("%(changed)s, %(count)s not", changed=changed, count=rest)


# What became of it.


def show_act(bulk_id: str) -> Response:
    """How far an act is, and the result of every ticket."""
    session, actor = db_session(), current_actor()
    act = find_act(session, actor, bulk_id)
    busy = act.state in UNFINISHED
    found = counts(session, act)
    total = act.tickets_total if act.state is not BulkState.UNDOING else _to_undo(found)
    return render(
        "tickets/bulk_act.html",
        "tickets/_bulk_act.html",
        act=act,
        title=str(TITLES[act.act]),
        busy=busy,
        percent=min(act.tickets_done * 100 // max(total, 1), 100),
        counts={each.value: number for each, number in found.items()},
        results=[] if busy else outcomes(session, actor, act),
        can_undo=_can_undo(act, found),
        back=local_path(request.args.get("next"), url_for("tickets.index")),
        nav_current="tickets",
    )


@background
def progress_of_act(bulk_id: str) -> Response:
    """The same, asked for by the page itself while the act is under way."""
    return show_act(bulk_id)


def _to_undo(found: dict[BulkOutcome, int]) -> int:
    return found[BulkOutcome.DONE] + found[BulkOutcome.UNDONE] + found[BulkOutcome.KEPT]


def _can_undo(act: BulkAct, found: dict[BulkOutcome, int]) -> bool:
    return (
        act.state is BulkState.DONE
        and act.act is not BulkKind.MESSAGE
        and found[BulkOutcome.DONE] > 0
    )


def _act_again(bulk_id: str, *, error: AppError) -> Response:
    say(error.message, tone="error")
    return show_act(bulk_id)


@refill(_act_again)
def undo_act(bulk_id: str) -> Any:
    """Take back what can be taken back truthfully; the rest says why not."""
    session, actor = db_session(), current_actor()
    act = begin_undo(session, actor, bulk_id)
    back = local_path(request.args.get("next"), url_for("tickets.index"))
    show = url_for("tickets.bulk_act", bulk_id=act.id, next=back)
    if act.tickets_total > BULK_AT_ONCE:
        wake = queue()
        after_commit(session, lambda: wake.ask(WORK))
        return see_other(show)
    if act.state is BulkState.UNDOING:
        carry_on(session, actor, act.id)
    found = counts(session, act)
    undone, kept = found[BulkOutcome.UNDONE], found[BulkOutcome.KEPT]
    words = ngettext("%(num)s taken back", "%(num)s taken back", undone)
    if kept:
        words = _("%(changed)s, %(count)s not", changed=words, count=kept)
    say(words, href=show)
    return see_other(show if kept else back)


def add_bulk(pages: Blueprint) -> None:
    """Mount the acts below ``/tickets/bulk``."""
    for kind in BulkKind:
        choose, carry_out = _views(kind)
        path, name = f"/tickets/bulk/{kind.value}", f"bulk_{kind.value}"
        pages.add_url_rule(path, name, choose, methods=["POST"])
        pages.add_url_rule(f"{path}/apply", f"apply_{name}", carry_out, methods=["POST"])
    acts = "/tickets/bulk/acts/<bulk_id>"
    pages.add_url_rule(acts, "bulk_act", show_act, methods=["GET"])
    pages.add_url_rule(f"{acts}/progress", "bulk_progress", progress_of_act, methods=["GET"])
    pages.add_url_rule(f"{acts}/undo", "undo_bulk", undo_act, methods=["POST"])


def _views(kind: BulkKind) -> tuple[Callable[[], Any], Callable[[], Any]]:
    def choose() -> Any:
        return _choose(kind)

    def again(*, error: AppError) -> Response:
        if error.code in ("nothing_selected", "too_many_tickets"):
            raise error
        return _choose(kind, error=error)

    @refill(again)
    def carry_out() -> Any:
        return _apply(kind)

    return choose, carry_out
