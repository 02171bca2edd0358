"""The demo in a real database: it loads once, holds together and keeps owners apart."""

import hashlib
import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import Engine, create_engine, text

from ecopick.adapters.storage import LocalStorage
from ecopick.config import Settings
from ecopick.core.tenancy import Scope
from ecopick.core.uow import Database
from ecopick.demo import load as demo
from ecopick.domains.auth.passwords import matches
from ecopick.domains.auth.queries.actors import load_user_actor
from ecopick.domains.reports.queries.activity import activity
from ecopick.domains.reports.queries.money import sums
from ecopick.domains.reports.queries.places import places
from ecopick.domains.reports.queries.trend import trend
from tests.conftest import Servers, cloned

NOW = datetime(2026, 11, 19, 9, 40, tzinfo=UTC)


class Loaded:
    """A database with the demo, seen from behind the wall, and its files."""

    def __init__(self, engine: Engine, storage: LocalStorage, summary: demo.Summary, app: str):
        self.engine = engine
        self.storage = storage
        self.summary = summary
        self.app = app

    def all(self, query: str, **values: Any) -> list[Any]:
        """The rows of a query."""
        with self.engine.connect() as connection:
            return list(connection.execute(text(query), values))

    def none(self, query: str, **values: Any) -> None:
        """There is no such row."""
        assert self.all(query, **values) == []


@pytest.fixture(scope="module")
def loaded(
    servers: Servers, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Loaded]:
    """The demo, loaded by the application's role; ``database`` has set the keys."""
    copies = cloned(servers, "ecopick_template")
    urls = next(copies)
    storage = LocalStorage(tmp_path_factory.mktemp("files"))
    summary = demo.load(urls.app, storage, now=NOW)
    engine = create_engine(urls.migrator)
    yield Loaded(engine, storage, summary, urls.app)
    engine.dispose()
    next(copies, None)


def test_it_is_as_large_as_promised(loaded: Loaded) -> None:
    counts = loaded.summary.rows
    assert loaded.summary.loaded
    assert counts["property_owners"] == 2
    assert counts["buildings"] == 8
    assert 140 <= counts["units"] <= 160
    assert 55 <= counts["users"] <= 65
    assert counts["vendor_orgs"] == 7
    assert 380 <= counts["tickets"] <= 420
    roles = loaded.all("select distinct role from memberships")
    assert len(roles) == 11
    shown = loaded.all("select status, count(*) from tickets group by status")
    assert len(shown) == 11


def test_a_second_load_changes_nothing(
    loaded: Loaded, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = loaded.all("select count(*) from tickets")
    assert not demo.load(loaded.app, loaded.storage, now=NOW + timedelta(days=1)).loaded
    monkeypatch.setenv("APP_ENV", "test")
    monkeypatch.setenv("DATABASE_URL", loaded.app)
    monkeypatch.setenv("REDIS_URL", settings.redis_url)
    monkeypatch.setenv("ECOPICK_HOME", str(tmp_path))
    assert not demo.load().loaded
    assert loaded.all("select count(*) from tickets") == before


def test_the_accounts_can_sign_in_and_nobody_else_can(loaded: Loaded) -> None:
    rows = loaded.all("select email, password_hash from users where not is_system")
    by_address = {row.email: row.password_hash for row in rows}
    wanted = {account.email for account in demo.ACCOUNTS}
    assert {email for email, hashed in by_address.items() if hashed} == wanted
    assert matches(by_address["resident@demo.example.org"], demo.PASSWORD)
    admins = loaded.all("select email from users where is_app_admin")
    assert [row.email for row in admins] == ["admin@demo.example.org"]


def test_plumbing_of_the_residents_house_is_sent_by_hand(loaded: Loaded) -> None:
    homes = loaded.all(
        "select uu.building_id, uu.unit_id from user_units uu join users u on u.id = uu.user_id"
        " where u.email = 'resident@demo.example.org'"
    )
    assert homes == [(demo.ids().building_id, demo.ids().unit_ids[0])]
    loaded.none(
        "select 1 from routing_rules where building_id = :house and category = 'plumbing'",
        house=homes[0].building_id,
    )
    assert loaded.all("select 1 from routing_rules where category = 'plumbing'")
    firm = loaded.all(
        "select ov.property_owner_id from memberships m join users u on u.id = m.user_id"
        " join owner_vendors ov on ov.vendor_org_id = m.vendor_org_id"
        " where u.email = 'vendor@demo.example.org'"
    )
    assert firm == [(demo.ids().property_owner_id,)]


def test_the_seeds_ids_lead_to_tickets_in_their_states(loaded: Loaded) -> None:
    found = dict(loaded.all("select id, status from tickets where not status = 'CLOSED'"))
    ids = demo.ids()
    assert {state: found[key] for state, key in ids.ticket_ids.items()} == {
        state: state for state in ids.ticket_ids
    }
    known = {row.id for row in loaded.all("select id from users")}
    assert set(ids.user_ids.values()) <= known
    assert loaded.all("select 1 from tenant_companies where id = :id", id=ids.tenant_company_id)


def test_numbers_have_no_gap(loaded: Loaded) -> None:
    loaded.none(
        "select property_owner_id from tickets t group by property_owner_id having"
        " max(number) <> count(*) or min(number) <> 1 or max(number) <> (select last_number"
        " from ticket_counters c where c.property_owner_id = t.property_owner_id)"
    )


def test_nothing_happens_after_now_or_before_its_ticket(loaded: Loaded) -> None:
    for table, column in (
        ("tickets", "updated_at"), ("messages", "created_at"), ("audit_events", "created_at"),
        ("sla_events", "occurred_at"), ("attachments", "created_at"), ("invoices", "created_at"),
        ("notifications", "created_at"), ("assignments", "created_at"),
    ):  # fmt: skip
        loaded.none(f"select id from {table} where {column} > :now", now=NOW)
    for table in ("messages", "attachments", "assignments", "audit_events"):
        loaded.none(
            f"select c.id from {table} c join tickets t on t.id = c.ticket_id"
            " where c.created_at < t.created_at"
        )


def test_status_agrees_with_times_and_assignments(loaded: Loaded) -> None:
    loaded.none("select id from tickets where (status = 'CLOSED') <> (closed_at is not null)")
    loaded.none("select id from tickets where (status = 'CANCELLED') <> (cancelled_at is not null)")
    loaded.none(
        "select id from tickets where (status in ('RESOLVED', 'CLOSED')) <> (resolved_at is not null)"
    )
    loaded.none("select id from tickets where (status = 'NEW') <> (triaged_at is null)")
    loaded.none(
        "select id from tickets where (status like 'AWAITING%') <> (resume_status is not null)"
    )
    loaded.none(
        "select t.id from tickets t left join assignments a on a.id = t.current_assignment_id"
        " where (t.status in ('NEW', 'TRIAGED', 'CANCELLED', 'VENDOR_OPPORTUNITY') and a.id is not null)"
        " or (t.status in ('ASSIGNED', 'VENDOR_PENDING') and a.state is distinct from 'PENDING')"
        " or (t.status in ('IN_PROGRESS', 'RESOLVED', 'CLOSED') and a.state is distinct from 'ACCEPTED')"
        " or t.vendor_org_id is distinct from a.vendor_org_id"
    )
    loaded.none(
        "select a.id from assignments a join tickets t on t.id = a.ticket_id"
        " where a.state in ('PENDING', 'ACCEPTED') and t.current_assignment_id is distinct from a.id"
    )
    loaded.none(
        "select id from tickets where open_to_vendors <> (status in ('VENDOR_OPPORTUNITY', 'VENDOR_PENDING'))"
    )


def test_answers_come_in_time_and_open_questions_are_still_open(loaded: Loaded) -> None:
    loaded.none("select id from assignments where responded_at > respond_by")
    loaded.none(
        "select id from assignments where state = 'PENDING' and respond_by <= :now", now=NOW
    )
    loaded.none(
        "select id from tickets where status = 'RESOLVED' and resolved_at <= :week",
        week=NOW - timedelta(days=7),
    )
    loaded.none("select id from notifications where sent_at is null")
    loaded.none("select id from outbox")
    assert loaded.all("select 1 from assignments where state = 'DECLINED' and reason is not null")
    assert loaded.all("select 1 from assignments where reason = 'respond_by_passed'")


def test_clocks_agree_with_their_events(loaded: Loaded) -> None:
    tickets = loaded.all(
        "select t.*, (select array_agg(e.type order by e.occurred_at, e.type = 'paused') from"
        " sla_events e where e.ticket_id = t.id) as events from tickets t"
    )
    for ticket in tickets:
        events = ticket.events
        assert events[0] == "started"
        assert events.count("paused") - events.count("resumed") == (
            1 if ticket.status == "AWAITING_TENANT" else 0
        )
        assert ("breached" in events) == (ticket.sla_breached_at is not None)
        solved = ticket.resolved_at
        assert ("met" in events) == (solved is not None and solved <= ticket.sla_due_at)
        counts = ticket.status not in ("RESOLVED", "CLOSED", "CANCELLED", "AWAITING_TENANT")
        if counts and ticket.sla_due_at < NOW:
            assert ticket.sla_breached_at is not None
        if counts and ticket.sla_warn_at <= NOW:
            assert ticket.sla_warned_at is not None
    open_late = [
        each for each in tickets if each.status == "AWAITING_VENDOR" and each.sla_breached_at
    ]
    assert open_late


def test_the_residents_leak_is_repaired_and_proved_but_not_yet_resolved(loaded: Loaded) -> None:
    leak = demo.ids().ticket_ids["IN_PROGRESS"]
    said = loaded.all(
        "select body from messages where ticket_id = :id order by created_at", id=leak
    )
    assert said[-1].body.startswith("Danke!")
    types = loaded.all("select type from attachments where ticket_id = :id", id=leak)
    assert ("RESOLUTION_EVIDENCE",) in types
    left = loaded.all("select sla_due_at from tickets where id = :id", id=leak)[0].sla_due_at - NOW
    assert timedelta(minutes=50) < left < timedelta(minutes=60)


def test_what_is_solved_is_proved_by_a_picture(loaded: Loaded) -> None:
    loaded.none(
        "select t.id from tickets t where t.resolved_at is not null and not exists (select"
        " from attachments a where a.ticket_id = t.id and a.type = 'RESOLUTION_EVIDENCE'"
        " and a.scan_state = 'clean' and a.created_at <= t.resolved_at)"
    )
    rows = loaded.all(
        "select storage_key, thumbnail_key, size_bytes, sha256, width from attachments"
    )
    assert len({row.sha256 for row in rows}) >= 12
    for row in rows[:40]:
        with loaded.storage.open(row.storage_key) as stream:
            data = stream.read()
        assert (len(data), hashlib.sha256(data).digest()) == (row.size_bytes, bytes(row.sha256))
        with Image.open(io.BytesIO(data)) as image:
            assert image.width == row.width
    assert all(loaded.storage.exists(row.thumbnail_key) for row in rows)


def test_desks_are_not_empty(loaded: Loaded) -> None:
    joined = loaded.all(
        "select p.title, count(*) from tickets c join tickets p on p.id = c.parent_id group by 1"
    )
    assert [tuple(row) for row in joined] == [("Heizungsausfall im 3. OG, Treppenhaus B", 3)]
    assert [row.kind for row in loaded.all("select kind from ticket_links")] == ["DUPLICATE_OF"]
    waiting = loaded.all(
        "select 1 from access_requests where status = 'SUBMITTED' and expires_at > :now"
        " and approver_id = :manager", now=NOW, manager=demo.ids().user_ids["manager"],
    )  # fmt: skip
    assert len(waiting) == 3
    loaded.none("select ticket_id from ticket_reads where seen_at > :now", now=NOW)
    unread = loaded.all(
        "select r.seen_at is null or r.seen_at < t.updated_at as unread, count(*)"
        " from tickets t left join ticket_reads r on r.ticket_id = t.id and r.user_id = :manager"
        " where t.property_owner_id = :owner and t.status not in ('RESOLVED', 'CLOSED', 'CANCELLED')"
        " group by 1 order by 1",
        manager=demo.ids().user_ids["manager"], owner=demo.ids().property_owner_id,
    )  # fmt: skip
    assert [row.unread for row in unread] == [False, True]
    assert min(row.count for row in unread) >= 5


def test_invoices_add_up(loaded: Loaded) -> None:
    rows = loaded.all("select total_amount, tax_amount, line_items, status, paid_at from invoices")
    assert {row.status for row in rows} >= {"SUBMITTED", "APPROVED", "PAID", "DISPUTED"}
    for row in rows:
        net = sum(Decimal(line["amount"]) for line in row.line_items)
        (rate,) = {Decimal(line["tax_rate"]) for line in row.line_items}
        tax = (net * rate / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
        assert (row.total_amount, row.tax_amount) == (net + tax, tax)
        for line in row.line_items:
            exact = Decimal(line["quantity"]) * Decimal(line["unit_amount"])
            assert abs(Decimal(line["amount"]) - exact) <= Decimal("0.005")
        assert (row.status == "PAID") == (row.paid_at is not None)


def test_the_two_owners_share_nothing(loaded: Loaded) -> None:
    loaded.none("select vendor_org_id from owner_vendors group by 1 having count(*) > 1")
    loaded.none(
        "select user_id from (select user_id, property_owner_id from memberships"
        " where property_owner_id is not null union select user_id, property_owner_id"
        " from user_units) x group by user_id having count(*) > 1"
    )
    first = demo.ids().property_owner_id
    database = Database.connect(loaded.app)
    with database.transaction(Scope((first,), None)) as session:
        seen = session.execute(text("select distinct property_owner_id from tickets")).all()
        people = session.execute(text("select count(*) from users")).scalar_one()
    database.engine.dispose()
    assert seen == [(first,)]
    assert people < len(loaded.all("select id from users"))


def test_the_audit_chain_is_whole(loaded: Loaded) -> None:
    loaded.none(
        "select e.id from audit_events e left join audit_seals s on s.entry_id = e.id"
        " where s.content_hash is distinct from sha256(e.body)"
    )
    loaded.none(
        "select s.seq from audit_seals s where s.hash <> sha256(s.prev_hash || s.content_hash"
        " || int8send(s.seq)) or s.prev_hash <> coalesce((select p.hash from audit_seals p"
        " where (p.property_owner_id, p.stream, p.seq)"
        " = (s.property_owner_id, s.stream, s.seq - 1)), decode(repeat('00', 32), 'hex'))"
    )
    loaded.none(
        "select t.id from tickets t where (select count(*) from audit_events e"
        " where e.ticket_id = t.id and e.action = 'TICKET_CREATED') <> 1"
    )
    notes = loaded.all("select access_note from tickets where access_note is not null")
    bodies = loaded.all(
        "select convert_from(body, 'UTF8') as body from audit_events where action = 'TICKET_CREATED'"
    )
    assert notes
    assert not any(note.access_note in row.body for note in notes for row in bodies)


def test_the_dashboard_is_quick_before_the_database_knows_its_tables(loaded: Loaded) -> None:
    database = Database.connect(loaded.app)
    actor = load_user_actor(database, demo.ids().user_ids["manager"])
    assert actor is not None
    with database.transaction(actor.scope) as session:
        session.execute(text("set local statement_timeout = '8s'"))
        assert len(trend(session, actor, NOW - timedelta(days=30), NOW).days) == 14
        assert len(activity(session, actor)) == 6
        assert sum(place.waiting for place in places(session, actor)) >= 5
        assert "invoice" in {each.kind for each in sums(session, actor, NOW.date())}
    database.engine.dispose()


def test_pictures_can_also_go_to_a_folder(tmp_path: Path) -> None:
    from ecopick.demo import pictures

    storage = LocalStorage(tmp_path)
    album = pictures.Album({("siphon", "after"): pictures.draw("siphon", "after", 1)})
    row: dict[str, Any] = {"storage_key": "a/b.jpg", "thumbnail_key": "a/c.jpg"}
    album.describe([(row, ("siphon", "after"))])
    assert album.store(storage, [(row, ("siphon", "after"))]) == 2
    assert storage.size("a/b.jpg") == row["size_bytes"]
