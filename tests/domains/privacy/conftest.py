"""A person with a rare name, and jobs that run in the test's own process."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from ecopick.config import Settings
from ecopick.core.uow import Database
from jobs import runtime as runtimes
from jobs.runtime import Runtime
from tests.factories import World


@pytest.fixture
def jobs(settings: Settings, database: Database) -> Iterator[Runtime]:
    """The runtime of jobs in this process."""
    made = runtimes.make_runtime(settings, database)
    runtimes.use_runtime(made)
    yield made
    runtimes.use_runtime(None)


@dataclass(frozen=True)
class Rare:
    """A person whose name, address and number nobody else in the database bears."""

    id: uuid.UUID
    first: str
    last: str
    email: str
    phone: str

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"

    @property
    def digits(self) -> str:
        return self.phone.replace(" ", "")[3:]


@pytest.fixture
def rare(world: World) -> Rare:
    """The world's resident under such a name."""
    mark = str(uuid.uuid4().int)[:9]
    letters = "".join(chr(ord("a") + int(digit)) for digit in mark)
    person = Rare(
        world.people["resident"],
        f"Roswith{letters}",
        f"Quendël{letters}",
        world.emails["resident"],
        f"+49 7644 {mark}",
    )
    with world.engine.begin() as connection:
        connection.execute(
            text(
                "update users set name = :name, first_name = :first, last_name = :last,"
                " phone = :phone, birth_date = '1970-01-02' where id = :id"
            ),
            {
                "name": person.name,
                "first": person.first,
                "last": person.last,
                "phone": person.phone,
                "id": person.id,
            },
        )
    return person
