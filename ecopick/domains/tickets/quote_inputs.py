"""What people send about quotes, and how their sums are reckoned: Decimal, half a cent up."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from ecopick.core.categories import Category
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import Day, Input, Line, Moment, Prose, wrong_field

CENT = Decimal("0.01")
MAX_LINES = 30
LARGEST = Decimal("99999999.99")


def _exact(value: Any) -> Any:
    """A number of JSON as it was written, not as a float stores it."""
    return str(value) if isinstance(value, float) else value


Exact = BeforeValidator(_exact)
Sum = Annotated[Decimal, Exact, Field(gt=0, max_digits=10, decimal_places=2)]


class QuoteLine(Input):
    """One line, without tax."""

    description: Line
    quantity: Annotated[Decimal, Exact, Field(gt=0, max_digits=9, decimal_places=3)] = Decimal(1)
    unit_amount: Annotated[Decimal, Exact, Field(ge=0, max_digits=10, decimal_places=2)]

    @property
    def amount(self) -> Decimal:
        """Quantity times price."""
        return rounded(self.quantity * self.unit_amount)


@dataclass(frozen=True)
class QuoteSums:
    """What a quote comes to."""

    net: Decimal
    tax: Decimal

    @property
    def total(self) -> Decimal:
        """With tax."""
        return self.net + self.tax


class OfferQuote(Input):
    """A price: ``lines``, or one sum ``net``; both without tax, of which ``tax_rate`` per cent
    come on top, once on the whole. With the window in which the vendor would come."""

    net: Sum | None = None
    lines: list[QuoteLine] = Field(default_factory=list, max_length=MAX_LINES)
    tax_rate: Annotated[Decimal, Exact, Field(ge=0, le=100, max_digits=5, decimal_places=2)]
    arrival_from: Moment | None = None
    arrival_until: Moment | None = None
    valid_until: Day | None = None
    note: Prose | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.lines and self.net is not None:
            raise ValueError(_("Please give either lines or one sum."))
        return self

    def sums(self) -> QuoteSums:
        """Net and tax. Raises Invalid without any price, and for a sum beyond all measure."""
        net = sum((line.amount for line in self.lines), Decimal(0)) or self.net
        if not net:
            raise wrong_field("net", _("Please give a price."))
        if net > LARGEST:
            raise wrong_field("net", _("This sum is too large."))
        return QuoteSums(rounded(net), rounded(net * self.tax_rate / 100))

    def stored_lines(self) -> list[dict[str, Any]]:
        """The lines as JSON; sums are strings."""
        return [
            {
                "description": line.description,
                "quantity": f"{line.quantity.normalize():f}",
                "unit_amount": str(line.unit_amount),
                "tax_rate": f"{self.tax_rate.normalize():f}",
                "amount": str(line.amount),
            }
            for line in self.lines
        ]


class RefuseQuote(Input):
    """Why a quote is refused or taken back; the other side reads it."""

    reason: Line | None = None


class QuoteLimits(Input):
    """From which price on somebody else has to approve, and from which a vendor has to sign in.

    Sums are without tax, in the owner's currency; None means never. ``categories`` have limits
    of their own.
    """

    approval_above: Annotated[Decimal, Exact, Field(ge=0, max_digits=10, decimal_places=2)] | None
    sign_in_above: Annotated[Decimal, Exact, Field(ge=0, max_digits=10, decimal_places=2)] | None
    categories: dict[
        Category, Annotated[Decimal, Exact, Field(ge=0, max_digits=10, decimal_places=2)]
    ] = Field(default_factory=dict)


def rounded(value: Decimal) -> Decimal:
    """To the cent, half a cent up."""
    return value.quantize(CENT, ROUND_HALF_UP)
