"""Prices of vendors and how an owner is billed, as pages."""

from typing import Any

from flask import Response, request, url_for

from ecopick.blueprints.billing.blueprint import pages
from ecopick.blueprints.billing.invoices import home
from ecopick.core.categories import CATEGORIES
from ecopick.core.errors import AppError
from ecopick.core.permissions import authorize
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.billing.commands.rates import add_rate, change_rate
from ecopick.domains.billing.commands.settings import ADDRESS, keep_settings
from ecopick.domains.billing.inputs import BillingSettings, ChangeRate, ListRates, SaveRate
from ecopick.domains.billing.lifecycle import RateType
from ecopick.domains.billing.policy import limit_of
from ecopick.domains.billing.queries import rates
from ecopick.domains.billing.queries.find import lock_owner
from ecopick.domains.vendors.queries import linked_vendors, vendor_names
from ecopick.web.amounts import shown_number, typed_number
from ecopick.web.bind import bind
from ecopick.web.errors import refill
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, db_session
from ecopick.web.step_up import needs_step_up
from ecopick.web.toasts import say


@pages.get("/billing/rates")
def show_rates() -> Response:
    """The prices: management those of its vendors and the agreed ones, vendors their own."""
    return _rates()


def _rates(*, error: AppError | None = None) -> Response:
    session, actor = db_session(), current_actor()
    wanted = request.args.get("vendor_org_id") or None
    found = rates(session, actor, bind(ListRates, source={"vendor_org_id": wanted}))
    desk = actor.is_staff
    if desk and actor.owner_id is not None:
        vendors = [(str(each.id), each.name) for each in linked_vendors(session, actor.owner_id)]
    else:
        vendors = [
            (str(key), name) for key, name in vendor_names(session, actor.vendor_org_ids).items()
        ]
    place = home(session, actor)
    return render(
        "billing/rates.html" if desk else "billing/own_rates.html",
        rates=found,
        vendors=vendors,
        wanted=wanted,
        categories=CATEGORIES,
        kinds=list(RateType),
        currency=place.currency,
        country=place.country,
        shown_number=shown_number,
        may_write=(not desk) or actor.is_management(actor.owner_id) if actor.owner_id else True,
        typed=request.form,
        errors=dict(error.fields) if error else {},
        message=error.message if error else None,
        nav_current="billing",
    )


@pages.post("/billing/rates")
@refill(_rates)
def create_rate() -> Any:
    """A new price."""
    raw: dict[str, Any] = {
        name: request.form.get(name) or None
        for name in ("vendor_org_id", "category", "rate_type", "note", "currency")
    }
    raw["amount"] = typed_number(request.form.get("amount", "")) or None
    raw["agreed"] = current_actor().is_staff
    raw = {name: value for name, value in raw.items() if value is not None}
    add_rate(db_session(), current_actor(), bind(SaveRate, source=raw))
    say(_("Price added"))
    return see_other(url_for("billing.show_rates"))


def _rates_again(rate_id: str, *, error: AppError) -> Response:
    return _rates(error=error)


@pages.post("/billing/rates/<rate_id>")
@refill(_rates_again)
def save_rate(rate_id: str) -> Any:
    """Another amount, or the end of a price."""
    raw: dict[str, Any] = {}
    if request.form.get("end") == "true":
        raw["is_active"] = False
    else:
        raw["amount"] = typed_number(request.form.get("amount", "")) or None
    change_rate(db_session(), current_actor(), rate_id, bind(ChangeRate, source=raw))
    say(_("Price changed"))
    return see_other(url_for("billing.show_rates"))


@pages.get("/billing/settings")
def show_settings() -> Response:
    """How the owner is billed, and from which total on two people approve."""
    return _settings()


def _settings(*, error: AppError | None = None) -> Response:
    session, actor = db_session(), current_actor()
    owner = lock_owner(session, actor, actor.owner_id)
    authorize(session, actor, "billing:settings", owner)
    place = home(session, actor)
    limit = limit_of(owner.settings)
    known = {name: getattr(owner, name) or "" for name in ADDRESS}
    known["two_approvals_above"] = shown_number(limit, money=True) if limit else ""
    return render(
        "billing/settings.html",
        owner=owner,
        typed=request.form if error else known,
        currency=place.currency,
        errors=dict(error.fields) if error else {},
        message=error.message if error else None,
        nav_current="billing",
    )


@pages.post("/billing/settings")
@needs_step_up
@refill(_settings)
def save_settings() -> Any:
    """Keep them."""
    raw: dict[str, Any] = {name: request.form.get(name) or None for name in ADDRESS}
    typed = request.form.get("two_approvals_above", "").strip()
    raw["two_approvals_above"] = typed_number(typed) if typed else None
    keep_settings(db_session(), current_actor(), None, bind(BillingSettings, source=raw))
    say(_("Settings kept"))
    return see_other(url_for("billing.show_settings"))
