"""The moments of a ticket's clock, as its SLA section tells them."""

from dataclasses import dataclass
from datetime import datetime

from ecopick.core.text import gettext as _
from ecopick.domains.tickets.queries.detail import TicketView
from ecopick.web.formats import duration


@dataclass(frozen=True)
class Moment:
    """Something that happened, or will, to the clock."""

    at: datetime
    title: str
    icon: str
    tone: str = "slate"
    note: str = ""


def sla_moments(view: TicketView) -> list[Moment]:
    """Start, pauses, due time and end, newest first."""
    ticket = view.ticket
    found = [Moment(ticket.created_at, _("Started"), "play")]
    for span in view.intervals[1:]:
        if span.paused:
            note = _("Waiting for the tenant, %(time)s", time=duration(span.length))
            found.append(Moment(span.start, _("Paused"), "circle-pause", "slate", note))
        else:
            found.append(Moment(span.start, _("Resumed"), "circle-play"))
    if view.clock.due_at:
        found.append(Moment(view.clock.due_at, _("Due"), "flag"))
    if ticket.sla_breached_at:
        found.append(Moment(ticket.sla_breached_at, _("Past due"), "triangle-alert", "red"))
    if ticket.resolved_at:
        found.append(Moment(ticket.resolved_at, _("Resolved"), "circle-check", "green"))
    return sorted(found, key=lambda moment: moment.at, reverse=True)
