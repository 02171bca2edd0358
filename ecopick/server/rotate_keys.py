"""Carrying stored secrets over to a new data key.

Secrets of authenticator apps are sealed again, the keys of people in the audit
are wrapped again; what they protect stays as it is. Each batch is a transaction
of its own and only what still needs it is changed, so the command can be
stopped and started at will, beside a running product.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import psycopg

from ecopick.app import use_keys
from ecopick.config import Settings, libpq_url
from ecopick.core import audit, crypto
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.uow import Database
from ecopick.domains.auth import sealing
from ecopick.server.errors import StartError

BATCH = 500
Say = Callable[[str], None]
_Connection = psycopg.Connection[Any]


@dataclass
class Tally:
    """What became of one kind of secret; ``unreadable`` opens with neither key."""

    seen: int = 0
    renewed: int = 0
    unreadable: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.seen} seen, {self.renewed} renewed, {len(self.unreadable)} unreadable"


def rotate_keys(environ: Mapping[str, str], say: Say) -> None:
    """Bring every stored secret under DATA_ENCRYPTION_KEY; tells its progress.

    Needs MIGRATION_DATABASE_URL, as it works for all owners, and
    DATA_ENCRYPTION_KEY_PREVIOUS for what the key before sealed. Raises
    StartError when something opens with neither key; all else is renewed.
    """
    settings = Settings.from_env(environ)
    if not settings.migration_database_url:
        raise StartError("MIGRATION_DATABASE_URL is not set; rotating keys needs it.")
    use_keys(settings)
    tallies: dict[str, Tally] = {}
    try:
        with psycopg.connect(libpq_url(settings.migration_database_url)) as connection:
            for name, batches in (
                ("authenticator apps", _apps(connection)),
                ("keys of people", _people(connection)),
            ):
                tally = tallies[name] = Tally()
                for _ in batches(tally):
                    connection.commit()
                    say(f"{name}: {tally}")
                say(f"{name}: done, {tally}")
    except psycopg.OperationalError as error:
        raise StartError(f"The database does not answer: {error}") from error
    _record(settings, tallies)
    lost = [line for tally in tallies.values() for line in tally.unreadable]
    if lost:
        raise StartError(
            f"{len(lost)} secrets open with neither key, the first is {lost[0]}."
            " Keep the keys they were made with."
        )


Batches = Callable[[Tally], Iterator[None]]


def _apps(connection: _Connection) -> Batches:
    """Secrets of authenticator apps, set up or waiting for their first code."""

    def run(tally: Tally) -> Iterator[None]:
        after = uuid.UUID(int=0)
        while rows := connection.execute(
            "select id, totp_secret_enc, totp_pending_enc from users where id > %s"
            " and (totp_secret_enc is not null or totp_pending_enc is not null)"
            " order by id limit %s",
            (after, BATCH),
        ).fetchall():
            for user_id, *values in rows:
                for column, value in zip(
                    ("totp_secret_enc", "totp_pending_enc"), values, strict=True
                ):
                    if value is not None:
                        _renew_app(connection, tally, user_id, column, value)
                after = user_id
            yield

    return run


def _renew_app(
    connection: _Connection, tally: Tally, user_id: uuid.UUID, column: str, stored: str
) -> None:
    tally.seen += 1
    if sealing.is_current(stored):
        return
    plain = sealing.unseal(stored, user_id)
    if plain is None:
        tally.unreadable.append(f"the app of {user_id}")
        return
    # Only where the person did not change it meanwhile.
    changed = connection.execute(
        _RENEW_APP[column], {"new": sealing.seal(plain, user_id), "id": user_id, "old": stored}
    )
    tally.renewed += changed.rowcount


_RENEW_APP = {
    "totp_secret_enc": "update users set totp_secret_enc = %(new)s"
    " where id = %(id)s and totp_secret_enc = %(old)s",
    "totp_pending_enc": "update users set totp_pending_enc = %(new)s"
    " where id = %(id)s and totp_pending_enc = %(old)s",
}


def _people(connection: _Connection) -> Batches:
    """Keys under which the audit holds values of people; destroyed ones stay destroyed."""

    def run(tally: Tally) -> Iterator[None]:
        after = (uuid.UUID(int=0), uuid.UUID(int=0))
        while rows := connection.execute(
            "select property_owner_id, subject_id, wrapped_key from subject_keys"
            " where (property_owner_id, subject_id) > (%s, %s) and wrapped_key is not null"
            " order by property_owner_id, subject_id limit %s",
            (*after, BATCH),
        ).fetchall():
            for owner_id, subject_id, wrapped in rows:
                _renew_person(connection, tally, owner_id, subject_id, wrapped)
                after = (owner_id, subject_id)
            yield

    return run


def _renew_person(
    connection: _Connection,
    tally: Tally,
    owner_id: uuid.UUID,
    subject_id: uuid.UUID,
    wrapped: bytes,
) -> None:
    tally.seen += 1
    key, bound_to = crypto.keys().data, subject_id.bytes
    if crypto.decrypt(key, wrapped, bound_to) is not None:
        return
    plain = crypto.unwrap(wrapped, bound_to)
    if plain is None:
        tally.unreadable.append(f"the audit key of {subject_id} with owner {owner_id}")
        return
    # An erasure meanwhile has emptied it: it must not come back.
    changed = connection.execute(
        "update subject_keys set wrapped_key = %s"
        " where property_owner_id = %s and subject_id = %s and wrapped_key = %s",
        (crypto.encrypt(key, plain, bound_to), owner_id, subject_id, wrapped),
    )
    tally.renewed += changed.rowcount


def _record(settings: Settings, tallies: Mapping[str, Tally]) -> None:
    """Who looks into the sign-in log sees that keys were changed, and how it went."""
    database = Database.connect(settings.database_url, pool_size=1)
    try:
        with database.transaction(Scope((PLATFORM_OWNER_ID,))) as session:
            lost = any(tally.unreadable for tally in tallies.values())
            audit.login(
                session,
                "rotate_keys",
                "failure" if lost else "success",
                user_id=None,
                reason_code="unreadable_secrets" if lost else "keys_rotated",
                meta={name: str(tally) for name, tally in tallies.items()}
                | {"key": crypto.key_id(crypto.keys().data)},
            )
    finally:
        database.engine.dispose()
