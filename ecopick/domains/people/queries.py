"""Reading people, their roles and their units."""

import uuid
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.errors import NotFound
from ecopick.core.roles import OPERATIONS_ROLES, MembershipRole
from ecopick.core.text import gettext
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.people.inputs import ListMyUnits
from ecopick.domains.people.models import Membership, MembershipStatus, User, UserSetting, UserUnit
from ecopick.domains.people.outputs import (
    MembershipLine,
    MyUnit,
    OrgMember,
    PersonLine,
    Profile,
    TiedPerson,
)
from ecopick.domains.people.policy import memberships_visible_to
from ecopick.domains.property import policy as property_policy
from ecopick.domains.property.models import Building, PropertyOwner, TenantCompany, Unit

# The name that people see, in SQL: the name, else first and last name, else the address.
shown_name: ColumnElement[str] = func.coalesce(
    func.nullif(func.btrim(User.name), ""),
    func.nullif(func.btrim(func.concat_ws(" ", User.first_name, User.last_name)), ""),
    User.email,
)


def display_name(user: User) -> str:
    """The name that people see: the name, else first and last name, else the address."""
    parts = " ".join(part for part in (user.first_name, user.last_name) if part)
    return (user.name or "").strip() or parts.strip() or user.email


def role_counts() -> ColumnElement[bool]:
    """Roles in force: granted and not ended."""
    return and_(Membership.status == MembershipStatus.ACTIVE, Membership.ended_at.is_(None))


def tie_counts() -> ColumnElement[bool]:
    """Ties to a unit in force: switched on, and today within their dates."""
    today = clock.now().date()
    return and_(
        UserUnit.is_active,
        UserUnit.start_date <= today,
        or_(UserUnit.end_date.is_(None), UserUnit.end_date >= today),
    )


def people(session: Session, ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, PersonLine]:
    """Names of people by id, in one statement; who is not in the scope is missing."""
    wanted = {user_id for user_id in ids if user_id is not None}
    if not wanted:
        return {}
    rows = session.execute(
        select(User.id, shown_name.label("name"), User.email, User.language).where(
            User.id.in_(wanted)
        )
    )
    return {row.id: PersonLine.model_validate(row) for row in rows}


def find_self(session: Session, actor: Actor, key: object = None) -> User:
    """The actor's own row, locked for a change."""
    user = session.scalar(
        select(User).where(User.id == actor.user_id).with_for_update(key_share=True)
    )
    if user is None:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    return user


def profile(session: Session, actor: Actor) -> Profile:
    """The signed-in person's own facts."""
    user = session.get_one(User, actor.user_id)
    session.info["authorized"] = True
    return Profile.model_validate(
        {
            **{name: getattr(user, name) for name in Profile.model_fields if name != "name"},
            "name": display_name(user),
        }
    )


def settings_of(session: Session, actor: Actor, *keys: str) -> dict[str, Any]:
    """The actor's own settings by key; a key that was never set is missing."""
    rows = session.execute(
        select(UserSetting.key, UserSetting.value).where(
            UserSetting.user_id == actor.user_id, UserSetting.key.in_(keys)
        )
    )
    return {row.key: row.value for row in rows}


def setting_of(actor: Actor, key: str) -> Select[Any]:
    """One of the actor's own settings, as a query; no row where it was never set."""
    return select(UserSetting.value).where(
        UserSetting.user_id == actor.user_id, UserSetting.key == key
    )


# Roles.


def memberships(session: Session, actor: Actor, *, only_own: bool = True) -> list[MembershipLine]:
    """Roles in force, the actor's own or all that they may see.

    The vendor's name is left to the vendors.
    """
    query = (
        select(
            Membership,
            PropertyOwner.name,
            TenantCompany.name,
            Building.name,
        )
        .outerjoin(PropertyOwner, PropertyOwner.id == Membership.property_owner_id)
        .outerjoin(TenantCompany, TenantCompany.id == Membership.tenant_company_id)
        .outerjoin(Building, Building.id == Membership.building_id)
        .where(Membership.ended_at.is_(None))
        .order_by(PropertyOwner.name, Membership.role, Membership.id)
    )
    if only_own:
        query = query.where(Membership.user_id == actor.user_id)
    else:
        query = query.where(memberships_visible_to(actor))
    session.info["authorized"] = True
    return [
        MembershipLine(
            id=row.id,
            user_id=row.user_id,
            role=row.role,
            status=row.status,
            property_owner_id=row.property_owner_id,
            property_owner_name=owner,
            tenant_company_id=row.tenant_company_id,
            tenant_company_name=company,
            vendor_org_id=row.vendor_org_id,
            building_id=row.building_id,
            building_name=building,
            unit_id=row.unit_id,
            created_at=row.created_at,
        )
        for row, owner, company, building in session.execute(query)
    ]


def org_members(
    session: Session, actor: Actor, building_id: uuid.UUID | None = None
) -> list[OrgMember]:
    """Staff to whom a ticket may be assigned, by name.

    People with an operations role of the actor's owner; with ``building_id``
    only those whose role counts for that building.
    """
    session.info["authorized"] = True
    if actor.owner_id is None or not (actor.is_staff or actor.kind == "system"):
        return []
    query = (
        select(
            User.id,
            shown_name.label("name"),
            User.email,
            Membership.role,
            Membership.building_id,
        )
        .join(Membership, Membership.user_id == User.id)
        .where(
            Membership.property_owner_id == actor.owner_id,
            Membership.tenant_company_id.is_(None),
            Membership.role.in_(OPERATIONS_ROLES),
            role_counts(),
        )
        .order_by(shown_name, User.id)
    )
    if building_id is not None:
        query = query.where(
            or_(Membership.building_id.is_(None), Membership.building_id == building_id)
        )
    found: dict[uuid.UUID, OrgMember] = {}
    everywhere: set[uuid.UUID] = set()
    for row in session.execute(query):
        member = found.setdefault(
            row.id,
            OrgMember(user_id=row.id, name=row.name, email=row.email, roles=[], building_ids=[]),
        )
        if row.role not in member.roles:
            member.roles.append(row.role)
        if row.building_id is None:
            everywhere.add(row.id)
        elif row.building_id not in member.building_ids:
            member.building_ids.append(row.building_id)
    for user_id in everywhere:
        found[user_id].building_ids.clear()
    return list(found.values())


def is_org_member(
    session: Session, owner_id: uuid.UUID, user_id: uuid.UUID, building_id: uuid.UUID | None
) -> bool:
    """Whether the person holds an operations role of the owner that counts for the building."""
    found = session.scalar(
        select(Membership.id)
        .where(
            Membership.property_owner_id == owner_id,
            Membership.user_id == user_id,
            Membership.tenant_company_id.is_(None),
            Membership.role.in_(OPERATIONS_ROLES),
            role_counts(),
            or_(Membership.building_id.is_(None), Membership.building_id == building_id),
        )
        .limit(1)
    )
    return found is not None


def belongs_to(
    session: Session, owner_id: uuid.UUID, user_id: uuid.UUID, vendor_org_ids: Iterable[uuid.UUID]
) -> bool:
    """Whether the person works for the owner, rents or lives there, or works for a vendor of it."""
    role = exists().where(
        Membership.user_id == user_id,
        role_counts(),
        or_(
            Membership.property_owner_id == owner_id,
            Membership.vendor_org_id.in_(list(vendor_org_ids)),
        ),
    )
    home = exists().where(
        UserUnit.user_id == user_id, UserUnit.property_owner_id == owner_id, tie_counts()
    )
    return bool(session.scalar(select(or_(role, home))))


def staff_with(
    session: Session,
    owner_id: uuid.UUID,
    roles: Iterable[MembershipRole],
    building_id: uuid.UUID | None = None,
) -> list[PersonLine]:
    """Staff of the owner who hold one of ``roles`` for the building, by name."""
    rows = session.execute(
        select(User.id, shown_name.label("name"), User.email, User.language)
        .where(
            User.id.in_(
                select(Membership.user_id).where(
                    Membership.property_owner_id == owner_id,
                    Membership.tenant_company_id.is_(None),
                    Membership.role.in_(list(roles)),
                    role_counts(),
                    or_(Membership.building_id.is_(None), Membership.building_id == building_id),
                )
            )
        )
        .order_by(shown_name, User.id)
    )
    return [PersonLine.model_validate(row) for row in rows]


def company_administrators(session: Session, company_id: uuid.UUID) -> set[uuid.UUID]:
    """Whoever administers a tenant company."""
    return set(
        session.scalars(
            select(Membership.user_id).where(
                Membership.tenant_company_id == company_id,
                Membership.role == MembershipRole.TENANT_ADMIN,
                role_counts(),
            )
        )
    )


# Units.


def tied_people(
    session: Session, reader: uuid.UUID, units: Collection[uuid.UUID]
) -> list[TiedPerson]:
    """Who lives in or uses each of the units today, by name; for ``reader``, one of them.

    Whoever gave no name is somebody: their address is told to the staff only.
    """
    rows = session.execute(
        select(UserUnit.unit_id, UserUnit.relationship, User)
        .join(User, User.id == UserUnit.user_id)
        .where(UserUnit.unit_id.in_(units), tie_counts())
    )
    found = [
        TiedPerson(unit_id=unit_id, user_id=user.id, name=_name_for(reader, user), relationship=tie)
        for unit_id, tie, user in rows
    ]
    return sorted(found, key=lambda person: (person.name, person.user_id))


def _name_for(reader: uuid.UUID, user: User) -> str:
    name = display_name(user)
    return name if name != user.email or user.id == reader else gettext("Somebody")


def my_units(session: Session, actor: Actor, data: ListMyUnits | None = None) -> list[MyUnit]:
    """Units of the actor, by building and label.

    ``own``: personal ties and what the actor's tenant companies lease.
    ``report``: every unit for which they may report.
    """
    wanted = data or ListMyUnits()
    report = property_policy.reportable_units(actor)
    tie = and_(UserUnit.unit_id == Unit.id, UserUnit.user_id == actor.user_id, tie_counts())
    query = (
        select(Unit, Building.name, UserUnit, report.label("reportable"))
        .join(Building, Building.id == Unit.building_id)
        .outerjoin(UserUnit, tie)
        .order_by(Building.name, Unit.label, Unit.id)
    )
    if wanted.context == "report":
        query = query.where(report)
    else:
        query = query.where(
            or_(UserUnit.id.is_not(None), Unit.id.in_(property_policy.leased_units(actor)))
        )
    if wanted.building_id is not None:
        query = query.where(Unit.building_id == wanted.building_id)
    if wanted.unit_type is not None:
        query = query.where(Unit.unit_type == wanted.unit_type)
    session.info["authorized"] = True
    return [
        MyUnit(
            unit_id=unit.id,
            building_id=unit.building_id,
            property_owner_id=unit.property_owner_id,
            label=unit.label,
            unit_type=unit.unit_type,
            floor=unit.floor,
            building_name=building,
            relationship=own.relationship if own is not None else None,
            is_primary=own.is_primary if own is not None else False,
            can_raise_tickets=bool(reportable),
            start_date=own.start_date if own is not None else None,
        )
        for unit, building, own, reportable in session.execute(query)
    ]
