"""What can be done now with a ticket, as rows of a search.

Every row is a page that exists or a form that its page has too; what a person
may not do is not offered.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import url_for
from sqlalchemy.orm import Session

from ecopick.blueprints.search.hits import Group, Hit
from ecopick.blueprints.search.inputs import Kind
from ecopick.blueprints.search.places import category_words
from ecopick.blueprints.tickets.steps import BY_STATUS
from ecopick.core.actor import Actor
from ecopick.core.matching import stands_in
from ecopick.core.permissions import allows
from ecopick.core.text import gettext as _
from ecopick.domains.people.queries import org_members
from ecopick.domains.tickets.lifecycle import TERMINAL, Action, TicketPriority
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.queries.actions import available_actions
from ecopick.domains.tickets.queries.find import get_ticket
from ecopick.domains.vendors.queries import FoundVendor
from ecopick.web import labels

FEW, PEOPLE = 5, 8


@dataclass(frozen=True)
class Doing:
    """A ticket with what may be done with it now."""

    ticket: Ticket
    actions: frozenset[Action]
    may_edit: bool
    may_write: bool


def doing(session: Session, actor: Actor, key: object) -> Doing:
    """What the actor may do with the ticket. Raises NotFound where they do not see it."""
    ticket = get_ticket(session, actor, key)
    alive = ticket.status not in TERMINAL
    return Doing(
        ticket,
        frozenset(available_actions(session, actor, ticket)),
        alive and allows(session, actor, "ticket:edit", ticket),
        alive and allows(session, actor, "ticket:comment", ticket),
    )


def with_this_ticket(
    session: Session,
    actor: Actor,
    now: Doing,
    words: Sequence[str],
    about: Kind | None,
    vendors: Sequence[FoundVendor],
) -> Group:
    """The acts that fit the words, or all of one kind."""
    hits = list(_acts(session, actor, now, words, about, vendors))
    if (
        words
        and about is None
        and [hit.kind for hit in hits] == ["choose"]
        and not _fits(hits[0], words)
    ):
        hits = []
    if about is None:
        hits = hits[:FEW] if words else [hit for hit in hits if hit.kind != "priority"]
    return Group("acts", _("With this ticket"), hits)


def _acts(
    session: Session,
    actor: Actor,
    now: Doing,
    words: Sequence[str],
    about: Kind | None,
    vendors: Sequence[FoundVendor],
) -> Iterator[Hit]:
    if Action.ASSIGN in now.actions:
        yield from _assigning(session, actor, now.ticket, words, about, vendors)
    if about in (None, "status"):
        yield from (hit for hit in _statuses(now) if _fits(hit, words))
    if about in (None, "priority") and now.may_edit:
        yield from (hit for hit in _priorities(now.ticket) if _fits(hit, words))
    if about is None and now.may_write:
        address = url_for("tickets.show", ticket_id=now.ticket.id, section="activity")
        hit = Hit("message", "message-square", _("Write a message"), f"{address}#reply", key="r")
        if _fits(hit, words):
            yield hit


def _fits(hit: Hit, words: Sequence[str]) -> bool:
    return stands_in(f"{hit.lead} {hit.title}", words)


def _assigning(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    words: Sequence[str],
    about: Kind | None,
    vendors: Sequence[FoundVendor],
) -> Iterator[Hit]:
    action = url_for("tickets.submit_assign", ticket_id=ticket.id)
    page = url_for("tickets.assign", ticket_id=ticket.id)
    choose = Hit("choose", "user-plus", _("Assign to…"), page, key="a")
    if about is None:
        yield choose
    if about == "assign" or (about is None and words):
        staff = org_members(session, actor, ticket.building_id)
        named = [each for each in staff if stands_in(each.name, words)]
        for each in named[: PEOPLE if about else 2]:
            yield Hit(
                "assign",
                "user-check",
                each.name,
                lead=_("Assign to"),
                detail=", ".join(labels.label(role) for role in each.roles),
                action=action,
                fields={"assignee": f"user:{each.user_id}"},
            )
    if about == "assign":
        yield choose
    if about == "vendor" or (about is None and words):
        free = [vendor for vendor in vendors if not vendor.is_blocked]
        for at, vendor in enumerate(free[: PEOPLE if about else 2]):
            yield Hit(
                "vendor",
                "truck",
                vendor.name,
                lead=_("Send to vendor"),
                detail=category_words(vendor.categories),
                action=action,
                fields={"assignee": f"vendor:{vendor.id}"},
                key="v" if at == 0 else None,
            )


def _statuses(now: Doing) -> Iterator[Hit]:
    """Changes of status, the review of a new ticket first, cancelling last and asked for."""
    key = now.ticket.id
    if Action.TRIAGE in now.actions:
        yield _form(Action.TRIAGE, url_for("tickets.triage", ticket_id=key), {})
    if Action.ACCEPT in now.actions:
        yield _form(Action.ACCEPT, url_for("tickets.respond", ticket_id=key), {"accept": "true"})
    for action, status in BY_STATUS.items():
        if action in now.actions:
            yield _form(action, url_for("tickets.status", ticket_id=key), {"status": status.value})
    if Action.CANCEL in now.actions:
        page = url_for("tickets.cancel", ticket_id=key)
        icon = labels.icon_of(Action.CANCEL) or "ban"
        yield Hit("status", icon, labels.label(Action.CANCEL), page)


def _form(action: Action, address: str, fields: dict[str, str]) -> Hit:
    icon = labels.icon_of(action) or "circle-dot"
    return Hit("status", icon, labels.label(action), action=address, fields=fields)


def _priorities(ticket: Ticket) -> Iterator[Hit]:
    for priority in reversed(TicketPriority):
        if priority is not ticket.priority:
            yield Hit(
                "priority",
                labels.icon_of(priority) or "equal",
                labels.label(priority),
                lead=_("Set priority"),
                action=url_for("tickets.details", ticket_id=ticket.id),
                fields={"priority": priority.value, "version": str(ticket.version)},
            )
