"""The vendor's catalogue of services."""

from typing import Any

from flask import Response, request, url_for

from ecopick.blueprints.vendors.own.pages import own_vendor, pages
from ecopick.core.categories import CATEGORIES
from ecopick.core.errors import AppError
from ecopick.core.text import gettext as _
from ecopick.domains.catalog.commands import add_service, change_service, offer_service
from ecopick.domains.catalog.inputs import DescribeService
from ecopick.domains.catalog.queries import find_service, services_of
from ecopick.web import labels
from ecopick.web.bind import bind
from ecopick.web.errors import refill
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, db_session
from ecopick.web.toasts import say


def _options() -> dict[str, Any]:
    return {
        "categories": [(name, labels.label(name, "Category")) for name in CATEGORIES],
        "currencies": [(each, each) for each in ("EUR", "CHF", "GBP", "USD")],
    }


def _list(*, error: AppError | None = None) -> Response:
    return render(
        "vendors/own/catalog.html",
        services=services_of(db_session(), own_vendor(), ended=True),
        typed=request.form,
        error=error,
        errors=dict(error.fields) if error is not None else {},
        **_options(),
    )


@pages.get("/vendor/catalog")
def show_catalog() -> Response:
    """What the vendor does, how long it takes and roughly what it costs."""
    return _list()


@pages.post("/vendor/catalog")
@refill(_list)
def add() -> Any:
    """Describe one more service."""
    add_service(db_session(), current_actor(), own_vendor(), bind(DescribeService))
    say(_("Service added"))
    return see_other(url_for("vendor_own.show_catalog"))


def _form(service_id: str, *, error: AppError | None = None) -> Response:
    item = find_service(db_session(), current_actor(), service_id)
    known = {name: getattr(item, name) for name in DescribeService.model_fields}
    return render(
        "vendors/own/service.html",
        item=item,
        typed=request.form if error is not None else known,
        error=error,
        errors=dict(error.fields) if error is not None else {},
        **_options(),
    )


@pages.get("/vendor/catalog/<service_id>")
def edit(service_id: str) -> Response:
    """One service."""
    return _form(service_id)


@pages.post("/vendor/catalog/<service_id>")
@refill(_form)
def change(service_id: str) -> Any:
    """Describe it anew."""
    change_service(db_session(), current_actor(), service_id, bind(DescribeService))
    say(_("Changes saved"))
    return see_other(url_for("vendor_own.show_catalog"))


@pages.post("/vendor/catalog/<service_id>/offer")
def offer(service_id: str) -> Any:
    """Offer it, or offer it no longer."""
    on = request.form.get("on") == "true"
    offer_service(db_session(), current_actor(), service_id, on=on)
    say(_("Changes saved"))
    return see_other(url_for("vendor_own.show_catalog"))
