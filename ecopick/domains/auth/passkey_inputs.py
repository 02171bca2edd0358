"""What browsers and people send about passkeys."""

from typing import Annotated, Any

from pydantic import StringConstraints

from ecopick.core.validation import Input, Line
from ecopick.domains.auth.factor_inputs import PendingId

PasskeyName = Annotated[Line, StringConstraints(max_length=80)]


class AskPasskey(Input):
    """A sign-in by passkey begins; with ``pending_login_id`` it is the second step."""

    pending_login_id: PendingId | None = None


class SignInWithPasskey(Input):
    """What the browser's passkey answered; its content is judged later."""

    credential: dict[str, Any]
    pending_login_id: PendingId | None = None
    remember_me: bool | None = None


class ConfirmWithPasskey(Input):
    """What a passkey answered, to confirm one's identity."""

    credential: dict[str, Any]


class AddPasskey(Input):
    """A new passkey; without a name it gets one after its keeper or browser."""

    credential: dict[str, Any]
    name: PasskeyName | None = None


class RenamePasskey(Input):
    """A passkey's new name."""

    name: PasskeyName
