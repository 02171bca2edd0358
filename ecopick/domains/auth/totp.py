"""One-time codes of authenticator apps (RFC 6238): six digits, steps of 30 seconds."""

import hmac
import io
from datetime import datetime

import pyotp
import segno

ISSUER = "Ecopick"
STEP_SECONDS = 30
# Clocks of phones go wrong: the step before and the one after count as well.
DRIFT_STEPS = 1


def new_secret() -> str:
    """A fresh secret of 160 bits, in base32 as apps take it."""
    return pyotp.random_base32()


def address(secret: str, email: str) -> str:
    """The ``otpauth`` address that an app reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def picture(text: str) -> str:
    """A QR code of ``text`` as SVG without inline style: dark modules on white, with its margin."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", scale=4, border=4, dark="#000", light="#fff", xmldecl=False, nl=False
    )
    return out.getvalue().decode()


def in_groups(secret: str) -> str:
    """The secret in groups of four, to be typed."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def code_at(secret: str, moment: datetime, shift: int = 0) -> str:
    """The code that an app shows at ``moment``, ``shift`` steps away."""
    return pyotp.TOTP(secret).generate_otp(step_of(moment) + shift)


def step_of(moment: datetime) -> int:
    """The number of the step to which ``moment`` belongs."""
    return int(moment.timestamp()) // STEP_SECONDS


def matching_step(secret: str, code: str, moment: datetime) -> int | None:
    """The step whose code this is, now or one step away; None for any other code.

    All three are compared, in constant time.
    """
    now, found = step_of(moment), None
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        if hmac.compare_digest(pyotp.TOTP(secret).generate_otp(step), code):
            found = step
    return found
