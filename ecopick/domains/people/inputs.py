"""What is sent about people."""

import uuid
from typing import Literal

from ecopick.core.roles import MembershipRole
from ecopick.core.validation import Email, Input, Line
from ecopick.domains.people.lifecycle import OrganizationType, UnitRelationship
from ecopick.domains.property.models import OwnerType, UnitType

Language = Literal["en", "de", "fr", "it"]


class ChooseLanguage(Input):
    """The language in which a person reads."""

    language: Language


class ListMyUnits(Input):
    """Which of one's own units to list.

    ``context`` is ``own`` (ties and leases, the default) or ``report`` (every
    unit for which one may report, shared areas included).
    """

    context: Literal["own", "report"] | None = None
    building_id: uuid.UUID | None = None
    unit_type: UnitType | None = None


class AdministratorRow(Input):
    """The first account of an installation, with the owner whom it serves."""

    email: Line
    name: Line
    password_hash: str
    language: Language = "en"
    owner_name: Line | None = None
    owner_type: OwnerType = OwnerType.PROPERTY_MANAGEMENT


class PersonRow(Input):
    """Somebody whose address is proved. Without a password they come in by mail alone;
    without a name they are called by their address."""

    email: Line
    name: Line | None = None
    password_hash: str | None = None
    language: Language = "en"


class InvitePerson(Input):
    """Whom to invite, as what, and where.

    ``org_id`` is the tenant company for tenant roles, the vendor for vendor
    roles; it may be left out where the inviter has only one. ``unit_id`` is for
    residents and occupants. ``language`` is that of the mail.
    """

    email: Email
    role: MembershipRole
    first_name: Line | None = None
    last_name: Line | None = None
    org_type: OrganizationType | None = None
    org_id: uuid.UUID | None = None
    building_id: uuid.UUID | None = None
    unit_id: uuid.UUID | None = None
    language: Language | None = None


class AskForRole(Input):
    """A role that a person asks for; the organisation's management confirms it."""

    role: MembershipRole
    org_id: uuid.UUID
    building_id: uuid.UUID | None = None


class AskForResidence(Input):
    """A unit that a person says to live in, own or use; management confirms it."""

    unit_id: uuid.UUID
    relationship: UnitRelationship = UnitRelationship.RESIDENT
