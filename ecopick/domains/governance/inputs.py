"""What people send about permissions and approvals."""

import uuid
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import Input, Line, Moment, Prose
from ecopick.domains.governance.lifecycle import AccessRequestStatus
from ecopick.domains.governance.vocabulary import ANY, SCOPES, VERBS

Matrix = dict[str, list[str]]


def _known(matrix: Matrix) -> Matrix:
    """Only words that some rule reads; every verb with its scopes once."""
    for verb, scopes in matrix.items():
        if verb not in VERBS:
            raise ValueError(_("This right does not exist."))
        if not scopes or not {*scopes} <= {*SCOPES, ANY}:
            raise ValueError(_("This part does not exist."))
    return {verb: sorted(set(scopes)) for verb, scopes in sorted(matrix.items())}


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError(_("Please enter a valid date and time."))
    return value


Rights = Annotated[Matrix, AfterValidator(_known)]
When = Annotated[Moment, AfterValidator(_aware)]


class ResourceKind(StrEnum):
    """What a right can stand on."""

    PROPERTY_OWNER = "PropertyOwner"
    BUILDING = "Building"
    UNIT = "Unit"
    TICKET = "Ticket"
    VENDOR_ORG = "VendorOrg"
    ROUTING_RULE = "RoutingRule"


# What nobody is given a right on: no act on it looks for one, its rules name roles alone.
WITHOUT_RIGHTS = frozenset(
    {
        "AccessRequest",
        "Attachment",
        "AuditLog",
        "Invoice",
        "Module",
        "Report",
        "ScheduledTask",
        "ServiceCatalog",
        "TenantCompany",
        "UnitSection",
        "User",
    }
)


def _bears_rights(value: object) -> object:
    if isinstance(value, str) and value in WITHOUT_RIGHTS:
        raise ValueError(
            _("Rights cannot be granted on this kind of thing: its rules come with roles alone.")
        )
    return value


Kind = Annotated[ResourceKind, BeforeValidator(_bears_rights)]


class GrantPermissions(Input):
    """A right for one person on one thing; None leaves a flag as it is."""

    user_id: uuid.UUID
    resource_type: Kind
    resource_id: uuid.UUID
    permissions: Rights = Field(default_factory=dict)
    full: bool | None = None
    needs_approval: bool | None = None
    emergency: bool | None = None
    expires_at: When | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.permissions and not self.full:
            raise ValueError(_("Please choose at least one right."))
        return self


class GrantToMany(Input):
    """The same right for several people."""

    user_ids: list[uuid.UUID] = Field(min_length=1, max_length=50)
    resource_type: Kind
    resource_id: uuid.UUID
    permissions: Rights
    expires_at: When | None = None


class RevokePermissions(Input):
    """The end of a right; with ``permissions`` of those verbs and scopes only."""

    user_id: uuid.UUID
    resource_type: Kind
    resource_id: uuid.UUID
    permissions: Rights | None = None


class ListPermissions(Input):
    """Whose rights, or on what."""

    user_id: uuid.UUID | None = None
    resource_type: Kind | None = None
    resource_id: uuid.UUID | None = None
    ended: bool = False


class RequestLine(Input):
    """One line of a sum that is to be approved."""

    text: Line
    quantity: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = "1"
    amount: Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]


class RequestApproval(Input):
    """A request: for which act, on what, who is to decide.

    ``expires_at`` is until when a decision helps; ``valid_hours`` for how long
    an approved right lasts from the decision on. Without ``currency`` a sum is meant in
    the one of the building, or of most buildings of the owner.
    """

    action: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[a-z_]+:[a-z_]+$")]
    approver_id: uuid.UUID | None = None
    reviewer_ids: list[uuid.UUID] = Field(default_factory=list, max_length=5)
    ticket_id: uuid.UUID | None = None
    resource_type: Kind | None = None
    resource_id: uuid.UUID | None = None
    title: Line | None = None
    reason: Prose | None = None
    amount: Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=2)] | None = None
    currency: Literal["EUR", "CHF"] | None = None
    lines: list[RequestLine] = Field(default_factory=list, max_length=50)
    due_at: When | None = None
    expires_at: When | None = None
    valid_hours: Annotated[int, Field(ge=1, le=24 * 30)] = 24

    @model_validator(mode="after")
    def _whole_resource(self) -> Self:
        if (self.resource_type is None) != (self.resource_id is None):
            raise ValueError(_("Please say both what it is and which one."))
        return self


class Decision(StrEnum):
    """The answer of a reviewer."""

    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


class DecideApproval(Input):
    """An answer; who refuses says why."""

    decision: Decision
    note: Prose | None = None


class SkipStep(Input):
    """A step that is left out, and why."""

    reason: Prose


class AskQuestion(Input):
    """A question before the decision, or its answer."""

    text: Prose


class ListApprovals(Input):
    """Which approvals; ``waiting`` those on which the reader may decide now."""

    status: AccessRequestStatus | None = None
    view: Literal["waiting", "mine", "decided", "all"] = "all"


class NameDelegate(Input):
    """Who decides while somebody is away."""

    delegate_id: uuid.UUID
    starts_at: When
    ends_at: When

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError(_("The end must be after the beginning."))
        return self
