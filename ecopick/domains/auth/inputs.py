"""What people send to sign in and to choose for whom they act."""

import uuid
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ecopick.core import validation
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import Input, Line, wrong_field

PASSWORD_LENGTH = 256
Email = validation.Email
# A password is taken as typed, blanks included.
Password = Annotated[
    str, StringConstraints(min_length=1, max_length=PASSWORD_LENGTH, strip_whitespace=False)
]


class SignIn(Input):
    """E-mail address and password."""

    email: Email
    password: Password
    remember_me: bool | None = None


# Where a password is the only factor, length is what protects.
NewPassword = Annotated[
    str,
    StringConstraints(min_length=15, max_length=PASSWORD_LENGTH, strip_whitespace=False),
]


class NewAdministrator(Input):
    """The first account of an installation; with ``owner_name`` also its first owner."""

    email: Email
    name: Line
    password: NewPassword
    owner_name: Line | None = None
    language: Literal["en", "de", "fr", "it"] = "en"


class ChooseOwner(Input):
    """The property owner for whom staff act from now on."""

    property_owner_id: uuid.UUID


class JoinByInvitation(Input):
    """The account of somebody who was invited; their address is the invited one."""

    name: Line
    password: Password
    language: Literal["en", "de", "fr", "it"] | None = None


class ChangePassword(Input):
    """A new password; whoever has one already proves it."""

    current_password: Password | None = None
    new_password: Password


class RequestReset(Input):
    """Where to mail the link for a new password."""

    email: Email


class ConfirmReset(Input):
    """The mailed link's token and the new password."""

    token: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    password: Password


class ChangeEmail(Input):
    """The address by which to be reached from now on."""

    new_email: Email


class ConfirmEmail(Input):
    """The code that came to the new address."""

    proof_id: uuid.UUID
    code: Annotated[str, StringConstraints(min_length=1, max_length=20)]


class ConfirmIdentity(Input):
    """What proves the person again: their password or a code of their authenticator app."""

    password: Password | None = None
    code: Annotated[str, StringConstraints(min_length=1, max_length=20)] | None = Field(
        default=None, repr=False
    )

    def proof(self) -> tuple[str, str]:
        """The name of what was given, and its value; ``Invalid`` where nothing was."""
        if self.password is not None:
            return "password", self.password
        if self.code is not None:
            return "code", self.code
        raise wrong_field("password", _("This field is needed."))


class EndSessions(Input):
    """Which of a person's own sessions to end."""

    keep_current: bool = False


class StartSupport(Input):
    """For which owner, as whom if not as oneself, why, and for how many minutes (5 to 60)."""

    property_owner_id: uuid.UUID
    email: Email | None = None
    reason: Annotated[str, StringConstraints(min_length=10, max_length=500)]
    minutes: Annotated[int, Field(ge=5, le=60)] = 30
