"""What PostgreSQL's own catalogue says about the walls between owners."""

from typing import Any

import pytest
import sqlalchemy as sa
from psycopg import errors, sql

from ecopick.core.db import new_id
from ecopick.models import metadata
from tests.architecture.conftest import Connection, Walls
from tests.architecture.rows import MADE_BY_DATABASE, row_of
from tests.architecture.scopes import enter

OPEN = {
    "alembic_version",
    "auth_challenges",
    "blocked_sources",
    "rate_limit_attempts",
    "rate_limit_violations",
    "security_alerts",
}
STREAMS = ("audit_events", "auth_audit_events", "access_events", "access_decisions")
TABLES = sorted(table.name for table in metadata.tables.values())
WALLED = [name for name in TABLES if name not in OPEN]
OWNED = [
    name
    for name in WALLED
    if "property_owner_id" in metadata.tables[name].columns and name not in MADE_BY_DATABASE
]
# The owner may be missing: the row is a vendor's, or a session that has not chosen.
OWNER_OPTIONAL = {
    "auth_sessions",
    "billing_rates",
    "memberships",
    "service_catalogs",
    "service_items",
}
# Walled by the person: the owner only says on whose behalf.
PERSONAL = {"account_mails", "auth_sessions", "idempotency_keys", "notifications"}
DEFINERS = {
    "audit_all_heads",
    "owners_awaiting",
    "owners_for_support",
    "served_owners",
    "erase_account",
    "is_held",
    "is_last_owner",
    "owners_holding",
    "owners_with_privacy_work",
    "owners_with_approvals",
    "account_protection",
    "app_own_vendor_org_ids",
    "app_vendor_org_ids",
    "audit_seal",
    "auth_scope",
    "due_work",
    "find_email_verification",
    "find_identity",
    "find_invitation",
    "find_passkey",
    "find_pending_login",
    "find_refresh_token",
    "find_session",
    "find_tenant_company",
    "find_unit_place",
    "find_user_by_email",
    "find_building_owner",
    "find_request_link",
    "find_inbound_address",
    "find_place_code",
    "known_people",
    "owners_with_imports",
    "find_reply_address",
    "find_opportunity_link",
    "find_vendor_link",
    "find_waiting_invitation",
    "people_of_alerts",
    "prune_idempotency_keys",
    "prune_rate_limits",
    "prune_sign_in",
    "search_tickets",
    "similar_tickets",
    "owners_with_bulk_acts",
    "owners_with_files",
    "owners_with_mailed_requests",
    "owners_with_incident_runs",
    "owners_with_certificates",
    "owners_with_list_exports",
    "find_vendor_sublink",
    "owners_with_invoice_files",
    "owners_with_visits",
}


def _all(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


def test_every_table_is_under_forced_row_security(past_walls: Connection) -> None:
    """Security bar 16: ENABLE and FORCE on 100 % of tenant tables and their partitions."""
    found = {
        name: (enabled, forced)
        for name, enabled, forced in _all(
            past_walls,
            "select relname, relrowsecurity, relforcerowsecurity from pg_class"
            " where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')",
        )
    }
    assert set(TABLES) <= set(found)
    lax = {name for name, flags in found.items() if flags != (True, True)}
    assert lax == OPEN


def test_every_walled_table_has_a_policy(past_walls: Connection) -> None:
    with_policy = {
        row[0] for row in _all(past_walls, "select tablename from pg_policies group by tablename")
    }
    assert with_policy == set(WALLED)


def test_roles_are_as_narrow_as_designed(past_walls: Connection) -> None:
    found = {
        name: rest
        for name, *rest in _all(
            past_walls,
            "select rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole"
            " from pg_roles where rolname like 'ecopick_%'",
        )
    }
    assert found == {
        "ecopick_app": [True, False, False, False, False],
        "ecopick_definer": [False, False, True, False, False],
        "ecopick_migrator": [True, False, True, False, False],
        "ecopick_owner": [False, False, False, False, False],
    }
    assert (
        _all(
            past_walls,
            "select 1 from pg_auth_members where member = 'ecopick_app'::regrole"
            " union all select 1 from pg_class where relowner = 'ecopick_app'::regrole"
            " union all select 1 from pg_proc where proowner = 'ecopick_app'::regrole",
        )
        == []
    )


def test_only_the_listed_functions_look_past_row_security(past_walls: Connection) -> None:
    rows = _all(
        past_walls,
        "select proname, pg_get_userbyid(proowner), proconfig::text like '%search_path%',"
        " has_function_privilege('public', oid, 'execute') from pg_proc"
        " where pronamespace = 'public'::regnamespace and prosecdef",
    )
    assert {name for name, owner, _, _ in rows if owner == "ecopick_definer"} == DEFINERS
    assert {name for name, owner, _, _ in rows if owner != "ecopick_definer"} == {
        "ensure_audit_partitions"
    }
    assert all(pinned and not public for _, _, pinned, public in rows)


@pytest.mark.parametrize("table", WALLED)
def test_no_scope_no_rows(
    table: str, walls: Walls, past_walls: Connection, inside: Connection
) -> None:
    """Security bar 16: with data present, the app role without a scope sees none of it."""
    count = sql.SQL("select count(*) from {}").format(sql.Identifier(table))
    assert past_walls.execute(count).fetchone()[0] >= 2  # type: ignore[index]
    assert inside.execute(count).fetchone() == (0,)
    enter(inside)
    assert inside.execute(count).fetchone() == (0,)
    enter(inside, user=new_id())
    expected = 1 if table == "users" else 0  # the system's own person
    assert inside.execute(count).fetchone() == (expected,)


@pytest.mark.parametrize("table", WALLED)
def test_one_owner_never_sees_the_other(table: str, walls: Walls, inside: Connection) -> None:
    """Staff of the first owner, who has relations of every kind, sees nothing of the second."""
    mine, theirs = walls.mine, walls.theirs
    enter(inside, [mine["property_owners"]["id"]], mine["users"]["id"])
    columns = metadata.tables[table].columns
    foreign = {
        "property_owner_id": theirs["property_owners"]["id"],
        "user_id": theirs["users"]["id"],
        "vendor_org_id": theirs["vendor_orgs"]["id"],
        "id": theirs.get(table, {}).get("id"),
    }
    for column, value in foreign.items():
        if column in columns and value is not None:
            query = sql.SQL("select count(*) from {} where {} = %s").format(
                sql.Identifier(table), sql.Identifier(column)
            )
            assert inside.execute(query, [value]).fetchone() == (0,), column


@pytest.mark.parametrize("table", [name for name in WALLED if name not in OWNER_OPTIONAL])
def test_own_rows_are_seen(table: str, walls: Walls, inside: Connection) -> None:
    mine = walls.mine
    enter(inside, [mine["property_owners"]["id"]], mine["users"]["id"])
    inside.execute("select set_config('app.email', %s, true)", [mine["users"]["email"]])
    query = sql.SQL("select count(*) from {}").format(sql.Identifier(table))
    assert inside.execute(query).fetchone()[0] >= 1  # type: ignore[index]


@pytest.mark.parametrize("table", [name for name in OWNED if name != "auth_sessions"])
def test_nothing_is_written_for_another_owner(table: str, walls: Walls) -> None:
    """Security bar 18: not even with the other owner's own ids."""
    mine, theirs = walls.mine, walls.theirs
    engine = sa.create_engine(walls.app, poolclass=sa.NullPool)
    chosen = {"user_id": theirs["users"]["id"]} if "user_id" in theirs[table] else {}
    row = row_of(
        metadata.tables[table],
        {name: given for name, given in theirs.items() if name != table},
        **chosen,
    )
    with engine.connect() as connection:
        enter(
            connection.connection.driver_connection,  # type: ignore[arg-type]
            [mine["property_owners"]["id"]],
            mine["users"]["id"],
        )
        with pytest.raises(sa.exc.ProgrammingError) as refused:
            connection.execute(sa.insert(metadata.tables[table]).values(row))
        assert "row-level security" in str(refused.value)


@pytest.mark.parametrize("table", [name for name in OWNED if name not in PERSONAL])
def test_no_row_moves_to_another_owner(table: str, walls: Walls, inside: Connection) -> None:
    mine, theirs = walls.mine, walls.theirs
    enter(inside, [mine["property_owners"]["id"]], mine["users"]["id"])
    query = sql.SQL("update {} set property_owner_id = %s where property_owner_id = %s").format(
        sql.Identifier(table)
    )
    with pytest.raises((errors.InsufficientPrivilege, errors.GeneratedAlways)):
        inside.execute(query, [theirs["property_owners"]["id"], mine["property_owners"]["id"]])


@pytest.mark.parametrize("table", [*STREAMS, "audit_seals"])
@pytest.mark.parametrize(
    "change",
    ["update {} set property_owner_id = property_owner_id", "delete from {}", "truncate {}"],
)
def test_streams_take_no_change(
    table: str,
    change: str,
    walls: Walls,
    inside: Connection,
    past_walls: Connection,
) -> None:
    """Security bar 42: refused by grant to the app, by trigger to everybody."""
    statement = sql.SQL(change).format(sql.Identifier(table))  # type: ignore[arg-type]
    enter(inside, [walls.mine["property_owners"]["id"]], walls.mine["users"]["id"])
    for connection in (inside, past_walls):
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute(statement)


@pytest.mark.parametrize("table", ["audit_seals", "audit_heads"])
def test_the_app_writes_no_seals(table: str, inside: Connection) -> None:
    for privilege in ("insert", "update", "delete", "truncate", "trigger", "references"):
        found = inside.execute(
            "select has_table_privilege('ecopick_app', %s, %s)", [table, privilege]
        ).fetchone()
        assert found == (False,), privilege


def test_partitions_are_reached_through_their_stream_only(
    past_walls: Connection, inside: Connection
) -> None:
    partitions = [
        row[0]
        for row in _all(
            past_walls, "select relname from pg_class where relispartition and relkind = 'r'"
        )
    ]
    assert len(partitions) == len(STREAMS) * 20
    for name in partitions:
        for privilege in ("select", "insert", "update", "delete", "truncate"):
            found = inside.execute(
                "select has_table_privilege('ecopick_app', %s, %s)", [name, privilege]
            ).fetchone()
            assert found == (False,), (name, privilege)


def test_the_app_deletes_only_what_is_used_up(past_walls: Connection) -> None:
    found = {
        row[0]
        for row in _all(
            past_walls,
            "select relname from pg_class where relnamespace = 'public'::regnamespace"
            " and relkind in ('r', 'p') and has_table_privilege('ecopick_app', oid, 'delete')",
        )
    }
    assert found == {
        "account_mails",
        "auth_challenges",
        "auth_email_verifications",
        "auth_identities",
        "auth_pending_logins",
        "auth_recovery_codes",
        "idempotency_keys",
        "import_errors",
        "rate_limit_attempts",
        "rate_limit_violations",
        "user_settings",
        "webauthn_credentials",
    }


def test_foreign_keys_cannot_leave_the_owner() -> None:
    """Between two tables with an owner, every foreign key carries the owner."""
    loose = []
    for name in OWNED:
        for constraint in metadata.tables[name].foreign_key_constraints:
            target = constraint.referred_table
            if target.name == "property_owners" or "property_owner_id" not in target.columns:
                continue
            pairs = {(e.parent.name, e.column.name) for e in constraint.elements}
            vendors_side = {("vendor_org_id", "vendor_org_id"), ("catalog_id", "id")}
            if ("property_owner_id", "property_owner_id") not in pairs and pairs != vendors_side:
                loose.append((name, sorted(pairs)))
    assert loose == []


def test_the_owner_is_never_missing() -> None:
    missing = {
        name for name in OWNED if metadata.tables[name].columns["property_owner_id"].nullable
    }
    assert missing == OWNER_OPTIONAL


def test_nobody_changes_how_another_signs_in(walls: Walls, inside: Connection) -> None:
    mine = walls.mine
    owner, person = mine["property_owners"]["id"], mine["users"]["id"]
    enter(inside, [owner], new_id())
    inside.execute("update users set phone = '+49 761 1' where id = %s", [person])
    with pytest.raises(errors.InsufficientPrivilege):
        inside.execute("update users set password_hash = 'x' where id = %s", [person])
    inside.rollback()
    enter(inside, [owner], person)
    inside.execute("update users set password_hash = 'x' where id = %s", [person])


def test_a_person_asks_for_a_role_but_does_not_take_it(walls: Walls, inside: Connection) -> None:
    mine, theirs = walls.mine, walls.theirs
    add = (
        "insert into memberships (id, user_id, role, property_owner_id, status, created_at,"
        " updated_at) values (%s, %s, 'PROPERTY_OWNER', %s, %s, now(), now())"
    )
    me, other_owner = mine["users"]["id"], theirs["property_owners"]["id"]
    enter(inside, [mine["property_owners"]["id"]], me)
    inside.execute(add, [new_id(), me, other_owner, "pending"])
    with pytest.raises(errors.InsufficientPrivilege):
        inside.execute(add, [new_id(), me, other_owner, "active"])
