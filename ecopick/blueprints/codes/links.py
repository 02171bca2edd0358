"""The address in a QR code: it leads to the form of its place, in the phone's language."""

from typing import Any

from flask import Blueprint, Response, url_for

from ecopick.blueprints.vendor_link import proof
from ecopick.domains.property.codes import grouped
from ecopick.domains.property.queries import CodedPlace, place_of_code
from ecopick.domains.tickets.queries.links import LinkState, open_link
from ecopick.web.access import current_language, public
from ecopick.web.render import render, see_other
from ecopick.web.state import database, db_session

links = Blueprint("place_codes", __name__)


@links.after_request
def _unlisted(response: Response) -> Response:
    """No search engine lists places by their codes."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@links.get("/q/<code>")
@public
def follow(code: str) -> Any:
    """303 to the form of the place; 404 for an unknown code, 410 for one that has ended."""
    place = place_of_code(db_session(), code)
    if place is None:
        return render("codes/unknown.html", status=404, languages=())
    if not place.counts:
        return _ended(place)
    here = _job_here(place)
    if here is not None:
        return see_other(here)
    return see_other(
        f"/{current_language()}/public/buildings/{place.building_id}/requests?code={place.code}"
    )


def _job_here(place: CodedPlace) -> str | None:
    """The page of the job at this building that this browser works on, if there is one.

    Reading changes nothing: the code is confirmed on that page.
    """
    for token in proof.jobs_here():
        link = open_link(database(), token)
        if link is None or link.state is not LinkState.ACCEPTED:
            continue
        if link.building_id == place.building_id and proof.known_device(link) is not None:
            return url_for(
                "vendor_link.show",
                locale=current_language(),
                token=token,
                code=place.code,
                _anchor="presence",
            )
    return None


def _ended(place: CodedPlace) -> Response:
    """The management's words and, where the code was replaced, the way on."""
    return render(
        "codes/ended.html", status=410, place=place, code=grouped(place.code), languages=()
    )
