"""Who is told what about prices that vendors offer. Whoever caused it is not told."""

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import select

from ecopick.domains.notifications import audience
from ecopick.domains.notifications import quote_wording as wording
from ecopick.domains.notifications.commands import Telling
from ecopick.domains.tickets.models import Quote
from ecopick.domains.tickets.queries.quotes import undecided_of
from ecopick.domains.tickets.quote_lifecycle import QuoteState
from ecopick.domains.vendors.queries import recipients, vendor_names

if TYPE_CHECKING:
    from ecopick.domains.notifications.rules import Case


def _quote(case: "Case") -> Quote:
    return case.session.scalars(select(Quote).where(Quote.id == case.event.ref("quote_id"))).one()


def _vendor(case: "Case", quote: Quote) -> str:
    return vendor_names(case.session, [quote.vendor_org_id]).get(quote.vendor_org_id, "–")


def _firm(case: "Case", quote: Quote) -> set[uuid.UUID]:
    return {each.user_id for each in recipients(case.session, quote.vendor_org_id)}


def _managers(case: "Case") -> set[uuid.UUID]:
    return audience.management(case.session, case.ticket)


def _offered(case: "Case") -> list[Telling]:
    quote = _quote(case)
    notice = wording.offered(case.facts, _vendor(case, quote), quote)
    return case.tell(notice, _managers(case))


def _withdrawn(case: "Case") -> list[Telling]:
    """Nothing of a price that another one of the same vendor replaced, or that ended with its job."""
    quote = _quote(case)
    replaced = undecided_of(case.session, case.ticket.id, quote.vendor_org_id) is not None
    if replaced or case.event.payload["before"] == QuoteState.ACCEPTED:
        return []
    return case.tell(wording.withdrawn(case.facts, _vendor(case, quote)), _managers(case))


def _waiting(case: "Case") -> list[Telling]:
    return case.tell(wording.waiting(case.facts), _firm(case, _quote(case)))


def _accepted(case: "Case") -> list[Telling]:
    quote = _quote(case)
    return case.tell(wording.accepted(case.facts, quote), _firm(case, quote))


def _refused(case: "Case") -> list[Telling]:
    """An accepted price ends with its job, which the vendor hears of anyway."""
    if case.event.payload["before"] == QuoteState.ACCEPTED:
        return []
    quote = _quote(case)
    return case.tell(wording.refused(case.facts, quote.reason), _firm(case, quote))


def _due(case: "Case") -> list[Telling]:
    return case.tell(wording.due(case.facts), _managers(case))


RULES: dict[str, Callable[["Case"], list[Telling]]] = {
    "quote.offered": _offered,
    "quote.withdrawn": _withdrawn,
    "quote.waiting": _waiting,
    "quote.accepted": _accepted,
    "quote.refused": _refused,
    "ticket.quotes_due": _due,
}
