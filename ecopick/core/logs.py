"""Logs: one JSON object a line, with the request that the work belongs to.

A line holds ``at``, ``level``, ``logger``, ``message``, ``request_id`` and
``correlation_id`` where work has an origin, ``exception`` where there is one,
and the ``facts`` that the caller adds. Nothing personal belongs in any of it.
"""

import json
import logging
from typing import Any

from ecopick.core import clock
from ecopick.core.context import known_origin


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, Any] = {
            "at": clock.now().isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        at = known_origin()
        if at is not None:
            line["request_id"] = at.request_id
            line["correlation_id"] = at.correlation_id or at.request_id
        line.update(getattr(record, "facts", {}))
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def write_json() -> None:
    """Let this process log to its standard error in JSON: ours from INFO on, warnings of others."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("ecopick").setLevel(logging.INFO)
