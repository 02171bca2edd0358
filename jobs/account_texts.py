"""What mails about accounts say: who, what, when, with which device, and what to do.

Nothing that a stranger may have typed is repeated: a browser is named by us,
never in the words in which it calls itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ecopick.core.text import gettext as _
from ecopick.core.text import ngettext
from ecopick.domains.auth.commands.proofs import CODE_LIFETIME
from ecopick.domains.auth.devices import browser_of, system_of
from ecopick.domains.auth.models import MailKind
from ecopick.web.formats import local_datetime, zoned
from ecopick.web.labels import label

CODE_MINUTES = int(CODE_LIFETIME.total_seconds() // 60)


@dataclass(frozen=True)
class Case:
    """What a text is made of: the row's facts, and what was computed for this mail.

    ``base`` is the configured address with the reader's language.
    """

    email: str
    facts: dict[str, Any]
    base: str
    code: str = ""
    token: str = ""
    minutes: int = 0

    def fact(self, name: str) -> str:
        """A fact in words, blank where it is not known."""
        return str(self.facts.get(name) or "")


@dataclass(frozen=True)
class AccountLetter:
    """What a mail says; plain text, escaped by the template."""

    title: str
    paragraphs: tuple[str, ...]
    code: str = ""
    button: str = ""
    url: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    footer: tuple[str, ...] = ()


def letter_for(kind: MailKind, case: Case) -> AccountLetter:
    """The mail of that kind, in the current language."""
    return _LETTERS[kind](case)


def _circumstances(case: Case) -> tuple[tuple[str, str], ...]:
    """For whom, when, with which device and where from."""
    lines = [(_("Account"), case.email), (_("When"), _moment(case.facts.get("at")))]
    lines.append((_("Device"), _device(case.facts.get("user_agent"))))
    lines.append((_("Place"), case.fact("place") or _("not known")))
    return tuple((name, value) for name, value in lines if value)


def _moment(value: Any) -> str:
    if not value:
        return ""
    at = datetime.fromisoformat(str(value))
    return f"{local_datetime(at)} ({zoned(at).tzname()})"


def _device(user_agent: Any) -> str:
    text = str(user_agent) if user_agent else None
    browser, system = browser_of(text), system_of(text)
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    return browser or system or _("not known")


def _valid(minutes: int) -> str:
    if minutes >= 60 and minutes % 60 == 0:
        return ngettext(
            "It is valid for %(num)s hour and works once.",
            "It is valid for %(num)s hours and works once.",
            minutes // 60,
        )
    return ngettext(
        "It is valid for %(num)s minute and works once.",
        "It is valid for %(num)s minutes and works once.",
        minutes,
    )


def _line(*sentences: str) -> str:
    return " ".join(sentences)


def _keep_secret() -> str:
    return _("Please tell this code to nobody. We never ask for it by phone or mail.")


def already_registered(case: Case) -> AccountLetter:
    """Somebody wants to register with an address that has an account."""
    return AccountLetter(
        _("You already have an account"),
        (
            _("Somebody, probably you, wanted to register with this address at Ecopick."),
            _("There is an account already, so a new one is not needed. Please sign in."),
        ),
        button=_("Sign in"),
        url=f"{case.base}/login",
        facts=_circumstances(case),
        footer=(
            _(
                "If you have forgotten your password, you can set a new one: %(url)s",
                url=f"{case.base}/forgot-password",
            ),
            _("If it was not you, you need not do anything. Nothing has changed."),
        ),
    )


def address_wanted(case: Case) -> AccountLetter:
    """Somebody wants to move their account to an address that has one of its own."""
    return AccountLetter(
        _("Somebody wanted to use your address"),
        (
            _(
                "Somebody, perhaps you, wanted to make this the address of another account at "
                "Ecopick. That is not possible, as it has an account already."
            ),
            _("Nothing has changed. Your account and your password are as before."),
        ),
        button=_("Sign in"),
        url=f"{case.base}/login",
        facts=_circumstances(case),
        footer=(_("If it was not you, you need not do anything."),),
    )


def _register_code(case: Case) -> AccountLetter:
    return AccountLetter(
        _("Your code for Ecopick"),
        (
            _("Please enter this code on the page on which you began to register."),
            _valid(case.minutes),
        ),
        code=case.code,
        facts=_circumstances(case),
        footer=(
            _keep_secret(),
            _(
                "If it was not you, you need not do anything. Without the code nobody can "
                "register with your address."
            ),
        ),
    )


def _second_step_code(case: Case) -> AccountLetter:
    return AccountLetter(
        _("Your code to sign in"),
        (_("Please enter this code to finish signing in to Ecopick."), _valid(case.minutes)),
        code=case.code,
        facts=_circumstances(case),
        footer=(
            _keep_secret(),
            _(
                "If it was not you, somebody knows your password. Please set a new one at once: "
                "%(url)s",
                url=f"{case.base}/forgot-password",
            ),
        ),
    )


def _sign_in_link(case: Case) -> AccountLetter:
    return AccountLetter(
        _("Sign in to Ecopick"),
        (
            _line(_("With this link you sign in without a password."), _valid(case.minutes)),
            ngettext(
                "In another browser than the one in which you asked, you need this code too. "
                "It is valid for %(num)s minute.",
                "In another browser than the one in which you asked, you need this code too. "
                "It is valid for %(num)s minutes.",
                CODE_MINUTES,
            ),
        ),
        code=case.code,
        button=_("Sign in"),
        url=f"{case.base}/login/link/{case.token}",
        facts=_circumstances(case),
        footer=(
            _keep_secret(),
            _("If it was not you, you need not do anything. Without this mail nobody gets in."),
        ),
    )


def _reset_link(case: Case) -> AccountLetter:
    return AccountLetter(
        _("Set a new password"),
        (
            _line(
                _("With this link you choose a new password for your account at Ecopick."),
                _valid(case.minutes),
            ),
            _("Your second step, if you use one, stays as it is."),
        ),
        button=_("Choose a new password"),
        url=f"{case.base}/reset-password/{case.token}",
        facts=_circumstances(case),
        footer=(_("If it was not you, you need not do anything. Your password is unchanged."),),
    )


def _email_change_code(case: Case) -> AccountLetter:
    return AccountLetter(
        _("Confirm your new address"),
        (
            _("Please enter this code on the page on which you change your email address."),
            _valid(case.minutes),
        ),
        code=case.code,
        facts=_circumstances(case),
        footer=(
            _keep_secret(),
            _(
                "If it was not you, somebody may have mistyped an address. You need not do "
                "anything."
            ),
        ),
    )


def _invitation(case: Case) -> AccountLetter:
    role = label(case.fact("role"), "MembershipRole") if case.fact("role") else ""
    inviter, organisation = case.fact("inviter"), case.fact("organisation")
    facts = [
        (_("Invited by"), inviter),
        (_("Organisation"), organisation),
        (_("Role"), role),
        (_("For"), case.email),
    ]
    return AccountLetter(
        _("You are invited to Ecopick"),
        (
            _(
                "%(inviter)s invites you to work with %(organisation)s at Ecopick.",
                inviter=inviter or _("Somebody"),
                organisation=organisation or _("an organisation"),
            ),
            _("The link is for you alone, is valid for 7 days and works once."),
        ),
        button=_("See the invitation"),
        url=f"{case.base}/invitations/{case.token}",
        facts=tuple((name, value) for name, value in facts if value),
        footer=(_("If you do not know the sender, you need not do anything."),),
    )


def _notice(case: Case, title: str, *paragraphs: str) -> AccountLetter:
    """Something has changed: the person checks it, or takes their account back."""
    return AccountLetter(
        title,
        tuple(each for each in paragraphs if each),
        button=_("Check my account"),
        url=f"{case.base}/account/security",
        facts=_circumstances(case),
        footer=(
            _("If it was you, you need not do anything."),
            _(
                "If it was not you: please set a new password at once, which ends all sessions, "
                "and check your second step. %(url)s",
                url=f"{case.base}/forgot-password",
            ),
        ),
    )


def _email_changed(case: Case) -> AccountLetter:
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
        facts=_circumstances(case),
        footer=(
            _("If it was you, you need not do anything."),
            _("If it was not you, please tell the administrator of your organisation at once."),
        ),
    )


def _password_changed(case: Case) -> AccountLetter:
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


def _factor_added(case: Case) -> AccountLetter:
    return _notice(
        case,
        _("A way of signing in was added"),
        _("Your account at Ecopick can now be used with: %(factor)s.", factor=_factor(case)),
    )


def _factor_removed(case: Case) -> AccountLetter:
    return _notice(
        case,
        _("A way of signing in was removed"),
        _("Your account at Ecopick no longer uses: %(factor)s.", factor=_factor(case)),
    )


def _recovery_codes_made(case: Case) -> AccountLetter:
    return _notice(
        case,
        _("New recovery codes"),
        _("Ten new recovery codes were made for your account. All earlier ones are void."),
    )


def _recovery_code_used(case: Case) -> AccountLetter:
    left = case.facts.get("left")
    return _notice(
        case,
        _("A recovery code was used"),
        _("Somebody, probably you, signed in with one of your recovery codes."),
        ngettext("%(num)s code is left.", "%(num)s codes are left.", left)
        if isinstance(left, int)
        else "",
    )


def _new_device(case: Case) -> AccountLetter:
    return _notice(
        case,
        _("A new device signed in"),
        _("Your account at Ecopick was used on a device that we did not know before."),
    )


def _sessions_ended(case: Case) -> AccountLetter:
    return _notice(
        case,
        _("You were signed out for your safety"),
        _(
            "Somebody may have copied your sign-in from one of your devices. We have ended the "
            "sessions that are concerned. Please sign in again."
        ),
    )


def _sign_in_blocked(case: Case) -> AccountLetter:
    return _notice(
        case,
        _("Many failed attempts to sign in"),
        _(
            "Somebody has tried many wrong passwords for your account. Signing in with the "
            "password has to wait now; a passkey or a mailed link still works."
        ),
    )


_LETTERS: dict[MailKind, Callable[[Case], AccountLetter]] = {
    MailKind.REGISTER_CODE: _register_code,
    MailKind.SECOND_STEP_CODE: _second_step_code,
    MailKind.SIGN_IN_LINK: _sign_in_link,
    MailKind.RESET_LINK: _reset_link,
    MailKind.EMAIL_CHANGE_CODE: _email_change_code,
    MailKind.INVITATION: _invitation,
    MailKind.EMAIL_CHANGED: _email_changed,
    MailKind.PASSWORD_CHANGED: _password_changed,
    MailKind.FACTOR_ADDED: _factor_added,
    MailKind.FACTOR_REMOVED: _factor_removed,
    MailKind.RECOVERY_CODES_MADE: _recovery_codes_made,
    MailKind.RECOVERY_CODE_USED: _recovery_code_used,
    MailKind.NEW_DEVICE: _new_device,
    MailKind.SESSIONS_ENDED: _sessions_ended,
    MailKind.SIGN_IN_BLOCKED: _sign_in_blocked,
}
