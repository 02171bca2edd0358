"""The account page: one's own roles, and asking for more."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from ecopick.core.errors import AppError
from ecopick.core.roles import MembershipRole
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.people.commands import memberships
from ecopick.domains.people.inputs import AskForResidence, AskForRole
from ecopick.domains.people.lifecycle import MembershipStatus, UnitRelationship
from ecopick.domains.people.queries import my_units
from ecopick.domains.property import queries as property_queries
from ecopick.domains.vendors.queries import vendor_names
from ecopick.web.bind import bind, raw_input
from ecopick.web.errors import refill
from ecopick.web.own_roles import own_memberships
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, database, db_session
from ecopick.web.toasts import say

pages = Blueprint("people", __name__)
# A home is asked for by its unit.
ASKED_ROLES = tuple(role for role in MembershipRole if role != MembershipRole.RESIDENT)


@pages.get("/account")
@pages.get("/account/memberships")
def account_memberships() -> Any:
    """Roles, requests and units of the signed-in person, with the forms to ask for more."""
    return _page()


def _page(error: AppError | None = None, asking: str = "") -> Response:
    session, actor = db_session(), current_actor()
    lines = own_memberships(actor)
    return render(
        "people/memberships.html",
        memberships=[line for line in lines if line.status == MembershipStatus.ACTIVE],
        requests=[line for line in lines if line.status == MembershipStatus.PENDING],
        units=my_units(session, actor),
        roles=ASKED_ROLES,
        ties=tuple(UnitRelationship),
        organisations=_organisations(),
        buildings=property_queries.buildings(session, actor),
        homes=property_queries.units_by_building(session, actor),
        asking=asking,
        errors=_beside_the_number(error),
        message=error.message if error is not None and not error.fields else None,
        values=request.form,
    )


def _organisations() -> list[tuple[str, str]]:
    """Organisations that the person knows already: owners, tenant companies, vendors."""
    session, actor = db_session(), current_actor()
    owners = property_queries.owner_names(session, actor.owner_ids)
    companies = {row.id: row.name for row in property_queries.tenant_companies(session, actor)}
    vendors = vendor_names(session, list(actor.vendor_org_ids))
    return [
        (str(key), name)
        for group in (owners, companies, vendors)
        for key, name in sorted(group.items(), key=lambda item: item[1])
    ]


def _beside_the_number(error: AppError | None) -> dict[str, Any]:
    """A refusal stands at the field that was used: the list, or the typed number."""
    fields: dict[str, Any] = dict(error.fields) if error is not None else {}
    for listed, typed in (("org_id", "org_number"), ("unit_id", "unit_number")):
        if listed in fields and not request.form.get(listed):
            fields[typed] = fields.pop(listed)
    return fields


def _role_page(error: AppError) -> Response:
    return _page(error, "role")


def _home_page(error: AppError) -> Response:
    return _page(error, "home")


def _typed(model: type[AskForRole] | type[AskForResidence], listed: str, typed: str) -> Any:
    """The form's input; a typed number stands in where nothing was picked."""
    raw = raw_input(request, model)
    number = raw.pop(typed, None)
    raw[listed] = raw.get(listed) or number
    return bind(model, source={name: value for name, value in raw.items() if value is not None})


@pages.post("/account/memberships/role")
@refill(_role_page)
def ask_for_role_on_page() -> Any:
    """Ask for a role; it counts once the organisation's management confirms it."""
    data = _typed(AskForRole, "org_id", "org_number")
    memberships.ask_for_role(database(), current_actor(), data)
    return _asked()


@pages.post("/account/memberships/home")
@refill(_home_page)
def ask_for_home_on_page() -> Any:
    """Ask for the unit where one lives; it counts once its management confirms it."""
    data = _typed(AskForResidence, "unit_id", "unit_number")
    memberships.ask_for_residence(database(), current_actor(), data)
    return _asked()


def _asked() -> Any:
    say(_("The request was sent. It counts once it is confirmed."))
    return see_other(url_for("people.account_memberships"))


@pages.post("/account/memberships/<membership_id>/end")
def end_own_role(membership_id: str) -> Any:
    """Give up a role, or take a request back."""
    memberships.leave(database(), current_actor(), membership_id)
    say(_("Role ended"))
    return see_other(url_for("people.account_memberships"))
