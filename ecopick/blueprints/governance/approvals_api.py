"""Approvals over the API."""

from dataclasses import asdict
from typing import Any

from flask import jsonify

from ecopick.blueprints.governance.asking import ask
from ecopick.blueprints.governance.blueprint import api
from ecopick.core.changes import plain
from ecopick.domains.governance.commands import approvals as commands
from ecopick.domains.governance.inputs import (
    AskQuestion,
    DecideApproval,
    ListApprovals,
    RequestApproval,
    SkipStep,
)
from ecopick.domains.governance.queries.approvals import (
    Approval,
    available_moves,
    get_approval,
    list_approvals,
)
from ecopick.web.bind import bind
from ecopick.web.state import current_actor, db_session
from ecopick.web.step_up import needs_step_up


def out(found: Approval) -> dict[str, Any]:
    """An approval as programs read it; sums are strings."""
    shown: dict[str, Any] = plain(asdict(found))
    return shown


def _one(approval_id: Any, status: int = 200) -> Any:
    session, actor = db_session(), current_actor()
    session.flush()
    moves = sorted(available_moves(session, actor, approval_id))
    shown = out(get_approval(session, actor, approval_id))
    return jsonify({**shown, "available_actions": moves}), status


@api.get("/admin/approvals")
def approvals() -> Any:
    """Approvals that the person may see: management all of theirs, others their own."""
    found = list_approvals(db_session(), current_actor(), bind(ListApprovals))
    return {"items": [out(each) for each in found], "next_cursor": None}


@api.post("/admin/approvals")
def create_approval() -> Any:
    """201 with the request; it is submitted at once."""
    request = ask(db_session(), current_actor(), bind(RequestApproval))
    return _one(request.id, 201)


@api.get("/admin/approvals/<approval_id>")
def approval(approval_id: str) -> Any:
    """One request with its steps and what the person may do with it."""
    return _one(approval_id)


@api.post("/admin/approvals/<approval_id>/open")
def open_approval(approval_id: str) -> Any:
    """Begin with one's step; the request is in review from then on."""
    commands.open_approval(db_session(), current_actor(), approval_id)
    return _one(approval_id)


@api.post("/admin/approvals/<approval_id>/decide")
@needs_step_up
def decide_approval(approval_id: str) -> Any:
    """Approve or refuse one's step; 409 where somebody decided before."""
    data = bind(DecideApproval)
    commands.decide_approval(db_session(), current_actor(), approval_id, data)
    return _one(approval_id)


@api.post("/admin/approvals/<approval_id>/skip")
def skip_step(approval_id: str) -> Any:
    """Leave the present step out, with the reason."""
    commands.skip_step(db_session(), current_actor(), approval_id, bind(SkipStep))
    return _one(approval_id)


@api.post("/admin/approvals/<approval_id>/question")
def ask_question(approval_id: str) -> Any:
    """Ask before the decision, or answer."""
    commands.ask_question(db_session(), current_actor(), approval_id, bind(AskQuestion))
    return _one(approval_id)


@api.post("/admin/approvals/<approval_id>/cancel")
def cancel_approval(approval_id: str) -> Any:
    """Take one's request back."""
    commands.cancel_approval(db_session(), current_actor(), approval_id)
    return _one(approval_id)


@api.post("/admin/approvals/<approval_id>/close")
def close_approval(approval_id: str) -> Any:
    """File a decided request."""
    commands.close_approval(db_session(), current_actor(), approval_id)
    return _one(approval_id)
