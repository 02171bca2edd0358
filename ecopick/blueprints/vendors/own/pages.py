"""A vendor's own pages: papers, details and figures."""

import uuid
from typing import Any

from flask import Blueprint, Response, request, url_for

from ecopick.blueprints.vendors.directory.papers import send_certificate, sent_file
from ecopick.blueprints.vendors.directory.showing import performance
from ecopick.core.errors import AppError, Forbidden
from ecopick.core.permissions import allows, authorize
from ecopick.core.text import gettext as _
from ecopick.core.text import lazy_gettext as _l
from ecopick.core.validation import wrong_field
from ecopick.domains.people.policy import vendors_led
from ecopick.domains.property.queries import owner_names
from ecopick.domains.vendors.commands.certificates import add_certificate, remove_certificate
from ecopick.domains.vendors.commands.directory import change_contact
from ecopick.domains.vendors.inputs import AddCertificate, VendorContact
from ecopick.domains.vendors.lifecycle import CertificateKind
from ecopick.domains.vendors.models import OwnerVendor
from ecopick.domains.vendors.queries.certificates import find_certificate, papers
from ecopick.domains.vendors.queries.directory import find_vendor, own_works
from ecopick.web import labels
from ecopick.web.bind import TRANSPORT_FIELDS, bind, raw_input
from ecopick.web.errors import refill
from ecopick.web.navigation import LANGUAGE_NAMES
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, db_session
from ecopick.web.toasts import say

pages = Blueprint("vendor_own", __name__)


def own_vendor() -> uuid.UUID:
    """The vendor for which the person works, the one they lead first. Raises Forbidden."""
    actor = current_actor()
    mine = sorted(vendors_led(actor)) or sorted(actor.vendor_org_ids)
    if not mine:
        raise Forbidden(_l("You do not have permission to do this."))
    return mine[0]


def _works() -> list[OwnerVendor]:
    vendor_id = own_vendor()
    found = own_works(db_session(), current_actor())
    return [works for works in found if works.vendor_org_id == vendor_id]


# Papers.


def _papers(*, error: AppError | None = None) -> Response:
    session, actor = db_session(), current_actor()
    vendor_id, works = own_vendor(), _works()
    found = papers(session, actor, vendor_id)
    return render(
        "vendors/own/certificates.html",
        papers=found,
        removable={
            each.row.id for each in found if allows(session, actor, "certificate:remove", each.row)
        },
        owners=[
            (str(key), name)
            for key, name in owner_names(
                session, [each.property_owner_id for each in works]
            ).items()
        ],
        chosen=request.form.getlist("owner_id"),
        may_add=any(allows(session, actor, "certificate:add", each) for each in works),
        kinds=[
            (kind.value, labels.label(kind.value, "CertificateKind")) for kind in CertificateKind
        ],
        typed=request.form,
        error=error,
        errors=dict(error.fields) if error is not None else {},
    )


@pages.get("/vendor/certificates")
def show_certificates() -> Response:
    """The vendor's insurances and certificates, for each owner."""
    return _papers()


@pages.post("/vendor/certificates")
@refill(_papers)
def add_papers() -> Any:
    """Add a paper for each chosen owner; everyone keeps a copy of its own."""
    session, actor = db_session(), current_actor()
    wanted = set(request.form.getlist("owner_id"))
    chosen = [works for works in _works() if str(works.property_owner_id) in wanted]
    if not chosen:
        raise wrong_field("owner_id", _l("Please choose for whom it is."))
    for works in chosen:
        authorize(session, actor, "certificate:add", works)
    fields = {
        name: value
        for name, value in raw_input(request, AddCertificate).items()
        if name not in TRANSPORT_FIELDS | {"owner_id"}
    }
    data = bind(AddCertificate, source=fields)
    for works in chosen:
        add_certificate(session, actor, works, data, sent_file(works))
    say(_("Certificate added"))
    return see_other(url_for("vendor_own.show_certificates"))


@pages.get("/vendor/certificates/<certificate_id>/file")
def fetch(certificate_id: str) -> Response:
    """The paper itself."""
    return send_certificate(certificate_id)


@pages.post("/vendor/certificates/<certificate_id>/remove")
def remove(certificate_id: str) -> Any:
    """Take away what nobody has checked yet."""
    row = find_certificate(db_session(), current_actor(), certificate_id)
    remove_certificate(db_session(), current_actor(), row.id)
    say(_("Certificate removed"))
    return see_other(url_for("vendor_own.show_certificates"))


# Details.


def _details(*, error: AppError | None = None) -> Response:
    session, actor = db_session(), current_actor()
    vendor = find_vendor(session, actor, own_vendor())
    authorize(session, actor, "vendor:edit", vendor)
    known = {name: getattr(vendor, name) for name in VendorContact.model_fields}
    return render(
        "vendors/own/details.html",
        vendor=vendor,
        typed=request.form if error is not None else known,
        languages_spoken=list(LANGUAGE_NAMES.items()),
        error=error,
        errors=dict(error.fields) if error is not None else {},
    )


@pages.get("/vendor/details")
def show_details() -> Response:
    """How owners reach the vendor."""
    return _details()


@pages.post("/vendor/details")
@refill(_details)
def save_details() -> Any:
    """Change it, for every owner."""
    change_contact(db_session(), current_actor(), own_vendor(), bind(VendorContact))
    say(_("Changes saved"))
    return see_other(url_for("vendor_own.show_details"))


# Figures.


@pages.get("/vendor/performance")
def show_performance() -> Response:
    """The vendor's own figures, over all owners or for one."""
    session, actor = db_session(), current_actor()
    vendor_id, works = own_vendor(), _works()
    for each in works:
        authorize(session, actor, "performance:view", each)
    owners = [each.property_owner_id for each in works]
    asked = request.args.get("owner")
    chosen = [key for key in owners if str(key) == asked] or owners
    return render(
        "vendors/own/performance.html",
        owners=list(owner_names(session, owners).items()),
        asked=asked if len(chosen) == 1 and len(owners) > 1 else None,
        **performance(session, chosen, vendor_id),
    )
