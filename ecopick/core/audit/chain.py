"""Proving that the streams are whole: every link, every row, every anchor.

A chain belongs to one owner and stream. Walking it checks that the numbers have
no gap, that each link follows from the one before
(``sha256(prev || content || seq)``), that the row is there, that its hash is
that of its canonical bytes, and that its columns say what these bytes say. A
cut tail leaves such a walk whole, so heads are anchored outside the database,
and an anchored link must still be there. Rows in no chain are found as well.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy.orm import Session

STREAMS = ("audit_events", "auth_audit_events", "access_events", "access_decisions")
STEP = 10_000
FIRST = bytes(32)
Connection = psycopg.Connection[Any]
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Chain:
    """One chain with its head as the database tells it."""

    owner_id: UUID
    stream: str
    seq: int
    hash: bytes


@dataclass(frozen=True)
class Fault:
    """Where a chain is broken, and how: ``gap``, ``link``, ``missing_row``,
    ``changed_row``, ``head``, ``cut_tail``, ``anchor`` or ``unsealed_row``."""

    owner_id: UUID
    stream: str
    seq: int
    kind: str
    entry_id: UUID | None = None


@dataclass(frozen=True)
class Proof:
    """What a walk found: how many rows it saw and the first fault of the chain, if any."""

    chain: Chain
    rows: int
    fault: Fault | None


def snapshot(session: Session) -> Connection:
    """The connection of a session that has not begun yet, reading one state of the database."""
    options = {"isolation_level": "REPEATABLE READ"}
    raw = session.connection(execution_options=options).connection.driver_connection
    if not isinstance(raw, psycopg.Connection):
        raise TypeError("the chains are read through psycopg")
    return raw


def chains(connection: Connection, owner_id: UUID | None = None) -> list[Chain]:
    """Every chain that the connection may see, of one owner if one is named."""
    rows = connection.execute(
        "select property_owner_id, stream, seq, hash from audit_heads"
        " where %(owner)s::uuid is null or property_owner_id = %(owner)s"
        " order by property_owner_id, stream",
        {"owner": owner_id},
    )
    return [Chain(*row) for row in rows]


def prove(
    connection: Connection,
    chain: Chain,
    *,
    after: int = 0,
    previous: bytes = FIRST,
    anchored: Mapping[int, bytes] | None = None,
    progress: Progress | None = None,
) -> Proof:
    """Walk a chain behind link ``after``, whose hash is ``previous``, to its head.

    ``anchored`` holds hashes that were stored outside, by link number; those up
    to ``after`` are taken as proven. ``progress`` hears of every 10,000 rows.
    """
    expected = after + 1
    waiting = {seq: link for seq, link in (anchored or {}).items() if seq > after}
    try:
        for row in _links(connection, chain, after):
            kind = _fault(row, expected, previous, waiting)
            if kind:
                return Proof(chain, expected - after - 1, _at(chain, expected, kind, row[1]))
            previous = row[4]
            if progress is not None and expected % STEP == 0:
                progress(STEP)
            expected += 1
    except psycopg.DataError:  # Bytes that were sealed anew and are no JSON.
        connection.rollback()
        return Proof(chain, expected - after - 1, _at(chain, expected, "changed_row"))
    walked = expected - after - 1
    reached = after + walked
    if waiting and max(waiting) > reached:
        return Proof(chain, walked, _at(chain, reached + 1, "cut_tail"))
    if (reached, previous) != (chain.seq, chain.hash):
        return Proof(chain, walked, _at(chain, reached, "head"))
    return Proof(chain, walked, None)


def _at(chain: Chain, seq: int, kind: str, entry_id: UUID | None = None) -> Fault:
    return Fault(chain.owner_id, chain.stream, seq, kind, entry_id)


def _fault(
    row: tuple[Any, ...], expected: int, previous: bytes, anchored: dict[int, bytes]
) -> str | None:
    """What is wrong with a link and its row; None where nothing is."""
    seq, _entry, content, prev, link, is_there, says = row
    if seq != expected:
        return "gap"
    if prev != previous or link != sha256(prev + content + seq.to_bytes(8, "big")).digest():
        return "link"
    if anchored and anchored.pop(seq, link) != link:
        return "anchor"
    if not is_there:
        return "missing_row"
    return None if says else "changed_row"


# Streamed, so that the server prepares rows while earlier ones are checked. Comparing the
# columns with the canonical bytes there is three times as fast as it is here; a moment is
# compared as such, since PostgreSQL writes it with fewer digits.
_LINKS = """
copy (
    select s.seq, s.entry_id, s.content_hash, s.prev_hash, s.hash, e.id is not null,
        case when sha256(e.body) = s.content_hash then
            jsonb_strip_nulls(to_jsonb(e) - {unsaid}::text[]) = jsonb_strip_nulls(said.it - 'created_at')
            and (said.it ->> 'created_at')::timestamptz = e.created_at
        else false end
    from audit_seals s
    left join {stream} e on e.id = s.entry_id and e.created_at = s.entry_created_at
        and e.property_owner_id = s.property_owner_id
    left join lateral (select convert_from(e.body, 'UTF8')::jsonb as it) said on true
    where s.property_owner_id = {owner} and s.stream = {name} and s.seq > {after} and s.seq <= {last}
    order by s.seq
) to stdout (format binary)
"""
_TYPES = ["int8", "uuid", "bytea", "bytea", "bytea", "bool", "bool"]
# Made by the database, or the bytes themselves: not part of what they say.
_UNSAID = ["body", "content_hash", "xid", "created_at"]


def _links(connection: Connection, chain: Chain, after: int) -> Iterator[tuple[Any, ...]]:
    """The links of a chain with their rows, in order, up to the head that was read before."""
    query = sql.SQL(_LINKS).format(
        unsaid=sql.Literal(_UNSAID),
        stream=sql.Identifier(chain.stream),
        owner=sql.Literal(chain.owner_id),
        name=sql.Literal(chain.stream),
        after=sql.Literal(after),
        last=sql.Literal(chain.seq),
    )
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        copy.set_types(_TYPES)
        yield from copy.rows()


def unsealed(connection: Connection, owner_id: UUID | None = None) -> list[Fault]:
    """Rows of the streams that stand in no chain; committed rows always do."""
    found: list[Fault] = []
    for stream in STREAMS:
        query = sql.SQL(
            "select e.property_owner_id, e.id from {} e"
            " where (%(owner)s::uuid is null or e.property_owner_id = %(owner)s)"
            " and not exists (select from audit_seals s where s.entry_id = e.id) limit 100"
        ).format(sql.Identifier(stream))
        rows = connection.execute(query, {"owner": owner_id})
        found += [Fault(owner, stream, 0, "unsealed_row", entry) for owner, entry in rows]
    return found
