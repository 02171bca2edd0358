"""Of which open jobs a vendor wants to hear: pages and API."""

import uuid
from typing import Any

from flask import Response, jsonify, make_response, request, url_for

from ecopick.blueprints.vendors.api import api
from ecopick.blueprints.vendors.pages import pages
from ecopick.core.categories import CATEGORIES
from ecopick.core.errors import AppError
from ecopick.core.permissions import allows
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.property.queries import owner_names
from ecopick.domains.vendors.commands import subscriptions as commands
from ecopick.domains.vendors.models import VendorSubscription
from ecopick.domains.vendors.queries.directory import own_works
from ecopick.domains.vendors.queries.subscriptions import (
    SubscriptionLine,
    buildings_of_clients,
    get_subscription,
    own_subscriptions,
)
from ecopick.domains.vendors.subscription_inputs import SaveSubscription
from ecopick.web import labels
from ecopick.web.bind import bind
from ecopick.web.errors import refill
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, db_session
from ecopick.web.toasts import say

PRIORITIES = ("urgent", "high", "medium", "low")


@pages.get("/vendor/subscriptions")
def show_subscriptions() -> Response:
    """What the vendor hears of, and the form for more."""
    return _list()


def _list(*, error: AppError | None = None) -> Response:
    session, actor = db_session(), current_actor()
    lines = own_subscriptions(session, actor)
    works = own_works(session, actor)
    return render(
        "vendors/subscriptions.html",
        lines=lines,
        may_manage=any(allows(session, actor, "subscription:manage", each) for each in works),
        **_form(None, error),
    )


@pages.get("/vendor/subscriptions/<subscription_id>")
def edit_subscription(subscription_id: str) -> Response:
    """One entry, to be changed."""
    return _edit(subscription_id)


def _edit(subscription_id: str, *, error: AppError | None = None) -> Response:
    line = get_subscription(db_session(), current_actor(), subscription_id)
    return render("vendors/subscription.html", line=line, **_form(line, error))


def _form(line: SubscriptionLine | None, error: AppError | None) -> dict[str, Any]:
    session, actor = db_session(), current_actor()
    clients = owner_names(session, [each.property_owner_id for each in own_works(session, actor)])
    held = buildings_of_clients(session, actor)
    typed = error is not None
    chosen = (
        set(request.form.getlist("categories")) if typed else set(_kept(line, "categories", ()))
    )
    return {
        "places": [
            (
                name,
                [(f"{owner_id}/", _("All buildings"))]
                + [(f"{owner_id}/{each.id}", each.name) for each in held.get(owner_id, [])],
            )
            for owner_id, name in clients.items()
        ],
        "place": request.form.get("place", "") if typed else _place(line),
        "categories": [
            (name, labels.label(name, "Category"), name in chosen) for name in CATEGORIES
        ],
        "priorities": [
            (
                name,
                labels.label(name.upper(), "TicketPriority"),
                f"notify_{name}" in request.form
                if typed
                else bool(_kept(line, f"notify_{name}", True)),
            )
            for name in PRIORITIES
        ],
        "most": request.form.get("max_concurrent_jobs", "")
        if typed
        else _kept(line, "max_concurrent_jobs", ""),
        "error": error,
        "errors": dict(error.fields) if error is not None else {},
    }


def _kept(line: SubscriptionLine | None, name: str, default: Any) -> Any:
    return default if line is None else getattr(line.row, name)


def _place(line: SubscriptionLine | None) -> str:
    if line is None:
        return ""
    return f"{line.row.property_owner_id}/{line.row.building_id or ''}"


def _typed() -> SaveSubscription:
    owner, _slash, building = request.form.get("place", "").partition("/")
    return bind(
        SaveSubscription,
        source={
            "property_owner_id": owner or None,
            "building_id": building or None,
            "categories": request.form.getlist("categories"),
            "max_concurrent_jobs": request.form.get("max_concurrent_jobs") or None,
            **{f"notify_{name}": f"notify_{name}" in request.form for name in PRIORITIES},
        },
    )


def _refill_list(*, error: AppError) -> Response:
    return _list(error=error)


def _refill_edit(subscription_id: str, *, error: AppError) -> Response:
    return _edit(subscription_id, error=error)


@pages.post("/vendor/subscriptions")
@refill(_refill_list)
def add_subscription() -> Any:
    """Hear of more."""
    commands.add_subscription(db_session(), current_actor(), _typed())
    say(_("Saved"))
    return see_other(url_for("vendors.show_subscriptions"))


@pages.post("/vendor/subscriptions/<subscription_id>")
@refill(_refill_edit)
def save_subscription(subscription_id: str) -> Any:
    """Change an entry; an ended one counts again."""
    commands.change_subscription(db_session(), current_actor(), subscription_id, _typed())
    say(_("Saved"))
    return see_other(url_for("vendors.show_subscriptions"))


@pages.post("/vendor/subscriptions/<subscription_id>/end")
def end_subscription(subscription_id: str) -> Any:
    """Hear of these jobs no more."""
    commands.end_subscription(db_session(), current_actor(), subscription_id)
    say(_("You hear of these jobs no more"))
    return see_other(url_for("vendors.show_subscriptions"))


# The same over the API.


@api.get("/vendors/subscriptions")
def list_subscriptions() -> Response:
    """What the vendors of the person hear of."""
    lines = own_subscriptions(db_session(), current_actor())
    return jsonify(items=[line.as_json() for line in lines], next_cursor=None)


@api.post("/vendors/subscriptions")
def create_subscription() -> Response:
    """201 with the entry."""
    row = commands.add_subscription(db_session(), current_actor(), bind(SaveSubscription))
    return _one(row.id, 201)


@api.get("/vendors/subscriptions/<subscription_id>")
def read_subscription(subscription_id: str) -> Response:
    """One entry."""
    return _one(subscription_id)


@api.put("/vendors/subscriptions/<subscription_id>")
def change_subscription(subscription_id: str) -> Response:
    """Change all of an entry."""
    row: VendorSubscription = commands.change_subscription(
        db_session(), current_actor(), subscription_id, bind(SaveSubscription)
    )
    return _one(row.id)


@api.delete("/vendors/subscriptions/<subscription_id>")
def delete_subscription(subscription_id: str) -> Response:
    """End an entry; it is kept as inactive."""
    commands.end_subscription(db_session(), current_actor(), subscription_id)
    return _one(subscription_id)


def _one(key: uuid.UUID | str, status: int = 200) -> Response:
    line = get_subscription(db_session(), current_actor(), key)
    return make_response(jsonify(line.as_json()), status)
