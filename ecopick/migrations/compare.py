"""What a comparison between models and database looks at, and how SQL files are run."""

import re
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

SQL = Path(__file__).resolve().parent / "sql"
_PARTITION = re.compile(
    r"^(audit_events|auth_audit_events|access_events|access_decisions)_(p|rest)"
)


def include_name(name: str | None, kind: str, parents: Any) -> bool:
    """Whether autogenerate may look at it: partitions belong to their stream."""
    return not (kind == "table" and name is not None and _PARTITION.match(name))


def run_file(connection: Connection, revision: str, name: str) -> None:
    """Run ``sql/<revision>/<name>.sql`` as it stands: no bound values, several statements."""
    statements = (SQL / revision / f"{name}.sql").read_text()
    connection.exec_driver_sql(statements, execution_options={"no_parameters": True})
