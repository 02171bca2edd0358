"""What happened to an account, in words for its owner."""

from collections.abc import Mapping

from ecopick.core.errors import Text
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.auth.queries.sessions import Happening

# By action alone, by action and outcome, or by action and reason: the most exact counts.
WORDS: Mapping[str, Text] = {
    "sign_in": _("Signed in"),
    "sign_in failure": _("Sign-in failed: wrong password"),
    "sign_in denied": _("Sign-in refused"),
    "sign_in rate_limited": _("Sign-in refused: too many attempts"),
    "sign_in challenged": _("First step of signing in passed"),
    "second_step": _("Second step passed"),
    "second_step challenged": _("Second step begun"),
    "second_step failure": _("Second step failed: wrong code"),
    "second_step denied": _("Second step refused"),
    "second_step_mail": _("Code for the second step mailed"),
    "sign_in_link": _("Link to sign in asked for"),
    "sign_out": _("Signed out"),
    "session_ended": _("A device was signed out"),
    "sessions_ended": _("Devices were signed out"),
    "sessions_ended signed_out_everywhere": _("Signed out everywhere"),
    "sessions_ended blocked": _("All devices were signed out by an administrator"),
    "step_up": _("Identity confirmed"),
    "step_up failure": _("Identity not confirmed: wrong password or code"),
    "step_up denied": _("Identity not confirmed: too many attempts"),
    "refresh_reuse": _("A copied session was used; all its devices were signed out"),
    "password_change": _("Password changed"),
    "password_change failure": _("Password not changed"),
    "password_change denied": _("Password not changed: too many attempts"),
    "password_reset": _("Password reset"),
    "password_reset challenged": _("Link for a new password asked for"),
    "password_reset failure": _("Password not reset"),
    "password_reset denied": _("Password not reset"),
    "email_change": _("Email address changed"),
    "email_change challenged": _("Change of the email address asked for"),
    "email_change failure": _("Email address not changed"),
    "email_change denied": _("Email address not changed: too many attempts"),
    "factor_change": _("Second step changed"),
    "factor_change failure": _("Second step not changed"),
    "factor_change denied": _("Second step not changed"),
    "factor_change app_setup_begun": _("Setting up an authenticator app begun"),
    "factor_change app_added": _("Authenticator app added"),
    "factor_change mailed_codes_on": _("Codes by email switched on"),
    "factor_change mailed_codes_off": _("Codes by email switched off"),
    "factor_change second_step_off": _("Second step switched off"),
    "recovery_codes": _("Recovery codes made"),
    "passkey_added": _("Passkey added"),
    "passkey_removed": _("Passkey removed"),
    "passkey_removed denied": _("Passkey not removed: it is still needed"),
    "passkey_renamed": _("Passkey renamed"),
    "passkey failure": _("Passkey refused"),
    "passkey denied": _("Passkey refused"),
    "identity_link": _("Account of another provider connected"),
    "identity_link failure": _("Account of another provider not connected"),
    "identity_link denied": _("Account of another provider not connected"),
    "identity_unlink": _("Account of another provider disconnected"),
    "register": _("Account opened"),
    "invitation": _("Somebody was invited"),
    "invitation_accept": _("Invitation accepted"),
}
FALLBACK = _("Account activity")


def told(happening: Happening) -> Text:
    """The sentence for what happened."""
    for detail in (happening.reason_code, happening.outcome):
        exact = WORDS.get(f"{happening.action} {detail}")
        if exact is not None:
            return exact
    return WORDS.get(happening.action, FALLBACK)
