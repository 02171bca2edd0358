"""The words of a case file, in its reader's language."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from ecopick.core.text import gettext as _
from ecopick.core.text import language
from ecopick.domains.audit.evidence import SealedEntry, Walk
from ecopick.domains.tickets.outputs import TicketOut
from ecopick.web.labels import label

Files = list[tuple[str, str, str]]
SHOWN_FIELDS = frozenset({"status", "priority", "category", "title", "state", "reason"})
KINDS = {"status": "TicketStatus", "priority": "TicketPriority", "state": "AssignmentState"}


def _moment(at: datetime | None, zone: ZoneInfo) -> str:
    if at is None:
        return "–"
    return str(format_datetime(at.astimezone(zone), "medium", locale=language()))


def summary(
    ticket: TicketOut,
    entries: list[SealedEntry],
    walk: Walk | None,
    files: Files,
    made_at: datetime,
) -> dict[str, Any]:
    """The data of the PDF summary."""
    zone = ZoneInfo(ticket.building.time_zone)
    where = ", ".join(
        part
        for part in (
            ticket.building.name,
            ticket.unit.label if ticket.unit else None,
            ticket.unit_section.name if ticket.unit_section else None,
            ticket.building.address,
        )
        if part
    )
    return {
        "language": language(),
        "title": ticket.title,
        "reference": ticket.reference,
        "subtitle": where,
        "footer": _(
            "Case file of %(reference)s, made %(at)s",
            reference=ticket.reference,
            at=_moment(made_at, zone),
        ),
        "facts": [
            [_("Status"), label(ticket.status, "TicketStatus")],
            [_("Priority"), label(ticket.priority, "TicketPriority")],
            [_("Category"), label(ticket.category, "Category")],
            [_("Reported"), _moment(ticket.created_at, zone)],
            [_("Reported by"), ticket.reporter.name if ticket.reporter else "–"],
            [_("Vendor"), ticket.vendor_org.name if ticket.vendor_org else "–"],
            [_("Due"), _moment(ticket.sla_due_at, zone)],
            [_("Resolved"), _moment(ticket.resolved_at, zone)],
            [_("Closed"), _moment(ticket.closed_at, zone)],
        ],
        "description": ticket.description,
        "messages": [
            {
                "who": message.author.name if message.author else _("Unknown"),
                "at": _moment(message.created_at, zone),
                "body": message.body,
            }
            for message in ticket.messages
        ],
        "attachments": [
            {"name": name, "type": label(kind, "AttachmentType"), "sha256": digest}
            for name, kind, digest in files
        ],
        "history": _history(ticket, entries, zone),
        "proof": _proof(walk),
        "words": {
            "description": _("Description"),
            "messages": _("Messages"),
            "none": _("None"),
            "attachments": _("Attachments"),
            "attachment_head": [_("File"), _("Kind"), "SHA-256"],
            "history": _("History"),
            "history_head": [_("When"), _("What"), _("Who"), _("Number")],
            "proof": _("Proof"),
        },
    }


def _history(ticket: TicketOut, entries: list[SealedEntry], zone: ZoneInfo) -> list[dict[str, str]]:
    numbers = {entry.id: entry.seq for entry in entries}
    return [
        {
            "at": _moment(event.created_at, zone),
            "what": label(event.action, "AuditAction"),
            "changes": "; ".join(_changes(event.changes)),
            "who": event.actor_name or "Ecopick",
            "seq": str(numbers.get(event.id, "–")),
        }
        for event in reversed(ticket.audit_events)
    ]


def _changes(changes: list[dict[str, Any]]) -> list[str]:
    found = []
    for change in changes:
        name = str(change["field"]).rsplit(".", 1)[-1]
        if name not in SHOWN_FIELDS:
            continue
        before, after = (
            label(value, KINDS[name]) if value is not None and name in KINDS else value
            for value in (change.get("from"), change.get("to"))
        )
        found.append(f"{before or '–'} → {after or '–'}")
    return found


def _proof(walk: Walk | None) -> str:
    if walk is None:
        return _("There are no entries yet.")
    facts = walk.out()
    return _(
        "Every entry of the history carries a number and is chained to the one before by SHA-256. "
        "This file holds the entries of this ticket and the hashes of all entries from number "
        "%(first)s to %(last)s. The newest link is %(hash)s. README.txt says how to check it "
        "without Ecopick.",
        first=facts["first_seq"],
        last=facts["last_seq"],
        hash=facts["last_hash"],
    )


def instructions() -> str:
    """README.txt: what is in the archive and how to check it."""
    return (
        "\n\n".join(
            (
                _("What is in this archive"),
                _(
                    "summary.pdf: the summary for reading. ticket.json: the same for programs. "
                    "attachments: every file that was checked for viruses. audit.json: the history, "
                    "entry by entry. chain.json: the chain in which the entries stand. "
                    "manifest.json: the SHA-256 of every file."
                ),
                _("How to check it"),
                _(
                    "With Python 3.9 or later, run: python verify.py. It needs no network and no "
                    "other program, and is short enough to be read first. By hand: the SHA-256 of a "
                    "file must be the one in manifest.json. The SHA-256 of an entry's “body” must be "
                    "its “content_hash”. SHA-256 over the previous hash, the content hash and the "
                    "number as eight bytes must be the entry's “hash”."
                ),
                _(
                    "Values that concern a person are encrypted in “body”; they stand in plain text "
                    "in summary.pdf and ticket.json. An entry without “body” belongs to an internal "
                    "note; its hash still proves that it is where it was."
                ),
            )
        )
        + "\n"
    )
