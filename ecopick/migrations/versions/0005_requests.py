"""Requests from outside: codes of places, the public form, mail, scans, imports, ratings."""

from alembic import op

from ecopick.migrations.compare import run_file

revision: str = "0005_requests"
down_revision: str | None = "0004_desk"
branch_labels = None
depends_on = None

# Each part has its way back in `<part>_down.sql`.
PARTS = (
    "codes",
    "public",
    "mail",
    "scans",
    "imports",
    "residents",
    "search",
)


def upgrade() -> None:
    for part in PARTS:
        run_file(op.get_bind(), revision, part)


def downgrade() -> None:
    for part in reversed(PARTS):
        run_file(op.get_bind(), revision, f"{part}_down")
