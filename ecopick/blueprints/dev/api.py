"""The API's aids for development; absent in production."""

from typing import Any

from flask import Blueprint, g, jsonify, make_response, request
from sqlalchemy import select

from ecopick.adapters.mailcatcher import caught_mails
from ecopick.blueprints.auth.session_api import about
from ecopick.core.errors import Conflict
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.auth.commands.sessions import issue_session_bundle
from ecopick.domains.auth.outputs import SignedIn
from ecopick.domains.auth.queries.actors import load_actor
from ecopick.domains.auth.queries.credentials import Credentials, find_credentials
from ecopick.domains.property.models import Building, Unit
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.policy import visible_to
from ecopick.domains.vendors.queries import linked_vendors
from ecopick.web.access import csrf_exempt, public
from ecopick.web.session_cookies import set_session
from ecopick.web.state import act_as, current_actor, database, db_session, settings, storage

api = Blueprint("dev_api", __name__)
ADMIN = "admin@demo.example.org"
SHOWN_TICKETS = 6


@api.get("/mail")
@public
def list_mails() -> Any:
    """The caught mails, newest first; ``to`` narrows to one recipient."""
    return jsonify(caught_mails(settings().mail_dir, request.args.get("to") or None))


@api.post("/seed")
@public
@csrf_exempt
def seed() -> Any:
    """Load the demo where it is missing, sign in as its administrator, answer their ids.

    May be repeated: only the first call loads. 409 where the administrator is gone.
    """
    signed_in = _sign_in()
    response = make_response({**about(current_actor()), "ids": _ids()})
    set_session(response, signed_in)
    return response


def _sign_in() -> SignedIn:
    person = _administrator()
    if person is None:
        from ecopick.demo.load import load  # Large, and needed once at most.

        load(database(), storage())
        person = _administrator()
    if person is None:
        raise _no_demo()
    with database().transaction(Scope((PLATFORM_OWNER_ID,), person.user_id)) as session:
        signed_in = issue_session_bundle(
            session, person.user_id, method="demo", language=person.language
        )
    actor = load_actor(database(), signed_in.session_id)
    if actor is None:
        raise _no_demo()
    g.session_id = signed_in.session_id
    act_as(actor)
    return signed_in


def _administrator() -> Credentials | None:
    with database().transaction(Scope((PLATFORM_OWNER_ID,))) as session:
        return find_credentials(session, ADMIN)


def _no_demo() -> Conflict:
    return Conflict(_("There is no demo data here. Load it with “ecopick demo”."), code="no_demo")


def _ids() -> dict[str, Any]:
    """The owner, its buildings and vendors, the first building's units, the newest tickets."""
    session, actor = db_session(), current_actor()
    owner_id = actor.owner_id
    if owner_id is None:
        return {}
    buildings = session.scalars(
        select(Building.id).where(Building.property_owner_id == owner_id).order_by(Building.name)
    ).all()
    units = session.scalars(
        select(Unit.id).where(Unit.building_id.in_(buildings[:1])).order_by(Unit.label)
    ).all()
    tickets = session.scalars(
        select(Ticket.id)
        .where(visible_to(actor))
        .order_by(Ticket.created_at.desc())
        .limit(SHOWN_TICKETS)
    ).all()
    return {
        "property_owner_id": str(owner_id),
        "building_ids": [str(each) for each in buildings],
        "unit_ids": [str(each) for each in units],
        "vendor_org_ids": [str(each.id) for each in linked_vendors(session, owner_id)],
        "ticket_ids": [str(each) for each in tickets],
    }
