"""Retention: what is personal goes with its month; entries and chains stay."""

import uuid
from datetime import date, timedelta

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text

from ecopick.config import libpq_url
from ecopick.core import clock
from ecopick.core.audit.chain import chains, prove
from ecopick.core.audit.subjects import period_id
from ecopick.domains.privacy.commands.keeping import month_before
from jobs.privacy import end_periods_all
from jobs.runtime import Runtime
from tests.conftest import DatabaseUrls
from tests.factories import World
from tests.signing_in import Api, api_of

MONTHS = {"audit_events": 12, "access_events": 3, "access_decisions": 3}


@pytest.mark.parametrize(
    ("back", "first"),
    [(0, date(2026, 3, 1)), (2, date(2026, 1, 1)), (3, date(2025, 12, 1)), (15, date(2024, 12, 1))],
)
def test_months_are_counted_back(back: int, first: date) -> None:
    assert month_before(date(2026, 3, 31), back) == first


def address_of(owner: Api, stream: str) -> str | None:
    """The network address behind the newest entry of the stream's first page."""
    items = owner.get(f"/api/admin/audit?stream={stream}&limit=200").get_json()["items"]
    found: str | None = items[-1]["ip"]
    return found


def destroyed(world: World) -> set[uuid.UUID]:
    with world.engine.connect() as connection:
        return set(
            connection.scalars(
                text(
                    "select subject_id from subject_keys where property_owner_id = :o"
                    " and kind = 'period' and destroyed_at is not null and wrapped_key is null"
                ),
                {"o": world.owner_id},
            )
        )


def test_the_time_an_owner_chose(
    app: Flask, world: World, jobs: Runtime, database_urls: DatabaseUrls
) -> None:
    owner = api_of(app, world, "owner")
    assert owner.put("/api/privacy/retention", MONTHS).get_json() == MONTHS
    assert address_of(owner, "changes") == "127.0.0.1"
    month = clock.now().date()
    clock.shift(timedelta(days=31 * 4))
    end_periods_all()
    assert period_id(world.owner_id, "audit_events", month) not in destroyed(world)
    clock.shift(timedelta(days=31 * 14))
    end_periods_all()
    assert period_id(world.owner_id, "audit_events", month) in destroyed(world)
    clock.reset()
    assert address_of(owner, "changes") is None
    with psycopg.connect(libpq_url(database_urls.admin)) as connection:
        assert all(
            prove(connection, chain).fault is None for chain in chains(connection, world.owner_id)
        )


def test_an_owner_who_chose_nothing_keeps_long(app: Flask, world: World, jobs: Runtime) -> None:
    owner = api_of(app, world, "owner")
    assert owner.get("/api/privacy/retention").get_json() == {
        "audit_events": 120,
        "access_events": 24,
        "access_decisions": 24,
    }
    clock.shift(timedelta(days=700))
    end_periods_all()
    assert destroyed(world) == set()


@pytest.mark.parametrize(
    "wrong", [{"audit_events": 11}, {"access_events": 2}, {"access_decisions": 361}]
)
def test_less_than_the_least_is_refused(app: Flask, world: World, wrong: dict[str, int]) -> None:
    answer = api_of(app, world, "owner").put("/api/privacy/retention", {**MONTHS, **wrong})
    assert answer.status_code == 422
    assert set(answer.get_json()["errors"]) == set(wrong)


@pytest.mark.parametrize("who", ["manager", "caretaker", "resident", "vendor", "app_admin"])
def test_only_owners_decide(app: Flask, world: World, who: str) -> None:
    api = api_of(app, world, who)
    assert api.get("/api/privacy/retention").status_code == 403
    assert api.put("/api/privacy/retention", MONTHS).status_code == 403
    assert api.get("/en/admin/retention").status_code == 403
