"""What a person sets for themself: the owner they act for, their language."""

from typing import Any
from urllib.parse import urlsplit

from flask import request

from ecopick.blueprints.auth.blueprint import pages
from ecopick.blueprints.auth.finishing import home_of
from ecopick.core.text import LANGUAGES
from ecopick.domains.auth.commands import sessions
from ecopick.domains.auth.inputs import ChooseOwner
from ecopick.domains.people.commands import choose_language
from ecopick.domains.people.inputs import ChooseLanguage
from ecopick.web.bind import bind
from ecopick.web.render import local_path, see_other
from ecopick.web.state import current_actor, db_session


@pages.post("/account/owner")
def choose_owner() -> Any:
    """Act for another owner from now on."""
    actor = current_actor()
    sessions.choose_owner(db_session(), actor, bind(ChooseOwner))
    return see_other(home_of(actor))


@pages.post("/account/language")
def set_language() -> Any:
    """Remember the language and show the same page in it."""
    data = bind(ChooseLanguage)
    choose_language(db_session(), current_actor(), None, data)
    came_from = request.form.get("next") or urlsplit(request.referrer or "").path
    return see_other(in_language(local_path(came_from), data.language))


def in_language(path: str, language: str) -> str:
    """The address of the same page in another language."""
    first, _, rest = path.lstrip("/").partition("/")
    return f"/{language}/{rest}" if first in LANGUAGES else f"/{language}/"
