"""A worker that dies while it mails a code."""

import time

import pytest

from ecopick.config import Settings
from ecopick.core.uow import Database
from ecopick.domains.auth.commands import proofs
from ecopick.domains.auth.models import MailKind, VerificationPurpose
from jobs import account_mails
from jobs import runtime as runtimes
from jobs.schedule import SWEEPS, Scheduler
from tests.factories import World
from tests.figures import figure
from tests.jobs.conftest import Post, text_of
from tests.jobs.test_account_mails import ask_proof, only, row_of, settle, stranger
from tests.jobs.test_crash import Stalled, own_queue, settle_the_past
from tests.jobs.worker import eventually, kill_9, worker

__all__ = ["own_queue"]


@pytest.mark.platform
def test_a_worker_killed_while_it_mails_a_code_still_mails_it_once(
    own_queue: Settings, database: Database, world: World, post: Post
) -> None:
    """Check 43: after `kill -9` in the exchange the code leaves once, as the same message."""
    settle_the_past(world)
    settle(world)
    email = stranger()
    made = runtimes.make_runtime(own_queue, database)
    sweeps = tuple(each for each in SWEEPS if each.kinds == ("account_mails",))
    scheduler = Scheduler(made, sweeps)
    stalled = Stalled()
    try:
        with worker(own_queue, stalled.port) as first:
            proof_id = ask_proof(database, MailKind.REGISTER_CODE, email)
            assert eventually(lambda: (scheduler.tick() or True) and stalled.reached.is_set(), 40)
            kill_9(first)
        killed = time.monotonic()
        assert not post.mails
        with worker(own_queue, post.port):
            assert eventually(lambda: (scheduler.tick() or True) and bool(post.to(email)), 90)
            waited = time.monotonic() - killed
            figure("jobs", "code mailed after `kill -9` of the worker", f"{waited:.1f} s", "< 90 s")
            eventually(lambda: bool(scheduler.tick()) and False, 7)
        mail = only(post, email)
        assert mail["Message-ID"] == f"<a-{row_of(world, email).id}@localhost>"
        assert proofs.code_for(proof_id, VerificationPurpose.REGISTER) in text_of(mail)
        assert account_mails.deliver_one(made, row_of(world, email).id) == 0
    finally:
        stalled.close()
