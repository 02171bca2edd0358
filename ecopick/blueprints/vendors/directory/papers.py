"""Certificates of a vendor on the pages of the directory."""

from typing import Any, cast

from flask import Response, jsonify, make_response, request

from ecopick.blueprints.vendors.directory.api import api, paper_out
from ecopick.blueprints.vendors.directory.pages import again, back_to, pages
from ecopick.core.finding import as_id, missing
from ecopick.core.permissions import authorize
from ecopick.core.text import gettext as _
from ecopick.domains.tickets.files import StoredFile
from ecopick.domains.vendors.commands.certificates import (
    add_certificate,
    remove_certificate,
    verify_certificate,
)
from ecopick.domains.vendors.inputs import AddCertificate
from ecopick.domains.vendors.models import OwnerVendor, VendorCertificate
from ecopick.domains.vendors.queries.certificates import (
    find_certificate,
    papers,
    served_certificate,
)
from ecopick.domains.vendors.queries.directory import find_works
from ecopick.web.bind import bind
from ecopick.web.errors import refill
from ecopick.web.files import send_attachment
from ecopick.web.state import current_actor, db_session
from ecopick.web.toasts import say
from ecopick.web.uploads import keep


def sent_file(works: OwnerVendor) -> StoredFile | None:
    """The file of the form, judged and stored for this owner; None where none was chosen."""
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return None
    sent.stream.seek(0)
    return keep(cast(Any, sent.stream), sent.filename, works.property_owner_id)


def send_certificate(key: str) -> Response:
    """The file of a paper that the person may see."""
    return send_attachment(served_certificate(db_session(), current_actor(), key))


def paper_of(vendor_id: str, certificate_id: str) -> VendorCertificate:
    """A paper of this very vendor. Raises NotFound."""
    session, actor = db_session(), current_actor()
    found = find_certificate(session, actor, certificate_id)
    if found.vendor_org_id != as_id(vendor_id):
        raise missing(actor, "VendorCertificate", certificate_id)
    return found


def _add(vendor_id: str) -> VendorCertificate:
    session, actor = db_session(), current_actor()
    works = find_works(session, actor, vendor_id)
    authorize(session, actor, "certificate:add", works)
    data = bind(AddCertificate)
    return add_certificate(session, actor, works, data, sent_file(works))


@pages.post("/vendors/<vendor_id>/certificates")
@refill(again("papers"))
def add(vendor_id: str) -> Any:
    """Add a paper, with its file if there is one."""
    _add(vendor_id)
    say(_("Certificate added"))
    return back_to(vendor_id, "papers")


@pages.get("/vendors/<vendor_id>/certificates/<certificate_id>/file")
def fetch(vendor_id: str, certificate_id: str) -> Response:
    """The paper itself."""
    paper_of(vendor_id, certificate_id)
    return send_certificate(certificate_id)


@pages.post("/vendors/<vendor_id>/certificates/<certificate_id>/verify")
def verify(vendor_id: str, certificate_id: str) -> Any:
    """Say that it was looked at and holds."""
    paper = paper_of(vendor_id, certificate_id)
    verify_certificate(db_session(), current_actor(), paper.id)
    say(_("Certificate checked"))
    return back_to(vendor_id, "papers")


@pages.post("/vendors/<vendor_id>/certificates/<certificate_id>/remove")
def remove(vendor_id: str, certificate_id: str) -> Any:
    """Take it away."""
    paper = paper_of(vendor_id, certificate_id)
    remove_certificate(db_session(), current_actor(), paper.id)
    say(_("Certificate removed"))
    return back_to(vendor_id, "papers")


# Over the API.


def _out(row: VendorCertificate) -> dict[str, Any]:
    found = papers(db_session(), current_actor(), row.vendor_org_id, row.property_owner_id)
    return next(paper_out(paper) for paper in found if paper.row.id == row.id)


@api.post("/vendors/<vendor_id>/certificates")
def add_over_api(vendor_id: str) -> Response:
    """201 with the new paper; multipart with ``file``, or JSON without one."""
    return make_response(jsonify(_out(_add(vendor_id))), 201)


@api.post("/vendors/<vendor_id>/certificates/<certificate_id>/verify")
def verify_over_api(vendor_id: str, certificate_id: str) -> Response:
    """The paper, checked by the person."""
    paper = paper_of(vendor_id, certificate_id)
    return jsonify(_out(verify_certificate(db_session(), current_actor(), paper.id)))


@api.delete("/vendors/<vendor_id>/certificates/<certificate_id>")
def remove_over_api(vendor_id: str, certificate_id: str) -> Response:
    """204, and the paper is taken away."""
    paper = paper_of(vendor_id, certificate_id)
    remove_certificate(db_session(), current_actor(), paper.id)
    return Response(status=204)


@api.get("/vendors/<vendor_id>/certificates/<certificate_id>/file")
def fetch_over_api(vendor_id: str, certificate_id: str) -> Response:
    """The paper itself."""
    paper_of(vendor_id, certificate_id)
    return send_certificate(certificate_id)
