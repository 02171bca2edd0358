"""What a browser keeps while its person is away at an identity provider.

State, nonce and verifier never reach the server's tables: they travel in a
cookie that is encrypted, bound to this browser's device id, and good for ten
minutes. Its answer is used once.
"""

import base64
import binascii
import json
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from flask import Response, request

from ecopick.adapters.oidc import Attempt
from ecopick.core import clock, crypto
from ecopick.core.context import origin
from ecopick.web.cookies import cookie_name, drop_cookie, set_cookie
from ecopick.web.device import keep_device

COOKIE = "ecopick_provider"
LIFETIME = timedelta(minutes=10)
MAX_NEXT_CHARACTERS = 1000


@dataclass(frozen=True)
class Flow:
    """A sign-in, or with ``links_user`` the linking of an identity, that has begun.

    ``links_family`` is the sign-in of the person who began to link.
    """

    provider: str
    attempt: Attempt
    locale: str
    next: str
    expires_at: int
    links_user: uuid.UUID | None = None
    links_family: uuid.UUID | None = None

    @property
    def ends(self) -> datetime:
        """When it is over."""
        return datetime.fromtimestamp(self.expires_at, UTC)


def begin(
    provider: str,
    locale: str,
    next_path: str,
    *,
    links_user: uuid.UUID | None = None,
    links_family: uuid.UUID | None = None,
) -> Flow:
    """A new flow with fresh secrets."""
    return Flow(
        provider=provider,
        attempt=Attempt.fresh(),
        locale=locale,
        next=next_path if len(next_path) <= MAX_NEXT_CHARACTERS else "",
        expires_at=int((clock.now() + LIFETIME).timestamp()),
        links_user=links_user,
        links_family=links_family,
    )


def hold(response: Response, flow: Flow) -> None:
    """Let this browser keep the flow; the one before is forgotten."""
    plain = json.dumps(asdict(flow), default=str).encode()
    sealed = crypto.encrypt(_keys()[0], plain, _binding())
    value = base64.urlsafe_b64encode(sealed).decode()
    set_cookie(response, COOKIE, value, int(LIFETIME.total_seconds()))
    keep_device(response)


def held(provider: str) -> Flow | None:
    """The flow of this browser with this provider; None where it is over or not ours."""
    try:
        sealed = base64.urlsafe_b64decode(request.cookies.get(cookie_name(COOKIE), ""))
    except (ValueError, binascii.Error):
        return None
    for key in _keys():
        plain = crypto.decrypt(key, sealed, _binding()) if len(sealed) > 28 else None
        if plain is not None:
            flow = _read(json.loads(plain))
            return flow if flow.provider == provider and flow.ends > clock.now() else None
    return None


def release(response: Response) -> None:
    """Take the flow back."""
    drop_cookie(response, COOKIE)


def _read(found: dict[str, object]) -> Flow:
    attempt = found["attempt"]
    expires_at = found["expires_at"]
    assert isinstance(attempt, dict) and isinstance(expires_at, int)
    user, family = found["links_user"], found["links_family"]
    return Flow(
        provider=str(found["provider"]),
        attempt=Attempt(**attempt),
        locale=str(found["locale"]),
        next=str(found["next"]),
        expires_at=expires_at,
        links_user=uuid.UUID(str(user)) if user else None,
        links_family=uuid.UUID(str(family)) if family else None,
    )


def _keys() -> list[bytes]:
    """A key of its own under each signing key, the one in use first."""
    return [crypto.sign("provider_flow", key=key) for key in crypto.keys().signing]


def _binding() -> bytes:
    return f"provider_flow {origin().device_id or ''}".encode()
