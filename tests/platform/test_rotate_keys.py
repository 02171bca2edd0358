"""``ecopick rotate-keys``: every stored secret comes under the new data key, and none is lost."""

import base64
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text

from ecopick.core import audit, crypto
from ecopick.core.audit.subjects import open_text
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.uow import Database
from ecopick.domains.auth import sealing
from ecopick.server import rotate_keys as command
from ecopick.server.errors import StartError
from tests.conftest import DatabaseUrls, Servers
from tests.factories import World, make_world

OLD, NEW = b"o" * 32, b"n" * 32
SIGNING = "s" * 40


@dataclass
class Case:
    """An installation with secrets under its old key."""

    world: World
    engine: Engine
    environ: dict[str, str]
    secrets: dict[uuid.UUID, str]

    def rotate(self, **more: str) -> list[str]:
        """Run the command; what it said."""
        said: list[str] = []
        command.rotate_keys(self.environ | more, said.append)
        return said

    def rows(self, query: str) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(text(query)))


def use(data: bytes, *older: bytes) -> None:
    crypto.use_keys(crypto.Keys(data, (SIGNING.encode(),), older_data=older))


@pytest.fixture
def case(fresh_database_urls: DatabaseUrls, servers: Servers) -> Iterator[Case]:
    before = crypto._keys[:]
    use(OLD)
    engine = create_engine(fresh_database_urls.migrator)
    database = Database.connect(fresh_database_urls.app)
    world = make_world(engine, database)
    secrets = {}
    for number, user_id in enumerate(world.people.values()):
        with database.transaction(Scope((PLATFORM_OWNER_ID,), user_id)) as session:
            audit.login(
                session, "sign_in", "success", user_id=user_id, email=f"n{number}@example.org"
            )
        secrets[user_id] = f"SECRET{number}"
        with engine.begin() as connection:
            connection.execute(
                text("update users set totp_secret_enc = :s, totp_pending_enc = :p where id = :u"),
                {
                    "s": sealing.seal(secrets[user_id], user_id),
                    "p": sealing.seal("PENDING.1", user_id) if number % 2 else None,
                    "u": user_id,
                },
            )
    environ = {
        "APP_ENV": "test",
        "DATABASE_URL": fresh_database_urls.app,
        "MIGRATION_DATABASE_URL": fresh_database_urls.migrator,
        "REDIS_URL": servers.redis,
        "SESSION_HMAC_KEY": SIGNING,
        "DATA_ENCRYPTION_KEY": base64.b64encode(NEW).decode(),
        "DATA_ENCRYPTION_KEY_PREVIOUS": base64.b64encode(OLD).decode(),
    }
    yield Case(world, engine, environ, secrets)
    engine.dispose()
    database.engine.dispose()
    crypto._keys[:] = before


def check(case: Case) -> None:
    """With the new key alone everything opens."""
    use(NEW)
    apps = case.rows(
        "select id, totp_secret_enc, totp_pending_enc from users where totp_secret_enc is not null"
    )
    assert {row.id: sealing.unseal(row.totp_secret_enc, row.id) for row in apps} == case.secrets
    for row in apps:
        assert row.totp_pending_enc is None or sealing.is_current(row.totp_pending_enc)
    for row in case.rows(
        "select subject_id, wrapped_key from subject_keys where wrapped_key is not null"
    ):
        assert crypto.decrypt(NEW, row.wrapped_key, row.subject_id.bytes) is not None
    stored = case.rows("select user_id, email from auth_audit_events where email is not null")
    for row in stored:
        with case.world.database.transaction(Scope((PLATFORM_OWNER_ID,), row.user_id)) as session:
            email = open_text(session, PLATFORM_OWNER_ID, row.email)
        assert email is not None and email.endswith("@example.org")
    assert len(stored) >= len(case.secrets)


def test_everything_comes_under_the_new_key(case: Case) -> None:
    said = case.rotate()
    count = len(case.secrets)
    assert said[-1].startswith("keys of people: done") and " 0 unreadable" in said[-1]
    assert any(
        line.startswith(f"authenticator apps: done, {count + count // 2} seen") for line in said
    )
    check(case)
    [event] = case.rows("select * from auth_audit_events where action = 'rotate_keys'")
    assert (event.outcome, event.reason_code) == ("success", "keys_rotated")


def test_repeating_changes_nothing(case: Case) -> None:
    case.rotate()
    before = case.rows("select id, totp_secret_enc from users order by id")
    assert all(" 0 renewed" in line for line in case.rotate() if "done" in line)
    assert case.rows("select id, totp_secret_enc from users order by id") == before


def test_interrupted_and_started_again(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "BATCH", 2)
    for stop_after in (1, 2, 9, 11):
        said: list[str] = []

        def say(line: str, said: list[str] = said, stop_after: int = stop_after) -> None:
            said.append(line)
            if len(said) == stop_after:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            command.rotate_keys(case.environ, say)
    use(NEW, OLD)
    done = [
        sealing.is_current(row.s)
        for row in case.rows(
            "select totp_secret_enc s from users where totp_secret_enc is not null"
        )
    ]
    assert any(done)
    case.rotate()
    check(case)


def test_erased_people_stay_erased(case: Case) -> None:
    with case.engine.begin() as connection:
        connection.execute(
            text(
                "update subject_keys set wrapped_key = null, destroyed_at = now() where subject_id = :u"
            ),
            {"u": case.world.people["resident"]},
        )
    case.rotate()
    [row] = case.rows(
        f"select wrapped_key from subject_keys where subject_id = '{case.world.people['resident']}'"
    )
    assert row.wrapped_key is None


def test_what_opens_with_neither_key_is_told_and_kept(case: Case) -> None:
    user_id = case.world.people["vendor"]
    use(b"x" * 32)
    lost = sealing.seal("LOST", user_id)
    with case.engine.begin() as connection:
        connection.execute(
            text("update users set totp_secret_enc = :s where id = :u"), {"s": lost, "u": user_id}
        )
    with pytest.raises(StartError, match="open with neither key"):
        case.rotate()
    [row] = case.rows(f"select totp_secret_enc s from users where id = '{user_id}'")
    assert row.s == lost
    use(NEW)
    others = case.rows(
        f"select id, totp_secret_enc s from users where totp_secret_enc is not null and id <> '{user_id}'"
    )
    assert all(sealing.unseal(other.s, other.id) for other in others)


def test_it_needs_the_address_of_the_migrations(case: Case) -> None:
    with pytest.raises(StartError, match="MIGRATION_DATABASE_URL"):
        case.rotate(MIGRATION_DATABASE_URL="")
