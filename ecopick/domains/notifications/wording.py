"""The sentences of notifications, in the language of whoever reads them.

Tenants read of their request, never of a ticket; "past due", never "breached".
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ecopick.core.text import LazyText
from ecopick.core.text import gettext as _
from ecopick.core.text import lazy_gettext as later
from ecopick.domains.notifications.audience import Side
from ecopick.domains.notifications.facts import TicketFacts
from ecopick.domains.notifications.models import NotificationType
from ecopick.domains.tickets.lifecycle import TicketStatus

MESSAGE_LENGTH = 1500
S = TicketStatus
T = NotificationType
# What a right stands on, to follow "for".
_REACH: dict[str, LazyText] = {
    "Ticket": later("one request"),
    "Building": later("one building"),
    "Unit": later("one unit"),
    "PropertyOwner": later("all buildings"),
    "VendorOrg": later("one vendor"),
    "RoutingRule": later("one routing rule"),
}


@dataclass(frozen=True)
class Words:
    """A title of one line and some plain text."""

    title: str
    body: str


@dataclass(frozen=True)
class Notice:
    """One piece of news: its type, whether it is worth a mail, and its words for each side."""

    type: NotificationType
    words: Callable[[Side], Words]
    by_mail: bool = True
    always_by_mail: bool = False


def created(facts: TicketFacts) -> Notice:
    """A request came in; for management."""
    return _notice(
        T.TICKET_CREATED,
        lambda: Words(
            _("%(ref)s: New ticket: %(title)s", ref=facts.reference, title=facts.ticket.title),
            facts.place,
        ),
    )


def unrouted(facts: TicketFacts) -> Notice:
    """No rule fits; for management."""
    return _notice(
        T.TICKET_CREATED,
        lambda: Words(
            _("%(ref)s: Nobody to assign yet", ref=facts.reference),
            _(
                "No routing rule fits “%(title)s” in %(place)s. Please choose who takes it.",
                title=facts.ticket.title,
                place=facts.place,
            ),
        ),
    )


def assigned(facts: TicketFacts, respond_by: datetime | None) -> Notice:
    """A member of the staff is asked."""

    def words() -> Words:
        title = _("%(ref)s: Please take: %(title)s", ref=facts.reference, title=facts.ticket.title)
        lines = [facts.place]
        if respond_by is not None:
            lines.append(_("Please answer by: %(when)s", when=facts.day_and_time(respond_by)))
        return Words(title, "\n".join(lines))

    return _notice(T.TICKET_ASSIGNED, words)


def dispatched(facts: TicketFacts, respond_by: datetime | None) -> Notice:
    """A vendor is asked: nothing about the people who live or work there."""

    def words() -> Words:
        title = _("%(ref)s: New job: %(title)s", ref=facts.reference, title=facts.ticket.title)
        lines = [
            _(
                "%(owner)s asks you to take a job in %(place)s. Please accept it with a time of "
                "arrival, or decline it.",
                owner=facts.owner_name,
                place=facts.place,
            )
        ]
        if respond_by is not None:
            lines.append(_("Please answer by: %(when)s", when=facts.day_and_time(respond_by)))
        return Words(title, "\n".join(lines))

    return _notice(T.TICKET_ASSIGNED, words, always_by_mail=True)


def recalled(facts: TicketFacts) -> Notice:
    """The job was taken back from whoever was asked."""
    return _notice(
        T.TICKET_STATUS_CHANGED,
        lambda: Words(
            _("%(ref)s: This job was taken back", ref=facts.reference),
            _(
                "“%(title)s” in %(place)s is no longer yours to do.",
                title=facts.ticket.title,
                place=facts.place,
            ),
        ),
    )


def confirmed(facts: TicketFacts) -> Notice:
    """A vendor's application was taken; for that vendor."""
    return _notice(
        T.ASSIGNMENT_RESPONSE,
        lambda: Words(
            _(
                "%(ref)s: The job is yours: %(title)s",
                ref=facts.reference,
                title=facts.ticket.title,
            ),
            facts.place,
        ),
    )


def accepted(
    facts: TicketFacts, who: str, arrival: tuple[datetime, datetime | None] | None
) -> Notice:
    """Somebody will come: for management, and for the reporter in plain words."""

    def words(side: Side) -> Words:
        when = facts.window(*arrival) if arrival else ""
        if side is Side.TENANT:
            title = (
                _("%(ref)s: %(who)s is coming", ref=facts.reference, who=who)
                if when
                else _("%(ref)s: %(who)s takes care of it", ref=facts.reference, who=who)
            )
        else:
            title = _("%(ref)s: %(who)s has accepted", ref=facts.reference, who=who)
        lines = [_quoted(facts)]
        if when:
            lines.append(_("Arrival: %(window)s", window=when))
        return Words(title, "\n".join(lines))

    return Notice(T.ASSIGNMENT_RESPONSE, words)


def declined(facts: TicketFacts, who: str, reason: str | None) -> Notice:
    """Somebody will not come; for management."""
    return _notice(
        T.ASSIGNMENT_RESPONSE,
        lambda: Words(
            _("%(ref)s: %(who)s has declined", ref=facts.reference, who=who),
            _("Reason: %(reason)s", reason=reason) if reason else _quoted(facts),
        ),
    )


def lapsed(facts: TicketFacts, who: str) -> Notice:
    """Nobody answered in time; for management."""
    return _notice(
        T.ASSIGNMENT_RESPONSE,
        lambda: Words(
            _("%(ref)s: No answer from %(who)s", ref=facts.reference, who=who),
            _("The time to answer has passed, so the job was taken back from them."),
        ),
    )


def undone(facts: TicketFacts, who: str) -> Notice:
    """An answer was taken back; for management."""
    return _notice(
        T.ASSIGNMENT_RESPONSE,
        lambda: Words(
            _("%(ref)s: %(who)s has taken the answer back", ref=facts.reference, who=who),
            _("We are waiting for a new answer."),
        ),
    )


def claimed(facts: TicketFacts, who: str) -> Notice:
    """A vendor applies for an open job; for management."""
    return _notice(
        T.OPPORTUNITY_CLAIMED,
        lambda: Words(
            _("%(ref)s: %(who)s applies for the job", ref=facts.reference, who=who),
            _("Please confirm or refuse."),
        ),
    )


def withdrawn(facts: TicketFacts) -> Notice:
    """The time to apply has passed; for management."""
    return _notice(
        T.OPPORTUNITY_CLAIMED,
        lambda: Words(
            _("%(ref)s: The job is no longer open to vendors", ref=facts.reference),
            _("Please choose who takes “%(title)s”.", title=facts.ticket.title),
        ),
    )


def published(facts: TicketFacts) -> Notice:
    """A job is open; for vendors."""

    def words() -> Words:
        deadline = facts.ticket.vendor_deadline
        lines = [
            _(
                "%(owner)s is looking for somebody for a job in %(place)s.",
                owner=facts.owner_name,
                place=facts.place,
            )
        ]
        if deadline is not None:
            lines.append(_("Apply by: %(when)s", when=facts.day_and_time(deadline)))
        return Words(
            _("%(ref)s: Open job: %(title)s", ref=facts.reference, title=facts.ticket.title),
            "\n".join(lines),
        )

    return _notice(T.OPPORTUNITY_PUBLISHED, words)


def added(facts: TicketFacts) -> Notice:
    """Somebody takes part from now on."""
    return _notice(
        T.TICKET_ASSIGNED,
        lambda: Words(_("%(ref)s: You now take part", ref=facts.reference), _quoted(facts)),
        by_mail=False,
    )


def message(facts: TicketFacts, who: str | LazyText, text: str, *, by_mail: bool = True) -> Notice:
    """Somebody wrote."""
    shown = text if len(text) <= MESSAGE_LENGTH else text[:MESSAGE_LENGTH].rstrip() + " …"
    return _notice(
        T.TICKET_MESSAGE,
        lambda: Words(_("%(ref)s: Message from %(who)s", ref=facts.reference, who=who), shown),
        by_mail=by_mail,
    )


def mentioned(facts: TicketFacts, who: str | LazyText, text: str) -> Notice:
    """Somebody named the reader in a message."""
    shown = text if len(text) <= MESSAGE_LENGTH else text[:MESSAGE_LENGTH].rstrip() + " …"
    return _notice(
        T.TICKET_MESSAGE,
        lambda: Words(_("%(ref)s: %(who)s mentioned you", ref=facts.reference, who=who), shown),
    )


def due_soon(facts: TicketFacts) -> Notice:
    """Four fifths of the time are used; for management and assignee."""
    return _notice(
        T.SLA_WARNING,
        lambda: Words(
            _("%(ref)s: Due soon: %(title)s", ref=facts.reference, title=facts.ticket.title),
            _due(facts),
        ),
    )


def past_due(facts: TicketFacts) -> Notice:
    """The due time has passed; for management and assignee."""
    return _notice(
        T.SLA_BREACHED,
        lambda: Words(
            _("%(ref)s: Past due: %(title)s", ref=facts.reference, title=facts.ticket.title),
            _due(facts),
        ),
    )


def _quoted(facts: TicketFacts) -> str:
    return _("“%(title)s”", title=facts.ticket.title)


def _due(facts: TicketFacts) -> str:
    due = facts.ticket.sla_due_at
    when = _("Due: %(when)s", when=facts.day_and_time(due)) if due else ""
    return "\n".join(line for line in (facts.place, when) if line)


def undeliverable(facts: TicketFacts, who: str) -> Notice:
    """The mail with the job cannot reach the vendor; for management."""
    return _notice(
        T.ASSIGNMENT_RESPONSE,
        lambda: Words(
            _("%(ref)s: Our mail does not reach %(who)s", ref=facts.reference, who=who),
            _(
                "They may not know of “%(title)s”. Please call them, or assign somebody else.",
                title=facts.ticket.title,
            ),
        ),
    )


# What a new status means to whoever reported: title, text, whether it is worth a mail.
_FOR_TENANTS: dict[TicketStatus, tuple[LazyText, LazyText | None, bool]] = {
    S.TRIAGED: (later("Your request has been reviewed"), None, False),
    S.ASSIGNED: (later("Somebody has been asked to take care of it"), None, False),
    S.VENDOR_OPPORTUNITY: (later("We are looking for somebody to take care of it"), None, False),
    S.IN_PROGRESS: (later("The work goes on"), None, True),
    S.AWAITING_TENANT: (
        later("We need an answer from you"),
        later("The work waits until you have answered. Please open your request."),
        True,
    ),
    S.AWAITING_VENDOR: (later("We are waiting for the firm that does the work"), None, False),
    S.RESOLVED: (
        later("Your request is resolved"),
        later("Is something still wrong? Then please open your request again within 7 days."),
        True,
    ),
    S.CLOSED: (later("Your request is closed"), None, True),
    S.CANCELLED: (later("Your request was cancelled"), None, True),
}
_FOR_WORKERS: dict[TicketStatus, LazyText] = {
    S.TRIAGED: later("Triaged"),
    S.ASSIGNED: later("Assigned"),
    S.VENDOR_OPPORTUNITY: later("Open to vendors"),
    S.IN_PROGRESS: later("In progress"),
    S.AWAITING_TENANT: later("Awaiting tenant"),
    S.AWAITING_VENDOR: later("Awaiting vendor"),
    S.RESOLVED: later("Resolved"),
    S.CLOSED: later("Closed"),
    S.CANCELLED: later("Cancelled"),
}


def status(facts: TicketFacts, after: TicketStatus) -> Notice | None:
    """The status moved; None where that is nobody's news."""
    if after not in _FOR_TENANTS:
        return None
    headline, explanation, by_mail = _FOR_TENANTS[after]

    def words(side: Side) -> Words:
        said = headline if side is Side.TENANT else _FOR_WORKERS[after]
        lines = [_quoted(facts)]
        if side is Side.TENANT and explanation is not None:
            lines.append(str(explanation))
        return Words(f"{facts.reference}: {said}", "\n".join(lines))

    return Notice(T.TICKET_STATUS_CHANGED, words, by_mail=by_mail)


def appointment_off(facts: TicketFacts) -> Notice:
    """Whoever had accepted does not come after all; for the reporter."""
    return _notice(
        T.TICKET_STATUS_CHANGED,
        lambda: Words(
            _("%(ref)s: The appointment has changed", ref=facts.reference),
            _(
                "The appointment for “%(title)s” no longer stands. "
                "We will tell you who comes, and when.",
                title=facts.ticket.title,
            ),
        ),
    )


def _notice(
    kind: NotificationType,
    words: Callable[[], Words],
    *,
    by_mail: bool = True,
    always_by_mail: bool = False,
) -> Notice:
    return Notice(kind, lambda side: words(), by_mail, always_by_mail)


def right_is_for(kind: str) -> str:
    """What a right reaches, as a sentence; empty for a thing without a name of its own."""
    return _("It is for %(what)s.", what=str(_REACH[kind])) if kind in _REACH else ""


def right_was_for(kind: str) -> str:
    """The same for a right that is no more."""
    return _("It was for %(what)s.", what=str(_REACH[kind])) if kind in _REACH else ""


def permission_ended(resource: str) -> Notice:
    """A right on a single thing has run out; for whoever had it."""
    return _notice(
        T.PERMISSION_GRANTED,
        lambda: Words(_("A permission of yours has ended"), right_was_for(resource)),
    )
