"""What a sign-in answers."""

import uuid
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True)
class SignedIn:
    """A fresh session and what the browser needs to hold it."""

    session_id: uuid.UUID
    user_id: uuid.UUID
    refresh_token: str = field(repr=False)
    remember_me: bool
    lifetime: timedelta
    language: str = "en"
