"""Codes of places: 80 random bits in Crockford's letters, read and spoken without mistakes.

Crockford's base 32 has no I, L, O and U; what looks like 0 or 1 counts as such.
"""

import secrets

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 16
GROUP = 4
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})


def new_code() -> str:
    """A fresh code: 16 letters of 5 bits."""
    return "".join(secrets.choice(LETTERS) for _place in range(LENGTH))


def read_code(typed: str) -> str | None:
    """The code as it is stored; None for what can be none."""
    code = typed.strip().upper().replace("-", "").replace(" ", "").translate(_READ_AS)
    return code if len(code) == LENGTH and set(code) <= set(LETTERS) else None


def grouped(code: str) -> str:
    """The code as people read it to one another: four groups of four."""
    return "-".join(code[at : at + GROUP] for at in range(0, LENGTH, GROUP))
