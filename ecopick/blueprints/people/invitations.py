"""Invitations over the API, and the page behind a mailed link."""

from typing import Any, TypeVar

from flask import Response, make_response, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from ecopick.blueprints.auth.finishing import go_on
from ecopick.blueprints.auth.session_api import answer
from ecopick.blueprints.people.api import api
from ecopick.blueprints.people.pages import pages
from ecopick.core.errors import AppError, Conflict, Forbidden, Invalid, NotFound, TooManyRequests
from ecopick.core.tenancy import Scope
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.auth.commands import invitations
from ecopick.domains.auth.commands.admission import SourceBlocked
from ecopick.domains.auth.commands.invitations import OpenedInvitation
from ecopick.domains.auth.inputs import JoinByInvitation
from ecopick.domains.auth.password_rules import ONLY_FACTOR_LENGTH
from ecopick.domains.people.commands.invitations import ended_sentence, revoke
from ecopick.domains.people.inputs import InvitePerson
from ecopick.domains.people.lifecycle import InvitationStatus, OrganizationType
from ecopick.domains.people.members import InvitationFacts
from ecopick.domains.people.members import find_invitation as locked_invitation
from ecopick.domains.people.members import invitations as listed_invitations
from ecopick.domains.people.models import Invitation
from ecopick.domains.vendors.queries import vendor_names
from ecopick.web.access import public
from ecopick.web.bind import bind
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, database, db_session, find_actor
from ecopick.web.toasts import say

R = TypeVar("R", bound=BaseResponse)


# For whoever invites.


def vendor_name(data: InvitePerson | Invitation) -> str:
    """The name of the vendor into which an invitation leads, if it is one."""
    vendor_id = data.org_id if isinstance(data, InvitePerson) else data.organization_id
    names = vendor_names(db_session(), [vendor_id, *current_actor().vendor_org_ids])
    if vendor_id is None and len(names) == 1:
        return next(iter(names.values()))
    return names.get(vendor_id, "") if vendor_id is not None else ""


def send(data: InvitePerson) -> Invitation:
    """Invite somebody."""
    name = vendor_name(data) if data.role.startswith("VENDOR_") else ""
    return invitations.invite(database(), db_session(), current_actor(), data, vendor_name=name)


def send_again(invitation_id: str) -> Invitation:
    """A fresh link for somebody who was invited."""
    session, actor = db_session(), current_actor()
    found = locked_invitation(session, actor, invitation_id)
    is_vendor = found.organization_type == OrganizationType.VENDOR_ORG
    name = vendor_name(found) if is_vendor else ""
    return invitations.resend(database(), session, actor, invitation_id, vendor_name=name)


def _line(found: Invitation | InvitationFacts) -> dict[str, Any]:
    return {
        "id": str(found.id),
        "email": found.email,
        "role": found.role.value,
        "status": found.status.value,
        "organization_type": found.organization_type,
        "organization_id": str(found.organization_id) if found.organization_id else None,
        "building_id": str(found.building_id) if found.building_id else None,
        "unit_id": str(found.unit_id) if found.unit_id else None,
        "expires_at": found.expires_at.isoformat(),
    }


@api.get("/invitations")
def list_invitations() -> Any:
    """Invitations that wait or have expired, which the person may manage."""
    found = listed_invitations(db_session(), current_actor())
    return {"items": [_line(each) for each in found], "next_cursor": None}


@api.post("/invitations")
def create_invitation() -> Any:
    """201 with the invitation; 403 for a role above one's own, 422 for foreign ids."""
    return _line(send(bind(InvitePerson))), 201


@api.post("/invitations/<invitation_id>/resend")
def resend_invitation(invitation_id: str) -> Any:
    """A fresh link, seven more days."""
    return _line(send_again(invitation_id))


@api.post("/invitations/<invitation_id>/revoke")
def revoke_invitation(invitation_id: str) -> Any:
    """The link is dead."""
    return _line(revoke(db_session(), current_actor(), invitation_id))


# For whoever was invited.


def _facts(opened: OpenedInvitation) -> dict[str, Any]:
    facts = opened.facts
    organisation = facts.organisation
    if facts.organization_type == OrganizationType.VENDOR_ORG:
        organisation = _vendor_of(opened)
    return {"organisation": organisation, "role": facts.role, "inviter": facts.inviter}


def _vendor_of(opened: OpenedInvitation) -> str:
    """A vendor is seen by its people: here by the one who invites."""
    facts = opened.facts
    with database().transaction(Scope((facts.property_owner_id,), facts.inviter_id)) as session:
        return next(iter(vendor_names(session, [facts.organization_id]).values()), "")


@api.get("/invitations/<token>")
@public
def view_invitation(token: str) -> Any:
    """Organisation, role, inviter and whether it still counts; no more than that."""
    opened = invitations.open_invitation(database(), token)
    return _private(make_response({**_facts(opened), "status": opened.facts.status}))


@api.post("/invitations/<token>/accept")
@public
def accept_invitation(token: str) -> Any:
    """204 for the signed-in person; without a session name and password make the account."""
    actor = find_actor()
    if actor is None:
        return answer(invitations.join(database(), token, bind(JoinByInvitation)))
    invitations.accept(database(), actor, token)
    return Response(status=204)


@pages.get("/invitations/<token>")
@public
def invitation(token: str) -> Any:
    """Who invites whom into what; reading changes nothing."""
    return _page(token)


@pages.post("/invitations/<token>")
@public
def submit_invitation(token: str) -> Any:
    """Take the role, with a new account where there is none."""
    actor = find_actor()
    try:
        if actor is None:
            return _private(go_on(invitations.join(database(), token, bind(JoinByInvitation))))
        invitations.accept(database(), actor, token)
    except (Invalid, Conflict, Forbidden, NotFound, TooManyRequests, SourceBlocked) as error:
        return _page(token, error)
    say(_("You have joined. Welcome!"))
    return _private(see_other(url_for("people.account_memberships")))


def _page(token: str, error: AppError | None = None) -> Response:
    values: dict[str, Any] = {}
    try:
        opened = invitations.open_invitation(database(), token)
        counts = opened.facts.status == InvitationStatus.PENDING
        values = {**_facts(opened), "has_account": opened.has_account, "opened": opened.facts}
    except (NotFound, SourceBlocked) as refused:
        counts, error = False, error or refused
    if not counts and error is None:
        error = Conflict(ended_sentence(opened.facts.status))
    status = error.status if error is not None else 200
    response = render(
        "people/invitation.html",
        status=410 if not counts and status in (404, 409) else status,
        token=token,
        counts=counts,
        errors=dict(error.fields) if error is not None else {},
        message=error.message if error is not None and not error.fields else None,
        person_name=request.form.get("name", ""),
        least=ONLY_FACTOR_LENGTH,
        **values,
    )
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    return _private(response)


def _private(response: R) -> R:
    """The address is a secret: it goes to no other site and no search engine."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers["Cache-Control"] = "no-store"
    return response
