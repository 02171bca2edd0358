"""Notices about accounts: what has changed, and what to do if it was not oneself."""

from ecopick.core.text import gettext as _
from ecopick.core.text import ngettext
from jobs.account_words import AccountLetter, Case, circumstances


def _notice(case: Case, title: str, *paragraphs: str) -> AccountLetter:
    """Something has changed: the person checks it, or takes their account back."""
    return AccountLetter(
        title,
        tuple(each for each in paragraphs if each),
        button=_("Check my account"),
        url=f"{case.base}/account/security",
        facts=circumstances(case),
        footer=(
            _("If it was you, you need not do anything."),
            _(
                "If it was not you: please set a new password at once, which ends all sessions, "
                "and check your second step. %(url)s",
                url=f"{case.base}/forgot-password",
            ),
        ),
    )


def email_changed(case: Case) -> AccountLetter:
    """To the earlier address."""
    new = case.fact("new_email")
    first = (
        _("The address of your account is now %(email)s.", email=new)
        if new
        else _("The address of your account has been changed.")
    )
    return AccountLetter(
        _("Your email address was changed"),
        (first, _("We write to this earlier address once, so that you know.")),
        button=_("Check my account"),
        url=f"{case.base}/account/security",
        facts=circumstances(case),
        footer=(
            _("If it was you, you need not do anything."),
            _("If it was not you, please tell the administrator of your organisation at once."),
        ),
    )


def password_changed(case: Case) -> AccountLetter:
    """A new password."""
    return _notice(
        case,
        _("Your password was changed"),
        _("Your account at Ecopick has a new password. All other sessions have ended."),
    )


def _factor(case: Case) -> str:
    name = case.fact("name")
    match case.fact("factor"):
        case "totp":
            return _("Authenticator app")
        case "passkey":
            return _("Passkey “%(name)s”", name=name) if name else _("Passkey")
        case "email_code":
            return _("Codes by email")
        case "identity":
            return _("Sign-in with %(name)s", name=name)
        case _:
            return _("The second step")


def factor_added(case: Case) -> AccountLetter:
    """A new way of signing in."""
    return _notice(
        case,
        _("A way of signing in was added"),
        _("Your account at Ecopick can now be used with: %(factor)s.", factor=_factor(case)),
    )


def factor_removed(case: Case) -> AccountLetter:
    """One way of signing in less."""
    return _notice(
        case,
        _("A way of signing in was removed"),
        _("Your account at Ecopick no longer uses: %(factor)s.", factor=_factor(case)),
    )


def recovery_codes_made(case: Case) -> AccountLetter:
    """Ten new codes."""
    return _notice(
        case,
        _("New recovery codes"),
        _("Ten new recovery codes were made for your account. All earlier ones are void."),
    )


def recovery_code_used(case: Case) -> AccountLetter:
    """One code less."""
    left = case.facts.get("left")
    return _notice(
        case,
        _("A recovery code was used"),
        _("Somebody, probably you, signed in with one of your recovery codes."),
        ngettext("%(num)s code is left.", "%(num)s codes are left.", left)
        if isinstance(left, int)
        else "",
    )


def new_device(case: Case) -> AccountLetter:
    """A browser that was not known."""
    return _notice(
        case,
        _("A new device signed in"),
        _("Your account at Ecopick was used on a device that we did not know before."),
    )


def sessions_ended(case: Case) -> AccountLetter:
    """Signed out for safety."""
    return _notice(
        case,
        _("You were signed out for your safety"),
        _(
            "Somebody may have copied your sign-in from one of your devices. We have ended the "
            "sessions that are concerned. Please sign in again."
        ),
    )


def sign_in_blocked(case: Case) -> AccountLetter:
    """Many wrong passwords."""
    return _notice(
        case,
        _("Many failed attempts to sign in"),
        _(
            "Somebody has tried many wrong passwords for your account. Signing in with the "
            "password has to wait now; a passkey or a mailed link still works."
        ),
    )
