"""``/api/admin/audit`` for programs, and what pages themselves report to the log of reads."""

from typing import Any

from flask import Blueprint, Response

from ecopick.blueprints.audit.export import export
from ecopick.blueprints.audit.proofs import proof_out, request_proof
from ecopick.core import audit
from ecopick.core.tenancy import PLATFORM_OWNER_ID
from ecopick.domains.audit.inputs import ExportAudit, ListAudit, ReportRead
from ecopick.domains.audit.queries import last_proofs, list_entries
from ecopick.web.bind import bind
from ecopick.web.state import current_actor, db_session

api = Blueprint("audit_api", __name__)


@api.get("/admin/audit")
def entries() -> Any:
    """A page of one stream."""
    page = list_entries(db_session(), current_actor(), bind(ListAudit))
    return {"items": [line.out() for line in page.items], "next_cursor": page.next_cursor}


@api.get("/admin/audit/export")
def export_file() -> Any:
    """Every entry that the filters let through, as CSV or JSON."""
    return export(bind(ExportAudit))


@api.get("/admin/audit/proof")
def proof() -> Any:
    """The newest proof and the newest that found everything whole."""
    newest, whole = last_proofs(db_session(), current_actor())
    return {"newest": proof_out(newest), "whole": proof_out(whole)}


@api.post("/admin/audit/proof")
def ask_proof() -> Any:
    """202: a worker walks all chains; ``proof`` tells how far it is."""
    return proof_out(request_proof()), 202


@api.post("/audit")
def report_read() -> Any:
    """Note that something was read on a page; 204. Changes can never be reported here."""
    data, actor = bind(ReportRead), current_actor()
    db_session().info["authorized"] = True
    audit.read(
        actor,
        data.action,
        data.resource_type,
        data.resource_id,
        owner_id=actor.owner_id or PLATFORM_OWNER_ID,
        metadata=data.metadata,
    )
    return Response(status=204)
