"""Money: totals equal their lines, whatever the lines are."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from ecopick.domains.billing.lifecycle import RateType, TaxCategory
from ecopick.domains.billing.sums import Line, lines_of, plain, rounded, totals

RATES = ("0", "2.6", "5.5", "7", "8.1", "19", "22")


@st.composite
def lines(draw: st.DrawFn) -> Line:
    """A line of any quantity and price, discounts included."""
    rate = Decimal(draw(st.sampled_from(RATES)))
    category = (
        TaxCategory.STANDARD
        if rate
        else draw(st.sampled_from([TaxCategory.ZERO, TaxCategory.EXEMPT, TaxCategory.REVERSE]))
    )
    return Line(
        description="Work",
        quantity=draw(st.decimals("-999", "9999", places=draw(st.integers(0, 4)))),
        unit_amount=draw(st.decimals("-99999", "99999", places=draw(st.integers(0, 4)))),
        tax_rate=rate,
        tax_category=category,
        rate_type=draw(st.none() | st.sampled_from(RateType)),
    )


def half_up(value: Fraction) -> Fraction:
    """To the cent by plain arithmetic with whole numbers."""
    cents = abs(value) * 100
    whole = int(cents) + (1 if cents - int(cents) >= Fraction(1, 2) else 0)
    return Fraction(whole, 100) * (1 if value >= 0 else -1)


@given(st.lists(lines(), max_size=12))
def test_totals_equal_their_lines(found: list[Line]) -> None:
    summed = totals(found)
    amounts = [half_up(Fraction(each.quantity) * Fraction(each.unit_amount)) for each in found]
    assert [Fraction(each.amount) for each in found] == amounts
    assert Fraction(summed.net) == sum(amounts)
    by_rate: dict[tuple[str, Decimal], Fraction] = {}
    for each, amount in zip(found, amounts, strict=True):
        key = (each.tax_category, each.tax_rate)
        by_rate[key] = by_rate.get(key, Fraction(0)) + amount
    taxes = {key: half_up(basis * Fraction(key[1]) / 100) for key, basis in by_rate.items()}
    assert {(s.category, s.rate): Fraction(s.tax) for s in summed.shares} == taxes
    assert Fraction(summed.tax) == sum(taxes.values())
    assert summed.gross == summed.net + summed.tax
    # What is stored says the same when it is read again.
    again = lines_of([each.stored() for each in found])
    assert totals(again) == summed
    assert all(isinstance(each.stored()["amount"], str) for each in found)


@given(st.decimals("-1000000", "1000000", places=4))
def test_half_a_cent_goes_up_and_no_zero_is_lost(value: Decimal) -> None:
    assert rounded(value) == value.quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert Decimal(plain(value)) == value
    assert plain(Decimal("100")) == "100"
    assert plain(Decimal("19.00")) == "19"
