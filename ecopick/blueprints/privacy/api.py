"""Data on people, for programs."""

from typing import Any

from flask import Blueprint, Response

from ecopick.blueprints.privacy.files import ERASE, ask, erasure_out, export_out, found, send
from ecopick.core.changes import plain
from ecopick.core.uow import after_commit
from ecopick.domains.privacy.commands import requests
from ecopick.domains.privacy.inputs import EraseAccount, ErasePerson, HoldPerson, SetRetention
from ecopick.domains.privacy.queries.people import retention_page
from ecopick.web.bind import bind
from ecopick.web.state import current_actor, db_session, queue
from ecopick.web.step_up import needs_step_up

api = Blueprint("privacy_api", __name__)


@api.post("/privacy/export")
@needs_step_up
def ask_own() -> Any:
    """202 with the export of everything on oneself, which a worker makes now."""
    return export_out(ask()), 202


@api.post("/privacy/people/<person_id>/export")
@needs_step_up
def ask_person(person_id: str) -> Any:
    """202 with the export of what the owner holds on a person."""
    return export_out(ask(person_id)), 202


@api.get("/privacy/export/<export_id>")
def state(export_id: str) -> Any:
    """How far an export is."""
    return export_out(found(export_id))


@api.get("/privacy/export/<export_id>/download")
@needs_step_up
def download(export_id: str) -> Any:
    """The archive; 404 until it is ready and once its week is over."""
    return send(export_id)


@api.post("/privacy/erasure")
@needs_step_up
def erase_own() -> Any:
    """202: one's account goes in seven days. 409 where a hold stands against it."""
    made = requests.erase_own(db_session(), current_actor(), None, bind(ErasePerson))
    return erasure_out(made), 202


@api.post("/privacy/people/<person_id>/erasure")
@needs_step_up
def erase_person(person_id: str) -> Any:
    """202: a worker makes the owner forget the person now. 409 where a hold is set."""
    session = db_session()
    made = requests.erase_person(session, current_actor(), person_id, bind(ErasePerson))
    wake = queue()
    after_commit(session, lambda: wake.ask(ERASE))
    return erasure_out(made), 202


@api.post("/admin/privacy/erasure")
@needs_step_up
def erase_account() -> Any:
    """202: the account with this address goes in seven days. For administrators."""
    made = requests.erase_account_of(db_session(), current_actor(), None, bind(EraseAccount))
    return erasure_out(made), 202


@api.delete("/privacy/erasure/<erasure_id>")
def undo(erasure_id: str) -> Any:
    """An erasure that was not carried out is taken back. 409 once it was."""
    return erasure_out(requests.undo_erasure(db_session(), current_actor(), erasure_id))


@api.put("/privacy/people/<person_id>/hold")
def hold(person_id: str) -> Any:
    """201: what the owner holds on the person is kept until the hold is lifted."""
    made = requests.hold_person(db_session(), current_actor(), person_id, bind(HoldPerson))
    return {"id": str(made.id), "reason": made.reason, "created_at": plain(made.created_at)}, 201


@api.delete("/privacy/people/<person_id>/hold")
def lift(person_id: str) -> Any:
    """204, and the person may be erased."""
    requests.lift_hold(db_session(), current_actor(), person_id)
    return Response(status=204)


@api.get("/privacy/retention")
def retention() -> Any:
    """Months for which what is personal stays in each stream."""
    found_months = retention_page(db_session(), current_actor())
    return {stream.value: months for stream, months in found_months.items()}


@api.put("/privacy/retention")
def set_retention() -> Any:
    """Decide for how many months."""
    session, actor = db_session(), current_actor()
    requests.set_retention(session, actor, None, bind(SetRetention))
    return {stream.value: months for stream, months in retention_page(session, actor).items()}
