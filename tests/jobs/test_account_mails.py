"""Mails about accounts: what they say, to whom they go, and that each goes once."""

import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from ecopick.config import Settings, SmtpSettings
from ecopick.core import clock
from ecopick.core.context import Origin, use_origin
from ecopick.core.errors import TooManyRequests
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.text import LANGUAGES, gettext, use_language
from ecopick.core.uow import Database
from ecopick.domains.auth import codes
from ecopick.domains.auth.commands import proofs
from ecopick.domains.auth.commands.mails import ask_for_mail
from ecopick.domains.auth.commands.sign_in import WrongCredentials, sign_in
from ecopick.domains.auth.inputs import SignIn
from ecopick.domains.auth.models import (
    AccountMail,
    AuthPendingLogin,
    MailKind,
    VerificationPurpose,
)
from ecopick.domains.people.commands.invitations import invitation_token
from jobs import housekeeping, outbox
from jobs import runtime as runtimes
from jobs.account_mails import deliver
from jobs.runtime import Runtime
from tests.factories import World
from tests.jobs.conftest import Post, serve, text_of

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
BY_PROOF = {
    MailKind.REGISTER_CODE: VerificationPurpose.REGISTER,
    MailKind.EMAIL_CHANGE_CODE: VerificationPurpose.EMAIL_CHANGE,
    MailKind.SIGN_IN_LINK: VerificationPurpose.SIGN_IN_LINK,
    MailKind.RESET_LINK: VerificationPurpose.PASSWORD_RESET,
    MailKind.REQUEST_CODE: VerificationPurpose.PUBLIC_REQUEST,
}
NOTICES = [
    kind
    for kind in MailKind
    if kind not in BY_PROOF
    and kind not in (MailKind.SECOND_STEP_CODE, MailKind.INVITATION, MailKind.SIGN_IN_BLOCKED)
]


@pytest.fixture(autouse=True)
def _only_these(world: World) -> Iterator[None]:
    """What other tests asked for is settled; everybody comes with one browser."""
    settle(world)
    with use_origin(Origin(ip="198.51.100.30", device_id="asker", user_agent=FIREFOX)):
        yield


def settle(world: World) -> None:
    with world.engine.begin() as connection:
        connection.execute(
            sa.text(
                "update account_mails set retry_at = null, failed_at = created_at"
                " where sent_at is null and failed_at is null"
            )
        )


def ask_proof(database: Database, kind: MailKind, email: str, **values: Any) -> uuid.UUID:
    return proofs.start_proof(
        database,
        BY_PROOF[kind],
        email,
        kind=kind,
        language="en",
        **{"lifetime": timedelta(minutes=10), **values},
    )


def ask(database: Database, kind: MailKind, email: str, **values: Any) -> None:
    with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
        ask_for_mail(session, kind, email, **{"language": "en", **values})


def only(post: Post, address: str) -> EmailMessage:
    (mail,) = post.to(address)
    return mail


def row_of(world: World, email: str) -> AccountMail:
    with Session(world.engine) as session:
        return session.scalars(sa.select(AccountMail).where(AccountMail.email == email)).one()


def stranger() -> str:
    return f"{uuid.uuid4().hex}@example.org"


def test_a_code_reaches_who_registers(world: World, jobs: Runtime, post: Post) -> None:
    email = stranger()
    proof_id = ask_proof(jobs.database, MailKind.REGISTER_CODE, email)
    assert deliver() == 1
    mail = only(post, email)
    code = proofs.code_for(proof_id, VerificationPurpose.REGISTER)
    for part in ("plain", "html"):
        text = text_of(mail, part)
        assert code in text
        assert "valid for 10 minutes" in text
        assert "Firefox on Windows" in text
        assert "If it was not you" in text
        assert proofs.token_for(proof_id, VerificationPurpose.REGISTER) not in text
    row = row_of(world, email)
    assert mail["Message-ID"] == f"<a-{row.id}@localhost>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert row.sent_at is not None
    assert deliver() == 0


def test_who_has_an_account_is_told_so_and_gets_no_code(
    world: World, jobs: Runtime, post: Post
) -> None:
    email = world.emails["manager"]
    proof_id = ask_proof(jobs.database, MailKind.REGISTER_CODE, email.upper())
    assert deliver() == 1
    mail = only(post, email)
    assert mail["Subject"] == "You already have an account"
    assert proofs.code_for(proof_id, VerificationPurpose.REGISTER) not in text_of(mail)
    assert "http://localhost/en/login" in text_of(mail)
    assert "http://localhost/en/forgot-password" in text_of(mail)


def test_who_has_the_wanted_address_is_told_and_no_code_leaves(
    world: World, jobs: Runtime, post: Post
) -> None:
    taken = world.emails["resident"]
    proof_id = ask_proof(jobs.database, MailKind.EMAIL_CHANGE_CODE, taken)
    assert deliver() == 1
    mail = only(post, taken)
    assert mail["Subject"] == "Somebody wanted to use your address"
    assert proofs.code_for(proof_id, VerificationPurpose.EMAIL_CHANGE) not in text_of(mail)


@pytest.mark.parametrize("kind", [MailKind.SIGN_IN_LINK, MailKind.RESET_LINK])
def test_a_link_leaves_for_known_addresses_alone(
    world: World, jobs: Runtime, post: Post, kind: MailKind
) -> None:
    """Check 7: only the stored address gets a link."""
    nobody, manager = stranger(), world.emails["manager"]
    ask_proof(jobs.database, kind, nobody)
    proof_id = ask_proof(jobs.database, kind, manager.upper())
    assert deliver() == 1
    assert [mail["To"] for mail in post.mails] == [manager]
    assert row_of(world, nobody).failed_at is not None
    token = proofs.token_for(proof_id, BY_PROOF[kind])
    path = {"sign_in_link": "login/link", "reset_link": "reset-password"}[kind]
    assert f"http://localhost/en/{path}/{token}" in text_of(only(post, manager))


def test_links_speak_the_readers_language(world: World, jobs: Runtime, post: Post) -> None:
    resident = world.emails["resident"]
    ask_proof(jobs.database, MailKind.SIGN_IN_LINK, resident)
    deliver()
    assert "http://localhost/de/login/link/" in text_of(only(post, resident))
    assert '<html lang="de">' in text_of(only(post, resident), "html")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_notice_tells_who_when_where_and_what_to_do(
    world: World, jobs: Runtime, post: Post, language: str
) -> None:
    email = world.emails["manager"]
    facts = {"factor": "passkey", "name": "www.evil.example", "left": 8, "new_email": "n@e.org"}
    for kind in NOTICES:
        ask(jobs.database, kind, email, language=language, facts=facts)
    assert deliver() == len(NOTICES)
    for mail in post.to(email):
        text = text_of(mail)
        assert email in text
        assert "Firefox" in text
        assert f"http://localhost/{language}/account/security" in text
        assert str(clock.now().year) in text or re.search(r"\d\d:\d\d \(", text)
        assert 'href="http://www.evil' not in text_of(mail, "html")
    assert len({mail["Subject"] for mail in post.to(email)}) == len(NOTICES)


def test_a_lock_is_told_to_whoever_has_the_address_and_to_nobody_else(
    world: World, jobs: Runtime, post: Post
) -> None:
    """One mail a lock; the same request for an address that nobody has leaves none."""
    known, unknown = world.emails["resident"], "nobody-at-all@example.org"
    for email in (known, unknown):
        wrong = SignIn(email=email, password="not the password")
        with use_origin(Origin(ip="198.51.100.31", device_id=email, user_agent=FIREFOX)):
            for _attempt in range(5):
                assert deliver() == 0
                with pytest.raises(WrongCredentials):
                    sign_in(jobs.database, wrong)
            with pytest.raises(TooManyRequests):
                sign_in(jobs.database, wrong)
        assert deliver() == (1 if email == known else 0)
        assert deliver() == 0
    (mail,) = post.to(known)
    with use_language("de"):
        assert mail["Subject"] == gettext("Many failed attempts to sign in")
    assert known in text_of(mail)
    assert "/de/account/security" in text_of(mail)
    assert post.to(unknown) == []


def test_what_a_browser_calls_itself_is_not_repeated(
    world: World, jobs: Runtime, post: Post
) -> None:
    email = stranger()
    with use_origin(Origin(user_agent="Win a prize at http://evil.example now! Firefox/1")):
        ask_proof(jobs.database, MailKind.REGISTER_CODE, email)
    deliver()
    assert "evil" not in only(post, email).as_string()


def test_the_invitation_carries_its_link(world: World, jobs: Runtime, post: Post) -> None:
    email, invitation_id = stranger(), uuid.uuid4()
    ask(
        jobs.database,
        MailKind.INVITATION,
        email,
        subject_id=invitation_id,
        version=3,
        facts={"inviter": "Ada <b>", "organisation": "Wiehre", "role": "CARETAKER"},
    )
    assert deliver() == 1
    text = text_of(only(post, email))
    assert f"http://localhost/en/invitations/{invitation_token(invitation_id, 3)}" in text
    assert "Ada <b>" in text
    assert "Caretaker" in text
    assert "Ada &lt;b&gt;" in text_of(only(post, email), "html")


def pending(world: World, version: int) -> AuthPendingLogin:
    return AuthPendingLogin(
        id=uuid.uuid4(),
        user_id=world.people["manager"],
        first_factor="password",
        code_version=version,
        code_sent_at=clock.now(),
        expires_at=clock.now() + timedelta(minutes=10),
    )


def test_the_second_steps_newest_code_is_mailed(world: World, jobs: Runtime, post: Post) -> None:
    step = pending(world, 2)
    step_id, email = step.id, world.emails["manager"]
    world.add(step)
    for version in (1, 2):
        ask(
            jobs.database,
            MailKind.SECOND_STEP_CODE,
            email,
            user_id=world.people["manager"],
            subject_id=step_id,
            version=version,
        )
    assert deliver() == 1
    assert codes.code_for(codes.SECOND_STEP, step_id, 2) in text_of(only(post, email))


def test_what_no_longer_counts_is_not_mailed(world: World, jobs: Runtime, post: Post) -> None:
    ask_proof(jobs.database, MailKind.REGISTER_CODE, stranger())
    clock.shift(timedelta(minutes=11))
    assert deliver() == 0
    assert not post.mails


@pytest.mark.parametrize("address", ["a@x.org,b@evil.org", "a b@x.org", "<a@x.org>", "a@x..org"])
def test_an_address_that_is_none_is_given_up(
    world: World, jobs: Runtime, post: Post, address: str
) -> None:
    mark = f"{uuid.uuid4().hex[:6]}{address}"
    ask(jobs.database, MailKind.NEW_DEVICE, mark)
    assert deliver() == 0
    assert row_of(world, mark).failed_at is not None


def test_a_refused_address_is_given_up_a_busy_server_tried_again(
    world: World, jobs: Runtime, post: Post
) -> None:
    gone, busy = stranger(), stranger()
    post.refused = {gone: "550 No such user", busy: "450 Later, please"}
    for email in (gone, busy):
        ask(jobs.database, MailKind.NEW_DEVICE, email)
    assert deliver() == 0
    assert row_of(world, gone).failed_at is not None
    assert row_of(world, busy).failed_at is None
    pauses = []
    for _turn in range(4):
        waiting = row_of(world, busy)
        assert waiting.retry_at is not None
        pauses.append(waiting.retry_at - clock.now())
        clock.shift(pauses[-1] + timedelta(seconds=1))
        assert deliver() == 0
    assert pauses == sorted(pauses)
    assert pauses[-1] > 6 * pauses[0]
    post.refused = {}
    clock.shift(timedelta(hours=1))
    assert deliver() == 1


def test_a_server_that_is_away_is_asked_again(
    world: World, settings: Settings, database: Database
) -> None:
    email = stranger()
    away = replace(settings, smtp=SmtpSettings(host="127.0.0.1", port=1))
    runtimes.use_runtime(runtimes.make_runtime(away, database))
    post = Post()
    try:
        ask(database, MailKind.NEW_DEVICE, email)
        assert deliver() == 0
        first = row_of(world, email)
        controller = serve(post)
        back = replace(settings, smtp=SmtpSettings(host="127.0.0.1", port=post.port))
        runtimes.use_runtime(runtimes.make_runtime(back, database))
        clock.shift(timedelta(minutes=1))
        assert deliver() == 1
        controller.stop()
    finally:
        runtimes.use_runtime(None)
    assert only(post, email)["Message-ID"] == f"<a-{first.id}@localhost>"


def test_waking_the_dispatcher_sends_account_mails(
    world: World, jobs: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(Runtime, "enqueue", lambda self, job, *ids: asked.append(job))
    outbox.dispatch()
    assert "jobs.account_mails.deliver" not in asked
    ask(jobs.database, MailKind.NEW_DEVICE, stranger())
    outbox.dispatch()
    assert "jobs.account_mails.deliver" in asked


def test_mails_are_forgotten_after_thirty_days(world: World, jobs: Runtime) -> None:
    email = stranger()
    ask(jobs.database, MailKind.NEW_DEVICE, email)
    clock.shift(timedelta(days=29))
    housekeeping.prune()
    assert row_of(world, email)
    clock.shift(timedelta(days=2))
    housekeeping.prune()
    with Session(world.engine) as session:
        assert not session.scalars(sa.select(AccountMail).where(AccountMail.email == email)).all()


def test_nobody_but_the_product_reads_the_mails_of_others(world: World, database: Database) -> None:
    """Check 16: a person sees the mails to themself, the platform's scope sees none."""
    email = world.emails["manager"]
    ask(database, MailKind.NEW_DEVICE, email, user_id=world.people["manager"])
    query = sa.select(AccountMail).where(AccountMail.email == email)
    for who, count in (("manager", 1), ("resident", 0)):
        with database.transaction(Scope((PLATFORM_OWNER_ID,), world.people[who])) as session:
            assert len(session.scalars(query).all()) == count


@pytest.mark.parametrize("path", ["/en/login/link", "/en/forgot-password", "/en/register"])
def test_a_hostile_host_changes_no_link(
    world: World, jobs: Runtime, post: Post, client: FlaskClient, path: str
) -> None:
    """Check 29: every address in the mail is the configured one."""
    email = stranger() if path.endswith("register") else world.emails["manager"]
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil"}
    assert client.post(path, data={"email": email}, headers=headers).status_code < 400
    assert deliver() == 1
    raw = "".join(text_of(only(post, email), part) for part in ("plain", "html"))
    assert "evil" not in only(post, email).as_string()
    assert set(re.findall(r"https?://([^/\s\"]+)", raw)) <= {"localhost"}


def test_many_workers_at_once_mail_each_once(world: World, jobs: Runtime, post: Post) -> None:
    emails = [stranger() for _turn in range(6)]
    for email in emails:
        ask(jobs.database, MailKind.NEW_DEVICE, email)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _number: deliver(), range(6)))
    deliver()
    assert sorted(str(mail["To"]) for mail in post.mails) == sorted(emails)
    assert len({mail["Message-ID"] for mail in post.mails}) == len(emails)
