"""``/api/auth``: the session for programs and for the pages' own scripts."""

from typing import Any

from flask import Blueprint, Response, make_response

from ecopick.blueprints.auth.pages import end_session, start_session
from ecopick.blueprints.people.api import own_memberships
from ecopick.core.actor import Actor
from ecopick.core.roles import MANAGEMENT_ROLES
from ecopick.domains.auth.inputs import SignIn
from ecopick.domains.auth.queries import owner_choices
from ecopick.domains.people.queries import my_units, profile
from ecopick.web.access import csrf_exempt, public
from ecopick.web.bind import bind
from ecopick.web.session_cookies import csrf_token_for, set_session
from ecopick.web.state import current_actor, database, db_session

api = Blueprint("auth_api", __name__)


@api.post("/login")
@public
@csrf_exempt
def sign_in() -> Any:
    """200 with the person and the cookies; 401 for any wrong pair, 429 after too many."""
    signed_in = start_session(bind(SignIn))
    response = make_response(about(current_actor()))
    set_session(response, signed_in)
    return response


@api.post("/logout")
def sign_out() -> Any:
    """204, and the session is over."""
    response = Response(status=204)
    end_session(response)
    return response


@api.get("/me")
def me() -> Any:
    """The signed-in person, their roles, units and flags, and the CSRF token."""
    return about(current_actor())


def about(actor: Actor) -> dict[str, Any]:
    """The person as ``/me`` and the sign-in answer it."""
    session = db_session()
    person = profile(session, actor)
    roles = [line.model_dump(mode="json") for line in own_memberships(actor)]
    choices = owner_choices(database(), actor)
    return {
        **person.model_dump(mode="json"),
        "property_owner_id": str(actor.owner_id) if actor.owner_id is not None else None,
        "property_owners": [{"id": str(owner_id), "name": name} for owner_id, name in choices],
        "memberships": roles,
        "units": [unit.model_dump(mode="json") for unit in my_units(session, actor)],
        "flags": _flags(actor),
        "csrf_token": csrf_token_for(actor.session_id) if actor.session_id is not None else None,
    }


def _flags(actor: Actor) -> dict[str, bool]:
    owner_id = actor.owner_id
    return {
        "is_app_admin": actor.is_app_admin,
        "is_staff": actor.is_staff,
        "is_management": owner_id is not None
        and actor.staff_buildings(owner_id, MANAGEMENT_ROLES) != frozenset(),
        "is_tenant": bool(actor.tenant_roles),
        "is_resident": bool(actor.user_units),
        "is_vendor": bool(actor.vendor_org_ids),
    }
