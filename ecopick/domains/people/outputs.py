"""What the API and the pickers show of people and their roles."""

import uuid
from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from ecopick.core.roles import MembershipRole
from ecopick.domains.people.models import MembershipStatus, UnitRelationship
from ecopick.domains.property.models import UnitType


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class PersonLine(_Out):
    """A person, as lists name them."""

    id: uuid.UUID
    name: str
    email: str
    language: str


class Profile(PersonLine):
    """The signed-in person's own facts."""

    email_verified: bool
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    is_app_admin: bool = False
    two_factor_enabled: bool = False


class MembershipLine(_Out):
    """A role of a person in one organisation."""

    id: uuid.UUID
    user_id: uuid.UUID
    role: MembershipRole
    status: MembershipStatus
    property_owner_id: uuid.UUID | None = None
    property_owner_name: str | None = None
    tenant_company_id: uuid.UUID | None = None
    tenant_company_name: str | None = None
    vendor_org_id: uuid.UUID | None = None
    vendor_org_name: str | None = None
    building_id: uuid.UUID | None = None
    building_name: str | None = None
    unit_id: uuid.UUID | None = None
    created_at: datetime


class MyUnit(_Out):
    """A unit that the person uses or for which they may report."""

    unit_id: uuid.UUID
    building_id: uuid.UUID
    property_owner_id: uuid.UUID
    label: str
    unit_type: UnitType
    floor: str | None = None
    building_name: str
    relationship: UnitRelationship | None = None
    is_primary: bool = False
    can_raise_tickets: bool = False
    start_date: date | None = None


class TiedPerson(_Out):
    """Somebody who lives in or uses a unit."""

    unit_id: uuid.UUID
    user_id: uuid.UUID
    name: str
    relationship: UnitRelationship


class OrgMember(_Out):
    """Somebody to whom a ticket may be assigned.

    ``building_ids`` is empty for people who work in all buildings.
    """

    user_id: uuid.UUID
    name: str
    email: str
    roles: list[MembershipRole]
    building_ids: list[uuid.UUID]
