"""Recovery codes: made ten at a time, shown once, each good for one sign-in."""

import secrets
import uuid

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from ecopick.core import audit, clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.context import origin
from ecopick.core.db import new_id
from ecopick.core.errors import Conflict
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import Database
from ecopick.domains.auth import recovery
from ecopick.domains.auth.commands.mails import ask_for_mail
from ecopick.domains.auth.models import AuthRecoveryCode, MailKind
from ecopick.domains.auth.queries.credentials import factors_of
from ecopick.domains.people.models import User
from ecopick.domains.people.queries import find_self

_NOBODYS_SALT = secrets.token_hex(16)


def make_new(database: Database, actor: Actor) -> list[str]:
    """Ten new codes, to be shown this once; all earlier ones are void. The person gets a mail.

    ``Conflict`` where no second step is on that they could stand in for.
    """
    fresh = hashed_codes()
    with database.transaction(Scope((PLATFORM_OWNER_ID,), actor.user_id)) as session:
        if not factors_of(session, actor.user_id).asks_second_step:
            raise Conflict(
                _("Please switch on a second step first: recovery codes stand in for it."),
                code="two_factor_off",
            )
        store(session, actor, None, fresh)
        audit.login(
            session,
            "recovery_codes",
            "success",
            user_id=actor.user_id,
            email=actor.email,
            reason_code="recovery_codes_made",
            device_fingerprint=origin().device_fingerprint,
        )
        ask_for_mail(
            session,
            MailKind.RECOVERY_CODES_MADE,
            actor.email,
            language=actor.language,
            user_id=actor.user_id,
        )
    return [code for code, _salt, _hash in fresh]


Hashed = list[tuple[str, str, str]]


def hashed_codes() -> Hashed:
    """Ten fresh codes, each with salt and hash; takes about ten password hashes of time."""
    salt = secrets.token_hex(16)
    codes = [recovery.new_code() for _ in range(recovery.COUNT)]
    return [(code, salt, recovery.hash_code(salt, code)) for code in codes]


@command("profile:edit", find=find_self, audit_as=None)
def store(session: Session, actor: Actor, user: User, fresh: Hashed) -> None:
    """Let these codes, and no earlier ones, open the account; recorded by the caller."""
    session.execute(delete(AuthRecoveryCode).where(AuthRecoveryCode.user_id == user.id))
    moment = clock.now()
    session.execute(
        insert(AuthRecoveryCode),
        [
            {
                "id": new_id(),
                "user_id": user.id,
                "salt": salt,
                "hash": digest,
                "created_at": moment,
            }
            for _code, salt, digest in fresh
        ],
    )


@command("profile:edit", find=find_self, audit_as=None)
def void_all(session: Session, actor: Actor, user: User) -> None:
    """No recovery code opens the account any more; recorded by the caller."""
    session.execute(delete(AuthRecoveryCode).where(AuthRecoveryCode.user_id == user.id))


def hash_typed(database: Database, user_id: uuid.UUID, typed: str) -> str:
    """The hash of a typed code under the person's salt; without codes, the same work for nothing."""
    with database.transaction(Scope((), user_id)) as session:
        salt = session.scalar(
            select(AuthRecoveryCode.salt).where(AuthRecoveryCode.user_id == user_id).limit(1)
        )
    return recovery.hash_code(salt or _NOBODYS_SALT, typed)


@command("profile:edit", find=find_self, audit_as=None)
def use(session: Session, actor: Actor, user: User, digest: str) -> bool:
    """Use a code up: True exactly once, however many ask in the same moment.

    The person gets a mail that says how many are left.
    """
    used = session.scalar(
        update(AuthRecoveryCode)
        .where(
            AuthRecoveryCode.user_id == user.id,
            AuthRecoveryCode.hash == digest,
            AuthRecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.now())
        .returning(AuthRecoveryCode.id)
        .execution_options(synchronize_session=False)
    )
    if used is None:
        return False
    ask_for_mail(
        session,
        MailKind.RECOVERY_CODE_USED,
        user.email,
        language=user.language,
        user_id=user.id,
        facts={"left": left(session, user.id)},
    )
    return True


def left(session: Session, user_id: uuid.UUID) -> int:
    """How many codes are still good; the scope must be the person's."""
    found = session.scalars(
        select(AuthRecoveryCode.id).where(
            AuthRecoveryCode.user_id == user_id, AuthRecoveryCode.used_at.is_(None)
        )
    )
    return len(found.all())
