"""The tickets before and after one in the list it was opened from."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, literal, select, tuple_
from sqlalchemy.orm import Session
from sqlalchemy.types import Uuid

from ecopick.core.actor import Actor
from ecopick.domains.tickets.inputs import ListTickets
from ecopick.domains.tickets.models import SavedView, Ticket, TicketRead
from ecopick.domains.tickets.queries.filters import conditions, own_read
from ecopick.domains.tickets.queries.lines import lines
from ecopick.domains.tickets.queries.list import find_words
from ecopick.domains.tickets.queries.sorting import ORDERS
from ecopick.domains.tickets.view_policy import views_visible_to


@dataclass(frozen=True)
class Neighbours:
    """``place`` of ``total``, counted from one; a neighbour is None at either end.

    A ticket that left the list meanwhile stands where it would stand in it. ``view`` is
    the name of the kept view that the list is, if it still is one.
    """

    place: int
    total: int
    back: uuid.UUID | None
    onward: uuid.UUID | None
    view: str | None = None


def neighbour_queries(
    session: Session,
    actor: Actor,
    ticket_id: uuid.UUID,
    filters: ListTickets,
    saved: uuid.UUID | None = None,
) -> dict[str, ScalarSelect[Any]]:
    """Where a visible ticket stands in the list of ``filters``, as parts of one statement whose
    values ``neighbours_in`` reads. Raises Invalid for filters that are none.

    Words are looked for at once, which takes a statement of its own.
    """
    order = ORDERS.get(filters.sort, ORDERS["newest"])
    keyed: Select[Any] = (
        lines(actor)
        .outerjoin(TicketRead, own_read(actor))
        .with_only_columns(Ticket.id.label("id"), order.key().label("key"))
    )
    found = find_words(session, actor, filters)
    rows = keyed.where(*conditions(actor, filters, found)).cte("listed")
    here = keyed.where(Ticket.id == ticket_id).cte("here")
    row, place = tuple_(rows.c.key, rows.c.id), _place(here)
    before = row > place if order.descending else row < place
    after = row < place if order.descending else row > place
    up, down = (rows.c.key, rows.c.id), (rows.c.key.desc(), rows.c.id.desc())
    counted = select(func.count()).select_from(rows)
    named = select(SavedView.name).where(
        SavedView.id == saved, SavedView.deleted_at.is_(None), views_visible_to(actor)
    )
    return {
        **({"near_view": named.scalar_subquery()} if saved else {}),
        "near_back": _first(rows, before, up if order.descending else down),
        "near_onward": _first(rows, after, down if order.descending else up),
        "near_before": counted.where(before).scalar_subquery(),
        "near_total": counted.scalar_subquery(),
        "near_listed": counted.where(rows.c.id == literal(ticket_id, Uuid)).scalar_subquery(),
    }


def neighbours_in(values: Mapping[str, Any]) -> Neighbours | None:
    """What the parts came to; None where none were asked for."""
    if "near_total" not in values:
        return None
    return Neighbours(
        place=values["near_before"] + 1,
        total=values["near_total"] + (0 if values["near_listed"] else 1),
        back=values["near_back"],
        onward=values["near_onward"],
        view=values.get("near_view"),
    )


def _place(here: Any) -> ColumnElement[Any]:
    return tuple_(
        select(here.c.key).scalar_subquery(),
        select(here.c.id).scalar_subquery(),
    )


def _first(rows: Any, condition: Any, order: tuple[Any, ...]) -> Any:
    return select(rows.c.id).where(condition).order_by(*order).limit(1).scalar_subquery()
