"""Who may keep, change and share views of the ticket list."""

from sqlalchemy import ColumnElement, and_, false, or_
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import policy
from ecopick.core.roles import MANAGEMENT_ROLES
from ecopick.domains.people.models import User
from ecopick.domains.tickets.models import SavedView


def views_visible_to(actor: Actor) -> ColumnElement[bool]:
    """One's own views, and those that others of the owner's staff share; none but for staff."""
    if not actor.is_staff:
        return false()
    return and_(
        SavedView.property_owner_id == actor.owner_id,
        or_(SavedView.user_id == actor.user_id, SavedView.is_shared),
    )


@policy("view:save", name="staff")
def keeps_views(session: Session, actor: Actor, person: User) -> bool:
    """The owner's staff keep views of the list."""
    return actor.is_staff


@policy("view:change", name="own")
def own_view(session: Session, actor: Actor, view: SavedView) -> bool:
    """Whoever keeps the view."""
    return actor.is_staff and view.user_id == actor.user_id


def _manages_anything(actor: Actor, view: SavedView) -> bool:
    owner_id = view.property_owner_id
    return actor.staff_buildings(owner_id, MANAGEMENT_ROLES) != frozenset()


@policy("view:share", name="management")
def shares_views(session: Session, actor: Actor, view: SavedView) -> bool:
    """Management shares views with all staff of the owner, and takes shared ones back."""
    return _manages_anything(actor, view)


@policy("view:change", name="management")
def changes_shared_views(session: Session, actor: Actor, view: SavedView) -> bool:
    """Management, for views that are shared."""
    return view.is_shared and _manages_anything(actor, view)
