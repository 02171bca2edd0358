"""Rights on single things: who has what, until when; granting and taking back."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from flask import Response, request, url_for
from sqlalchemy.orm import Session

from ecopick.blueprints.governance import wording
from ecopick.blueprints.governance.blueprint import api, pages
from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.changes import plain
from ecopick.core.errors import AppError, Forbidden
from ecopick.core.text import gettext as _
from ecopick.core.text import lazy_gettext as _l
from ecopick.core.validation import wrong_field
from ecopick.domains.governance.commands import permissions as commands
from ecopick.domains.governance.inputs import GrantPermissions, ListPermissions, RevokePermissions
from ecopick.domains.governance.models import ResourcePermission
from ecopick.domains.governance.policy import is_property_owner, management_sees
from ecopick.domains.governance.queries.permissions import PermissionLine, list_permissions
from ecopick.domains.governance.vocabulary import VERBS
from ecopick.domains.people.queries import memberships, people
from ecopick.domains.property.queries import building_names, buildings, owner_names
from ecopick.domains.tickets.queries.mentions import mentions
from ecopick.domains.vendors.queries import linked_vendors, vendor_names
from ecopick.web.bind import bind
from ecopick.web.errors import refill
from ecopick.web.formats import zone_of
from ecopick.web.render import render, see_other
from ecopick.web.state import current_actor, db_session
from ecopick.web.step_up import needs_step_up
from ecopick.web.toasts import say


def _out(row: PermissionLine | ResourcePermission) -> dict[str, Any]:
    if isinstance(row, PermissionLine):
        shown: dict[str, Any] = plain(asdict(row)) | {"is_live": row.is_live}
        return shown
    names = (
        "id user_id resource_type resource_id permissions full needs_approval emergency"
        " granted_at expires_at revoked_at"
    )
    return {name: plain(getattr(row, name)) for name in names.split()}


@api.get("/permissions")
def permissions() -> Any:
    """Live rights: one's own, or as management those of the owner."""
    found = list_permissions(db_session(), current_actor(), bind(ListPermissions))
    return {"items": [_out(each) for each in found], "next_cursor": None}


@api.post("/permissions/grant")
@needs_step_up
def grant() -> Any:
    """Add a right to what the person has on this thing."""
    return _out(_grant(bind(GrantPermissions)))


@api.post("/permissions/revoke")
@needs_step_up
def revoke() -> Any:
    """End a right, or with ``permissions`` only parts of it."""
    return _out(_revoke(bind(RevokePermissions)))


def _grant(data: GrantPermissions) -> ResourcePermission:
    session, actor = db_session(), current_actor()
    at = commands.place(session, actor, data)
    return commands.grant_permissions(session, actor, at, data)


def _revoke(data: RevokePermissions) -> ResourcePermission:
    session, actor = db_session(), current_actor()
    at = commands.place(session, actor, data)
    act = commands.revoke_scopes if data.permissions else commands.revoke_permissions
    return act(session, actor, at, data)


# Pages.


@pages.get("/admin/permissions")
def show_permissions() -> Response:
    """Who has what on which thing, until when."""
    return _page()


def _page(*, error: AppError | None = None) -> Response:
    session, actor = db_session(), current_actor()
    if actor.owner_id is None or not management_sees(session, actor, None):
        raise Forbidden(_l("You do not have permission to do this."))
    lines = list_permissions(session, actor, ListPermissions())
    return render(
        "governance/permissions.html",
        nav_current="permissions",
        lines=lines,
        names=_names(session, actor, lines),
        people=_people(session, actor),
        places=_places(session, actor),
        verbs=[(verb, wording.verb_words(verb)) for verb in VERBS if verb != "view_opportunities"],
        is_owner=is_property_owner(actor, actor.owner_id),
        wording=wording,
        typed=request.form,
        chosen=request.form.getlist("verbs"),
        errors=dict(error.fields) if error else {},
        message=error.message if error else None,
        today=clock.now().date(),
    )


def _names(session: Session, actor: Actor, lines: list[PermissionLine]) -> dict[Any, str]:
    """What the things are called on which the rights stand."""
    ids = {line.resource_id for line in lines}
    found = building_names(session, ids) | owner_names(session, ids)
    tickets = mentions(session, actor, ids)
    found |= vendor_names(session, ids)
    return found | {key: f"{each.reference} {each.title}" for key, each in tickets.items()}


def _people(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """People of the owner but for oneself, by name."""
    rows = memberships(session, actor, only_own=False)
    ids = {row.user_id for row in rows if row.user_id is not None} - {actor.user_id}
    found = people(session, ids)
    return sorted(((str(key), line.name) for key, line in found.items()), key=lambda each: each[1])


def _places(session: Session, actor: Actor) -> list[tuple[str, str]]:
    listed = [(f"Building:{line.id}", line.name) for line in buildings(session, actor)]
    if actor.owner_id is not None and actor.is_management(actor.owner_id):
        listed.insert(0, (f"PropertyOwner:{actor.owner_id}", _("All buildings")))
        listed += [
            (f"VendorOrg:{vendor.id}", _("Vendor: %(name)s", name=vendor.name))
            for vendor in linked_vendors(session, actor.owner_id)
        ]
    return listed


@pages.post("/admin/permissions/grant")
@needs_step_up
@refill(_page)
def grant_on_page() -> Any:
    """Grant what the form says; days are calendar days, the last one included."""
    form = request.form
    kind, _colon, key = (form.get("place") or "").partition(":")
    if not key:
        raise wrong_field("place", _l("Please choose one of the options."))
    _grant(
        bind(
            GrantPermissions,
            source={
                "user_id": form.get("user_id") or None,
                "resource_type": kind,
                "resource_id": key,
                "permissions": {verb: ["*"] for verb in form.getlist("verbs")},
                "full": bool(form.get("full")) or None,
                "needs_approval": bool(form.get("needs_approval")),
                "emergency": bool(form.get("emergency")) or None,
                "expires_at": _end_of(form.get("expires_at")),
            },
        )
    )
    say(_("Permission granted"))
    return see_other(url_for("governance.show_permissions"))


def _end_of(day: str | None) -> Any:
    if not day:
        return None
    try:
        start = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=zone_of(None))
    except ValueError:
        return day
    return start + timedelta(days=1)


@pages.post("/admin/permissions/revoke")
@needs_step_up
@refill(_page)
def revoke_on_page() -> Any:
    """End a right."""
    _revoke(bind(RevokePermissions))
    say(_("Permission taken back"))
    return see_other(url_for("governance.show_permissions"))
