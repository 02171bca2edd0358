"""A job that was sent to a vendor, and the browser of whoever got the mail."""

import pytest
from flask import Flask

from ecopick.domains.tickets.models import Assignment, Ticket
from tests.factories import World
from tests.jobs.steps import report, send_to_vendor
from tests.vendor_links import (
    Browser,
    token_of,
)


@pytest.fixture
def ticket(world: World) -> Ticket:
    """A request with a name, a phone and an access note behind it."""
    return report(world, title="Salvavita che scatta di continuo", description="In cucina")


@pytest.fixture
def assignment(world: World, ticket: Ticket) -> Assignment:
    """The plumber is asked."""
    return send_to_vendor(world, ticket)


@pytest.fixture
def vendor(app: Flask, world: World, assignment: Assignment) -> Browser:
    """The recipient on the phone, in Italian."""
    return Browser(app, token_of(world, assignment))


@pytest.fixture
def working(vendor: Browser) -> Browser:
    """The recipient after accepting."""
    assert vendor.accept(typed_name="Bruno Rossi").status_code == 303
    return vendor
