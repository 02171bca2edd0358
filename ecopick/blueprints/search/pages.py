"""The search as a page, and the part of it that the palette shows."""

from typing import Any

from flask import Blueprint

from ecopick.blueprints.search.inputs import Look
from ecopick.blueprints.search.looking import look
from ecopick.core.matching import marked
from ecopick.web.bind import bind
from ecopick.web.render import render
from ecopick.web.state import current_actor, db_session

pages = Blueprint("search", __name__)
pages.add_app_template_global(marked, "marked")


@pages.get("/search")
def show() -> Any:
    """Tickets, places, people and pages that fit the words; without words, the recent ones."""
    answer = look(db_session(), current_actor(), bind(Look))
    return render("search/page.html", "search/_listbox.html", answer=answer)
