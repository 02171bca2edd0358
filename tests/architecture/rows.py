"""One believable row for every table, made from the models themselves."""

import datetime as dt
import decimal
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, CITEXT, JSONB

from ecopick.core import clock
from ecopick.core.db import EnumText, new_id
from ecopick.models import metadata

Row = dict[str, Any]
Rows = dict[str, Row]

# Written by the database alone.
MADE_BY_DATABASE = ("audit_seals", "audit_heads")
# Where a table wants one of several organisations, or a rule goes beyond types.
CHOICES: dict[str, Row] = {
    "memberships": {"vendor_org_id": None, "tenant_company_id": None, "role": "BUILDING_MANAGER"},
    "service_catalogs": {"vendor_org_id": None},
    "service_items": {"vendor_org_id": None},
    "assignments": {"type": "VENDOR", "assigned_to_user_id": None},
    # There is one ticket only, and live links lead to another one.
    "ticket_links": {"removed_at": clock.now()},
    "tickets": {"parent_id": None, "current_assignment_id": None},
    "vendor_performances": {"rating": 4},
    "privacy_retention": {"months": 12},
    "invitations": {"organization_type": "property_owner"},
    # A photo and a tick say when they were made.
    "visits": {"photo_id": None},
    "visit_checks": {"ticked_by_id": None},
    # What a price comes to is what it is made of.
    "quotes": {
        "net_amount": decimal.Decimal(100),
        "tax_amount": decimal.Decimal(19),
        "total_amount": decimal.Decimal(119),
    },
    # Two people approve, not one twice.
    "invoices": {"first_approved_by_id": None},
}


def fill(connection: sa.Connection) -> Rows:
    """Insert one row into every table, all for one new owner and one new person."""
    rows: Rows = {}
    for table in metadata.sorted_tables:
        if table.name in MADE_BY_DATABASE:
            continue
        rows[table.name] = row_of(table, rows)
        connection.execute(sa.insert(table).values(rows[table.name]))
    return rows


def row_of(table: sa.Table, rows: Rows, **chosen: Any) -> Row:
    """A row that points at ``rows``; not inserted."""
    row: Row = {**CHOICES.get(table.name, {}), **chosen}
    for constraint in table.foreign_key_constraints:
        target = rows.get(constraint.referred_table.name)
        if target is None:
            continue
        for element in constraint.elements:
            row.setdefault(element.parent.name, target[element.column.name])
    for column in table.columns:
        if column.name in row or column.computed is not None or column.identity is not None:
            continue
        if column.name == "id":
            row["id"] = new_id()
        elif not column.nullable and column.default is None and column.server_default is None:
            row[column.name] = value_of(column)
    return row


def value_of(column: sa.Column[Any]) -> Any:
    """Any value that the column takes."""
    match column.type:
        case EnumText(values=values):
            return next(iter(values))
        case CITEXT():
            return f"{uuid.uuid4().hex}@example.org"
        case JSONB() | ARRAY():
            return []
        case sa.Uuid():
            return new_id()
        case sa.DateTime():
            return clock.now() + dt.timedelta(days=1)
        case sa.Date():
            return dt.date(2026, 1, 1)
        case sa.Boolean():
            return True
        case sa.Integer():
            return 1
        case sa.Numeric():
            return decimal.Decimal("10.00")
        case sa.LargeBinary():
            return uuid.uuid4().bytes
        case _:
            return f"{column.name} {uuid.uuid4().hex[:8]}"
