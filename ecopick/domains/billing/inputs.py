"""What people send about rates and invoices. Amounts are numbers or strings, never float."""

import uuid
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from ecopick.core.business_ids import Iban, VatId
from ecopick.core.categories import Category
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import Day, Input, Line, Prose
from ecopick.domains.billing.lifecycle import InvoiceStatus, RateType, TaxCategory

MAX_LINES = 100
MAX_TOTAL = Decimal("9999999999.99")


def _exact(value: Any) -> Any:
    """A number of JSON as it was written, not as a float stores it."""
    return str(value) if isinstance(value, float) else value


Exact = BeforeValidator(_exact)
Currency = Literal["EUR", "CHF"]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2}$", to_upper=True)]
Number = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^\S(.*\S)?$")]
Short = Annotated[Line, StringConstraints(max_length=60)]
Price = Annotated[Decimal, Exact, Field(max_digits=12, decimal_places=4)]
Quantity = Annotated[Decimal, Exact, Field(max_digits=12, decimal_places=4)]
Percent = Annotated[Decimal, Exact, Field(ge=0, le=100, max_digits=5, decimal_places=2)]
Amount = Annotated[Decimal, Exact, Field(gt=0, max_digits=10, decimal_places=2)]


class SaveRate(Input):
    """A price without tax. With ``agreed`` it holds between the vendor and the owner only."""

    vendor_org_id: uuid.UUID
    category: Category
    rate_type: RateType
    amount: Amount
    currency: Currency = "EUR"
    note: Line | None = None
    agreed: bool = False


class ChangeRate(Input):
    """Another price, another note, or the end of a rate."""

    amount: Amount | None = None
    note: Line | None = None
    is_active: bool | None = None


class LineInput(Input):
    """One line. ``quantity`` times ``unit_amount`` is its amount, without tax."""

    description: Line
    quantity: Quantity = Decimal(1)
    unit_amount: Price
    tax_rate: Percent = Decimal(0)
    tax_category: TaxCategory = TaxCategory.STANDARD
    category: Category | None = None
    rate_type: RateType | None = None

    @model_validator(mode="after")
    def _taxed_as_it_says(self) -> Self:
        if (self.tax_category is TaxCategory.STANDARD) != (self.tax_rate > 0):
            if self.tax_rate > 0:
                raise ValueError(_("A line with tax is taxed at the standard rate."))
            self.tax_category = TaxCategory.ZERO
        return self


class Seller(Input):
    """Who bills: what an invoice has to say of them."""

    name: Line
    vat_id: VatId | None = None
    tax_number: Short | None = None
    address: Line | None = None
    postcode: Short | None = None
    city: Line | None = None
    country: Country | None = None
    iban: Iban | None = None
    email: Line | None = None
    phone: Line | None = None


class SaveInvoice(Input):
    """An invoice as the vendor writes it; ``due_date`` follows from the vendor's terms without."""

    invoice_number: Annotated[Number, AfterValidator(lambda text: " ".join(text.split()))]
    issue_date: Day | None = None
    due_date: Day | None = None
    service_date: Day | None = None
    currency: Currency | None = None
    lines: list[LineInput] = Field(default_factory=list, max_length=MAX_LINES)
    note: Prose | None = None
    tax_note: Line | None = None
    seller: Seller | None = None
    payment_days: Annotated[int, Field(ge=0, le=365)] | None = None


class NewInvoice(SaveInvoice):
    """A new invoice: for a ticket that the vendor works or worked on, or for an owner."""

    ticket_id: uuid.UUID | None = None
    property_owner_id: uuid.UUID | None = None
    vendor_org_id: uuid.UUID | None = None


class DisputeInvoice(Input):
    """Why an invoice is not right."""

    reason: Prose


class CancelInvoice(Input):
    """Why an invoice will not be paid."""

    reason: Prose | None = None


class PayInvoice(Input):
    """That an invoice was paid elsewhere: on which day, and what the transfer says."""

    paid_on: Day
    reference: Short | None = None


class ListInvoices(Input):
    """Which invoices, newest first; ``late`` only those past their due date."""

    vendor_org_id: uuid.UUID | None = None
    ticket_id: uuid.UUID | None = None
    status: list[InvoiceStatus] = Field(default_factory=list)
    q: Line | None = None
    late: bool = False
    bucket: Literal["not_due", "30", "60", "90", "older"] | None = None
    cursor: str | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class ListRates(Input):
    """Which rates; those that ended only on demand."""

    vendor_org_id: uuid.UUID | None = None
    ended: bool = False


class BillingSettings(Input):
    """How an owner is billed, and above which total two people approve; None never asks two."""

    vat_id: VatId | None = None
    address: Line | None = None
    postcode: Short | None = None
    city: Line | None = None
    country: Country | None = None
    two_approvals_above: (
        Annotated[Decimal, Exact, Field(ge=0, max_digits=12, decimal_places=2)] | None
    ) = None
