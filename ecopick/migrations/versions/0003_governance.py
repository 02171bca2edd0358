"""Governance: proofs of the audit, approvals, delegation."""

from alembic import op

from ecopick.migrations.compare import run_file

revision: str = "0003_governance"
down_revision: str | None = "0002_authentication"
branch_labels = None
depends_on = None

# Each part has its way back in `<part>_down.sql`.
PARTS = (
    "audit",
    "approvals",
    "owners",
    "support",
    "privacy",
)


def upgrade() -> None:
    for part in PARTS:
        run_file(op.get_bind(), revision, part)


def downgrade() -> None:
    for part in reversed(PARTS):
        run_file(op.get_bind(), revision, f"{part}_down")
