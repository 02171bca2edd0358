"""What is sent about people."""

import uuid
from typing import Literal

from ecopick.core.validation import Input, Line
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
