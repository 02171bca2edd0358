"""The list that a ticket was opened from, carried along in the address as ``from``."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import request, url_for
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.errors import Invalid
from ecopick.core.finding import as_id
from ecopick.domains.tickets.inputs import ListTickets
from ecopick.domains.tickets.outputs import TicketOut
from ecopick.domains.tickets.queries.neighbours import neighbour_queries
from ecopick.web.bind import bind, from_query

LONGEST = 1500


# The kept view that a list is, and whether its filters were changed since.
SAVED, CHANGED = "saved", "changed"


def packed(filters: ListTickets, saved: str | None = None, *, changed: bool = False) -> str:
    """The filters of a list as the links of its rows carry them."""
    given = filters.model_dump(mode="json", exclude={"cursor", "limit"}, exclude_defaults=True)
    view = {SAVED: saved, **({CHANGED: "1"} if changed else {})} if saved else {}
    return urlencode({**view, "sort": filters.sort, **given}, doseq=True)


def _address(pairs: list[tuple[str, str]]) -> str:
    """Where the list stands: a kept view that nobody changed by its own address."""
    names = {name for name, _value in pairs}
    whole = SAVED not in names or CHANGED in names
    kept = [each for each in pairs if each[0] != CHANGED and (whole or each[0] in (SAVED, "sort"))]
    return f"{url_for('tickets.index')}?{urlencode(kept)}"


@dataclass(frozen=True)
class Origin:
    """The list behind the open ticket; ``queries`` find the ticket's place in it."""

    text: str
    href: str
    view: str | None
    queries: dict[str, Any]

    def ticket_href(self, ticket_id: object) -> str:
        """The address of another ticket of the same list, in the same section."""
        given: dict[str, Any] = (
            {"section": request.args["section"]} if "section" in request.args else {}
        )
        kept: dict[str, Any] = {"from": self.text}
        return url_for("tickets.show", ticket_id=ticket_id, **given, **kept)


def kept_origin() -> str | None:
    """What the address says, or after a form the page that it stood on."""
    asked = request.args.get("from")
    if asked is None and request.referrer:
        asked = dict(parse_qsl(urlsplit(request.referrer).query)).get("from")
    return asked if asked and len(asked) <= LONGEST else None


def origin_of(session: Session, actor: Actor, ticket: TicketOut) -> Origin | None:
    """The list that the address names; None without one, or where it is not understood."""
    text = request.args.get("from")
    if not text or len(text) > LONGEST:
        return None
    try:
        filters = bind(ListTickets, source=from_query(text, ListTickets))
        pairs = parse_qsl(text)
        saved = as_id(dict(pairs).get(SAVED))
        queries = neighbour_queries(session, actor, ticket.id, filters, saved)
    except Invalid:
        return None
    return Origin(text, _address(pairs), filters.view, queries)
