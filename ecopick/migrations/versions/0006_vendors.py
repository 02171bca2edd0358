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


def upgrade() -> None:
    for part in PARTS:
        run_file(op.get_bind(), revision, part)


def downgrade() -> None:
    for part in reversed(PARTS):
        run_file(op.get_bind(), revision, f"{part}_down")
