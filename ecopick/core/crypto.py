"""Keys and what is done with them: AES-256-GCM for values, HMAC for tokens.

``DATA_ENCRYPTION_KEY`` wraps the per-subject keys; destroying a subject's key
makes every value encrypted under it unreadable for good.
"""

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


@dataclass(frozen=True)
class Keys:
    """The process's secret keys: ``data`` (32 bytes) and ``signing`` (newest first).

    ``older_data`` opens what was sealed before the data key changed; nothing is
    sealed with it.
    """

    data: bytes
    signing: tuple[bytes, ...]
    older_data: tuple[bytes, ...] = ()


_keys: list[Keys] = []


def use_keys(keys: Keys) -> None:
    """Set the keys of this process, once at start."""
    _keys[:] = [keys]


def keys() -> Keys:
    """The keys of this process; an error where start-up forgot them."""
    if not _keys:
        raise RuntimeError("no keys: call use_keys() at start")
    return _keys[0]


def encrypt(key: bytes, plain: bytes, bound_to: bytes) -> bytes:
    """``nonce || ciphertext`` under AES-256-GCM; ``bound_to`` is authenticated."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound_to)


def decrypt(key: bytes, sealed: bytes, bound_to: bytes) -> bytes | None:
    """The plain bytes, or None where key or binding do not match."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound_to)
    except InvalidTag:
        return None


def unwrap(sealed: bytes, bound_to: bytes) -> bytes | None:
    """The plain bytes of what a data key of this process sealed, the present one first."""
    for key in (keys().data, *keys().older_data):
        plain = decrypt(key, sealed, bound_to)
        if plain is not None:
            return plain
    return None


def key_id(key: bytes) -> str:
    """The public name of a key: eight hexadecimal digits that tell nothing of it."""
    return hashlib.sha256(b"ecopick key id" + key).hexdigest()[:8]


def sign(purpose: str, *parts: object, key: bytes | None = None) -> bytes:
    """HMAC-SHA256 over the purpose and the parts, each length-prefixed."""
    mac = hmac.new(key or keys().signing[0], digestmod=hashlib.sha256)
    for part in (purpose, *parts):
        raw = str(part).encode()
        mac.update(len(raw).to_bytes(4, "big") + raw)
    return mac.digest()


def verify(signature: bytes, purpose: str, *parts: object) -> bool:
    """Whether any current signing key made ``signature``; in constant time."""
    return any(
        hmac.compare_digest(signature, sign(purpose, *parts, key=key)) for key in keys().signing
    )


def token(purpose: str, *parts: object) -> str:
    """A 256-bit link token that can be computed again while a mail is rendered."""
    return base64.urlsafe_b64encode(sign(purpose, *parts)).decode().rstrip("=")


def token_hash(value: str) -> bytes:
    """What is stored of a token: its SHA-256."""
    return hashlib.sha256(value.encode()).digest()
