"""Where the present work comes from: request, job or command line.

The identifiers travel into jobs, so that one request can be followed through
all four audit streams.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Origin:
    """Request facts that every audit entry carries.

    ``device_id`` is the browser's own, from its signed cookie;
    ``device_fingerprint`` a hash over what every browser tells, which many
    devices share.
    """

    request_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    correlation_id: str = ""
    ip: str | None = None
    user_agent: str | None = None
    device_id: str | None = None
    device_fingerprint: str | None = None
    method: str | None = None
    route: str | None = None


_origin: ContextVar[Origin | None] = ContextVar("origin", default=None)


def origin() -> Origin:
    """The origin of the running work; a fresh one where none was set."""
    found = _origin.get()
    if found is None:
        found = Origin()
        _origin.set(found)
    return found


def known_origin() -> Origin | None:
    """The origin of the running work, if one was set."""
    return _origin.get()


def set_origin(value: Origin | None) -> None:
    """Set the origin at the edge: the start of a request or job."""
    _origin.set(value)


@contextmanager
def use_origin(value: Origin) -> Iterator[Origin]:
    """Work on behalf of ``value``; the origin before it comes back."""
    token = _origin.set(value)
    try:
        yield value
    finally:
        _origin.reset(token)
