"""What needs attention: tickets past due with one next step each, approvals, what went quiet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import url_for

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.text import gettext as _
from ecopick.core.text import pgettext
from ecopick.domains.reports.queries.money import Sum
from ecopick.domains.reports.queries.places import Place
from ecopick.domains.reports.queries.work import LateLine
from ecopick.domains.tickets.lifecycle import AssignmentState, TicketStatus
from ecopick.domains.tickets.queries.list import TicketLine
from ecopick.web import labels


@dataclass(frozen=True)
class Late:
    """A ticket past due: why it stands still, and the step that is advised."""

    line: TicketLine
    reason: str
    step: str
    href: str


@dataclass(frozen=True)
class Attention:
    """Everything in the column, and how much it is."""

    late: list[Late]
    late_count: int
    late_href: str
    approvals: list[Sum]
    approval_count: int
    invoices: list[Sum]
    invoice_count: int
    quiet_count: int
    quiet_href: str

    @property
    def count(self) -> int:
        """The number at the head of the column."""
        return self.late_count + self.approval_count + self.invoice_count + self.quiet_count


def attention(
    actor: Actor,
    places: Sequence[Place],
    late: Sequence[LateLine],
    sums: Sequence[Sum],
    href: Callable[..., str],
) -> Attention:
    """The column for this person, of these buildings."""
    approvals = [each for each in sums if each.kind == "approval"]
    invoices = [each for each in sums if each.kind == "invoice"]
    return Attention(
        late=[_late(actor, each) for each in late],
        late_count=sum(place.past_due for place in places),
        late_href=href(view="open", due="past"),
        approvals=approvals,
        approval_count=approvals[0].total if approvals else 0,
        invoices=invoices,
        invoice_count=invoices[0].total if invoices else 0,
        quiet_count=sum(place.no_reply for place in places),
        quiet_href=href(view="open", figure="no_reply_3_days"),
    )


def _late(actor: Actor, found: LateLine) -> Late:
    """The reason, and the step where the person may take it: else the ticket is opened."""
    line = found.line
    ticket = url_for("tickets.show", ticket_id=line.id)
    reason, step = _stand(line)
    if step == "call" and found.vendor_phone:
        return Late(line, reason, _("Call vendor"), f"tel:{found.vendor_phone.replace(' ', '')}")
    manages = actor.is_management(line.property_owner_id, line.building_id)
    if manages and step in ("assign", "reroute"):
        assign = url_for("tickets.assign", ticket_id=line.id)
        return Late(line, reason, _("Assign") if step == "assign" else _("Re-route"), assign)
    return Late(line, reason, pgettext("verb", "Open"), ticket)


def _stand(line: TicketLine) -> tuple[str, str]:
    """Why a ticket has not moved, and what kind of step that asks for."""
    if line.status == TicketStatus.VENDOR_PENDING:
        return labels.label(line.status), "open"
    if line.assignment_state is None:
        return _("No assignee"), "assign"
    if line.vendor_org_id is None:
        return line.assigned_to_name or _("No assignee"), "reroute"
    if line.assignment_state == AssignmentState.PENDING:
        return _("Vendor has not answered"), "reroute"
    if line.arrival_until is not None and line.arrival_until < clock.now():
        return _("Vendor has not arrived"), "call"
    if line.status == TicketStatus.AWAITING_VENDOR:
        return labels.label(line.status), "call"
    return line.vendor_name or labels.label(line.status), "call"
