"""The audit as a file, streamed while it is read."""

import json
from collections.abc import Iterator

from flask import Response, stream_with_context

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.uow import Database
from ecopick.domains.audit.inputs import ExportAudit
from ecopick.domains.audit.outputs import AuditLine
from ecopick.domains.audit.queries import begin_export, export_entries
from ecopick.web.csv_files import csv_lines
from ecopick.web.state import current_actor, database, db_session

COLUMNS = (
    "at",
    "stream",
    "action",
    "actor_name",
    "actor_id",
    "resource_type",
    "resource_id",
    "ticket_number",
    "granted",
    "outcome",
    "policy",
    "reason",
    "changes",
    "meta",
    "ip",
    "user_agent",
    "method",
    "route",
    "request_id",
    "correlation_id",
    "id",
)


def export(filters: ExportAudit) -> Response:
    """The file; 403 for anybody but a property owner. The reading itself is recorded."""
    actor = current_actor()
    begin_export(db_session(), actor, filters)
    lines = _csv if filters.format == "csv" else _json
    name = f"audit-{filters.stream}-{clock.now():%Y-%m-%d}.{filters.format}"
    kind = "text/csv; charset=utf-8" if filters.format == "csv" else "application/json"
    body = stream_with_context(lines(_entries(database(), actor, filters)))
    return Response(
        body,
        content_type=kind,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _entries(source: Database, actor: Actor, filters: ExportAudit) -> Iterator[AuditLine]:
    """Read in a transaction of its own: the request's ends before its answer is sent."""
    with source.transaction(actor.scope) as session:
        yield from export_entries(session, actor, filters)


def _csv(entries: Iterator[AuditLine]) -> Iterator[str]:
    def rows() -> Iterator[list[object]]:
        for entry in entries:
            facts = entry.out()
            yield [
                json.dumps(facts[name], ensure_ascii=False)
                if isinstance(facts[name], (list, dict))
                else facts[name]
                for name in COLUMNS
            ]

    return csv_lines(COLUMNS, rows())


def _json(entries: Iterator[AuditLine]) -> Iterator[str]:
    yield '{"items": ['
    for number, entry in enumerate(entries):
        yield ("," if number else "") + "\n" + json.dumps(entry.out(), ensure_ascii=False)
    yield "\n]}\n"
