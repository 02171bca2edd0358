"""PostgreSQL and Valkey from their wheels: started, killed, started again."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from ecopick.config import libpq_url
from ecopick.server import migrate, roles
from ecopick.server.embedded import EmbeddedPostgres, EmbeddedValkey
from ecopick.server.errors import StartError

pytestmark = pytest.mark.platform


@pytest.fixture(scope="module")
def postgres(shared_home: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(shared_home) as server:
        yield server


def test_the_cluster_is_reached_through_its_socket_with_a_password_only(
    postgres: EmbeddedPostgres,
) -> None:
    with psycopg.connect(libpq_url(postgres.url)) as connection:
        found = connection.execute(
            "select current_setting('listen_addresses'), current_setting('server_version_num'),"
            " datlocprovider, datlocale from pg_database where datname = 'postgres'"
        ).fetchone()
    assert found is not None
    assert found[0] == ""
    assert int(found[1]) >= 180000
    assert found[2:] == ("b", "C.UTF-8")
    wrong = postgres.url_for("postgres", "wrong", "postgres")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(libpq_url(wrong))


def test_a_killed_server_starts_again_with_its_data(postgres: EmbeddedPostgres) -> None:
    with psycopg.connect(libpq_url(postgres.url), autocommit=True) as connection:
        connection.execute("create table kept as select 42 as answer")
    assert postgres.process is not None
    postgres.process.kill()
    postgres.process.wait()
    postgres.start()
    with psycopg.connect(libpq_url(postgres.url)) as connection:
        assert connection.execute("select answer from kept").fetchone() == (42,)


def test_a_foreign_process_id_in_the_lock_file_does_not_stop_a_start(home: Path) -> None:
    server = EmbeddedPostgres(home, durable=False)
    server.start()
    lock = server.data / "postmaster.pid"
    text = lock.read_text().splitlines()
    server.stop()
    # Process ids are given anew: the recorded one may now be anyone's, as ours here.
    lock.write_text("\n".join([str(os.getpid()), *text[1:]]) + "\n")
    (server.sockets / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    with server:
        assert server.process is not None


def test_two_servers_do_not_share_a_folder(postgres: EmbeddedPostgres) -> None:
    with pytest.raises(StartError, match="is in use by another Ecopick"):
        EmbeddedPostgres(postgres.folder).start()


def test_roles_and_database_are_made_and_made_again(postgres: EmbeddedPostgres) -> None:
    app = postgres.url_for(roles.APP, "one", "product")
    migrator = postgres.url_for(roles.MIGRATOR, "two", "product")
    roles.prepare_server(postgres.url, app, migrator)
    roles.prepare_server(postgres.url, app, migrator)
    with (
        psycopg.connect(libpq_url(app)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("create table mine (id int)")
    with psycopg.connect(libpq_url(migrator)) as connection:
        connection.execute("set local role ecopick_owner")
        connection.execute("create table ours (id int)")
        found = connection.execute(
            "select rolname, rolcanlogin, rolbypassrls, rolsuper from pg_roles"
            " where rolname like 'ecopick%' order by rolname"
        ).fetchall()
    assert found == [
        ("ecopick_app", True, False, False),
        ("ecopick_definer", False, True, False),
        ("ecopick_migrator", True, True, False),
        ("ecopick_owner", False, False, False),
    ]
    assert migrate.current(migrator) is None


def test_addresses_that_name_other_roles_are_refused(postgres: EmbeddedPostgres) -> None:
    with pytest.raises(StartError, match="must name the role ecopick_app"):
        roles.prepare_server(postgres.url, postgres.url, postgres.url)


def test_valkey_keeps_its_data_through_a_kill_in_a_deep_folder(home: Path) -> None:
    server = EmbeddedValkey(home / ("deep" * 40))
    server.start()
    assert len(os.fsencode(server.socket)) < 104
    with Redis.from_url(server.url) as client:
        client.set("queued", "job")
    assert server.process is not None
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    server.start()
    with Redis.from_url(server.url) as client:
        assert client.get("queued") == b"job"
    server.stop()
