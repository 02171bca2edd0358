"""What an electronic invoice says, whatever its syntax."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


class BadInvoice(Exception):
    """A file that is no electronic invoice that can be read; ``code`` says why."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class Party:
    """Seller or buyer; ``country`` is ISO 3166."""

    name: str
    vat_id: str | None = None
    tax_number: str | None = None
    address: str | None = None
    postcode: str | None = None
    city: str | None = None
    country: str | None = None
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True)
class Item:
    """A line. ``amount`` is what it says it comes to, without tax.

    ``unit`` is a code of UN/ECE Recommendation 20; ``tax_category`` one of UNCL 5305.
    """

    name: str
    quantity: Decimal
    unit: str
    price: Decimal
    amount: Decimal
    tax_category: str
    tax_rate: Decimal
    base_quantity: Decimal = Decimal(1)
    # Discounts (below zero) and charges of the line itself.
    surcharge: Decimal = Decimal(0)


@dataclass(frozen=True)
class Surcharge:
    """A discount (below zero) or charge on the whole invoice."""

    reason: str
    amount: Decimal
    tax_category: str
    tax_rate: Decimal


@dataclass(frozen=True)
class Tax:
    """The tax of one category and rate, as the invoice says it."""

    category: str
    rate: Decimal
    basis: Decimal
    amount: Decimal
    reason: str | None = None


@dataclass(frozen=True)
class Document:
    """An electronic invoice. Sums are what it says, right or wrong."""

    number: str
    issue_date: date
    currency: str
    seller: Party
    buyer: Party
    items: tuple[Item, ...]
    taxes: tuple[Tax, ...]
    net: Decimal
    tax: Decimal
    gross: Decimal
    due: Decimal
    line_total: Decimal | None = None
    prepaid: Decimal = Decimal(0)
    rounding: Decimal = Decimal(0)
    surcharges: tuple[Surcharge, ...] = ()
    due_date: date | None = None
    service_date: date | None = None
    iban: str | None = None
    payment_reference: str | None = None
    order_reference: str | None = None
    buyer_reference: str | None = None
    terms: str | None = None
    notes: tuple[str, ...] = ()
    syntax: str = "cii"
    profile: str = "en16931"
    kind: str = "380"
    embedded: bool = field(default=False, compare=False)
