"""What people send for the second step of a sign-in and to change their factors."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from ecopick.core.validation import Input
from ecopick.domains.auth.inputs import Password

# As typed: blanks and dashes are left out later, and whatever is no code is a wrong code.
Code = Annotated[str, StringConstraints(min_length=1, max_length=32)]
RecoveryCode = Annotated[str, StringConstraints(min_length=1, max_length=64)]
# An id that is none names no waiting sign-in, as any other unknown one.
PendingId = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Method = Literal["totp", "email_code", "passkey"]


class StartSecondStep(Input):
    """By what the second step is to be taken."""

    pending_login_id: PendingId
    method: Method


class VerifySecondStep(Input):
    """The code of the chosen way, or a recovery code."""

    pending_login_id: PendingId
    code: Code | None = None
    recovery_code: RecoveryCode | None = None


class ChosenWay(Input):
    """The way that a page's button names."""

    method: Method


class TypedCode(Input):
    """A code, as the page of the second step sends it."""

    code: Code | None = None
    recovery_code: RecoveryCode | None = None


class FactorCode(Input):
    """The code that proves that an authenticator app was set up."""

    code: Code


class SwitchMailedCodes(Input):
    """Whether a mailed code may be the second step."""

    enabled: bool


class DisableFactors(Input):
    """What switching the second factor off asks for."""

    password: Password | None = None
    code: RecoveryCode | None = None


class SecurityAction(Input):
    """A change of how a person signs in; what else it needs depends on ``action``."""

    action: Literal["totp_setup", "totp_enable", "two_factor_disable", "email_otp"]
    password: Password | None = None
    code: RecoveryCode | None = None
    enabled: bool | None = None
