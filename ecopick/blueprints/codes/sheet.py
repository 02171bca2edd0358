"""The printed sheet: each code with its place, a sentence in the building's languages, and
the number for emergencies."""

from collections.abc import Iterable
from io import BytesIO
from typing import Any

import segno

from ecopick.adapters.typesetting import typeset
from ecopick.blueprints.codes.inputs import PER_PAGE, PrintSheet
from ecopick.core import clock
from ecopick.core.text import gettext as _
from ecopick.core.text import lazy_gettext as _l
from ecopick.core.text import use_language
from ecopick.core.validation import wrong_field
from ecopick.domains.property.code_queries import BuildingCodes, CodedSpot
from ecopick.domains.property.codes import grouped, read_code
from ecopick.domains.property.models import PlaceCode
from ecopick.web.labels import label, unit_name

MOST = 1000


def spot_name(spot: CodedSpot) -> str:
    """The place inside its building, in the current language; blank for the building itself."""
    unit = unit_name(spot.unit.label, spot.unit.unit_type) if spot.unit else ""
    return f"{unit} · {spot.section.name}" if spot.section else unit


def chosen(codes: BuildingCodes, data: PrintSheet) -> list[tuple[CodedSpot, PlaceCode]]:
    """The codes to print in the order of their places. Raises Invalid for none or too many."""
    wanted = {read_code(each) for each in data.code}
    found = [
        (spot, code)
        for spot in codes.spots
        for code in spot.codes
        if (code.code in wanted if wanted else _is_kind(spot, data.places))
    ]
    if not found:
        raise wrong_field("places", _l("There is no code here yet. Please issue some first."))
    if len(found) > MOST:
        raise wrong_field("places", _l("At most %(count)s codes a sheet, please.", count=MOST))
    return found


def _is_kind(spot: CodedSpot, places: str | None) -> bool:
    match places:
        case "building":
            return spot.unit is None
        case "units":
            return spot.unit is not None and spot.section is None
        case "sections":
            return spot.section is not None
        case _:
            return True


def make_sheet(codes: BuildingCodes, data: PrintSheet, base_url: str) -> bytes:
    """The PDF; its addresses begin with ``base_url``, its first language names the places."""
    building = codes.building
    languages: list[str] = list(dict.fromkeys(data.language))
    languages = languages or [building.default_language]
    found = chosen(codes, data)
    with use_language(languages[0]):
        title = _("Codes of %(building)s", building=building.name)
        cards = [_card(spot, code, base_url) for spot, code in found]
        emergency = _("Emergency"), building.emergency_phone
    return typeset(
        "place_codes",
        {
            "title": title,
            "language": languages[0],
            "format": data.format.value,
            "building": building.name,
            "cards": cards,
            "sentences": list(_sentences(languages)),
            "emergency": emergency if building.emergency_phone else None,
            "skip": ((data.start or 1) - 1) % PER_PAGE[data.format],
        },
        at=clock.now(),
    )


def _card(spot: CodedSpot, code: PlaceCode, base_url: str) -> dict[str, Any]:
    address = f"{base_url}/q/{code.code}"
    return {
        "place": spot_name(spot),
        "category": label(code.category, "Category") if code.category else "",
        "code": grouped(code.code),
        # What a person types: without the scheme.
        "address": f"{base_url.partition('://')[2]}/q/",
        "alt": _("QR code that opens %(address)s", address=address),
        "picture": picture(address),
    }


def picture(address: str) -> str:
    """The QR code of an address as SVG, dark on white with its quiet zone of four modules."""
    out = BytesIO()
    segno.make(address, error="m", micro=False).save(
        out, kind="svg", border=4, dark="#000", light="#fff", xmldecl=False, nl=False
    )
    return out.getvalue().decode()


def _sentences(languages: Iterable[str]) -> Iterable[dict[str, str]]:
    for code in languages:
        with use_language(code):
            yield {
                "language": code,
                "head": _("Something not in order here?"),
                "text": _("Scan the code and tell us. No app, no account."),
            }
