"""The page of notifications, with and without scripts."""

from typing import Any

from flask import Blueprint, request, url_for

from ecopick.core.text import gettext as _
from ecopick.core.text import lazy_gettext as later
from ecopick.domains.notifications.commands import mark_read, set_preference
from ecopick.domains.notifications.inputs import ListNotifications, MarkRead, SetPreference
from ecopick.domains.notifications.models import NotificationType
from ecopick.domains.notifications.queries import inbox, preferences
from ecopick.web import toasts
from ecopick.web.bind import bind
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, db_session

pages = Blueprint("notifications", __name__)

# What each kind of person hears of; nobody chooses about news that never comes.
_FOR_ALL = ("ticket_assigned", "ticket_status_changed", "ticket_message", "assignment_response")
_FOR_VENDORS = ("opportunity_published",)
_FOR_STAFF = (
    "ticket_created",
    "opportunity_claimed",
    "sla_warning",
    "sla_breached",
    "permission_granted",
)


# Tenants read of requests, never of tickets.
_TENANTS_NAMES = {
    "ticket_assigned": later("You take part in a request"),
    "ticket_status_changed": later("Status changed"),
    "ticket_message": later("New message"),
    "assignment_response": later("Who comes, and when"),
}


@pages.get("/notifications")
def show_notifications() -> Any:
    """The inbox and the choices."""
    session, actor = db_session(), current_actor()
    shown = set(_FOR_ALL)
    if actor.is_staff:
        shown |= set(_FOR_STAFF)
    if actor.vendor_org_ids:
        shown |= set(_FOR_VENDORS)
    return render(
        "notifications/page.html",
        "notifications/_list.html",
        inbox=inbox(session, actor, bind(ListNotifications)),
        names={} if actor.is_staff or actor.vendor_org_ids else _TENANTS_NAMES,
        preferences=[line for line in preferences(session, actor) if line.type in shown],
    )


@pages.post("/notifications/read")
def read_notifications() -> Any:
    """Mark as read; one with ``open`` leads on to what it is about."""
    data = bind(MarkRead, source=_without_target())
    mark_read(db_session(), current_actor(), data)
    target = request.form.get("open")
    return see_other(target or url_for("notifications.show_notifications"))


def _without_target() -> dict[str, Any]:
    return {"id": request.form.get("id") or None, "all": request.form.get("all") or None}


@pages.post("/notifications/preferences")
def change_preferences() -> Any:
    """Store the choice for every type that the form shows."""
    session, actor = db_session(), current_actor()
    for name in request.form.getlist("type"):
        if name not in {kind.value for kind in NotificationType}:
            continue
        data = bind(
            SetPreference,
            source={"type": name, "channels": request.form.getlist(f"channels_{name}")},
        )
        set_preference(session, actor, None, data)
    toasts.say(_("Your choice is saved."))
    return see_other(url_for("notifications.show_notifications"))
