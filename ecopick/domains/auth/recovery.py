"""Recovery codes: twelve signs of an alphabet of 32, so 60 bits each.

The codes of one person share a salt, so that a guess is hashed once, however
many codes are left.
"""

import secrets

from argon2.low_level import Type, hash_secret_raw

COUNT = 10
LENGTH = 12
# Without signs that look alike (I, L, O, U).
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans("ILO", "110")


def new_code() -> str:
    """A fresh code, in three groups of four."""
    signs = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(signs[start : start + 4] for start in range(0, LENGTH, 4))


def signs_of(typed: str) -> str | None:
    """The twelve signs of what was typed, in any case and grouping; None for anything else."""
    kept = "".join(char for char in typed.upper() if not char.isspace() and char not in "-–—")
    kept = kept.translate(_READ_AS)
    return kept if len(kept) == LENGTH and set(kept) <= set(ALPHABET) else None


def hash_code(salt: str, code: str) -> str:
    """What is stored of a code: Argon2id at the cost of a password."""
    raw = hash_secret_raw(
        (signs_of(code) or "").encode(),
        salt.encode(),
        time_cost=2,
        memory_cost=19456,
        parallelism=1,
        hash_len=32,
        type=Type.ID,
    )
    return raw.hex()
