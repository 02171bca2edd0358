"""Words and small parts that the pages and the API of codes share."""

from ecopick.blueprints.codes.inputs import SheetFormat
from ecopick.core.errors import NotFound
from ecopick.core.text import lazy_gettext as _l
from ecopick.domains.property.code_queries import BuildingCodes
from ecopick.domains.property.models import PlaceCode

FORMATS = {
    SheetFormat.CARDS: (_l("Cards to cut"), _l("A4, eight a page")),
    SheetFormat.POSTER: (_l("Notices"), _l("A4, one a page")),
    SheetFormat.LABEL_LARGE: (_l("Large labels"), _l("99.1 × 57 mm, ten a sheet")),
    SheetFormat.LABEL_SMALL: (_l("Small labels"), _l("63.5 × 38.1 mm, 21 a sheet")),
}
PLACES = (
    ("all", _l("All codes of the building")),
    ("building", _l("The building itself")),
    ("units", _l("Units")),
    ("sections", _l("Sections")),
)


def code_of(codes: BuildingCodes, code_id: str) -> PlaceCode:
    """The code with this id among those of the building. Raises NotFound."""
    counting = [code for spot in codes.spots for code in spot.codes]
    for code in (*counting, *(code for _spot, code in codes.retired)):
        if str(code.id) == code_id.lower():
            return code
    raise NotFound(_l("There is nothing here, or you cannot see it."))
