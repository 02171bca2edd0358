"""What management found of a vendor's work, once the request is closed."""

from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.errors import Conflict
from ecopick.core.events import emit
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.events import TicketUpdated
from ecopick.domains.tickets.lifecycle import TicketStatus
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.queries.find import lock_ticket
from ecopick.domains.tickets.queries.outcome import solved_job
from ecopick.domains.tickets.queries.vendor_ratings import performance_on
from ecopick.domains.vendors.commands.figures import figures_row
from ecopick.domains.vendors.inputs import RateVendor
from ecopick.domains.vendors.models import VendorPerformance


@command("performance:rate", find=lock_ticket, audit_as="TICKET_UPDATED")
def rate_vendor(
    session: Session, actor: Actor, ticket: Ticket, data: RateVendor
) -> VendorPerformance:
    """Rate the vendor that solved the ticket; a second rating replaces the first.

    Raises Conflict before the ticket is closed, and where no vendor solved it.
    """
    if ticket.status is not TicketStatus.CLOSED:
        raise Conflict(_("A vendor is rated once the request is closed."), code="not_done")
    row = performance_on(session, ticket)
    if row is None:
        # Closed before its figures were taken.
        job = solved_job(session, ticket.id)
        if job is None:
            raise Conflict(_("No vendor solved this request."), code="no_vendor")
        row = figures_row(session, job)
    row.rating = data.rating
    row.rating_comment = data.comment
    row.rated_at = clock.now()
    row.rated_by_id = actor.audit_user_id
    emit(session, actor, TicketUpdated(ticket.property_owner_id, ticket.id))
    return row
