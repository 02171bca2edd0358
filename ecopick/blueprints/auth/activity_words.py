"""What happened to an account, in words for its owner."""

from collections.abc import Mapping

from ecopick.core.errors import Text
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.auth.queries.sessions import Happening

# By action; for outcomes that need words of their own, by action and outcome.
WORDS: Mapping[str, Text] = {
    "sign_in": _("Signed in"),
    "sign_in failure": _("Sign-in failed: wrong password"),
    "sign_in denied": _("Sign-in refused"),
    "sign_in challenged": _("Password right, second step asked for"),
    "second_step": _("Second step passed"),
    "second_step failure": _("Second step failed: wrong code"),
    "second_step denied": _("Second step refused"),
    "second_step_mail": _("Code for the second step mailed"),
    "sign_out": _("Signed out"),
    "session_ended": _("A device was signed out"),
    "sessions_ended": _("Devices were signed out"),
    "step_up": _("Identity confirmed"),
    "step_up failure": _("Identity not confirmed: wrong password or code"),
    "step_up denied": _("Identity not confirmed: too many attempts"),
    "refresh_reuse denied": _("A copied session was used; all its devices were signed out"),
    "password_change": _("Password changed"),
    "password_change failure": _("Password not changed"),
    "password_change denied": _("Password not changed: too many attempts"),
    "password_reset": _("Password reset"),
    "password_reset failure": _("Password not reset"),
    "password_reset_request": _("Link for a new password asked for"),
    "email_change": _("Email address changed"),
    "email_change challenged": _("Change of the email address asked for"),
    "email_change failure": _("Email address not changed: wrong code"),
    "factor_change": _("Second factor changed"),
    "factor_change failure": _("Second factor not changed"),
    "recovery_codes": _("Recovery codes made"),
    "passkey_added": _("Passkey added"),
    "passkey_removed": _("Passkey removed"),
    "passkey_removed denied": _("Passkey not removed: it is still needed"),
    "passkey_renamed": _("Passkey renamed"),
    "passkey failure": _("A passkey was refused"),
    "passkey denied": _("A passkey was refused"),
    "identity_link": _("Account at an identity provider connected"),
    "identity_link failure": _("Account at an identity provider not connected"),
    "identity_link denied": _("Account at an identity provider not connected"),
    "identity_unlink": _("Account at an identity provider disconnected"),
    "magic_link": _("Link to sign in mailed"),
    "register": _("Account opened"),
    "invitation_accept": _("Invitation accepted"),
}
FALLBACK = _("Account activity")
# Worth a second look when it was not the person themself.
WARNING_OUTCOMES = frozenset({"failure", "denied"})


def told(happening: Happening) -> Text:
    """The sentence for what happened."""
    exact = WORDS.get(f"{happening.action} {happening.outcome}")
    return exact or WORDS.get(happening.action, FALLBACK)
