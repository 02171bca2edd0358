"""What is asked and told about vendors."""

import re
import uuid
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from ecopick.core.categories import Category
from ecopick.core.roles import MembershipRole
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import Day, Email, Input, Line, Prose
from ecopick.domains.people.inputs import Language
from ecopick.domains.vendors.lifecycle import CertificateKind, CertificateState

Phone = Annotated[Line, StringConstraints(max_length=40)]
PostCode = Annotated[Line, StringConstraints(max_length=16)]
REASON_LENGTH = 500
# A host with a dot, perhaps a port and a path: no other scheme, no name and password.
_WEB = re.compile(r"https?://[\w-]+(\.[\w-]+)+(:\d{1,5})?([/?#]\S*)?", re.IGNORECASE)


def _web_address(value: str) -> str:
    """A page that may be opened: ``https://`` is added, anything but the web is refused."""
    address = value if "://" in value else f"https://{value}"
    if not _WEB.fullmatch(address):
        raise ValueError(_("Please enter a web address, such as www.example.org."))
    return address


def _known_shape(value: Any) -> Any:
    """The number as it was typed; what cannot be one is refused like a number that is nobody's."""
    if isinstance(value, str):
        try:
            return uuid.UUID(value.strip())
        except ValueError:
            text = _("No vendor has this number. Please ask the vendor for it.")
            raise ValueError(text) from None
    return value


WebAddress = Annotated[Line, AfterValidator(_web_address)]


class VendorContact(Input):
    """How to reach a vendor; what is left out of a change stays as it is."""

    name: Line | None = None
    contact_name: Line | None = None
    email: Email | None = None
    phone: Phone | None = None
    emergency_phone: Phone | None = None
    website: WebAddress | None = None
    address: Prose | None = Field(default=None, max_length=REASON_LENGTH)
    postcode: PostCode | None = None
    city: Line | None = None
    language: Language | None = None


class VendorNotes(Input):
    """What one owner notes of a vendor: what it calls it for, and a note to itself."""

    categories: list[Category] | None = None
    note: Prose | None = None


class CreateVendor(VendorContact, VendorNotes):
    """A new vendor for the owner. ``person_email`` gets the links of its jobs, without an account;
    ``person_name`` is what that person is called."""

    name: Line
    person_name: Line | None = None
    person_email: Email | None = None


class UpdateVendor(VendorContact, VendorNotes):
    """Changes of a vendor; fields that are not sent stay as they are."""


class LinkVendor(VendorNotes):
    """Work with a vendor that is here already, by the number that it gave away."""

    number: Annotated[uuid.UUID, BeforeValidator(_known_shape)]


class AddPerson(Input):
    """Somebody at the vendor who gets its jobs by mail."""

    name: Line
    email: Email
    role: Literal[MembershipRole.VENDOR_ADMIN, MembershipRole.VENDOR_TECH] = (
        MembershipRole.VENDOR_ADMIN
    )
    language: Language | None = None


class BlockVendor(Input):
    """Why a vendor gets nothing new; management reads it, the vendor does not."""

    reason: Prose = Field(max_length=REASON_LENGTH)


class ListVendors(Input):
    """Which vendors to list.

    ``rating`` is the lowest mean of the management's stars, ``sla_met`` the lowest share of
    jobs in time in per cent; vendors without any figure are left out then.
    """

    q: Line | None = None
    category: Category | None = None
    rating: Annotated[int, Field(ge=1, le=5)] | None = None
    sla_met: Annotated[int, Field(ge=0, le=100)] | None = None
    certificates: CertificateState | None = None
    state: Literal["working", "blocked", "ended"] = "working"
    cursor: str | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class AddCertificate(Input):
    """An insurance or a certificate; ``valid_until`` is its last day."""

    kind: CertificateKind
    title: Line | None = None
    number: Line | None = None
    issuer: Line | None = None
    valid_from: Day | None = None
    valid_until: Day | None = None


class RateVendor(Input):
    """What management found of a vendor's work: one to five, and why."""

    rating: Annotated[int, Field(ge=1, le=5)]
    comment: Prose | None = Field(default=None, max_length=1000)
