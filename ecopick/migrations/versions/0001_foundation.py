"""Foundation: all tables, the scope, the audit, row-level security, rights."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from ecopick.migrations.compare import run_file

revision: str = "0001_foundation"
down_revision: str | None = None
branch_labels = None
depends_on = None

PARTS = (
    "scope",
    "tables_property",
    "tables_people",
    "tables_auth",
    "tables_security",
    "tables_governance",
    "tables_vendors",
    "tables_tickets",
    "tables_work",
    "tables_core",
    "tables_audit",
    "foreign_keys",
    "audit",
    "definer",
    "security",
    "grants",
)


def upgrade() -> None:
    connection = op.get_bind()
    for part in PARTS:
        run_file(connection, revision, part)
    _seed(connection)


def downgrade() -> None:
    run_file(op.get_bind(), revision, "down")


def _seed(connection: sa.Connection) -> None:
    """The reserved owner and the system's person, who cannot sign in.

    Row security binds the owner role too; the migrator itself passes it.
    """
    at = datetime.now(UTC)
    connection.execute(sa.text("set local role none"))
    connection.execute(
        sa.text(
            "insert into property_owners"
            " (id, name, owner_type, ticket_prefix, settings, created_at, updated_at)"
            " values (platform_owner_id(), 'Ecopick platform', 'property_management', 'EP', '{}',"
            " :at, :at)"
        ),
        {"at": at},
    )
    connection.execute(
        sa.text(
            "insert into users (id, email, email_verified, name, language, is_app_admin,"
            " is_system, two_factor_enabled, created_at, updated_at)"
            " values (system_user_id(), 'system@ecopick.invalid', false, 'Ecopick', 'en', false,"
            " true, false, :at, :at)"
        ),
        {"at": at},
    )
    connection.execute(sa.text("set local role ecopick_owner"))
