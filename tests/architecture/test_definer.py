"""Functions that look past row security answer their one question and no other."""

import datetime as dt
import uuid
from typing import Any

import pytest
from psycopg import errors

from ecopick.core.db import new_id
from tests.architecture.conftest import Connection, Walls
from tests.architecture.scopes import enter

KINDS = (
    "sla_sweep",
    "sla_warning",
    "respond_by",
    "auto_close",
    "vendor_deadlines",
    "outbox",
    "notifications",
    "scheduled_tasks",
    "expiries",
    "scans",
    "orphans",
)
FUTURE = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


def _found(connection: Connection, words: str, owners: list[uuid.UUID] | None) -> set[Any]:
    rows = connection.execute(
        "select ticket_id from search_tickets(%s, %s::uuid[])", [words, owners]
    ).fetchall()
    return {row[0] for row in rows}


@pytest.fixture
def titled(past_walls: Connection, walls: Walls) -> Walls:
    """Both owners' tickets speak of the same burst pipe."""
    past_walls.execute(
        "update tickets set title = 'Wasserrohrbruch im Café Müller',"
        " description = 'Eau partout', number = 4711 where id = any(%s)",
        [[walls.mine["tickets"]["id"], walls.theirs["tickets"]["id"]]],
    )
    return walls


@pytest.mark.parametrize(
    "words",
    ["wasserrohrbruch", "WASSERROHRBRUCH cafe", "Cafe Mull", "rohrbruch", "4711", "EP-4711",
     "#4711", "partout", "eau par"],
)  # fmt: skip
def test_search_finds_only_in_the_scope(words: str, titled: Walls, inside: Connection) -> None:
    mine, theirs = titled.mine["property_owners"]["id"], titled.theirs["property_owners"]["id"]
    enter(inside, [mine])
    ticket = titled.mine["tickets"]["id"]
    assert _found(inside, words, [mine]) == {ticket}
    assert _found(inside, words, None) == {ticket}
    assert _found(inside, words, [mine, theirs]) == {ticket}
    assert _found(inside, words, [theirs]) == set()


@pytest.mark.parametrize(
    "words",
    ["", " ", "%", "_", "\\", "' or true --", "!", "-", '"', "& | !", "a" * 5000, "('", "1:*",
     "💧", "%' or 1=1"],
)  # fmt: skip
def test_search_takes_any_input(words: str, titled: Walls, inside: Connection) -> None:
    mine = titled.mine["property_owners"]["id"]
    enter(inside, [mine])
    assert _found(inside, words, [mine]) <= {titled.mine["tickets"]["id"]}
    assert "sunshine" not in words
    assert _found(inside, "sunshine", [mine]) == set()


def test_search_without_a_scope_finds_nothing(titled: Walls, inside: Connection) -> None:
    owners = [titled.mine["property_owners"]["id"], titled.theirs["property_owners"]["id"]]
    assert _found(inside, "wasserrohrbruch", owners) == set()
    assert _found(inside, "wasserrohrbruch", None) == set()


def test_scope_of_a_person(past_walls: Connection, walls: Walls, inside: Connection) -> None:
    owner, person = walls.mine["property_owners"]["id"], walls.mine["users"]["id"]
    rows = inside.execute("select * from auth_scope(%s, %s)", [person, dt.date(2026, 6, 1)])
    assert set(rows.fetchall()) == {(owner, "staff"), (owner, "resident"), (owner, "grantee")}
    before = inside.execute("select * from auth_scope(%s, %s)", [person, dt.date(2025, 6, 1)])
    assert "resident" not in {kind for _, kind in before.fetchall()}
    assert inside.execute("select * from auth_scope(%s)", [new_id()]).fetchall() == []


def test_scope_of_a_vendor_is_the_owners_it_works_for(
    past_walls: Connection, walls: Walls, inside: Connection
) -> None:
    person = new_id()
    past_walls.execute(
        "insert into users (id, email, email_verified, language, is_app_admin, is_system,"
        " two_factor_enabled, email_otp_enabled, created_at, updated_at)"
        " values (%s, %s, true, 'it', false, false, false, false, now(), now())",
        [person, f"{person}@example.org"],
    )
    past_walls.execute(
        "insert into memberships (id, user_id, role, vendor_org_id, status, created_at, updated_at)"
        " values (%s, %s, 'VENDOR_TECH', %s, 'active', now(), now())",
        [new_id(), person, walls.mine["vendor_orgs"]["id"]],
    )
    rows = inside.execute("select * from auth_scope(%s)", [person]).fetchall()
    assert rows == [(walls.mine["property_owners"]["id"], "vendor")]
    enter(inside, user=person)
    own = inside.execute("select id from vendor_orgs").fetchall()
    assert own == [(walls.mine["vendor_orgs"]["id"],)]


def test_sign_in_finds_a_person_in_any_case(walls: Walls, inside: Connection) -> None:
    email = walls.mine["users"]["email"]
    row = inside.execute("select id from find_user_by_email(%s)", [email.upper()]).fetchone()
    assert row == (walls.mine["users"]["id"],)
    assert inside.execute("select * from find_user_by_email('nobody@x.org')").fetchall() == []


def test_known_people_tells_whose_an_address_is_only_to_their_owner(
    walls: Walls, inside: Connection
) -> None:
    """To anybody else only that there is an account, and nothing without a scope."""
    mine, theirs = walls.mine["property_owners"]["id"], walls.theirs["property_owners"]["id"]
    addresses = [walls.mine["users"]["email"], walls.theirs["users"]["email"], "no@example.org"]
    query = "select email, user_id from known_people(%s, %s::citext[])"
    assert inside.execute(query, [mine, addresses]).fetchall() == []
    enter(inside, [mine])
    found = dict(inside.execute(query, [mine, addresses]).fetchall())
    assert found == {addresses[0]: walls.mine["users"]["id"], addresses[1]: None}
    assert inside.execute(query, [theirs, addresses]).fetchall() == []


@pytest.mark.parametrize(
    ("function", "table", "column"),
    [
        ("find_session", "auth_sessions", "id"),
        ("find_refresh_token", "auth_refresh_tokens", "token_hash"),
        ("find_vendor_link", "vendor_links", "token_hash"),
        ("find_opportunity_link", "opportunity_links", "token_hash"),
        ("find_invitation", "invitations", "token_hash"),
        ("find_request_link", "request_links", "token_hash"),
        ("find_reply_address", "reply_addresses", "token_hash"),
        ("find_inbound_address", "inbound_addresses", "local_part"),
        ("find_place_code", "place_codes", "code"),
        ("find_pending_login", "auth_pending_logins", "id"),
        ("find_email_verification", "auth_email_verifications", "id"),
        ("find_passkey", "webauthn_credentials", "credential_id"),
    ],
)
def test_tokens_are_found_without_a_scope(
    function: str, table: str, column: str, walls: Walls, inside: Connection
) -> None:
    for rows in (walls.mine, walls.theirs):
        found = inside.execute(
            f"select id from {function}(%s)",  # type: ignore[arg-type]
            [rows[table][column]],
        ).fetchall()
        assert found == [(rows[table]["id"],)]


def test_an_account_at_a_provider_is_found_without_a_scope(
    walls: Walls, inside: Connection
) -> None:
    row = walls.mine["auth_identities"]
    query = "select id from find_identity(%s, %s)"
    assert inside.execute(query, [row["issuer"], row["subject"]]).fetchall() == [(row["id"],)]
    assert inside.execute(query, [row["issuer"], "else"]).fetchall() == []


def test_a_waiting_invitation_is_found_by_its_address(
    walls: Walls, past_walls: Connection, inside: Connection
) -> None:
    row = walls.mine["invitations"]
    past_walls.execute(
        "update invitations set email = 'waiting@example.org', status = 'pending',"
        " expires_at = %s where id = %s",
        [FUTURE, row["id"]],
    )
    query = "select id from find_waiting_invitation(%s, %s)"
    before, after = FUTURE - dt.timedelta(days=1), FUTURE + dt.timedelta(days=1)
    found = inside.execute(query, ["WAITING@example.org", before]).fetchall()
    assert found == [(row["id"],)]
    assert inside.execute(query, ["waiting@example.org", after]).fetchall() == []
    assert inside.execute(query, ["nobody@example.org", before]).fetchall() == []
    past_walls.execute("update invitations set status = 'revoked' where id = %s", [row["id"]])
    assert inside.execute(query, ["waiting@example.org", before]).fetchall() == []


@pytest.mark.parametrize("kind", KINDS)
def test_due_work_names_owners_only(kind: str, inside: Connection) -> None:
    rows = inside.execute("select * from due_work(%s, %s)", [kind, FUTURE]).fetchall()
    assert all(len(row) == 1 and isinstance(row[0], uuid.UUID) for row in rows)
    assert (
        inside.execute("select * from due_work(%s, %s)", [kind, dt.datetime.min]).fetchall() == []
    )


def test_unknown_work_is_an_error(inside: Connection) -> None:
    with pytest.raises(errors.InvalidParameterValue):
        inside.execute("select * from due_work('anything', now())")


def test_due_work_finds_what_is_due(
    walls: Walls, past_walls: Connection, inside: Connection
) -> None:
    mine = walls.mine
    owner, at = mine["property_owners"]["id"], dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
    past_walls.execute(
        "update tickets set sla_due_at = %s, sla_warn_at = %s where id = %s",
        [at, at, mine["tickets"]["id"]],
    )
    past_walls.execute(
        "update assignments set respond_by = %s where id = %s", [at, mine["assignments"]["id"]]
    )
    for kind in ("sla_sweep", "sla_warning", "respond_by"):
        for moment, expected in ((at, True), (at - dt.timedelta(seconds=1), False)):
            rows = inside.execute("select * from due_work(%s, %s)", [kind, moment]).fetchall()
            assert ((owner,) in rows) is expected, kind


def test_pruning_counts_what_it_removed(past_walls: Connection, inside: Connection) -> None:
    old = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    past_walls.execute(
        "insert into rate_limit_attempts (id, type, created_at) values (%s, 'login', %s)",
        [new_id(), old],
    )
    before = old + dt.timedelta(days=1)
    assert inside.execute("select prune_rate_limits(%s)", [before]).fetchone() == (1,)
    assert inside.execute("select prune_sign_in(%s)", [before]).fetchone() == (0,)
    assert inside.execute("select prune_idempotency_keys(%s)", [before]).fetchone() == (0,)


def test_proofs_of_an_address_are_seen_by_who_works_on_it(walls: Walls, inside: Connection) -> None:
    enter(inside)
    count = "select count(*) from auth_email_verifications"
    assert inside.execute(count).fetchone() == (0,)
    email = walls.mine["auth_email_verifications"]["email"]
    inside.execute("select set_config('app.email', %s, true)", [email])
    assert inside.execute(count).fetchone() == (1,)


def test_places_of_requests_are_found_by_id_alone(walls: Walls, inside: Connection) -> None:
    """Somebody who asks for a home or a role names what they cannot see yet."""
    enter(inside)
    for rows in (walls.mine, walls.theirs):
        unit, company = rows["units"], rows["tenant_companies"]
        place = inside.execute("select * from find_unit_place(%s)", [unit["id"]]).fetchall()
        assert place == [(unit["property_owner_id"], unit["building_id"])]
        owner = inside.execute("select * from find_tenant_company(%s)", [company["id"]]).fetchall()
        assert owner == [(company["property_owner_id"],)]
    assert inside.execute("select * from find_unit_place(%s)", [new_id()]).fetchall() == []


def test_a_public_form_learns_whose_building_it_is_and_no_more(
    walls: Walls, inside: Connection
) -> None:
    enter(inside)
    for rows in (walls.mine, walls.theirs):
        found = inside.execute("select * from find_building_owner(%s)", [rows["buildings"]["id"]])
        assert found.fetchall() == [(rows["property_owners"]["id"],)]
    assert inside.execute("select * from find_building_owner(%s)", [new_id()]).fetchall() == []


def test_heads_of_all_chains_tell_only_hashes(walls: Walls, inside: Connection) -> None:
    """The anchor's job reads every head; nothing of what the chains hold."""
    rows = inside.execute("select * from audit_all_heads()").fetchall()
    assert all(len(row) == 4 for row in rows)
    assert inside.execute("select count(*) from audit_heads").fetchone() == (0,)
    assert inside.execute("select count(*) from audit_proofs").fetchone() == (0,)
    mine = walls.mine["property_owners"]["id"]
    assert (mine,) in inside.execute("select owners_awaiting('proof')").fetchall()


def test_administrators_are_told_who_and_how_many(walls: Walls, inside: Connection) -> None:
    """Whom alerts are about, of any owner, and figures on how accounts are protected."""
    ids = [rows["users"]["id"] for rows in (walls.mine, walls.theirs)]
    rows = inside.execute("select id, email from people_of_alerts(%s)", [ids]).fetchall()
    assert {row[0] for row in rows} == set(ids)
    assert inside.execute("select * from people_of_alerts('{}')").fetchall() == []
    row = inside.execute("select people, protected, lacking from account_protection()").fetchone()
    assert row is not None
    people, protected, lacking = row
    assert people >= protected >= 0
    assert lacking >= 0


def test_served_owners_are_the_acting_persons_alone(walls: Walls, inside: Connection) -> None:
    assert inside.execute("select * from served_owners()").fetchall() == []
    mine, theirs = walls.mine["users"]["id"], walls.theirs["users"]["id"]
    enter(inside, [walls.theirs["property_owners"]["id"]], mine)
    found = {row[0] for row in inside.execute("select * from served_owners()").fetchall()}
    enter(inside, [walls.theirs["property_owners"]["id"]], theirs)
    other = {row[0] for row in inside.execute("select * from served_owners()").fetchall()}
    assert walls.theirs["property_owners"]["id"] not in found
    assert walls.mine["property_owners"]["id"] not in other


def test_only_a_due_erasure_ends_an_account(walls: Walls, past_walls: Connection) -> None:
    """Nobody's account goes but by an erasure that was asked for, is due and not undone."""
    rows = walls.mine
    person, erasure = rows["users"]["id"], rows["privacy_erasures"]["id"]
    with past_walls.transaction(force_rollback=True):
        past_walls.execute("update privacy_holds set lifted_at = now()")
        past_walls.execute("update users set password_hash = 'x' where id = %s", [person])
        erase = "select erase_account(%s, %s)"
        assert past_walls.execute(erase, [new_id(), FUTURE]).fetchone() == (False,)
        assert past_walls.execute(erase, [erasure, FUTURE]).fetchone() == (False,)  # An owner's.
        past_walls.execute(
            "update privacy_erasures set property_owner_id = platform_owner_id(), state = 'waiting',"
            " due_at = now() + interval '1 day' where id = %s",
            [erasure],
        )
        early = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
        assert past_walls.execute(erase, [erasure, early]).fetchone() == (False,)
        past_walls.execute("update privacy_erasures set state = 'undone' where id = %s", [erasure])
        assert past_walls.execute(erase, [erasure, FUTURE]).fetchone() == (False,)
        past_walls.execute("update privacy_erasures set state = 'waiting' where id = %s", [erasure])
        assert past_walls.execute(erase, [erasure, FUTURE]).fetchone() == (True,)
        row = past_walls.execute("select name, phone from users where id = %s", [person]).fetchone()
        assert row == ("[erased]", None)


def test_what_privacy_asks_is_answered_with_ids_alone(walls: Walls, inside: Connection) -> None:
    enter(inside)
    person = walls.mine["users"]["id"]
    related = {
        row[0]
        for row in inside.execute("select * from owners_holding(%s)", [person]).fetchall()
        if row[1]
    }
    assert walls.mine["property_owners"]["id"] in related
    assert walls.theirs["property_owners"]["id"] not in related
    assert inside.execute("select is_held(%s)", [person]).fetchone() == (True,)
    assert inside.execute("select is_held(%s)", [new_id()]).fetchone() == (False,)
    assert inside.execute("select is_last_owner(%s)", [new_id()]).fetchone() == (False,)
    due = inside.execute("select owners_with_privacy_work('erasures', %s)", [FUTURE]).fetchall()
    assert (walls.mine["property_owners"]["id"],) in due
