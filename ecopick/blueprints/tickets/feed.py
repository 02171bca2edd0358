"""What happened on a ticket, as one conversation: messages, files and changes by day.

The newest stand at the end. A long conversation shows its last part; a key says from
where, so that more arrives without counting.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from markupsafe import Markup, escape

from ecopick.blueprints.tickets import history_words as words
from ecopick.core.text import gettext as _
from ecopick.core.text import ngettext
from ecopick.domains.tickets.outputs import AttachmentOut, MessageOut
from ecopick.domains.tickets.queries.detail import TicketView
from ecopick.domains.tickets.queries.history import HistoryEntry
from ecopick.domains.tickets.queries.mentionable import mention_pattern
from ecopick.domains.tickets.queries.readers import Reader
from ecopick.web.formats import listed, local_date, local_time, near_day, zoned

# Shown as the message or file itself.
SHOWN_ELSEWHERE = frozenset({"MESSAGE_POSTED", "ATTACHMENT_UPLOADED"})
PART = 50
MOST_NAMES = 3
Show = Literal["all", "messages", "changes"]
# Orders what happened: the time, changes before what was written then, the id.
Key = tuple[str, int, str]


@dataclass(frozen=True)
class Item:
    """A message, a file without one, or a change, at its time."""

    at: datetime
    kind: Literal["report", "message", "file", "change"]
    message: MessageOut | None = None
    file: AttachmentOut | None = None
    entry: HistoryEntry | None = None
    sentence: str = ""
    icon: str = "circle"
    tone: str = "slate"
    when: str = ""
    text: str = ""
    seen: str = ""


@dataclass
class Day:
    """All items of one day, oldest first."""

    title: str
    items: list[Item] = field(default_factory=list)


@dataclass(frozen=True)
class Part:
    """What of a conversation is shown: stored entries and items, and where the part before
    it begins (None at the beginning)."""

    rows: list[Any]
    parts: list[Any]
    earlier: str | None


def part_of(view: TicketView, rows: Sequence[Any], show: Show, since: str | None) -> Part:
    """The part from the key ``since`` on, else the last ``PART`` of what is shown.

    ``rows`` are the stored entries of the history; those of messages are left out.
    """
    ticket = view.ticket
    keyed: list[tuple[Key, Any]] = []
    if show != "changes":
        keyed += [(_key(row.created_at, 1, row.id), row) for row in ticket.messages]
        loose = (row for row in ticket.attachments if row.message_id is None)
        keyed += [(_key(row.created_at, 1, row.id), row) for row in loose]
        if ticket.description:
            keyed.append((_key(ticket.created_at, 1, ticket.id), "report"))
    if show != "messages":
        keyed += [
            (_key(_moment(view, row), 0, row.id), row)
            for row in rows
            if row.action not in SHOWN_ELSEWHERE
        ]
    keyed.sort(key=lambda each: each[0])
    first = max(0, len(keyed) - PART)
    if since is not None:
        first = next((n for n, (key, _row) in enumerate(keyed) if _packed(key) >= since), first)
    earlier = _packed(keyed[max(0, first - PART)][0]) if first else None
    shown = [row for _key_of, row in keyed[first:]]
    known = (MessageOut, AttachmentOut, str)
    return Part(
        [row for row in shown if not isinstance(row, known)],
        [row for row in shown if isinstance(row, known)],
        earlier,
    )


def _key(at: datetime, rank: int, row_id: uuid.UUID) -> Key:
    return at.strftime("%Y%m%dT%H%M%S%f"), rank, row_id.hex


def _packed(key: Key) -> str:
    return "-".join(str(part) for part in key)


def _moment(view: TicketView, row: Any) -> datetime:
    at: datetime = view.ticket.created_at if row.action == "TICKET_CREATED" else row.created_at
    return at


def feed(
    view: TicketView,
    part: Part,
    entries: Iterable[HistoryEntry],
    readers: Sequence[Reader],
    me: uuid.UUID,
) -> list[Day]:
    """The days of a part of a ticket's activity, oldest first."""
    tz = view.ticket.building.time_zone
    items = [_written(view, row, readers, me) for row in part.parts]
    items += [_changed(view, entry, tz) for entry in entries]
    items.sort(key=lambda item: (item.at, item.kind != "change"))
    days: dict[object, Day] = {}
    for item in items:
        key = zoned(item.at, tz).date()
        days.setdefault(key, Day(day_title(item.at, tz))).items.append(item)
    return list(days.values())


def _written(view: TicketView, row: Any, readers: Sequence[Reader], me: uuid.UUID) -> Item:
    if isinstance(row, AttachmentOut):
        return Item(row.created_at, "file", file=row)
    if isinstance(row, MessageOut):
        seen = seen_by(view, row, readers) if row.author_id == me else ""
        return Item(row.created_at, "message", message=row, text=with_mentions(row), seen=seen)
    return Item(view.ticket.created_at, "report", text=view.ticket.description or "")


def _changed(view: TicketView, entry: HistoryEntry, tz: str) -> Item:
    pause = words.ended_pause(entry, view.intervals)
    return Item(
        _moment(view, entry),
        "change",
        entry=entry,
        sentence=words.sentence(entry, tz, view.intervals),
        icon="circle-pause" if pause else words.icon(entry),
        tone=words.tone(entry),
        when=words.from_to(pause, tz) if pause else local_time(_moment(view, entry), tz),
    )


def with_mentions(message: MessageOut) -> str:
    """The text of a message with the people it names marked."""
    names = [person.name for person in message.mentions if person.name]
    if not names:
        return message.body
    found, at = Markup(""), 0
    for match in mention_pattern(names).finditer(message.body):
        found += escape(message.body[at : match.start()])
        found += Markup('<b class="mention" translate="no">{}</b>').format(match.group(0))
        at = match.end()
    return found + escape(message.body[at:])


def seen_by(view: TicketView, message: MessageOut, readers: Sequence[Reader]) -> str:
    """ "seen by Tobias and Jürgen": who had the ticket open since the message was written.

    Only people who could read it then count.
    """
    names = [
        reader.first_name
        for reader in readers
        if reader.seen_at >= message.created_at
        and reader.user_id != message.author_id
        and (
            reader.is_staff or (message.visibility == "everyone" and reader.user_id in view.people)
        )
    ]
    return _("seen by %(names)s", names=some_of(names)) if names else ""


def some_of(names: Sequence[str]) -> str:
    """A few names and how many more there are: "Annegret, Tobias and 2 others"."""
    if len(names) <= MOST_NAMES:
        return listed(names)
    more = len(names) - MOST_NAMES + 1
    return listed([*names[: MOST_NAMES - 1], ngettext("%(num)s other", "%(num)s others", more)])


def recipients(view: TicketView, me: uuid.UUID) -> list[str]:
    """First names of those who read a message to everyone, but for oneself."""
    ticket = view.ticket
    people = [ticket.reporter, *(row.user for row in ticket.stakeholders)]
    people.append(ticket.assignment.assigned_to if ticket.assignment else None)
    known = {person.id: person.name for person in people if person is not None}
    known.pop(me, None)
    return [name.split()[0] for name in known.values() if name.strip()]


def day_title(at: datetime, tz: str) -> str:
    """ "Today, 12 March", else the date."""
    near, date = near_day(at, tz), local_date(at, tz)
    return date if near == date else f"{near[:1].upper()}{near[1:]}, {date}"
