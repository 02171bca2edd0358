"""What can go wrong, each with its HTTP status and a sentence for a person.

Messages are lazy translations: they are rendered in the reader's language
when the answer is written, never where the error is raised.
"""

from collections.abc import Mapping
from typing import Protocol


class Text(Protocol):
    """A sentence, translated when it is turned into ``str``."""

    def __str__(self) -> str: ...


class AppError(Exception):
    """An expected failure: ``status``, a stable ``code``, a translated sentence."""

    status = 500
    code = "error"

    def __init__(
        self,
        message: Text,
        *,
        code: str | None = None,
        fields: Mapping[str, Text] | None = None,
    ) -> None:
        super().__init__(code or self.code)
        self.message = message
        self.code = code or self.code
        self.fields: dict[str, Text] = dict(fields or {})


class Unauthenticated(AppError):
    """No valid session."""

    status = 401
    code = "unauthenticated"


class Forbidden(AppError):
    """Visible, but not allowed."""

    status = 403
    code = "forbidden"


class StepUpRequired(Forbidden):
    """Allowed, once the person has proved to be themself again."""

    code = "step_up_required"


class NotFound(AppError):
    """Missing, malformed or not visible: the three are never told apart."""

    status = 404
    code = "not_found"


class Conflict(AppError):
    """Not possible in the present state."""

    status = 409
    code = "conflict"


class Malformed(AppError):
    """A body that cannot be read at all."""

    status = 400
    code = "malformed"


class TooLarge(AppError):
    """A body or file above its limit."""

    status = 413
    code = "too_large"


class Invalid(AppError):
    """Input that cannot be accepted; ``fields`` names each culprit."""

    status = 422
    code = "invalid"


class TooManyRequests(AppError):
    """A limit was reached; ``retry_after`` is in seconds."""

    status = 429
    code = "too_many_requests"

    def __init__(self, message: Text, *, retry_after: int = 60) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(AppError):
    """A part that this needs is away or full; safe to repeat."""

    status = 503
    code = "unavailable"
