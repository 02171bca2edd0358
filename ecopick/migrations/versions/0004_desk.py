"""The desk: settings, views, exports, bulk acts, incidents, search."""

from alembic import op

from ecopick.migrations.compare import run_file

revision: str = "0004_desk"
down_revision: str | None = "0003_governance"
branch_labels = None
depends_on = None

# Each part has its way back in `<part>_down.sql`.
PARTS = (
    "settings",
    "views",
    "search",
    "exports",
    "bulk",
    "incidents",
    "conversation",
)


def upgrade() -> None:
    for part in PARTS:
        run_file(op.get_bind(), revision, part)


def downgrade() -> None:
    for part in reversed(PARTS):
        run_file(op.get_bind(), revision, f"{part}_down")
