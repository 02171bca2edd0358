"""Workers that die and servers that are away: late, never lost, once."""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import text

from ecopick.config import Settings
from ecopick.core.uow import Database
from jobs.outbox import dispatch_owner
from jobs.runtime import Runtime
from jobs.schedule import SWEEPS, Scheduler
from tests.factories import World
from tests.figures import figure
from tests.jobs.conftest import Post, serve
from tests.jobs.steps import answer, report, send_to_vendor
from tests.jobs.worker import eventually, kill_9, worker


class Stalled:
    """A mail server that takes the connection and then says nothing."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.reached = threading.Event()
        self.taken: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _address = self.listener.accept()
            except OSError:
                return
            self.taken.append(connection)
            self.reached.set()

    def close(self) -> None:
        self.listener.close()
        for connection in self.taken:
            connection.close()


@pytest.fixture
def own_queue(settings: Settings, servers: object) -> Iterator[Settings]:
    """Settings with a Redis database that no other test uses."""
    from redis import Redis

    own = replace(settings, redis_url=f"{settings.redis_url}?db=7")
    if "?" in settings.redis_url:
        own = replace(settings, redis_url=f"{settings.redis_url}&db=7")
    redis = Redis.from_url(own.redis_url)
    redis.flushdb()
    yield own
    redis.flushdb()
    redis.close()


def settle_the_past(world: World) -> None:
    """What other tests left in this database keeps the worker from nothing."""
    with world.engine.begin() as connection:
        connection.execute(text("update outbox set dispatched_at = created_at"))
        connection.execute(text("update notifications set failed_at = created_at"))


@pytest.mark.platform
def test_a_worker_killed_between_accept_and_mail_still_mails_once(
    own_queue: Settings, database: Database, world: World, post: Post
) -> None:
    """Security bar 43 and 44: the mail leaves within 90 s of the kill, exactly once."""
    from jobs import runtime as runtimes

    settle_the_past(world)
    assignment = send_to_vendor(world, report(world, auto_route=False))
    made = runtimes.make_runtime(own_queue, database)
    sweeps = tuple(each for each in SWEEPS if each.kinds in (("outbox",), ("notifications",)))
    scheduler = Scheduler(made, sweeps)
    stalled = Stalled()
    try:
        with worker(own_queue, stalled.port) as first:
            answer(world, assignment)
            assert eventually(lambda: bool(scheduler.tick()) or stalled.reached.is_set(), 10)
            assert eventually(lambda: (scheduler.tick() or True) and stalled.reached.is_set(), 40)
            kill_9(first)
        killed = time.monotonic()
        assert not post.mails
        with worker(own_queue, post.port):
            manager, vendor = world.emails["manager"], world.emails["vendor"]

            def all_there() -> bool:
                scheduler.tick()
                return bool(
                    [m for m in post.to(manager) if "has accepted" in m["Subject"]]
                ) and bool(post.to(vendor))

            assert eventually(all_there, 90)
            waited = time.monotonic() - killed
            assert waited < 90
            figure("jobs", "mail after `kill -9` of the worker", f"{waited:.1f} s", "< 90 s")
            eventually(lambda: bool(scheduler.tick()) and False, 8)
        ids = [mail["Message-ID"] for mail in post.mails]
        assert len(ids) == len(set(ids))
        assert len([m for m in post.to(manager) if "has accepted" in m["Subject"]]) == 1
        # The job, and the appointment for the calendar.
        told = [mail["Subject"] for mail in post.to(vendor)]
        assert len(told) == len(set(told)) == 2
    finally:
        stalled.close()


def test_mail_waits_for_a_server_that_is_away(
    settings: Settings, database: Database, world: World
) -> None:
    from datetime import timedelta

    from ecopick.config import SmtpSettings
    from ecopick.core import clock
    from jobs import runtime as runtimes
    from jobs.notifications import deliver

    post = Post()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    chosen = replace(settings, smtp=SmtpSettings(host="127.0.0.1", port=port))
    made = runtimes.make_runtime(chosen, database)
    runtimes.use_runtime(made)
    try:
        send_to_vendor(world, report(world))
        dispatch_owner(made, world.owner_id)
        assert deliver() == 0
        controller = serve(post, port)
        try:
            clock.shift(timedelta(minutes=1))
            deliver()
            deliver()
            assert len(post.to(world.emails["vendor"])) == 1
        finally:
            controller.stop()
    finally:
        runtimes.use_runtime(None)


def test_events_survive_a_queue_that_is_away(
    settings: Settings, database: Database, world: World
) -> None:
    from jobs import runtime as runtimes

    away = replace(settings, redis_url="redis://127.0.0.1:1/0")
    made = runtimes.make_runtime(away, database)
    report(world)
    assert dispatch_owner(made, world.owner_id) > 0
    assert Scheduler(made).tick() == []


def test_two_dispatchers_do_not_tell_twice(world: World, jobs: Runtime, post: Post) -> None:
    from jobs.notifications import deliver

    for _round in range(3):
        send_to_vendor(world, report(world))
    threads = [
        threading.Thread(target=dispatch_owner, args=(jobs, world.owner_id)) for _each in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    dispatch_owner(jobs, world.owner_id)
    threads = [threading.Thread(target=deliver) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    deliver()
    assert len(post.to(world.emails["vendor"])) == 3
    ids = [mail["Message-ID"] for mail in post.mails]
    assert len(ids) == len(set(ids))


def test_a_failing_handler_holds_up_nobody(
    world: World, jobs: Runtime, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import timedelta

    from ecopick.core import clock
    from ecopick.domains.notifications import rules
    from jobs.notifications import deliver

    def broken(case: object) -> list[object]:
        raise RuntimeError("broken on purpose")

    with monkeypatch.context() as patch:
        patch.setitem(rules.RULES, "ticket.created", broken)
        ticket = report(world)
        send_to_vendor(world, ticket)
        dispatch_owner(jobs, world.owner_id)
        deliver()
        assert len(post.to(world.emails["vendor"])) == 1
    clock.shift(timedelta(seconds=4))
    dispatch_owner(jobs, world.owner_id)
    deliver()
    assert any("New ticket" in mail["Subject"] for mail in post.to(world.emails["manager"]))
