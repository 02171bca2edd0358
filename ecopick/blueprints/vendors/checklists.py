"""Checklists of jobs by category, kept by management."""

from typing import Any

from flask import Response, request, url_for

from ecopick.blueprints.vendors.pages import pages
from ecopick.core.categories import CATEGORIES
from ecopick.core.errors import AppError
from ecopick.core.permissions import authorize
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.commands.checklists import keep_checklists, lock_owner
from ecopick.domains.tickets.visit_inputs import SetChecklists
from ecopick.domains.tickets.visit_states import CHECKLISTS
from ecopick.web.bind import bind
from ecopick.web.errors import refill
from ecopick.web.labels import label
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, db_session
from ecopick.web.toasts import say


def _form(*, error: AppError | None = None) -> Response:
    session, actor = db_session(), current_actor()
    owner = lock_owner(session, actor, actor.owner_id)
    authorize(session, actor, "visit:checklists", owner)
    kept = owner.settings.get(CHECKLISTS) or {}
    known = {name: "\n".join(kept.get(name) or ()) for name in CATEGORIES}
    return render(
        "vendors/checklists.html",
        categories=[(name, label(name, "Category")) for name in CATEGORIES],
        typed=request.form if error else known,
        errors=dict(error.fields) if error else {},
        message=error.message if error else None,
        nav_current="vendors",
    )


@pages.get("/vendors/checklists")
def show_checklists() -> Response:
    """What is to be checked on jobs of each category."""
    return _form()


@pages.post("/vendors/checklists")
@refill(_form)
def save_checklists() -> Any:
    """Keep it for jobs that are accepted from now on."""
    raw = {"items": {name: request.form.get(name, "") for name in CATEGORIES}}
    keep_checklists(db_session(), current_actor(), None, bind(SetChecklists, source=raw))
    say(_("Checklists kept"))
    return see_other(url_for("vendors.show_checklists"))
