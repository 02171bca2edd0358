"""A ticket to which files are added."""

import pytest
from flask import Flask

from ecopick.adapters.storage import LocalStorage
from ecopick.domains.tickets.models import Ticket
from tests.factories import World
from tests.jobs.steps import report
from tests.signing_in import Api, api_of


@pytest.fixture
def ticket(world: World) -> Ticket:
    return report(world)


@pytest.fixture
def manager(app: Flask, world: World) -> Api:
    return api_of(app, world, "manager")


@pytest.fixture
def storage(app: Flask) -> LocalStorage:
    found: LocalStorage = app.extensions["storage"]
    return found
