"""What the buttons of a ticket say: the advised next step, the status menu, the
tenant's progress. All of it follows from ``available_actions``."""

from dataclasses import dataclass, field
from typing import Any

from flask import url_for

from ecopick.core import clock
from ecopick.core.text import gettext as _
from ecopick.core.text import ngettext
from ecopick.domains.tickets.lifecycle import (
    CLOSE_AFTER,
    Action,
    AssignmentState,
    TicketStatus,
    possible,
)
from ecopick.domains.tickets.models import ScanState
from ecopick.domains.tickets.outputs import TicketOut
from ecopick.web import labels
from ecopick.web.formats import due_text, local_date, local_datetime, local_time

S = TicketStatus
A = Action
# Actions that POST /status performs, and the status they ask for.
BY_STATUS = {
    A.START: S.IN_PROGRESS,
    A.RESUME: S.IN_PROGRESS,
    A.AWAIT_TENANT: S.AWAITING_TENANT,
    A.AWAIT_VENDOR: S.AWAITING_VENDOR,
    A.RESOLVE: S.RESOLVED,
    A.CLOSE: S.CLOSED,
    A.REOPEN: S.IN_PROGRESS,
}


@dataclass(frozen=True)
class Button:
    """A POST form with one button, or with ``href`` a link.

    ``waits_as`` names the act where it may wait on a phone for a connection; ``seen`` is
    the status that it starts from.
    """

    label: str
    icon: str | None = None
    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    href: str | None = None
    danger: bool = False
    key: str | None = None
    waits_as: str | None = None
    seen: str | None = None

    @property
    def form_attrs(self) -> dict[str, str]:
        """What lets the form wait on this device, for the page's script."""
        if not (self.waits_as and self.seen):
            return {}
        return {
            "data-queue": "status",
            "data-queue-title": self.waits_as,
            "data-seen": self.seen,
        }


@dataclass(frozen=True)
class NextStep:
    """What is advised now; the first button is the lime one, but for mere waiting."""

    title: str
    text: str = ""
    buttons: tuple[Button, ...] = ()
    waits: bool = False


def has_evidence(ticket: TicketOut) -> bool:
    """Whether the ticket could be resolved."""
    return any(item.scan_state is ScanState.CLEAN for item in ticket.evidence)


def button(ticket: TicketOut, action: Action) -> Button:
    """The button of an action."""
    label, icon = labels.label(action), labels.icon_of(action)
    key = ticket.id
    if action in BY_STATUS:
        return Button(
            label,
            icon,
            url_for("tickets.status", ticket_id=key),
            {"status": BY_STATUS[action]},
            waits_as=f"{ticket.reference}: {label}",
            seen=ticket.status,
        )
    match action:
        case A.TRIAGE:
            return Button(label, icon, url_for("tickets.triage", ticket_id=key))
        case A.ASSIGN:
            return Button(label, icon, href=url_for("tickets.assign", ticket_id=key), key="a")
        case A.ACCEPT:
            return Button(
                label, icon, url_for("tickets.respond", ticket_id=key), {"accept": "true"}
            )
        case A.PUBLISH | A.WITHDRAW:
            opened = "true" if action is A.PUBLISH else "false"
            return Button(
                label, icon, url_for("tickets.opportunity", ticket_id=key), {"open": opened}
            )
        case A.CONFIRM:
            return Button(label, icon, url_for("tickets.confirm_claim", ticket_id=key))
        case A.REFUSE:
            return Button(label, icon, url_for("tickets.refuse_claim", ticket_id=key))
        case _:
            return Button(label, icon, href=url_for("tickets.cancel", ticket_id=key), danger=True)


def menu(ticket: TicketOut) -> list[Button]:
    """Everything that would be accepted now, for the status menu."""
    hidden = {A.CLAIM, A.ACCEPT}
    return [
        button(ticket, action)
        for action in ticket.available_actions
        if action not in hidden and (action is not A.RESOLVE or has_evidence(ticket))
    ]


def can_release(ticket: TicketOut) -> bool:
    """Whether an assignment is open that management could take back."""
    open_one = ticket.assignment
    return (
        open_one is not None
        and not open_one.is_claim
        and A.RELEASE in possible(ticket.status)
        and A.ASSIGN in ticket.available_actions
    )


def next_step(ticket: TicketOut) -> NextStep:
    """The one step that is advised now."""
    can = ticket.available_actions
    tz = ticket.building.time_zone
    open_one = ticket.assignment
    if A.ACCEPT in can:
        decline = Button(_("Decline"), "x", href=url_for("tickets.decline", ticket_id=ticket.id))
        text = _("You were asked to do this.")
        return NextStep(_("Accept this job"), text, (button(ticket, A.ACCEPT), decline))
    match ticket.status:
        case S.NEW if A.TRIAGE in can:
            steps = tuple(button(ticket, a) for a in (A.TRIAGE, A.ASSIGN) if a in can)
            return NextStep(
                _("Review this request"), _("Check category and priority, then assign it."), steps
            )
        case S.TRIAGED if A.ASSIGN in can:
            steps = tuple(button(ticket, a) for a in (A.ASSIGN, A.PUBLISH) if a in can)
            return NextStep(
                _("Choose who does it"), _("A person of your team or one of your vendors."), steps
            )
        case S.ASSIGNED if open_one is not None:
            text = (
                _(
                    "Asked %(time)s, answer expected by %(until)s.",
                    time=local_datetime(open_one.created_at, tz),
                    until=local_datetime(open_one.respond_by, tz),
                )
                if open_one.respond_by
                else ""
            )
            again = tuple(button(ticket, a) for a in (A.ASSIGN,) if a in can)
            return NextStep(_("Wait for %(name)s", name=open_one.who), text, again, waits=True)
        case S.VENDOR_OPPORTUNITY if ticket.collects_quotes:
            return _comparing(ticket)
        case S.VENDOR_PENDING if open_one is not None and A.REFUSE in can and A.CONFIRM not in can:
            return NextStep(
                _("Wait for the approval"),
                _("%(name)s has the job once its price is approved.", name=open_one.who),
                (button(ticket, A.REFUSE),),
                waits=True,
            )
        case S.VENDOR_OPPORTUNITY:
            text = (
                _(
                    "Vendors can apply until %(time)s.",
                    time=local_datetime(ticket.vendor_deadline, tz),
                )
                if ticket.vendor_deadline
                else _("Vendors can apply for this job.")
            )
            steps = tuple(button(ticket, a) for a in (A.ASSIGN, A.WITHDRAW) if a in can)
            return NextStep(_("Wait for applications"), text, steps, waits=True)
        case S.VENDOR_PENDING if open_one is not None and A.CONFIRM in can:
            steps = tuple(button(ticket, a) for a in (A.CONFIRM, A.REFUSE) if a in can)
            return NextStep(
                _("Confirm %(name)s", name=open_one.who),
                _("This vendor applied for the job."),
                steps,
            )
        case S.IN_PROGRESS | S.AWAITING_TENANT | S.AWAITING_VENDOR:
            return _work_step(ticket)
        case S.RESOLVED if A.CLOSE in can or A.REOPEN in can:
            steps = tuple(button(ticket, a) for a in (A.CLOSE, A.REOPEN) if a in can)
            return NextStep(
                _("Close this ticket"),
                _("It closes by itself 7 days after it was resolved.")
                if ticket.resolved_at is None
                else _(
                    "Resolved %(time)s; it closes by itself %(day)s.",
                    time=local_datetime(ticket.resolved_at, tz),
                    day=local_date(ticket.resolved_at + CLOSE_AFTER, tz),
                ),
                steps,
            )
        case S.CLOSED:
            return NextStep(_("Nothing left to do"), _("This ticket is closed."))
        case S.CANCELLED:
            return NextStep(_("Nothing left to do"), _("This ticket was cancelled."))
        case _:
            return NextStep(_("Nothing to do for you now"), _("Somebody else has the next step."))


def _comparing(ticket: TicketOut) -> NextStep:
    """Prices of vendors come in, and one of them is chosen."""
    until = ticket.vendor_deadline
    text = (
        _(
            "Vendors can offer prices until %(time)s.",
            time=local_datetime(until, ticket.building.time_zone),
        )
        if until
        else _("Vendors can offer prices for this job.")
    )
    compare = Button(
        _("Compare quotes"),
        "columns-3",
        href=url_for("tickets.show", ticket_id=ticket.id, section="vendor"),
    )
    can = ticket.available_actions
    more = tuple(button(ticket, a) for a in (A.WITHDRAW,) if a in can)
    return NextStep(_("Choose a quote"), text, (compare, *more))


def _work_step(ticket: TicketOut) -> NextStep:
    """The step while work is under way or waits for somebody."""
    can = ticket.available_actions
    tz = ticket.building.time_zone
    if ticket.status is S.AWAITING_TENANT:
        steps = tuple(button(ticket, a) for a in (A.RESUME,) if a in can)
        since = ticket.sla.paused_since
        text = (
            _("The clock is paused since %(time)s.", time=local_datetime(since, tz))
            if since
            else _("The clock is paused until they answer.")
        )
        return NextStep(_("Wait for the tenant"), text, steps, waits=True)
    if ticket.status is S.AWAITING_VENDOR:
        steps = tuple(button(ticket, a) for a in (A.RESUME,) if a in can)
        return NextStep(_("Wait for the vendor"), _("The clock runs on."), steps, waits=True)
    if A.RESOLVE in can:
        return _resolving(ticket, tz)
    return NextStep(_("Work is under way"), due_text(ticket.sla_due_at, tz))


def _resolving(ticket: TicketOut, tz: str) -> NextStep:
    """Resolve with what proves the work, or first bring the proof."""
    checked = [row for row in ticket.evidence if row.scan_state is ScanState.CLEAN]
    waiting = len(ticket.evidence) - len(checked)
    being_checked = ngettext(
        "%(num)s more is being checked.", "%(num)s more are being checked.", waiting
    )
    if checked:
        attached = ngettext(
            "%(num)s photo of the work is attached.",
            "%(num)s photos of the work are attached.",
            len(checked),
        )
        return NextStep(
            _(
                "Resolve with the %(time)s evidence",
                time=local_time(checked[-1].created_at, tz),
            ),
            f"{attached} {being_checked}" if waiting else attached,
            (button(ticket, A.RESOLVE),),
        )
    if waiting:
        return NextStep(
            _("Wait for the photo to be checked"),
            _("It was added %(time)s.", time=local_datetime(ticket.evidence[-1].created_at, tz)),
        )
    add = Button(
        _("Add proof of work"),
        "camera",
        href=url_for("tickets.show", ticket_id=ticket.id, section="attachments"),
    )
    return NextStep(
        _("Add proof of work"), _("A photo is needed before this can be resolved."), (add,)
    )


def closes_on(ticket: TicketOut) -> str:
    """The day until which solved work can be taken up again."""
    if ticket.resolved_at is None:
        return ""
    return local_date(ticket.resolved_at + CLOSE_AFTER, ticket.building.time_zone)


def tenant_words(status: TicketStatus) -> str:
    """Where a request stands, in a tenant's words."""
    match status:
        case S.NEW:
            return _("Received")
        case S.IN_PROGRESS | S.AWAITING_VENDOR:
            return _("Under way")
        case S.AWAITING_TENANT:
            return _("Needs your answer")
        case S.RESOLVED:
            return _("Is it fixed?")
        case S.CLOSED:
            return _("Completed")
        case S.CANCELLED:
            return _("Withdrawn")
        case _:
            return _("Being arranged")


def progress(ticket: TicketOut) -> list[dict[str, Any]]:
    """The tenant's five steps in plain words: title, note, state, icon."""
    tz = ticket.building.time_zone
    job = ticket.assignment
    accepted = job is not None and job.state is AssignmentState.ACCEPTED
    who = job.who if job is not None else ""
    arrival = job.arrival_from if job is not None else None
    there = arrival is None or arrival <= clock.now()
    over = ticket.status in (S.RESOLVED, S.CLOSED)
    place = _place(ticket, accepted=accepted, there=there)
    on_site = _("Planned for %(day)s", day=local_date(arrival, tz)) if arrival and not over else ""
    titles = [
        (_("Request received"), local_datetime(ticket.created_at, tz), "inbox"),
        (
            _("Taken on by the management"),
            local_datetime(ticket.triaged_at, tz) if ticket.triaged_at else "",
            "user-check",
        ),
        (
            _("%(name)s will come", name=who)
            if accepted and who
            else _("Someone is found to come"),
            local_datetime(job.responded_at, tz)
            if job is not None and accepted and job.responded_at
            else (_("%(name)s was asked", name=who) if who and not over else ""),
            "hard-hat",
        ),
        (_("Work on site"), on_site, "wrench"),
        (
            _("Request completed"),
            local_datetime(ticket.resolved_at, tz)
            if ticket.resolved_at
            else _("With a photo of the repair"),
            "circle-check",
        ),
    ]
    return [
        {
            "title": title,
            "note": note,
            "icon": icon,
            "state": "done" if index < place else "now" if index == place else "todo",
        }
        for index, (title, note, icon) in enumerate(titles)
    ]


def _place(ticket: TicketOut, *, accepted: bool, there: bool) -> int:
    """Which step is under way; 5 once all are done."""
    match ticket.status:
        case S.RESOLVED:
            return 4
        case S.CLOSED:
            return 5
        case S.NEW:
            return 1
        case _ if accepted:
            return 3 if there else 2
        case S.CANCELLED:
            return 1 if ticket.triaged_at is None else 2
        case _:
            return 2 if ticket.triaged_at is not None else 1
