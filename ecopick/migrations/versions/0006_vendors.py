"""Vendors: from the mailed link to the paid invoice."""

from alembic import op

from ecopick.migrations.compare import run_file

revision: str = "0006_vendors"
down_revision: str | None = "0005_requests"
branch_labels = None
depends_on = None

# Each part has its way back in `<part>_down.sql`.
PARTS = (
    "visits",
    "quotes",
    "directory",
    "billing",
)


# New keys are checked against the rows that are there: the owner of the tables has to see them.
FORCED = (
    "select relname from pg_class where relforcerowsecurity and relkind in ('r', 'p') order by 1"
)


def upgrade() -> None:
    connection = op.get_bind()
    forced = list(connection.exec_driver_sql(FORCED).scalars())
    for table in forced:
        connection.exec_driver_sql(f'alter table "{table}" no force row level security')
    for part in PARTS:
        run_file(connection, revision, part)
    for table in forced:
        connection.exec_driver_sql(f'alter table "{table}" force row level security')


def downgrade() -> None:
    for part in reversed(PARTS):
        run_file(op.get_bind(), revision, f"{part}_down")
