"""Surroundings of mail in: a domain, an address, a question that waits for its answer."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from ecopick.config import Settings, SmtpSettings
from ecopick.core.uow import Database
from ecopick.domains.mailbox.commands import issue_address
from ecopick.domains.tickets.models import Ticket
from ecopick.inbound_settings import InboundSettings
from jobs import runtime as runtimes
from jobs.runtime import Runtime
from tests.factories import World
from tests.jobs.conftest import Post
from tests.jobs.mail_in.steps import DOMAIN, reply_to
from tests.jobs.steps import report, say


@pytest.fixture
def jobs(settings: Settings, database: Database, post: Post) -> Iterator[Runtime]:
    """The runtime of jobs, with a domain for mail in."""
    chosen = replace(
        settings,
        smtp=SmtpSettings(host="127.0.0.1", port=post.port),
        inbound=InboundSettings(DOMAIN),
    )
    made = runtimes.make_runtime(chosen, database)
    runtimes.use_runtime(made)
    yield made
    runtimes.use_runtime(None)


@pytest.fixture
def address(world: World, jobs: Runtime) -> str:
    """The address of the world's building."""
    manager = world.actor("manager")
    with world.database.transaction(manager.scope) as session:
        made = issue_address(session, manager, world.building_id)
    return f"{made.local_part}@{DOMAIN}"


@pytest.fixture
def ticket(world: World) -> Ticket:
    return report(world)


@pytest.fixture
def asked(world: World, jobs: Runtime, post: Post, ticket: Ticket, work: Callable[[], int]) -> str:
    """The address at which the resident answers a question of the manager."""
    work()
    say(world, ticket, "manager", "Wann sind Sie zu Hause?")
    work()
    return reply_to(post, world.emails["resident"])
