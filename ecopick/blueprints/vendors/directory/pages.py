"""Pages of the directory."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from ecopick.blueprints.vendors.directory.entering import enter_vendor, invite_person
from ecopick.blueprints.vendors.directory.showing import vendor_page
from ecopick.core.categories import CATEGORIES
from ecopick.core.errors import AppError
from ecopick.core.permissions import allows, authorize
from ecopick.core.text import gettext as _
from ecopick.domains.reports.queries.vendor_list import count_vendors, list_vendors
from ecopick.domains.vendors.commands import directory
from ecopick.domains.vendors.inputs import (
    AddPerson,
    BlockVendor,
    CreateVendor,
    LinkVendor,
    ListVendors,
    UpdateVendor,
)
from ecopick.domains.vendors.lifecycle import CertificateState
from ecopick.domains.vendors.models import OwnerVendor
from ecopick.domains.vendors.queries.directory import find_works, vendor_of
from ecopick.web import labels
from ecopick.web.bind import bind
from ecopick.web.errors import refill
from ecopick.web.navigation import LANGUAGE_NAMES
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, db_session
from ecopick.web.toasts import say

pages = Blueprint("vendor_directory", __name__)


def categories() -> list[tuple[str, str]]:
    """Every category with its words."""
    return [(name, labels.label(name, "Category")) for name in CATEGORIES]


def back_to(vendor_id: Any, place: str | None = None) -> Any:
    """To the page of a vendor, after a change."""
    return see_other(url_for("vendor_directory.show", vendor_id=vendor_id, _anchor=place))


def _list(error: AppError | None = None) -> Response:
    session, actor = db_session(), current_actor()
    filters = bind(ListVendors) if error is None else ListVendors()
    page = list_vendors(session, actor, filters)
    asked = {
        name: value
        for name, value in filters.model_dump(mode="json", exclude_defaults=True).items()
        if name not in ("cursor", "limit")
    }
    return render(
        "vendors/directory/list.html",
        found=page,
        filters=filters,
        asked=asked,
        total=count_vendors(session, actor, filters),
        may_create=allows(session, actor, "vendor:create", _works_of(actor.owner_id)),
        categories=categories(),
        paper_states=[
            (state.value, labels.label(state.value, "CertificateState"))
            for state in CertificateState
        ],
        problem=error.message if error is not None else None,
        nav_current="vendors",
    )


def _works_of(owner_id: Any) -> OwnerVendor:
    return OwnerVendor(property_owner_id=owner_id)


@pages.get("/vendors")
@refill(_list)
def index() -> Response:
    """The owner's vendors with their figures; every filter stands in the address."""
    return _list()


# A new vendor.


def _new_form(error: AppError | None = None) -> Response:
    session, actor = db_session(), current_actor()
    authorize(session, actor, "vendor:create", _works_of(actor.owner_id))
    return render(
        "vendors/directory/new.html",
        categories=categories(),
        chosen=request.form.getlist("categories"),
        languages_spoken=list(LANGUAGE_NAMES.items()),
        typed=request.form,
        error=error,
        errors=dict(error.fields) if error is not None else {},
        nav_current="vendors",
    )


@pages.get("/vendors/new")
def new() -> Response:
    """Enter a vendor, or take one that gave its number."""
    return _new_form()


@pages.post("/vendors/new")
@refill(_new_form)
def create() -> Any:
    """Enter a vendor."""
    works = enter_vendor(bind(CreateVendor))
    say(_("Vendor added"))
    return back_to(works.vendor_org_id)


@pages.post("/vendors/link")
@refill(_new_form)
def link() -> Any:
    """Work with a vendor that is here already."""
    works = directory.link_vendor(db_session(), current_actor(), None, bind(LinkVendor))
    say(_("Vendor added"))
    return back_to(works.vendor_org_id)


# One vendor.


def show_vendor(vendor_id: str, error: AppError | None = None, part: str = "") -> Response:
    """The page of one vendor; ``part`` is the form in which something was refused."""
    return render(
        "vendors/directory/show.html",
        **vendor_page(db_session(), current_actor(), vendor_id),
        typed=request.form,
        error=error,
        part=part,
        errors=dict(error.fields) if error is not None else {},
        nav_current="vendors",
    )


def again(part: str) -> Any:
    """The page once more, with the form ``part`` as it was typed."""

    def form(vendor_id: str, *, error: AppError, **_others: Any) -> Response:
        return show_vendor(vendor_id, error, part)

    return form


@pages.get("/vendors/<vendor_id>")
def show(vendor_id: str) -> Response:
    """Contact, people, work, papers, figures and jobs of one vendor."""
    return show_vendor(vendor_id)


def _edit_form(vendor_id: str, error: AppError | None = None) -> Response:
    session, actor = db_session(), current_actor()
    works = find_works(session, actor, vendor_id)
    authorize(session, actor, "vendor:manage", works)
    vendor = vendor_of(session, works)
    typed: dict[str, Any] = {
        name: getattr(vendor, name, None) for name in UpdateVendor.model_fields
    } | {"note": works.note}
    return render(
        "vendors/directory/edit.html",
        works=works,
        vendor=vendor,
        may_edit=allows(session, actor, "vendor:edit", vendor),
        categories=categories(),
        chosen=request.form.getlist("categories") if error is not None else works.categories,
        languages_spoken=list(LANGUAGE_NAMES.items()),
        typed=request.form if error is not None else typed,
        error=error,
        errors=dict(error.fields) if error is not None else {},
        nav_current="vendors",
    )


@pages.get("/vendors/<vendor_id>/edit")
def edit(vendor_id: str) -> Response:
    """The details, where the owner keeps them, and the owner's own notes."""
    return _edit_form(vendor_id)


@pages.post("/vendors/<vendor_id>/edit")
@refill(_edit_form)
def update(vendor_id: str) -> Any:
    """Change them."""
    directory.update_vendor(db_session(), current_actor(), vendor_id, bind(UpdateVendor))
    say(_("Changes saved"))
    return back_to(vendor_id)


@pages.post("/vendors/<vendor_id>/people")
@refill(again("people"))
def add_person(vendor_id: str) -> Any:
    """Somebody who gets the vendor's jobs by mail."""
    data = bind(AddPerson)
    directory.add_person(db_session(), current_actor(), vendor_id, data)
    works = find_works(db_session(), current_actor(), vendor_id)
    invite_person(works, data)
    say(_("Person added; jobs reach them by mail"))
    return back_to(vendor_id, "people")


# No new work, or none at all.


def _block_form(vendor_id: str, error: AppError | None = None) -> Response:
    session, actor = db_session(), current_actor()
    works = find_works(session, actor, vendor_id)
    authorize(session, actor, "vendor:manage", works)
    return render(
        "vendors/directory/block.html",
        works=works,
        vendor=vendor_of(session, works),
        typed=request.form,
        errors=dict(error.fields) if error is not None else {},
        nav_current="vendors",
    )


@pages.get("/vendors/<vendor_id>/block")
def ask_block(vendor_id: str) -> Response:
    """What blocking means, and why it happens."""
    return _block_form(vendor_id)


@pages.post("/vendors/<vendor_id>/block")
@refill(_block_form)
def block(vendor_id: str) -> Any:
    """Give the vendor nothing new."""
    directory.block_vendor(db_session(), current_actor(), vendor_id, bind(BlockVendor))
    say(_("Vendor blocked"))
    return back_to(vendor_id)


@pages.post("/vendors/<vendor_id>/unblock")
def unblock(vendor_id: str) -> Any:
    """Let it have work again."""
    directory.unblock_vendor(db_session(), current_actor(), vendor_id)
    say(_("Vendor may get jobs again"))
    return back_to(vendor_id)


@pages.post("/vendors/<vendor_id>/end")
def end(vendor_id: str) -> Any:
    """Part from the vendor."""
    directory.end_vendor(db_session(), current_actor(), vendor_id)
    say(_("You no longer work with this vendor"))
    return back_to(vendor_id)


@pages.post("/vendors/<vendor_id>/resume")
def resume(vendor_id: str) -> Any:
    """Work with it again."""
    directory.resume_vendor(db_session(), current_actor(), vendor_id)
    say(_("You work with this vendor again"))
    return back_to(vendor_id)
