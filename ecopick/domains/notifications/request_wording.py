"""What is said about reports of people without an account, and to neighbours who follow one."""

from ecopick.core.text import LazyText
from ecopick.core.text import gettext as _
from ecopick.core.text import lazy_gettext as later
from ecopick.domains.notifications.facts import TicketFacts
from ecopick.domains.notifications.models import NotificationType
from ecopick.domains.notifications.wording import Notice, Words
from ecopick.domains.tickets.lifecycle import TicketStatus

S = TicketStatus
# Whoever wrote on a report and has not proved their address.
SOMEBODY = later("Somebody without an account")
_FOLLOWED: dict[TicketStatus, LazyText] = {
    S.IN_PROGRESS: later("The work has begun."),
    S.RESOLVED: later("The work is done."),
    S.CANCELLED: later("The request was withdrawn."),
}


def unconfirmed(facts: TicketFacts) -> Notice:
    """A report whose sender has not proved their address; for management, without a mail."""

    def words() -> Words:
        return Words(
            _("%(ref)s: New ticket: %(title)s", ref=facts.reference, title=facts.ticket.title),
            "\n".join((facts.place, _("The sender has not confirmed their address yet."))),
        )

    return Notice(NotificationType.TICKET_CREATED, lambda side: words(), by_mail=False)


def followed(facts: TicketFacts, after: TicketStatus) -> Notice | None:
    """The state of what a neighbour reported; None where that is nobody's news.

    Neither the words nor the home of whoever reported it.
    """
    said = _FOLLOWED.get(after)
    if said is None:
        return None

    def words() -> Words:
        return Words(
            _("%(ref)s: News for %(building)s", ref=facts.reference, building=facts.building),
            "\n".join((str(said), _("You follow this because you are affected as well."))),
        )

    return Notice(NotificationType.TICKET_STATUS_CHANGED, lambda side: words())
