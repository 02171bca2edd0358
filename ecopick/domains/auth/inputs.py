"""What people send to sign in and to choose for whom they act."""

import uuid
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import Input, Line

EMAIL_LENGTH = 254
PASSWORD_LENGTH = 256


class _Sentence(ValueError):
    """A refusal whose sentence is shown as it is."""


def _email(value: str) -> str:
    local, at, domain = value.lower().rpartition("@")
    odd = any(char.isspace() or ord(char) < 33 for char in value)
    if not local or not at or "." not in domain.strip(".") or odd or "@" in local:
        raise _Sentence(_("Please enter an email address, such as name@example.org."))
    return value.lower()


Email = Annotated[
    str, StringConstraints(max_length=EMAIL_LENGTH, min_length=3), AfterValidator(_email)
]
# A password is taken as typed, blanks included.
Password = Annotated[
    str,
    StringConstraints(min_length=1, max_length=PASSWORD_LENGTH, strip_whitespace=False),
    Field(repr=False),
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
    Field(repr=False),
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
