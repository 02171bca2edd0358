"""Case files: one ticket as a ZIP that anybody can check without the product."""

import hashlib
import json
import logging
import tempfile
import uuid
import zipfile
from dataclasses import dataclass, field
from datetime import timedelta
from typing import IO, Any, BinaryIO, cast

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from ecopick.adapters.errors import ObjectMissing
from ecopick.adapters.typesetting import FOLDER, typeset
from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.changes import plain
from ecopick.core.text import use_language
from ecopick.core.uow import WorkSession
from ecopick.domains.audit.evidence import SealedEntry, Walk, sealed_entries, walk_from
from ecopick.domains.audit.models import CaseFile, CaseFileState
from ecopick.domains.auth.queries.actors import load_user_actor
from ecopick.domains.tickets.models import Attachment, MessageVisibility, ScanState
from ecopick.domains.tickets.outputs import TicketOut
from ecopick.domains.tickets.queries.detail import ticket_detail
from jobs.case_file_words import instructions, summary
from jobs.runtime import Runtime, runtime

log = logging.getLogger("ecopick.jobs.case_files")
KEPT = timedelta(days=7)
MAX_ATTEMPTS = 3
IN_MEMORY = 8 * 1024 * 1024


@dataclass
class Contents:
    """What goes into one case file."""

    ticket: TicketOut
    entries: list[SealedEntry]
    walk: Walk | None
    hidden: frozenset[uuid.UUID]
    files: list[tuple[str, str, str]] = field(default_factory=list)


def make_waiting() -> int:
    """Make every case file that was asked for; how many are ready now."""
    at = runtime()
    with at.alone("case_files") as alone:
        if not alone:
            return 0
        with at.database.transaction(Actor.system().scope) as session:
            owners = session.scalars(text("select owners_awaiting('case_file')")).all()
        return sum(_make_for(at, uuid.UUID(str(owner))) for owner in owners)


def remove_expired() -> int:
    """Remove the objects of case files whose week is over; how many."""
    at, removed = runtime(), 0
    with at.database.transaction(Actor.system().scope) as session:
        owners = session.scalars(text("select property_owner_id from audit_all_heads()")).all()
    for owner_id in {uuid.UUID(str(owner)) for owner in owners}:
        with at.as_system(owner_id) as (session, _system):
            rows = session.execute(
                select(CaseFile.id, CaseFile.storage_key).where(
                    CaseFile.storage_key.is_not(None), CaseFile.expires_at <= clock.now()
                )
            ).all()
        for row in rows:
            at.storage.delete(row.storage_key)
            _keep(at, owner_id, row.id, storage_key=None)
            removed += 1
    return removed


def _make_for(at: Runtime, owner_id: uuid.UUID) -> int:
    with at.as_system(owner_id) as (session, _system):
        waiting = session.scalars(
            select(CaseFile.id)
            .where(CaseFile.state == CaseFileState.WAITING)
            .order_by(CaseFile.created_at)
        ).all()
    return sum(_make(at, owner_id, each) for each in waiting)


def _make(at: Runtime, owner_id: uuid.UUID, file_id: uuid.UUID) -> bool:
    """Make one; one that fails three times is given up."""
    asked = _begin(at, owner_id, file_id)
    try:
        actor = load_user_actor(at.database, asked.asked_by_id, owner_id)
        if actor is None:
            raise LookupError("whoever asked is gone")
        with use_language(asked.language), tempfile.SpooledTemporaryFile(IN_MEMORY) as spool:
            target = cast(BinaryIO, spool)
            _write(at, actor, asked, target)
            size = target.tell()
            target.seek(0)
            digest = _digest(target)
            target.seek(0)
            key = f"{owner_id}/case-files/{file_id}.zip"
            at.storage.put(key, target, size=size)
    except Exception:
        log.exception("case file %s was not made", file_id)
        if asked.attempts >= MAX_ATTEMPTS:
            _keep(at, owner_id, file_id, state=CaseFileState.FAILED)
        return False
    _keep(
        at,
        owner_id,
        file_id,
        state=CaseFileState.READY,
        storage_key=key,
        size_bytes=size,
        sha256=digest,
        ready_at=clock.now(),
        expires_at=clock.now() + KEPT,
    )
    return True


def _digest(source: BinaryIO) -> bytes:
    found = hashlib.sha256()
    while chunk := source.read(1 << 20):
        found.update(chunk)
    return found.digest()


def _begin(at: Runtime, owner_id: uuid.UUID, file_id: uuid.UUID) -> CaseFile:
    with at.as_system(owner_id) as (session, _system):
        session.execute(
            update(CaseFile)
            .where(CaseFile.id == file_id)
            .values(attempts=CaseFile.attempts + 1, files_done=0)
        )
        found = session.get_one(CaseFile, file_id)
        session.refresh(found)
    return found


def _keep(at: Runtime, owner_id: uuid.UUID, file_id: uuid.UUID, **facts: Any) -> None:
    with at.as_system(owner_id) as (session, _system):
        session.execute(update(CaseFile).where(CaseFile.id == file_id).values(**facts))


def _write(at: Runtime, actor: Actor, asked: CaseFile, target: IO[bytes]) -> None:
    with at.database.transaction(actor.scope) as session:
        contents = _contents(session, actor, asked)
        keys = _stored(session, contents.ticket)
    _keep(at, asked.property_owner_id, asked.id, files_total=len(keys))
    hashes: dict[str, str] = {}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(name: str, content: bytes) -> None:
            archive.writestr(name, content)
            hashes[name] = hashlib.sha256(content).hexdigest()

        for number, (name, key, kind) in enumerate(keys, 1):
            digest = _copy(at, archive, f"attachments/{name}", key)
            if digest is not None:
                hashes[f"attachments/{name}"] = digest
                contents.files.append((name, kind, digest))
            _keep(at, asked.property_owner_id, asked.id, files_done=number)
        moment = clock.now()
        data = summary(contents.ticket, contents.entries, contents.walk, contents.files, moment)
        add("summary.pdf", typeset("case_file", data, at=moment))
        add("ticket.json", _json(contents.ticket.model_dump(mode="json")))
        add(
            "audit.json", _json({"entries": [_entry(e, contents.hidden) for e in contents.entries]})
        )
        add("chain.json", _json(contents.walk.out() if contents.walk else {}))
        add("README.txt", instructions().encode())
        add("verify.py", (FOLDER / "verify.py").read_bytes())
        manifest = {"made_at": moment.isoformat(), "ticket": contents.ticket.reference}
        archive.writestr("manifest.json", _json({**manifest, "files": hashes}))


def _contents(session: WorkSession, actor: Actor, asked: CaseFile) -> Contents:
    """The ticket as the asker sees it, team notes and their files left out unless wanted."""
    ticket = ticket_detail(session, actor, asked.ticket_id, with_audit=True)
    entries = sealed_entries(session, asked.property_owner_id, asked.ticket_id)
    walk = walk_from(session, asked.property_owner_id, entries[0]) if entries else None
    hidden: frozenset[uuid.UUID] = frozenset()
    if not asked.with_notes:
        notes = {m.id for m in ticket.messages if m.visibility is MessageVisibility.TEAM}
        files = {a.id for a in ticket.attachments if a.message_id in notes}
        ticket.messages = [m for m in ticket.messages if m.id not in notes]
        ticket.attachments = [a for a in ticket.attachments if a.id not in files]
        hidden = frozenset(notes | files)
        ticket.audit_events = [
            e
            for e in ticket.audit_events
            if str((e.meta or {}).get("resource_id")) not in {str(each) for each in hidden}
        ]
    return Contents(ticket, entries, walk, hidden)


def _stored(session: Session, ticket: TicketOut) -> list[tuple[str, str, str]]:
    """Name in the archive, storage key and type of every clean file."""
    rows = session.execute(
        select(Attachment.file_name, Attachment.storage_key, Attachment.type)
        .where(
            Attachment.id.in_([each.id for each in ticket.attachments]),
            Attachment.scan_state == ScanState.CLEAN,
        )
        .order_by(Attachment.created_at, Attachment.id)
    ).all()
    return [
        (f"{number:02d}-{_safe(row.file_name)}", row.storage_key, row.type.value)
        for number, row in enumerate(rows, 1)
    ]


def _safe(name: str) -> str:
    """A file name that no archive program takes for a path."""
    kept = "".join(char if char.isalnum() or char in "._- " else "_" for char in name)
    return kept.strip(" .")[-100:] or "file"


def _copy(at: Runtime, archive: zipfile.ZipFile, name: str, key: str) -> str | None:
    """Copy a stored object into the archive; its SHA-256, None where it is gone."""
    digest = hashlib.sha256()
    try:
        with at.storage.open(key) as source, archive.open(name, "w", force_zip64=True) as entry:
            while chunk := source.read(1 << 20):
                digest.update(chunk)
                entry.write(chunk)
    except ObjectMissing:
        log.error("a clean file is missing from the storage: %s", key)
        return None
    return digest.hexdigest()


def _entry(entry: SealedEntry, hidden: frozenset[uuid.UUID]) -> dict[str, Any]:
    body: str | None = entry.body.decode()
    if any(str(each) in entry.body.decode() for each in hidden):
        body = None
    return {
        "id": str(entry.id),
        "seq": entry.seq,
        "body": body,
        "content_hash": entry.content_hash.hex(),
        "prev_hash": entry.prev_hash.hex(),
        "hash": entry.hash.hex(),
    }


def _json(facts: Any) -> bytes:
    return json.dumps(plain(facts), ensure_ascii=False, indent=1).encode()
