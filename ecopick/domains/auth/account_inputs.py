"""What people send to register, and to sign in by mail."""

import uuid
from typing import Annotated, Literal

from pydantic import StringConstraints

from ecopick.core.validation import Input, Line
from ecopick.domains.auth.inputs import Email, Password

# As typed, blanks and dashes included.
MailedCode = Annotated[str, StringConstraints(min_length=1, max_length=20)]
LinkToken = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Language = Literal["en", "de", "fr", "it"]


class AskForCode(Input):
    """The address with which to register."""

    email: Email


class EnterCode(Input):
    """A mailed code; on pages the browser knows of which proof."""

    code: MailedCode


class VerifyCode(EnterCode):
    """A mailed code, and of which proof."""

    proof_id: uuid.UUID


class NewAccount(Input):
    """Who registers; without ``language`` the account reads as the request does."""

    name: Line
    password: Password
    language: Language | None = None


class Register(NewAccount):
    """A new account for the address that the proof is about."""

    proof_id: uuid.UUID


class AskIfKnown(Input):
    """An address, and a proof of its control."""

    email: Email
    proof_id: uuid.UUID | None = None


class AskForLink(Input):
    """Where to mail a link to sign in."""

    email: Email
    remember_me: bool | None = None


class FollowLink(Input):
    """A mailed link; the code where another browser asked for it."""

    token: LinkToken
    code: MailedCode | None = None


class EnterByMail(Input):
    """A mailed link, or the code of a proof."""

    token: LinkToken | None = None
    proof_id: uuid.UUID | None = None
    code: MailedCode | None = None
