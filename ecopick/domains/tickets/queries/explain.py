"""Why somebody sees a ticket or not: the answer of the very rules that decide."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core.actor import Actor
from ecopick.core.permissions import authorize, decide, registered
from ecopick.core.roles import OPERATIONS_ROLES
from ecopick.core.text import LazyText
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.governance.queries import source_of
from ecopick.domains.people.queries import people
from ecopick.domains.property.models import Unit
from ecopick.domains.property.queries import building_names
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.policy import stands_in, view_rules
from ecopick.domains.vendors.queries import vendor_names

Said = LazyText


@dataclass(frozen=True)
class Reason:
    """One condition for seeing the ticket: whether it is met, and in words why."""

    rule: str
    met: bool
    text: Said


@dataclass(frozen=True)
class Act:
    """One act on the ticket: whether it is allowed, and by which rule."""

    action: str
    granted: bool
    rule: str | None


@dataclass(frozen=True)
class Explanation:
    """What the rules say about one person and one ticket."""

    user_id: uuid.UUID
    name: str
    granted: bool
    reasons: list[Reason]
    acts: list[Act]


def explain(session: Session, actor: Actor, person: Actor, ticket: Ticket) -> Explanation:
    """Why ``person`` sees ``ticket`` or not, for management of its building.

    ``person`` is loaded with all facts, as if they were signed in. Raises
    Forbidden for anybody else than management.
    """
    authorize(session, actor, "ticket:explain", ticket)
    conditions = dict(view_rules(person))
    met = (
        session.execute(
            select(*(condition.label(name) for name, condition in conditions.items())).where(
                Ticket.id == ticket.id
            )
        )
        .one()
        ._mapping
    )
    reasons = [
        Reason(name, bool(met[name]), _words(session, person, ticket, name, bool(met[name])))
        for name in conditions
    ]
    acts = []
    for action in registered():
        if not action.startswith("ticket:") or action in NOT_ABOUT_PEOPLE:
            continue
        verdict = decide(session, person, action, ticket)
        acts.append(Act(action, verdict.granted, verdict.policy))
    session.info["authorized"] = True
    granted = any(reason.met for reason in reasons)
    assert granted == decide(session, person, "ticket:view", ticket).granted
    return Explanation(person.user_id, person.name, granted, reasons, acts)


# Their subject is a place or an assignment, not the ticket.
NOT_ABOUT_PEOPLE = frozenset(
    {"ticket:create", "ticket:respond_assignment", "ticket:view", "ticket:explain"}
)


def _words(session: Session, person: Actor, ticket: Ticket, rule: str, met: bool) -> Said:
    if rule not in _SAID:
        if met:
            return _("Through: administration of the installation.")
        return _("No, not an administrator of the installation.")
    return _SAID[rule](session, person, ticket, met)


def _operations(session: Session, person: Actor, ticket: Ticket, met: bool) -> Said:
    held = [
        m
        for m in person.memberships
        if m.property_owner_id == ticket.property_owner_id
        and m.tenant_company_id is None
        and m.role in OPERATIONS_ROLES
    ]
    names = building_names(session, [m.building_id for m in held if m.building_id])
    if met:
        counts = next(m for m in held if m.building_id in (None, ticket.building_id))
        if counts.building_id is None:
            return _("Through: a role in the staff, for all buildings.")
        return _(
            "Through: a role in the staff of %(building)s.",
            building=names.get(counts.building_id, "—"),
        )
    if held:
        listed = ", ".join(sorted(names.values()))
        return _("No: the role in the staff counts only for %(building)s.", building=listed)
    return _("No: no role in the staff of this property owner.")


def _reporter(session: Session, person: Actor, ticket: Ticket, met: bool) -> Said:
    if met:
        return _("Through: reported this ticket.")
    return _("No: somebody else reported it.")


def _resident(session: Session, person: Actor, ticket: Ticket, met: bool) -> Said:
    here = [home for home in person.user_units if home.unit_id == ticket.unit_id]
    label = session.scalar(select(Unit.label).where(Unit.id == ticket.unit_id)) or ""
    if met:
        return _("Through: resident of unit %(unit)s.", unit=label)
    if here and not ticket.shared_at_home:
        return _("No: whoever reported it does not share it with unit %(unit)s.", unit=label)
    if here:
        return _("No: the ticket is older than the tie to unit %(unit)s.", unit=label)
    if ticket.unit_id is None:
        return _("No: the ticket is about no unit.")
    return _("No: not a resident of unit %(unit)s.", unit=label)


def _vendor(session: Session, person: Actor, ticket: Ticket, met: bool) -> Said:
    ids = [each for each in (ticket.vendor_org_id, *person.vendor_org_ids) if each]
    names = vendor_names(session, ids)
    if met:
        name = names.get(ticket.vendor_org_id, "—") if ticket.vendor_org_id else "—"
        return _("Through: member of %(vendor)s, the assigned vendor.", vendor=name)
    if person.vendor_org_ids:
        listed = ", ".join(sorted(names.get(each, "—") for each in person.vendor_org_ids))
        return _("No: %(vendor)s is not the assigned vendor.", vendor=listed)
    return _("No: works for no vendor.")


def _stakeholder(session: Session, person: Actor, ticket: Ticket, met: bool) -> Said:
    if met:
        return _("Through: takes part in this ticket.")
    return _("No: does not take part in this ticket.")


def _company(session: Session, person: Actor, ticket: Ticket, met: bool) -> Said:
    if met:
        return _("Through: staff of the tenant company that reported it.")
    return _("No: not staff of a tenant company that reported it.")


def _right(session: Session, person: Actor, ticket: Ticket, met: bool) -> Said:
    if not met:
        return _("No: no right of their own that counts now.")
    source = source_of(session, person, "view", "tickets", stands_in(ticket))
    giver = source.permission.granted_by_id if source is not None else None
    found = people(session, [giver])
    name = next(iter(found.values())).name if found else "—"
    if source is not None and source.is_emergency:
        return _("Through: an emergency right, granted by %(name)s.", name=name)
    if source is not None and source.request is not None:
        return _("Through: an approved right, granted by %(name)s.", name=name)
    return _("Through: a right of their own, granted by %(name)s.", name=name)


_SAID: dict[str, Callable[[Session, Actor, Ticket, bool], Said]] = {
    "operations": _operations,
    "reporter": _reporter,
    "resident": _resident,
    "vendor": _vendor,
    "stakeholder": _stakeholder,
    "tenant_company_staff": _company,
    "permission": _right,
}
