"""``/api/auth``: the session for programs and for the pages' own scripts."""

from typing import Any

from flask import Response, g, make_response, request

from ecopick.blueprints.auth.blueprint import api
from ecopick.blueprints.auth.finishing import become, end_session, finish, second_step_json
from ecopick.core.actor import Actor
from ecopick.core.roles import MANAGEMENT_ROLES
from ecopick.domains.auth.commands.refresh import SessionOver, refresh_session
from ecopick.domains.auth.commands.sign_in import sign_in as check_password
from ecopick.domains.auth.inputs import SignIn
from ecopick.domains.auth.outputs import Outcome, SecondStep
from ecopick.domains.auth.queries.actors import owner_choices
from ecopick.domains.people.queries import my_units, profile
from ecopick.web.access import background, csrf_exempt, public
from ecopick.web.bind import bind
from ecopick.web.errors import problem
from ecopick.web.own_roles import own_memberships
from ecopick.web.renewal import adopt, session_clock
from ecopick.web.session_cookies import clear_session, csrf_token_for, read_refresh_token
from ecopick.web.state import current_actor, database, db_session


@api.post("/login")
@public
@csrf_exempt
def sign_in() -> Any:
    """200 with the person and the cookies, or with ``two_factor_required``.

    401 for any wrong pair, 429 after too many.
    """
    return answer(check_password(database(), bind(SignIn)))


def answer(outcome: Outcome) -> Response:
    """What a program gets for a proved first factor: the person, or the second step."""
    if isinstance(outcome, SecondStep):
        return make_response(second_step_json(outcome))
    return finish(make_response(about(become(outcome))), outcome)


@api.post("/logout")
def sign_out() -> Any:
    """204, and the session is over."""
    return end_session(Response(status=204))


@api.post("/refresh")
@public
@csrf_exempt
@background
def refresh() -> Any:
    """200 and the cookies of the next session; 409 and none where another was faster.

    401 takes the cookies back: the person has to sign in. Other sites cannot
    send the token, as its cookie is ``SameSite=Strict``.
    """
    token = read_refresh_token(request)
    try:
        if token is None:
            raise SessionOver
        adopt(refresh_session(database(), token), active=False)
    except SessionOver as error:
        g.actor = None
        response = problem(error)
        clear_session(response)
        return response
    return session_clock()


@api.get("/session")
@background
def session_left() -> Any:
    """How long the session lasts; asking is no activity."""
    return session_clock()


@api.post("/keep-alive")
def keep_alive() -> Any:
    """The person is still there: the time without activity starts anew."""
    return session_clock()


@api.get("/me")
def me() -> Any:
    """The signed-in person, their roles, units and flags, and the CSRF token."""
    return about(current_actor())


def about(actor: Actor) -> dict[str, Any]:
    """The person as ``/me`` and the sign-in answer it."""
    session = db_session()
    person = profile(session, actor)
    roles = [line.model_dump(mode="json") for line in own_memberships(actor)]
    choices = owner_choices(db_session(), actor)
    return {
        **person.model_dump(mode="json"),
        "property_owner_id": str(actor.owner_id) if actor.owner_id is not None else None,
        "property_owners": [{"id": str(owner_id), "name": name} for owner_id, name in choices],
        "memberships": roles,
        "units": [unit.model_dump(mode="json") for unit in my_units(session, actor)],
        "flags": _flags(actor),
        "csrf_token": csrf_token_for(actor.session.family_id) if actor.session else None,
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
