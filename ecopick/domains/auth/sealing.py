"""Secrets of authenticator apps: AES-256-GCM, stored as ``<key id>:<base64>``.

The key id names the data key that sealed a value, so that a change of keys can
be carried through step by step. A value opens only for the person to whom it
was given.
"""

import base64
import binascii
import uuid

from ecopick.core import crypto


def seal(value: str, user_id: uuid.UUID) -> str:
    """``value`` under the present data key, for that person alone."""
    key = crypto.keys().data
    sealed = crypto.encrypt(key, value.encode(), _bound(user_id))
    return f"{crypto.key_id(key)}:{base64.b64encode(sealed).decode()}"


def unseal(stored: str | None, user_id: uuid.UUID) -> str | None:
    """The plain value; None where its key is not here or it is somebody else's."""
    name, _colon, text = (stored or "").partition(":")
    keys = crypto.keys()
    for key in (keys.data, *keys.older_data):
        if crypto.key_id(key) == name:
            try:
                plain = crypto.decrypt(key, base64.b64decode(text, validate=True), _bound(user_id))
            except (binascii.Error, ValueError):
                return None
            return plain.decode() if plain is not None else None
    return None


def is_current(stored: str) -> bool:
    """Whether ``stored`` was sealed with the present data key."""
    return stored.partition(":")[0] == crypto.key_id(crypto.keys().data)


def _bound(user_id: uuid.UUID) -> bytes:
    return b"totp" + user_id.bytes
