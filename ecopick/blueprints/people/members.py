"""Who belongs to the organisation: roles, requests for them, invitations."""

from typing import Any

from flask import Response, request, url_for

from ecopick.blueprints.people import invitations
from ecopick.blueprints.people.api import api
from ecopick.blueprints.people.pages import pages
from ecopick.core.errors import AppError, Forbidden
from ecopick.core.permissions import allows
from ecopick.core.roles import TENANT_ROLES, VENDOR_ROLES
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.people.commands import memberships
from ecopick.domains.people.commands.invitations import revoke
from ecopick.domains.people.inputs import AskForResidence, AskForRole, InvitePerson
from ecopick.domains.people.members import invitations as listed_invitations
from ecopick.domains.people.members import members
from ecopick.domains.people.policy import grantable_roles
from ecopick.domains.property import queries as property_queries
from ecopick.domains.vendors.queries import vendor_names
from ecopick.web.bind import bind
from ecopick.web.errors import refill
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, database, db_session
from ecopick.web.toasts import say


@pages.get("/members")
def list_members() -> Any:
    """People with their roles, requests that wait, invitations and the form for a new one."""
    return _page()


def _page(error: AppError | None = None) -> Response:
    session, actor = db_session(), current_actor()
    roles = grantable_roles(actor)
    if not roles:
        raise Forbidden(_("You do not have permission to do this."))
    people = members(session, actor)
    is_staff = actor.is_staff
    return render(
        "people/members.html",
        members=[each for each in people if not each.is_pending],
        requests=[each for each in people if each.is_pending],
        invitations=listed_invitations(session, actor),
        roles=roles,
        needs_company=is_staff and bool(TENANT_ROLES & set(roles)),
        is_vendor=set(roles) <= VENDOR_ROLES,
        companies=property_queries.tenant_companies(session, actor),
        buildings=property_queries.buildings(session, actor),
        units=property_queries.units_by_building(session, actor) if is_staff else {},
        numbers=_numbers(),
        errors=dict(error.fields) if error is not None else {},
        message=error.message if error is not None and not error.fields else None,
        values=request.form,
        may_see_data=allows(session, actor, "privacy:retain", None),
    )


def _numbers() -> list[tuple[str, str]]:
    """Organisations that the person manages, with the number by which others ask to join."""
    session, actor = db_session(), current_actor()
    if actor.is_staff and actor.owner_id is not None:
        owners = property_queries.owner_names(session, [actor.owner_id])
        return [(name, str(key)) for key, name in owners.items()]
    found = [(row.name, str(row.id)) for row in property_queries.tenant_companies(session, actor)]
    vendors = vendor_names(session, list(actor.vendor_org_ids))
    return [*found, *((name, str(key)) for key, name in vendors.items())]


@pages.post("/members")
@refill(_page)
def invite_member() -> Any:
    """Invite somebody by mail."""
    sent = invitations.send(bind(InvitePerson))
    say(_("Invitation sent to %(email)s", email=sent.email))
    return see_other(url_for("people.list_members"))


@pages.post("/members/invitations/<invitation_id>/resend")
def resend_to_member(invitation_id: str) -> Any:
    """A fresh link."""
    sent = invitations.send_again(invitation_id)
    say(_("Invitation sent to %(email)s", email=sent.email))
    return see_other(url_for("people.list_members"))


@pages.post("/members/invitations/<invitation_id>/revoke")
def revoke_from_member(invitation_id: str) -> Any:
    """The link is dead."""
    revoke(db_session(), current_actor(), invitation_id)
    say(_("Invitation taken back"))
    return see_other(url_for("people.list_members"))


@pages.post("/members/<membership_id>/confirm")
def confirm_member(membership_id: str) -> Any:
    """Grant what somebody asked for."""
    memberships.confirm(db_session(), current_actor(), membership_id)
    say(_("Role confirmed"))
    return see_other(url_for("people.list_members"))


@pages.post("/members/<membership_id>/end")
def end_member(membership_id: str) -> Any:
    """End a role from the next request on."""
    memberships.leave(database(), current_actor(), membership_id)
    say(_("Role ended"))
    return see_other(url_for("people.list_members"))


@api.post("/memberships/add-business-role")
def ask_for_role() -> Any:
    """201 with the request; it counts once management confirms it."""
    request_id = memberships.ask_for_role(database(), current_actor(), bind(AskForRole))
    return {"id": str(request_id), "status": "pending"}, 201


@api.post("/memberships/add-residence")
def ask_for_residence() -> Any:
    """201 with the request; it counts once management confirms it."""
    request_id = memberships.ask_for_residence(database(), current_actor(), bind(AskForResidence))
    return {"id": str(request_id), "status": "pending"}, 201


@api.post("/memberships/<membership_id>/confirm")
def confirm_membership(membership_id: str) -> Any:
    """Grant what somebody asked for."""
    found = memberships.confirm(db_session(), current_actor(), membership_id)
    return {"id": str(found.id), "status": found.status}


@api.delete("/memberships/<membership_id>")
def end_membership(membership_id: str) -> Any:
    """204, and the role counts no more."""
    memberships.leave(database(), current_actor(), membership_id)
    return Response(status=204)
