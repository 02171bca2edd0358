"""What is asked of codes on pages and in the API."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from ecopick.core.categories import Category
from ecopick.core.validation import Input, Line
from ecopick.domains.property.inputs import IssueCodes

Language = Literal["en", "de", "fr", "it"]


class SheetFormat(StrEnum):
    """What the sheet is printed on: notices, cards to cut, or labels by their size."""

    POSTER = "poster"
    CARDS = "cards"
    LABEL_LARGE = "99.1x57"
    LABEL_SMALL = "63.5x38.1"


# How many codes a page holds.
PER_PAGE = {
    SheetFormat.POSTER: 1,
    SheetFormat.CARDS: 8,
    SheetFormat.LABEL_LARGE: 10,
    SheetFormat.LABEL_SMALL: 21,
}


class IssueForCategory(IssueCodes):
    """Codes for places, for requests of one of the known categories or of any."""

    category: Category | None = None


class PrintSheet(Input):
    """A sheet of codes: those named, else those of the kind of place.

    ``start`` is the first free label of a sheet that was begun.
    """

    format: SheetFormat = SheetFormat.CARDS
    language: list[Language] = []
    code: list[Line] = []
    places: Literal["all", "building", "units", "sections"] | None = None
    start: Annotated[int, Field(ge=1, le=21)] | None = None
