"""The keys as a page, and the switch for those that work alone."""

from typing import Any

from flask import Response, request, url_for

from ecopick.blueprints.search.inputs import SwitchKeys
from ecopick.blueprints.search.pages import pages
from ecopick.core.text import gettext as _
from ecopick.domains.people.commands.own_settings import save_setting
from ecopick.domains.people.settings import SINGLE_KEYS
from ecopick.web.bind import bind
from ecopick.web.render import render, see_other, wants_fragment
from ecopick.web.state import current_actor, db_session
from ecopick.web.toasts import say


@pages.get("/shortcuts")
def shortcuts() -> Any:
    """Every key with what it does."""
    db_session().info["authorized"] = True  # Nothing but the person's own setting is read.
    return render("search/shortcuts.html")


@pages.post("/shortcuts")
def switch_keys() -> Any:
    """Switch single keys on or off; scripts that ask need no page in return."""
    is_on = bind(SwitchKeys).single
    save_setting(db_session(), current_actor(), SINGLE_KEYS, is_on)
    if wants_fragment():
        return Response(status=204)
    say(_("Single keys work") if is_on else _("Single keys are switched off"))
    return see_other(request.form.get("next") or url_for("search.shortcuts"))
