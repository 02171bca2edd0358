"""Authentication: second factors, mailed proofs, passkeys, identity providers."""

from alembic import op

from ecopick.migrations.compare import run_file

revision: str = "0002_authentication"
down_revision: str | None = "0001_foundation"
branch_labels = None
depends_on = None

# Each part has its way back in `<part>_down.sql`; rights need none.
PARTS = ("accounts", "defences", "requests", "identities")


def upgrade() -> None:
    for part in (*PARTS, "rights"):
        run_file(op.get_bind(), revision, part)


def downgrade() -> None:
    for part in reversed(PARTS):
        run_file(op.get_bind(), revision, f"{part}_down")
