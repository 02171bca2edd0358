"""Loading the demo: everything in one transaction, as the application's own role.

Its pictures need no database and can be drawn ahead, while that one still starts.
"""

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, text

from ecopick.adapters.storage import LocalStorage, Storage
from ecopick.config import Settings, sqlalchemy_url
from ecopick.core import clock, crypto
from ecopick.core.tenancy import PLATFORM_OWNER_ID, SYSTEM_USER_ID, Scope, use_scope
from ecopick.core.uow import Database
from ecopick.demo import (
    books,
    desk,
    doors,
    offers,
    owners,
    papers,
    people,
    pictures,
    tickets,
    vendors,
)
from ecopick.demo.accounts import ACCOUNTS, PASSWORD
from ecopick.demo.rows import Rows, uid
from ecopick.demo.trail import Trail
from ecopick.domains.auth.passwords import hash_password
from ecopick.domains.tickets.lifecycle import TicketStatus
from ecopick.domains.tickets.models import Attachment
from ecopick.web.storage import open_storage

# How long everything has existed before the first ticket.
BEFORE = timedelta(days=tickets.DAYS + 30)
# In the order of their keys; attachments follow when their pictures are drawn.
ORDER = (
    *owners.MODELS, *people.MODELS, *vendors.MODELS, *people.LATER, *vendors.LATER,
    *papers.MODELS, *tickets.MODELS, *books.MODELS, *desk.MODELS, *offers.MODELS,
    *doors.MODELS,
)  # fmt: skip
SEED_STATES = (
    TicketStatus.NEW,
    TicketStatus.TRIAGED,
    TicketStatus.ASSIGNED,
    TicketStatus.IN_PROGRESS,
    TicketStatus.RESOLVED,
    TicketStatus.VENDOR_OPPORTUNITY,
)


@dataclass(frozen=True)
class Summary:
    """What was loaded: rows by table and stored objects; all empty where it was there already."""

    loaded: bool
    rows: dict[str, int]
    objects: int = 0


class Story:
    """The ninety days before a moment. Pictures are drawn as soon as it is begun."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.background = ThreadPoolExecutor(1, thread_name_prefix="demo pictures")
        self.album = self.background.submit(pictures.draw_all, tickets.SEED)

    def insert(self, connection: Connection, storage: Storage) -> Summary:
        """Store everything."""
        rows, trail = Rows(), Trail()
        start = self.now - BEFORE
        houses = owners.build(rows, start)
        people.build(rows, start, houses, hash_password(PASSWORD))
        vendors.build(rows, start, houses)
        papers.build(rows, {house.owner: house.owner_id for house in houses.values()}, self.now)
        lives = tickets.build(rows, trail, houses, self.now)
        books.build(rows, lives, self.now)
        offers.build(rows, trail, lives, self.now)
        desk.build(rows, trail, houses, lives, self.now)
        doors.build(rows, self.now)
        shots = [shot for life in lives for shot in life.shots]
        with self.background:
            storing = self.background.submit(lambda: self.album.result().store(storage, shots))
            rows.insert(connection, ORDER)
            trail.insert(connection)
            attempts = doors.insert_attempts(connection, self.now)
            self.album.result().describe(shots)
            rows.insert(connection, (Attachment,))
            streams = {"audit_events": len(trail.entries), "auth_audit_events": attempts}
            counts = rows.counts() | streams
            return Summary(True, counts, storing.result())


@dataclass(frozen=True)
class SeedIds:
    """The ids by which a script finds its way in the demo; tickets by the state they began in."""

    property_owner_id: uuid.UUID
    vendor_org_id: uuid.UUID
    tenant_company_id: uuid.UUID
    building_id: uuid.UUID
    unit_ids: tuple[uuid.UUID, ...]
    ticket_ids: dict[str, uuid.UUID]
    user_ids: dict[str, uuid.UUID]


def load(
    database: Database | str | None = None,
    storage: Storage | None = None,
    *,
    now: datetime | None = None,
    home: Path | None = None,
    story: Story | None = None,
) -> Summary:
    """Load the demo unless it is there: the ninety days before ``now``, or a ``story`` begun before.

    Without arguments the settings of the environment name the database (in the
    application's role) and the storage. Everything is stored or nothing, but for
    pictures, which nobody sees without their rows.
    """
    settings = (
        Settings.from_env() if database is None or (storage is None and home is None) else None
    )
    if settings is not None:
        _use_keys(settings)
        storage = storage or open_storage(settings)
    if storage is None:
        storage = LocalStorage((home or Path()) / "files")
    with _opened(settings.database_url if settings and database is None else database) as opened:
        return _load(opened, storage, lambda: story or begin(now))


def begin(now: datetime | None = None) -> Story:
    """The story of the ninety days before ``now``, begun."""
    return Story((now or clock.now()).replace(microsecond=0))


def ids() -> SeedIds:
    """The ids that the demo always has."""
    house, building_id = "wiehre", uid("building", "wiehre")
    return SeedIds(
        property_owner_id=owners.OWNER_IDS[owners.RHEINBOGEN],
        vendor_org_id=vendors.vendor_id("dolomiti"),
        tenant_company_id=owners.company_id("greentech"),
        building_id=building_id,
        unit_ids=tuple(uid("unit", house, label) for label in ("3.07", "1.02", "2.05")),
        ticket_ids={state.value: uid("ticket", f"seed/{state.value}") for state in SEED_STATES},
        user_ids={account.name: people.BY_KEY[account.name].id for account in ACCOUNTS},
    )


def is_loaded(connection: Connection) -> bool:
    """Whether the demo is in this database."""
    found = connection.execute(
        text("select exists (select from find_user_by_email(:address))"),
        {"address": ACCOUNTS[0].email},
    )
    return bool(found.scalar_one())


def _load(database: Database, storage: Storage, begun: Callable[[], Story]) -> Summary:
    scope = Scope((*owners.OWNER_IDS.values(), PLATFORM_OWNER_ID), SYSTEM_USER_ID)
    with use_scope(scope), database.engine.begin() as connection:
        connection.execute(text("select pg_advisory_xact_lock(45000003)"))
        if is_loaded(connection):
            return Summary(False, {})
        story = begun()
        first = story.now - timedelta(days=tickets.DAYS)
        connection.execute(text("select ensure_audit_partitions(4, :day)"), {"day": first.date()})
        return story.insert(connection, storage)


@contextmanager
def _opened(database: Database | str | None) -> Iterator[Database]:
    if isinstance(database, Database):
        yield database
        return
    opened = Database.connect(sqlalchemy_url(database or ""))
    try:
        yield opened
    finally:
        opened.engine.dispose()


def _use_keys(settings: Settings) -> None:
    crypto.use_keys(
        crypto.Keys(data=settings.data_encryption_key, signing=(settings.session_hmac_key,))
    )
