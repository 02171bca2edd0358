"""The directory over the API."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, make_response

from ecopick.blueprints.vendors.directory.entering import enter_vendor
from ecopick.core.permissions import authorize
from ecopick.core.scanning import ScanState
from ecopick.domains.reports.queries.performance import Month, Scorecard, months, scorecard
from ecopick.domains.reports.queries.vendor_list import VendorLine, list_vendors
from ecopick.domains.vendors.commands import directory
from ecopick.domains.vendors.inputs import (
    BlockVendor,
    CreateVendor,
    LinkVendor,
    ListVendors,
    UpdateVendor,
)
from ecopick.domains.vendors.models import OwnerVendor
from ecopick.domains.vendors.outputs import CertificateOut, VendorOut
from ecopick.domains.vendors.queries.certificates import Paper, papers
from ecopick.domains.vendors.queries.directory import find_works, vendor_of
from ecopick.web.bind import bind
from ecopick.web.state import current_actor, db_session

api = Blueprint("vendor_directory_api", __name__)


def _vendor(works: OwnerVendor) -> dict[str, Any]:
    vendor = vendor_of(db_session(), works)
    known = {
        name: getattr(vendor, name) if hasattr(vendor, name) else getattr(works, name)
        for name in VendorOut.model_fields
    }
    return VendorOut.model_validate(known).model_dump(mode="json")


def scorecard_out(card: Scorecard) -> dict[str, Any]:
    """The figures of twelve months, each with the number of jobs behind it."""
    shares = {
        "sla_met": card.met_share,
        "first_time_fix": card.fixed_share,
        "reopened_share": card.reopened_share,
    }
    return {
        **{name: value for name, value in asdict(card).items() if name != "promptness"},
        **{name: None if value is None else round(value, 4) for name, value in shares.items()},
    }


def _month(month: Month) -> dict[str, Any]:
    return {**asdict(month), "first": month.first.isoformat()}


def _line(line: VendorLine) -> dict[str, Any]:
    return {
        "id": str(line.id),
        "name": line.name,
        "phone": line.phone,
        "email": line.email,
        "categories": list(line.categories),
        "blocked_at": line.blocked_at.isoformat() if line.blocked_at else None,
        "ended_at": line.ended_at.isoformat() if line.ended_at else None,
        "open_jobs": line.open_jobs,
        "certificates": line.papers.value,
        "performance": scorecard_out(line.card),
    }


def paper_out(paper: Paper) -> dict[str, Any]:
    """A paper as the API shows it."""
    row = paper.row
    clean = row.storage_key is not None and row.scan_state is ScanState.CLEAN
    base = f"/api/vendors/{row.vendor_org_id}/certificates/{row.id}"
    names = set(CertificateOut.model_fields) - {"state", "is_current", "verified_by"}
    known: dict[str, Any] = {name: getattr(row, name, None) for name in names} | {
        "state": paper.state,
        "is_current": paper.is_current,
        "verified_by": paper.verified_by,
        "download_url": f"{base}/file" if clean else None,
    }
    return CertificateOut.model_validate(known).model_dump(mode="json")


@api.get("/vendors")
def index() -> Response:
    """A page of the owner's vendors with their figures."""
    page = list_vendors(db_session(), current_actor(), bind(ListVendors))
    return jsonify(items=[_line(line) for line in page.items], next_cursor=page.next_cursor)


@api.post("/vendors")
def create() -> Response:
    """201 with the new vendor."""
    works = enter_vendor(bind(CreateVendor))
    return make_response(jsonify(_vendor(works)), 201)


@api.post("/vendors/link")
def link() -> Response:
    """201 with the vendor that gave its number."""
    works = directory.link_vendor(db_session(), current_actor(), None, bind(LinkVendor))
    return make_response(jsonify(_vendor(works)), 201)


@api.get("/vendors/<vendor_id>")
def show(vendor_id: str) -> Response:
    """One vendor."""
    session, actor = db_session(), current_actor()
    works = find_works(session, actor, vendor_id)
    authorize(session, actor, "vendor:view", works)
    return jsonify(_vendor(works))


@api.put("/vendors/<vendor_id>")
def update(vendor_id: str) -> Response:
    """Change it; fields that are not sent stay as they are."""
    data = bind(UpdateVendor)
    works = directory.update_vendor(db_session(), current_actor(), vendor_id, data)
    return jsonify(_vendor(works))


@api.post("/vendors/<vendor_id>/block")
def block(vendor_id: str) -> Response:
    """Nothing new for this vendor, for a reason."""
    data = bind(BlockVendor)
    return jsonify(_vendor(directory.block_vendor(db_session(), current_actor(), vendor_id, data)))


@api.post("/vendors/<vendor_id>/unblock")
def unblock(vendor_id: str) -> Response:
    """Work for this vendor again."""
    return jsonify(_vendor(directory.unblock_vendor(db_session(), current_actor(), vendor_id)))


@api.post("/vendors/<vendor_id>/end")
def end(vendor_id: str) -> Response:
    """Part from this vendor."""
    return jsonify(_vendor(directory.end_vendor(db_session(), current_actor(), vendor_id)))


@api.get("/vendors/<vendor_id>/certificates")
def list_certificates(vendor_id: str) -> Response:
    """Its papers, by kind."""
    session, actor = db_session(), current_actor()
    works = find_works(session, actor, vendor_id)
    authorize(session, actor, "vendor:view", works)
    found = papers(session, actor, works.vendor_org_id, works.property_owner_id)
    return jsonify(items=[paper_out(paper) for paper in found])


@api.get("/vendors/<vendor_id>/performance")
def performance(vendor_id: str) -> Response:
    """The figures of twelve months and of each of them."""
    session, actor = db_session(), current_actor()
    works = find_works(session, actor, vendor_id)
    authorize(session, actor, "performance:view", works)
    owners = [works.property_owner_id]
    return jsonify(
        vendor_org_id=str(works.vendor_org_id),
        figures=scorecard_out(scorecard(session, owners, works.vendor_org_id)),
        months=[_month(each) for each in months(session, owners, works.vendor_org_id)],
    )
