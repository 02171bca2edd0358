"""Mailed codes: six digits that can be computed again while their mail is rendered.

Stored is only a keyed hash with a salt of its own, so neither a mail that is
sent twice nor a copy of the table tells more than the mail itself.
"""

import secrets
import uuid

from ecopick.core import crypto

DIGITS = 6
# Whose code it is; the mail that carries it names the same purpose.
SECOND_STEP = "second_step"


def code_for(purpose: str, subject_id: uuid.UUID, version: int) -> str:
    """The code of one version of a proof or second step, for its mail alone."""
    number = int.from_bytes(crypto.sign(f"code:{purpose}", subject_id, version)[:8], "big")
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def new_salt() -> str:
    """A fresh salt."""
    return secrets.token_hex(16)


def code_hash(salt: str, code: str) -> str:
    """What is stored of a code."""
    return crypto.sign("code_hash", salt, code).hex()


def code_matches(stored: str | None, salt: str | None, code: str) -> bool:
    """Whether ``code`` is the stored one; in constant time, nothing stored matches nothing."""
    given = bytes.fromhex(stored or "00" * 32)
    return crypto.verify(given, "code_hash", salt or "", code) and stored is not None


def digits_of(typed: str) -> str | None:
    """The six digits of what was typed, with or without blanks and dashes; None for anything else."""
    kept = "".join(char for char in typed if not char.isspace() and char not in "-–·.")
    return kept if len(kept) == DIGITS and kept.isascii() and kept.isdigit() else None
