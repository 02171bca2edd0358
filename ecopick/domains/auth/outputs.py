"""What a sign-in answers."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True)
class SignedIn:
    """A fresh session and what the browser needs to hold it.

    ``lifetime`` is how long it may last at most, from now.
    """

    session_id: uuid.UUID
    family_id: uuid.UUID
    user_id: uuid.UUID
    refresh_token: str = field(repr=False)
    remember_me: bool
    lifetime: timedelta
    language: str = "en"


@dataclass(frozen=True)
class SecondStep:
    """The first step was right; ``methods`` are what the second may be, best first.

    ``masked_email`` shows where a code would go.
    """

    pending_login_id: uuid.UUID
    methods: tuple[str, ...]
    masked_email: str
    recovery_codes_left: int
    language: str = "en"


Outcome = SignedIn | SecondStep
