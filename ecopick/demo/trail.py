"""The business audit of the demo: entries as the commands would have written them."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert
from sqlalchemy.orm import Session

from ecopick.core.audit.models import AuditEvent
from ecopick.core.audit.subjects import (
    PERSONAL_FIELDS,
    TEXT_FIELDS,
    make_text_keys,
    seal_about,
    seal_changes,
)
from ecopick.core.audit.writer import canonical
from ecopick.core.changes import SECRET_FIELDS, SILENT_FIELDS, plain
from ecopick.demo.rows import Row, table_of, uid

Change = dict[str, Any]
STEP = timedelta(microseconds=1)
_IGNORED = SECRET_FIELDS | SILENT_FIELDS


def diff(before: Row, after: Row, prefix: str = "") -> list[Change]:
    """What differs, as ``[{field, from, to}]`` by name; secrets and noise left out."""
    return [
        {"field": prefix + name, "from": plain(before.get(name)), "to": plain(after[name])}
        for name in sorted(after)
        if name not in _IGNORED and before.get(name) != after[name]
    ]


@dataclass
class Trail:
    """Entries that wait for the database."""

    entries: list[Row] = field(default_factory=list)
    subjects: dict[uuid.UUID, uuid.UUID] = field(default_factory=dict)

    def write(
        self,
        at: datetime,
        action: str,
        *,
        owner_id: uuid.UUID,
        ticket_id: uuid.UUID | None,
        actor_id: uuid.UUID | None,
        subject_id: uuid.UUID | None,
        changes: list[Change],
        meta: dict[str, Any],
    ) -> None:
        """Note one entry; ``subject_id`` is whom personal values are about."""
        name = ("audit", ticket_id, len(self.entries))
        entry_id = uid(*name)
        request = uid("request", *name).hex
        self.entries.append(
            {
                "id": entry_id,
                "property_owner_id": owner_id,
                "ticket_id": ticket_id,
                "actor_id": actor_id,
                "action": action,
                "meta": plain(meta) or None,
                "changes": changes,
                "ip": None,
                "user_agent": None,
                "method": None,
                "route": None,
                "request_id": request,
                "correlation_id": request,
                "created_at": at,
            }
        )
        if subject_id is not None and any(_is_personal(change) for change in changes):
            self.subjects[entry_id] = subject_id

    def insert(self, connection: Connection) -> None:
        """Store everything, oldest first; personal values are encrypted before.

        The database seals the entries into each owner's chain at commit.
        """
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            for owner_id in sorted({entry["property_owner_id"] for entry in self.entries}):
                of_owner = [e for e in self.entries if e["property_owner_id"] == owner_id]
                make_text_keys(session, owner_id, [_about(e) for e in of_owner if _has_text(e)])
            for entry in self.entries:
                self._seal(session, entry)
            session.commit()
        _spread(self.entries)
        self.entries.sort(key=lambda entry: (entry["created_at"], entry["id"]))
        connection.execute(
            insert(table_of(AuditEvent)),
            [{**entry, "body": canonical(entry)} for entry in self.entries],
        )

    def _seal(self, session: Session, entry: Row) -> None:
        owner_id, subject_id = entry["property_owner_id"], self.subjects.get(entry["id"])
        if subject_id is None and not _has_text(entry):
            return
        about = _about(entry)
        entry["changes"] = seal_changes(session, owner_id, subject_id, entry["changes"], about)
        for name in TEXT_FIELDS & (entry["meta"] or {}).keys():
            entry["meta"][name] = seal_about(session, owner_id, about, entry["meta"][name])


def _about(entry: Row) -> uuid.UUID:
    """What the texts of an entry are about."""
    found = entry["ticket_id"] or (entry["meta"] or {}).get("resource_id") or entry["id"]
    return found if isinstance(found, uuid.UUID) else uuid.UUID(str(found))


def _has_text(entry: Row) -> bool:
    return bool(TEXT_FIELDS & (entry["meta"] or {}).keys()) or any(
        _name(change) in TEXT_FIELDS | PERSONAL_FIELDS for change in entry["changes"]
    )


def _spread(entries: list[Row]) -> None:
    """What one ticket went through at one moment keeps its order, a microsecond apart."""
    last: dict[object, datetime] = {}
    for entry in entries:
        before = last.get(entry["ticket_id"])
        if before is not None and timedelta(0) <= before - entry["created_at"] < 1000 * STEP:
            entry["created_at"] = before + STEP
        last[entry["ticket_id"]] = entry["created_at"]


def _is_personal(change: Change) -> bool:
    return _name(change) in PERSONAL_FIELDS


def _name(change: Change) -> str:
    return str(change["field"]).rsplit(".", 1)[-1]
