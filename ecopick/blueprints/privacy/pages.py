"""Data on people, as they read it: their own page, a person's page, retention."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from ecopick.blueprints.privacy.files import ERASE, ask, send
from ecopick.core.errors import AppError
from ecopick.core.text import gettext as _
from ecopick.core.uow import after_commit
from ecopick.domains.people.queries import display_name
from ecopick.domains.privacy.commands import requests
from ecopick.domains.privacy.inputs import ErasePerson, HoldPerson, SetRetention
from ecopick.domains.privacy.lifecycle import KeptStream
from ecopick.domains.privacy.queries.people import data_of, own_data, retention_page
from ecopick.web.access import background
from ecopick.web.bind import bind
from ecopick.web.errors import refill
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, db_session, queue
from ecopick.web.step_up import needs_step_up
from ecopick.web.toasts import say

pages = Blueprint("privacy", __name__)


def _own(error: AppError | None = None) -> Response:
    asked = own_data(db_session(), current_actor())
    return render("privacy/own.html", **_facts(asked, error), refresh=url_for("privacy.own_list"))


def _facts(asked: Any, error: AppError | None) -> dict[str, Any]:
    return {
        "exports": asked.exports,
        "erasure": asked.erasure,
        "hold": asked.hold,
        "values": request.form,
        "errors": dict(error.fields) if error is not None else {},
        "message": error.message if error is not None and not error.fields else None,
    }


@pages.get("/account/data")
def own() -> Any:
    """Taking one's data along, and having the account erased."""
    return _own()


@pages.get("/account/data/exports")
@background
def own_list() -> Any:
    """How far the exports are; the page asks until all are made."""
    asked = own_data(db_session(), current_actor())
    return render("privacy/_exports.html", exports=asked.exports, refresh=request.path)


@pages.post("/account/data/export")
@needs_step_up
def ask_own() -> Any:
    """Ask for everything on oneself."""
    ask()
    return see_other(url_for("privacy.own"))


@pages.get("/account/data/exports/<export_id>/download")
@needs_step_up
def download(export_id: str) -> Any:
    """An archive; that it leaves the house is recorded."""
    return send(export_id)


@pages.post("/account/data/erasure")
@needs_step_up
@refill(_own)
def erase_own() -> Any:
    """Have one's account erased in seven days."""
    requests.erase_own(db_session(), current_actor(), None, bind(ErasePerson))
    say(_("Your account will be erased in seven days."))
    return see_other(url_for("privacy.own"))


@pages.post("/account/data/erasure/<erasure_id>/undo")
def undo_own(erasure_id: str) -> Any:
    """Keep the account after all."""
    requests.undo_erasure(db_session(), current_actor(), erasure_id)
    say(_("Your account stays."))
    return see_other(url_for("privacy.own"))


# A person of the owner.


def _person(person_id: str, error: AppError | None = None) -> Response:
    user, asked = data_of(db_session(), current_actor(), person_id)
    return render(
        "privacy/person.html",
        **_facts(asked, error),
        person=user,
        person_name=display_name(user),
        refresh=url_for("privacy.person_list", person_id=user.id),
    )


@pages.get("/members/people/<person_id>/data")
def person(person_id: str) -> Any:
    """What the owner may do with what it holds on a person."""
    return _person(person_id)


@pages.get("/members/people/<person_id>/data/exports")
@background
def person_list(person_id: str) -> Any:
    """How far the exports are."""
    _user, asked = data_of(db_session(), current_actor(), person_id)
    return render("privacy/_exports.html", exports=asked.exports, refresh=request.path)


@pages.post("/members/people/<person_id>/data/export")
@needs_step_up
def ask_person(person_id: str) -> Any:
    """Ask for what the owner holds."""
    ask(person_id)
    return see_other(url_for("privacy.person", person_id=person_id))


@pages.post("/members/people/<person_id>/data/erasure")
@needs_step_up
@refill(_person)
def erase_person(person_id: str) -> Any:
    """Have the owner forget the person."""
    session = db_session()
    requests.erase_person(session, current_actor(), person_id, bind(ErasePerson))
    wake = queue()
    after_commit(session, lambda: wake.ask(ERASE))
    say(_("The data on this person is being erased."))
    return see_other(url_for("people.list_members"))


@pages.post("/members/people/<person_id>/data/hold")
@refill(_person)
def hold_person(person_id: str) -> Any:
    """Set a legal hold."""
    requests.hold_person(db_session(), current_actor(), person_id, bind(HoldPerson))
    say(_("Legal hold set"))
    return see_other(url_for("privacy.person", person_id=person_id))


@pages.post("/members/people/<person_id>/data/hold/lift")
def lift_hold(person_id: str) -> Any:
    """Lift it."""
    requests.lift_hold(db_session(), current_actor(), person_id)
    say(_("Legal hold lifted"))
    return see_other(url_for("privacy.person", person_id=person_id))


# Retention.


def _retention(error: AppError | None = None) -> Response:
    months = retention_page(db_session(), current_actor())
    names = {
        KeptStream.CHANGES: _("Changes"),
        KeptStream.READS: _("Reads"),
        KeptStream.DECISIONS: _("Decisions"),
    }
    return render(
        "privacy/retention.html",
        streams=[
            (stream.value, names[stream], request.form.get(stream.value, months[stream]))
            for stream in KeptStream
        ],
        errors=dict(error.fields) if error is not None else {},
    )


@pages.get("/admin/retention")
def retention() -> Any:
    """For how long what is personal stays in the log."""
    return _retention()


@pages.post("/admin/retention")
@refill(_retention)
def set_retention() -> Any:
    """Decide for how many months."""
    requests.set_retention(db_session(), current_actor(), None, bind(SetRetention))
    say(_("Saved"))
    return see_other(url_for("privacy.retention"))
