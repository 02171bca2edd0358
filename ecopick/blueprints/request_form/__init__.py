"""What management decides about the form of people without an account."""

from ecopick.blueprints.request_form.api import api
from ecopick.blueprints.request_form.pages import pages

__all__ = ["api", "pages"]
