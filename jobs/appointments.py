"""The agreed visit as a calendar file in the mails that speak of it."""

from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from ecopick.adapters.calendars import Appointment, calendar_file
from ecopick.core.text import gettext as _
from ecopick.domains.notifications.audience import Side
from ecopick.domains.notifications.facts import TicketFacts
from ecopick.domains.notifications.models import Notification, NotificationType
from ecopick.domains.tickets.models import Visit
from ecopick.domains.tickets.queries.visits import last_visit
from ecopick.domains.tickets.visit_states import VisitState
from jobs.runtime import Runtime

T = NotificationType
OF_VISITS = frozenset(
    {T.VISIT_CHANGED.value, T.ASSIGNMENT_RESPONSE.value, T.TICKET_STATUS_CHANGED.value}
)
# A time that is gone needs some place in the calendar to be taken out of.
TAKEN_OUT = frozenset({VisitState.PROPOSED, VisitState.CANCELLED})


def calendar_for(
    session: Session, at: Runtime, row: Notification, facts: TicketFacts, side: Side, url: str
) -> bytes | None:
    """The visit for the reader's calendar, or its cancellation; None where no time was
    agreed. Staff get none: they do not go there."""
    if row.type not in OF_VISITS or side is Side.STAFF:
        return None
    visit = last_visit(session, facts.ticket.id)
    if visit is None or visit.sequence == 0:
        return None
    if visit.state is VisitState.CONFIRMED and row.type != T.TICKET_STATUS_CHANGED:
        return calendar_file(_appointment(at, visit, facts, url))
    if visit.state in TAKEN_OUT:
        return calendar_file(_appointment(at, visit, facts, url), cancelled=True)
    return None


def _appointment(at: Runtime, visit: Visit, facts: TicketFacts, url: str) -> Appointment:
    start = visit.arrival_from or visit.updated_at
    host = urlsplit(at.settings.public_base_url).hostname or "localhost"
    return Appointment(
        uid=f"{visit.id}@{host}",
        start=start,
        end=visit.arrival_until or start,
        title=_("Appointment: %(title)s", title=facts.ticket.title),
        place=f"{facts.place}, {facts.address}" if facts.address else facts.place,
        text=facts.reference,
        url=url,
        changed_at=visit.updated_at,
        version=visit.sequence,
        organiser=at.sender.address,
    )
