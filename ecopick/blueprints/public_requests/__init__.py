"""Reporting without an account: the form of a building, and the private page of a request."""

from flask import Response

from ecopick.blueprints.public_requests import asking, confirming, outcome, status  # noqa: F401
from ecopick.blueprints.public_requests.api import api
from ecopick.blueprints.public_requests.pages import pages

__all__ = ["api", "pages"]


@pages.after_request
def _unlisted(response: Response) -> Response:
    """No search engine lists these pages."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response
