"""Heads of the chains, kept outside the database: a cut tail passes every walk without them.

An anchor is one signed JSON object a moment: ``{"version", "at", "heads":
[{"owner", "stream", "seq", "hash"}], "signature"}``; ``signature`` is the
HMAC-SHA256 (hexadecimal) of everything else in canonical form.
"""

import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ecopick.core import crypto
from ecopick.core.audit.chain import Chain, Fault

FOLDER = "audit-anchors"
VERSION = 1


class AnchorForged(ValueError):
    """The object is no anchor, or none of our keys signed it."""


@dataclass(frozen=True)
class Anchor:
    """The heads of every chain at one moment."""

    at: datetime
    heads: tuple[Chain, ...]


def key_of(at: datetime) -> str:
    """Where an anchor is stored; keys sort by time."""
    return f"{FOLDER}/{at:%Y/%m/%d}/{at:%H%M%S}.json"


def _canonical(facts: dict[str, object]) -> bytes:
    return json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()


def write_anchor(at: datetime, heads: Iterable[Chain]) -> bytes:
    """The signed object to store."""
    facts: dict[str, object] = {
        "version": VERSION,
        "at": at.isoformat(),
        "heads": [
            {"owner": str(h.owner_id), "stream": h.stream, "seq": h.seq, "hash": h.hash.hex()}
            for h in heads
        ],
    }
    signature = crypto.sign("audit_anchor", _canonical(facts).hex()).hex()
    return _canonical({**facts, "signature": signature})


def read_anchor(stored: bytes) -> Anchor:
    """The anchor in an object; ``AnchorForged`` unless a key in use signed it."""
    try:
        facts = json.loads(stored)
        signature = bytes.fromhex(facts.pop("signature"))
        heads = tuple(
            Chain(UUID(each["owner"]), each["stream"], each["seq"], bytes.fromhex(each["hash"]))
            for each in facts["heads"]
        )
        at = datetime.fromisoformat(facts["at"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AnchorForged("not an anchor") from error
    if not crypto.verify(signature, "audit_anchor", _canonical(facts).hex()):
        raise AnchorForged("no known key signed this anchor")
    return Anchor(at, heads)


def links_of(anchors: Iterable[Anchor], chain: Chain) -> dict[int, bytes]:
    """The anchored hashes of one chain, by link number; two that disagree are forged."""
    found: dict[int, bytes] = {}
    for anchor in anchors:
        for head in anchor.heads:
            if (head.owner_id, head.stream) == (chain.owner_id, chain.stream):
                known = found.setdefault(head.seq, head.hash)
                if not hmac.compare_digest(known, head.hash):
                    raise AnchorForged("two anchors disagree")
    return found


def lost(
    anchors: Iterable[Anchor], found: Iterable[Chain], owner_id: UUID | None = None
) -> list[Fault]:
    """Chains that an anchor knows and the database does not, of one owner if one is named."""
    there = {(chain.owner_id, chain.stream) for chain in found}
    known = {(head.owner_id, head.stream) for anchor in anchors for head in anchor.heads}
    return [
        Fault(owner, stream, 1, "cut_tail")
        for owner, stream in sorted(known - there)
        if owner_id in (None, owner)
    ]
