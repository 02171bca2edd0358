"""What is said about an arranged visit: proposed, agreed, under way, soon."""

from datetime import datetime

from ecopick.core.text import gettext as _
from ecopick.domains.notifications.audience import Side
from ecopick.domains.notifications.facts import TicketFacts
from ecopick.domains.notifications.models import NotificationType
from ecopick.domains.notifications.wording import Notice, Words
from ecopick.domains.tickets.models import Visit
from ecopick.domains.tickets.queries.visits import options_of
from ecopick.domains.tickets.visit_states import VisitStep

V = VisitStep
# Small steps are news in the app and no mail; the others are no news at all.
IN_APP = frozenset({V.ON_THE_WAY, V.ARRIVED})
TOLD = IN_APP | {V.PROPOSED, V.CONFIRMED, V.TOMORROW, V.SOON}


def visit(facts: TicketFacts, row: Visit, step: VisitStep, who: str) -> Notice | None:
    """A step of a visit; None where that is nobody's news.

    That the tenant asks for another time is told by their message, that a visit ended by
    the change of the ticket.
    """
    if step not in TOLD:
        return None

    def words(side: Side) -> Words:
        return Words(_title(facts, step, who, side), "\n".join(_lines(facts, row, step, side)))

    return Notice(NotificationType.VISIT_CHANGED, words, by_mail=step not in IN_APP)


def _title(facts: TicketFacts, step: VisitStep, who: str, side: Side) -> str:
    ref = facts.reference
    match step:
        case V.PROPOSED:
            return _("%(ref)s: %(who)s proposes new times", ref=ref, who=who)
        case V.CONFIRMED:
            return _("%(ref)s: The appointment is agreed", ref=ref)
        case V.ON_THE_WAY:
            return _("%(ref)s: %(who)s is on the way", ref=ref, who=who)
        case V.ARRIVED:
            return _("%(ref)s: %(who)s has arrived", ref=ref, who=who)
        case V.TOMORROW:
            return _("%(ref)s: Reminder of the appointment", ref=ref)
        case _:
            if side is Side.VENDOR:
                return _("%(ref)s: You are expected soon", ref=ref)
            return _("%(ref)s: %(who)s is coming soon", ref=ref, who=who)


def _lines(facts: TicketFacts, row: Visit, step: VisitStep, side: Side) -> list[str]:
    lines = [f"“{facts.ticket.title}”"]
    if step is V.PROPOSED:
        lines += [facts.window(each.start, each.end) for each in options_of(row)]
        if row.note:
            lines.append(row.note)
        if side is Side.TENANT:
            lines.append(_("An earlier appointment no longer stands. Please pick a time."))
    elif row.arrival_from is not None:
        when = facts.window(row.arrival_from, row.arrival_until)
        lines.append(_("Arrival: %(window)s", window=when))
    return lines


def kept(facts: TicketFacts, arrival: tuple[datetime, datetime | None]) -> Notice:
    """The time at which the vendor said it comes; for the vendor's own people and calendars."""

    def words(side: Side) -> Words:
        return Words(
            _("%(ref)s: Your appointment", ref=facts.reference),
            "\n".join(
                (
                    f"“{facts.ticket.title}”",
                    _("Arrival: %(window)s", window=facts.window(*arrival)),
                    _("Keep this mail: its link leads to each next step of the job."),
                )
            ),
        )

    return Notice(NotificationType.VISIT_CHANGED, words)


def renewed(facts: TicketFacts) -> Notice:
    """The mail with a link that works again, for whoever asked for it."""

    def words(side: Side) -> Words:
        return Words(
            _("%(ref)s: Your new link", ref=facts.reference),
            _("The link below works for another 30 days."),
        )

    return Notice(NotificationType.TICKET_ASSIGNED, words, always_by_mail=True)
