"""Views of the list that people keep, and who has seen what."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.finding import as_id, missing
from ecopick.domains.people.models import User
from ecopick.domains.people.queries import setting_of, shown_name
from ecopick.domains.people.settings import COLUMNS
from ecopick.domains.tickets.inputs import ListTickets
from ecopick.domains.tickets.models import SavedView, Ticket, TicketRead
from ecopick.domains.tickets.outputs import SavedViewOut, TicketOut
from ecopick.domains.tickets.view_inputs import understood
from ecopick.domains.tickets.view_policy import views_visible_to


@dataclass(frozen=True)
class KeptView:
    """A view that somebody keeps; ``author`` is whose it is where it is somebody else's."""

    id: uuid.UUID
    name: str
    filters: ListTickets
    is_shared: bool
    is_own: bool
    author: str | None
    refused: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """Its key among all views."""
        return str(self.id)


def find_view(session: Session, actor: Actor, key: Any) -> SavedView:
    """The visible view, locked, removed ones of one's own included. Raises NotFound."""
    view_id = as_id(key)
    found = (
        session.scalars(
            select(SavedView)
            .where(SavedView.id == view_id, views_visible_to(actor))
            .with_for_update(key_share=True)
        ).one_or_none()
        if view_id and actor.is_staff
        else None
    )
    if found is None:
        raise missing(actor, "SavedView", key)
    return found


def saved_views(session: Session, actor: Actor) -> tuple[list[KeptView], list[str] | None]:
    """The views that the actor has, own ones first, and the columns they chose: one statement.

    Filters that are no longer understood are left out of a view, and named.
    """
    session.info["authorized"] = True
    columns = setting_of(actor, COLUMNS).scalar_subquery()
    rows = session.execute(
        select(
            SavedView.id,
            SavedView.name,
            SavedView.filters,
            SavedView.sort,
            SavedView.is_shared,
            SavedView.user_id,
            shown_name.label("author"),
            columns.label("columns"),
        )
        .select_from(select(text("1")).subquery("one"))
        .outerjoin(
            SavedView,
            and_(views_visible_to(actor), SavedView.deleted_at.is_(None)),
        )
        .outerjoin(User, User.id == SavedView.user_id)
        .order_by(
            SavedView.user_id != actor.user_id, SavedView.position, SavedView.name, SavedView.id
        )
        .limit(200)
    ).all()
    return [_kept(actor, row) for row in rows if row.id is not None], rows[0].columns


def _kept(actor: Actor, row: Any) -> KeptView:
    filters, refused = understood({**row.filters, "sort": row.sort})
    own = row.user_id == actor.user_id
    return KeptView(
        row.id,
        row.name,
        filters,
        row.is_shared,
        own,
        None if own else row.author,
        tuple(refused),
    )


def view_out(view: KeptView) -> SavedViewOut:
    """A view as the API shows it."""
    return SavedViewOut(
        id=view.id,
        name=view.name,
        filters=view.filters.model_dump(
            mode="json", exclude_defaults=True, exclude={"cursor", "limit", "sort"}
        ),
        sort=view.filters.sort,
        is_shared=view.is_shared,
        is_own=view.is_own,
        author=view.author,
    )


def of_row(actor: Actor, view: SavedView) -> KeptView:
    """A stored view as its reader has it."""
    filters, refused = understood({**view.filters, "sort": view.sort})
    own = view.user_id == actor.user_id
    return KeptView(view.id, view.name, filters, view.is_shared, own, None, refused=tuple(refused))


def own_count(session: Session, actor: Actor) -> int:
    """How many views the actor keeps."""
    found = session.scalar(
        select(func.count())
        .select_from(SavedView)
        .where(
            SavedView.property_owner_id == actor.owner_id,
            SavedView.user_id == actor.user_id,
            SavedView.deleted_at.is_(None),
        )
    )
    return int(found or 0)


def note_seen(session: Session, actor: Actor, ticket: Ticket | TicketOut) -> None:
    """The actor has the ticket open now: bookkeeping, in one statement, without a lock of it.

    Somebody who looks with another person's eyes leaves no trace in that person's name.
    """
    if actor.kind != "user" or actor.support is not None or actor.user_id is None:
        return
    seen = clock.now()
    row = insert(TicketRead).values(
        property_owner_id=ticket.property_owner_id,
        ticket_id=ticket.id,
        user_id=actor.user_id,
        seen_at=seen,
    )
    session.execute(
        row.on_conflict_do_update(
            index_elements=["ticket_id", "user_id"],
            set_={"seen_at": seen},
            where=TicketRead.seen_at < seen,
        )
    )
