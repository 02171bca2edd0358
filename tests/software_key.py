"""A passkey in software: answers as a real one does, or wrongly wherever a test wants."""

import base64
import hashlib
import json
import os
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

ORIGIN, RP_ID = "http://localhost", "localhost"
PRESENT, VERIFIED, HOLDS_KEY = 0x01, 0x04, 0x40


def text(raw: bytes) -> str:
    """Base64 as browsers send it."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def raw(value: str) -> bytes:
    """The bytes of ``text``."""
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


class SoftwareKey:
    """One key pair with its counter; ``counts`` is False for keepers that tell 0."""

    def __init__(self, *, counts: bool = True) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.id = os.urandom(32)
        self.counter = 0
        self.counts = counts
        self.user_handle: bytes | None = None

    def _data(self, rp_id: str, flags: int, more: bytes = b"") -> bytes:
        head = hashlib.sha256(rp_id.encode()).digest() + bytes([flags])
        return head + self.counter.to_bytes(4, "big") + more

    def _client(self, kind: str, challenge: str, origin: str, **more: Any) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}
        return json.dumps(told | more).encode()

    def _public(self) -> bytes:
        numbers = self.private.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})

    def make(
        self,
        options: dict[str, Any],
        *,
        origin: str = ORIGIN,
        rp_id: str = RP_ID,
        verified: bool = True,
    ) -> dict[str, Any]:
        """The answer to registration options."""
        self.user_handle = raw(options["user"]["id"])
        flags = PRESENT | HOLDS_KEY | (VERIFIED if verified else 0)
        key = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + self._public()
        attested = {"fmt": "none", "attStmt": {}, "authData": self._data(rp_id, flags, key)}
        response = {
            "clientDataJSON": text(self._client("webauthn.create", options["challenge"], origin)),
            "attestationObject": text(cbor2.dumps(attested)),
            "transports": ["internal"],
        }
        return self._credential(response)

    def use(
        self,
        options: dict[str, Any],
        *,
        origin: str = ORIGIN,
        rp_id: str = RP_ID,
        verified: bool = True,
        handle: bytes | None = None,
        counter: int | None = None,
        **client: Any,
    ) -> dict[str, Any]:
        """The answer to sign-in options; ``counter`` is told instead of the next one."""
        if counter is not None:
            self.counter = counter
        elif self.counts:
            self.counter += 1
        data = self._data(rp_id, PRESENT | (VERIFIED if verified else 0))
        told = self._client("webauthn.get", options["challenge"], origin, **client)
        signed = data + hashlib.sha256(told).digest()
        response = {
            "clientDataJSON": text(told),
            "authenticatorData": text(data),
            "signature": text(self.private.sign(signed, ec.ECDSA(hashes.SHA256()))),
            "userHandle": text(handle or self.user_handle or b"nobody"),
        }
        return self._credential(response)

    def _credential(self, response: dict[str, Any]) -> dict[str, Any]:
        return {"id": text(self.id), "rawId": text(self.id), "type": "public-key"} | {
            "response": response
        }
