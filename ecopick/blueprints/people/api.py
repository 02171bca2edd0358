"""People in the API: own units and roles."""

from typing import Any

from flask import Blueprint

from ecopick.core.errors import NotFound
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.people.commands.own_settings import save_setting
from ecopick.domains.people.inputs import ListMyUnits
from ecopick.domains.people.queries import my_units, settings_of
from ecopick.domains.people.settings import SaveSetting, is_known
from ecopick.web.bind import bind
from ecopick.web.own_roles import own_memberships
from ecopick.web.state import current_actor, db_session

api = Blueprint("people_api", __name__)


@api.get("/users/me/units")
def list_my_units() -> Any:
    """Units of the signed-in person; ``context=report`` adds all they may report for."""
    units = my_units(db_session(), current_actor(), bind(ListMyUnits))
    return {"items": [unit.model_dump(mode="json") for unit in units], "next_cursor": None}


@api.get("/memberships")
def list_memberships() -> Any:
    """Own roles in force."""
    return {
        "items": [line.model_dump(mode="json") for line in own_memberships(current_actor())],
        "next_cursor": None,
    }


@api.get("/users/me/settings/<key>")
def show_setting(key: str) -> Any:
    """One of the person's own settings; ``value`` is null until it was set."""
    if not is_known(key):
        raise NotFound(_("There is nothing here, or you cannot see it."))
    kept = settings_of(db_session(), current_actor(), key)
    db_session().info["authorized"] = True
    return {"key": key, "value": kept.get(key)}


@api.put("/users/me/settings/<key>")
def put_setting(key: str) -> Any:
    """Keep one of the person's own settings."""
    value = save_setting(db_session(), current_actor(), key, bind(SaveSetting).value)
    return {"key": key, "value": value}
