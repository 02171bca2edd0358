"""Passwords: Argon2id, and the same work whether or not the person exists."""

import base64
import os
import unicodedata

from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

# 19 MiB, two passes, one lane: what one sign-in may cost.
_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1, hash_len=32, salt_len=16)


def _decoy() -> str:
    """A well-formed hash that no password matches, at the cost of a real one."""

    def part(size: int) -> str:
        return base64.b64encode(os.urandom(size)).decode().rstrip("=")

    parameters = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    return f"$argon2id$v=19${parameters}${part(_hasher.salt_len)}${part(_hasher.hash_len)}"


_DECOY = _decoy()


def _normal(password: str) -> str:
    """One form for what keyboards may compose in several."""
    return unicodedata.normalize("NFC", password)


def hash_password(password: str) -> str:
    """The Argon2id hash to store."""
    return _hasher.hash(_normal(password))


def matches(stored: str | None, password: str) -> bool:
    """Whether ``password`` belongs to ``stored``.

    Without a stored hash a decoy is checked, so that an unknown person takes
    as long as a wrong password.
    """
    try:
        _hasher.verify(stored or _DECOY, _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def is_weak_hash(stored: str) -> bool:
    """Whether ``stored`` was made at a lower cost than today's."""
    try:
        found = extract_parameters(stored)
    except InvalidHashError:
        return False
    return (
        found.type is not Type.ID
        or found.memory_cost < _hasher.memory_cost
        or found.time_cost < _hasher.time_cost
    )
