"""Views of the ticket list: keeping, changing, sharing, removing and bringing back."""

from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict
from ecopick.core.events import emit
from ecopick.core.permissions import authorize
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.people.models import User
from ecopick.domains.people.queries import find_self
from ecopick.domains.tickets.events import ViewRemoved, ViewSaved
from ecopick.domains.tickets.models import SavedView
from ecopick.domains.tickets.queries.filters import conditions
from ecopick.domains.tickets.queries.views import find_view, own_count
from ecopick.domains.tickets.view_inputs import ChangeView, SaveView, kept

MAX_VIEWS = 50


@command("view:save", find=find_self, audit_as="ENTITY_CREATED")
def save_view(session: Session, actor: Actor, person: User, data: SaveView) -> SavedView:
    """Keep filters and order under a name; at most fifty a person. Sharing needs management."""
    conditions(actor, data.filters)
    count = own_count(session, actor)
    if count >= MAX_VIEWS or actor.owner_id is None:
        raise wrong_field("name", _("You keep as many views as there can be. Remove one first."))
    view = SavedView(
        id=new_id(),
        property_owner_id=actor.owner_id,
        user_id=person.id,
        name=data.name,
        filters=kept(data.filters),
        sort=data.filters.sort,
        is_shared=data.is_shared,
        position=count,
    )
    if data.is_shared:
        authorize(session, actor, "view:share", view, using=True)
    session.add(view)
    _tell(session, actor, view)
    return view


def _tell(session: Session, actor: Actor, view: SavedView) -> None:
    owner_id = view.property_owner_id
    if view.deleted_at is not None:
        emit(session, actor, ViewRemoved(owner_id, view.id, view.user_id))
    else:
        emit(session, actor, ViewSaved(owner_id, view.id, view.user_id, view.is_shared))


@command("view:change", find=find_view, audit_as="ENTITY_UPDATED")
def change_view(session: Session, actor: Actor, view: SavedView, data: ChangeView) -> SavedView:
    """Rename it, give it other filters, share it or no longer; unset fields stay."""
    if view.deleted_at is not None:
        raise Conflict(_("This view was removed."))
    given = data.model_fields_set
    if data.name is not None:
        view.name = data.name
    if data.filters is not None:
        conditions(actor, data.filters)
        view.filters = kept(data.filters)
        view.sort = data.filters.sort
    if "is_shared" in given and data.is_shared is not None and data.is_shared != view.is_shared:
        authorize(session, actor, "view:share", view, using=True)
        view.is_shared = data.is_shared
    if data.position is not None:
        view.position = data.position
    _tell(session, actor, view)
    return view


@command("view:change", find=find_view, audit_as="ENTITY_DEACTIVATED")
def remove_view(session: Session, actor: Actor, view: SavedView) -> SavedView:
    """Remove it from everybody's list; it can be brought back."""
    if view.deleted_at is None:
        view.deleted_at = clock.now()
        _tell(session, actor, view)
    return view


@command("view:change", find=find_view, audit_as="ENTITY_UPDATED")
def restore_view(session: Session, actor: Actor, view: SavedView) -> SavedView:
    """Bring a removed view back as it was."""
    if view.deleted_at is not None:
        view.deleted_at = None
        _tell(session, actor, view)
    return view
