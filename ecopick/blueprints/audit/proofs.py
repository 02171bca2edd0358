"""A proof of the audit: asked for here, made by a worker, watched here."""

from typing import Any

from ecopick.core.changes import plain
from ecopick.core.uow import after_commit
from ecopick.domains.audit.commands import ask_for_proof
from ecopick.domains.audit.models import AuditProof
from ecopick.web.state import current_actor, db_session, queue

PROVE = "jobs.audit.prove_waiting"


def request_proof() -> AuditProof:
    """Ask for a proof; a worker begins once this is stored."""
    session = db_session()
    proof = ask_for_proof(session, current_actor(), None)
    wake = queue()
    after_commit(session, lambda: wake.ask(PROVE))
    return proof


def proof_out(proof: AuditProof | None) -> dict[str, Any] | None:
    """A proof as JSON."""
    if proof is None:
        return None
    names = (
        "id",
        "created_at",
        "started_at",
        "ended_at",
        "rows_total",
        "rows_done",
        "anchors",
        "is_whole",
        "faults",
    )
    return {name: plain(getattr(proof, name)) for name in names}
