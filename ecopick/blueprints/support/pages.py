"""The page on which administrators open an access; every other page shows its bar."""

from typing import Any

from flask import Blueprint, request, url_for

from ecopick.blueprints.auth.finishing import home_of
from ecopick.core.errors import AppError, Conflict, Invalid
from ecopick.core.permissions import authorize
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.auth.commands.support import end_support, start_support
from ecopick.domains.auth.inputs import StartSupport
from ecopick.domains.auth.queries.actors import load_actor
from ecopick.domains.auth.queries.support import own_accesses, owners_for_support
from ecopick.web.bind import bind
from ecopick.web.render import render, see_other
from ecopick.web.state import act_as, current_actor, database, db_session
from ecopick.web.step_up import needs_step_up
from ecopick.web.toasts import say

pages = Blueprint("support", __name__)


@pages.get("/admin/support")
@needs_step_up
def show() -> Any:
    """The form, and what the administrator did before."""
    return _form()


@pages.post("/admin/support")
@needs_step_up
def start() -> Any:
    """Open an access and go to the owner's first page."""
    try:
        start_support(database(), current_actor(), bind(StartSupport))
    except (Invalid, Conflict) as error:
        return _form(error)
    return _onward()


@pages.post("/support/end")
def end() -> Any:
    """End the access; the administrator is themself again."""
    db_session().info["authorized"] = True
    if end_support(database(), current_actor()):
        say(_("Support ended"))
    return _onward()


def _onward() -> Any:
    actor = current_actor()
    assert actor.session_id is not None
    fresh = load_actor(database(), actor.session_id)
    if fresh is not None:
        act_as(fresh)
    db_session().info["authorized"] = True
    return see_other(home_of(fresh) if fresh is not None else url_for("auth.sign_in"))


def _form(error: AppError | None = None) -> Any:
    session, actor = db_session(), current_actor()
    if actor.support is None:
        authorize(session, actor, "support:start", None)
    return render(
        "support/page.html",
        status=error.status if error is not None else 200,
        owners=[(str(owner_id), name) for owner_id, name in owners_for_support(session)],
        accesses=own_accesses(session, actor),
        errors=dict(error.fields) if error is not None else {},
        message=error.message if error is not None and not error.fields else None,
        typed=request.form,
    )
