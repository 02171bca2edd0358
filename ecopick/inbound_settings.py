"""Settings of what reaches the product from outside: mail that comes in, the virus scanner."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

CLAMD_PORT: Final = 3310
LMTP_PORT: Final = 24
_DOMAIN: Final = re.compile(
    r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*"
)


@dataclass(frozen=True, slots=True)
class SocketAddress:
    """Where a server listens: a socket file, or a host and port."""

    path: str = ""
    host: str = ""
    port: int = 0

    @classmethod
    def parse(cls, text: str, default_port: int) -> SocketAddress:
        """From `/run/some.sock`, `host`, `host:port` or `[::1]:port`. Raises ValueError."""
        text = text.removeprefix("unix:").removeprefix("tcp://")
        if text.startswith("/"):
            return cls(path=text)
        match = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::(\d{1,5}))?", text)
        if match is None:
            raise ValueError(f"{text!r} is neither host:port nor the path of a socket")
        port = int(match[2] or default_port)
        if not 0 < port < 65536:
            raise ValueError(f"{port} is no port")
        return cls(host=match[1].strip("[]"), port=port)


@dataclass(frozen=True, slots=True)
class ImapSettings:
    """A mailbox that is asked for mail; an empty `host` means none.

    `folder` is read; what was read stays there, marked as seen.
    """

    host: str = ""
    port: int = 993
    user: str = ""
    password: str = field(default="", repr=False)
    folder: str = "INBOX"


@dataclass(frozen=True, slots=True)
class InboundSettings:
    """Mail in: without a `domain` nothing is taken and no reply address is given."""

    domain: str = ""
    imap: ImapSettings = field(default_factory=ImapSettings)
    lmtp: SocketAddress | None = None

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> InboundSettings:
        """Read INBOUND_DOMAIN, LMTP_ADDRESS and IMAP_*. Raises ValueError with a sentence."""
        domain = _text(env, "INBOUND_DOMAIN").lower()
        if domain and (_DOMAIN.fullmatch(domain) is None or len(domain) > 180):
            raise ValueError(f"INBOUND_DOMAIN must be a domain of mail, not {domain!r}.")
        imap = ImapSettings(
            host=_text(env, "IMAP_HOST"),
            port=_port(env, "IMAP_PORT", 993),
            user=_text(env, "IMAP_USER"),
            password=_text(env, "IMAP_PASSWORD"),
            folder=_text(env, "IMAP_FOLDER") or "INBOX",
        )
        lmtp = address(env, "LMTP_ADDRESS", LMTP_PORT)
        if (imap.host or lmtp) and not domain:
            raise ValueError("INBOUND_DOMAIN must be set where mail is read or received.")
        return cls(domain, imap, lmtp)


def address(env: Mapping[str, str], name: str, default_port: int) -> SocketAddress | None:
    """The address under `name`, None where it is not set. Raises ValueError with a sentence."""
    text = _text(env, name)
    if not text:
        return None
    try:
        return SocketAddress.parse(text, default_port)
    except ValueError as error:
        raise ValueError(f"{name}: {error}.") from error


def _text(env: Mapping[str, str], name: str) -> str:
    return env.get(name, "").strip()


def _port(env: Mapping[str, str], name: str, default: int) -> int:
    text = _text(env, name) or str(default)
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise ValueError(f"{name} must be a port, not {text!r}.")
    return int(text)
