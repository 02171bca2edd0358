"""Numbers as people type them into fields, and as fields show them again."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.numbers import format_decimal, get_decimal_symbol

from ecopick.web.formats import locale

_BLANKS = re.compile(r"[\s\u00a0\u202f'’]")


def typed_number(text: str) -> Any:
    """A number as people write it: ``1 284,50``, ``1.284,50``, ``1'284.50``; else the text itself.

    Of two kinds of marks the last is the decimal one. One mark alone is, unless it is not the
    language's own and three digits follow: then it parts thousands.
    """
    plain = _BLANKS.sub("", text)
    marks = [char for char in plain if char in ".,"]
    if marks:
        last = marks[-1]
        other = "," if last == "." else "."
        thousands = marks.count(last) > 1 or (
            other not in marks
            and last != get_decimal_symbol(locale())
            and re.search(r"[.,]\d{3}$", plain) is not None
        )
        plain = plain.replace(other, "")
        plain = plain.replace(last, "" if thousands else ".")
    try:
        found = Decimal(plain)
    except InvalidOperation:
        return text
    return found if found.is_finite() else text


def shown_number(value: Decimal | str | None, *, money: bool = False) -> str:
    """A number for a field, without marks between thousands; sums of money with their cents."""
    if value is None or value == "":
        return ""
    pattern = "0.00##" if money else "0.####"
    return str(format_decimal(Decimal(value), pattern, locale=locale(), group_separator=False))
