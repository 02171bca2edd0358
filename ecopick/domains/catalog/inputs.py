"""What is told about services."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from ecopick.core.categories import Category
from ecopick.core.validation import Input, Line, Prose

Currency = Literal["EUR", "CHF", "GBP", "USD"]
# Ten working days; nobody names the length of more in minutes.
MOST_MINUTES = 4800


class DescribeService(Input):
    """A service of a vendor; ``price_from`` is a hint before tax, in ``currency``."""

    name: Line
    category: Category
    description: Prose | None = Field(default=None, max_length=1000)
    estimated_duration_minutes: Annotated[int, Field(ge=1, le=MOST_MINUTES)] | None = None
    price_from: Annotated[Decimal, Field(ge=0, max_digits=10, decimal_places=2)] | None = None
    currency: Currency = "EUR"
    requires_access: bool = False
