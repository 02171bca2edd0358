"""The address of a building, for programs."""

from typing import Any

from flask import Blueprint

from ecopick.blueprints.mailbox.reading import find, need_domain, whole
from ecopick.core.changes import plain
from ecopick.domains.mailbox import commands
from ecopick.domains.mailbox.models import InboundAddress
from ecopick.web.state import current_actor, db_session

api = Blueprint("mailbox_api", __name__)


def _out(found: InboundAddress | None) -> dict[str, Any]:
    return {
        "address": whole(found),
        "created_at": plain(found.created_at) if found is not None else None,
    }


@api.get("/buildings/<building_id>/mail-address")
def show(building_id: str) -> Any:
    """The address; null where the building has none."""
    _building, found = find(building_id)
    return _out(found)


@api.post("/buildings/<building_id>/mail-address")
def issue(building_id: str) -> Any:
    """201 with a new address; the one before takes no more mail."""
    need_domain()
    return _out(commands.issue_address(db_session(), current_actor(), building_id)), 201


@api.delete("/buildings/<building_id>/mail-address")
def retire(building_id: str) -> Any:
    """204; mail to the address is refused from now on."""
    commands.retire_address(db_session(), current_actor(), building_id)
    return "", 204
