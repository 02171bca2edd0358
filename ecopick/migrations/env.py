"""Alembic's environment.

`ecopick.server.migrate` hands over an open connection that already acts as the
owner role. Run by Flask-Migrate or plain Alembic, it connects as the migrator
(`MIGRATION_DATABASE_URL`) and takes on the owner role itself.
"""

import os

from alembic import context
from sqlalchemy import Connection, NullPool, create_engine, text

from ecopick.migrations.compare import include_name
from ecopick.models import metadata


def migrate(connection: Connection) -> None:
    """Run the migrations in the connection's transaction."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_name=include_name,
        compare_type=True,
        compare_server_default=False,
    )
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("Migrations need a connection; --sql is not supported.")

given = context.config.attributes.get("connection")
if isinstance(given, Connection):
    migrate(given)
else:
    engine = create_engine(os.environ["MIGRATION_DATABASE_URL"], poolclass=NullPool)
    with engine.begin() as opened:
        opened.execute(text("set local role ecopick_owner"))
        migrate(opened)
