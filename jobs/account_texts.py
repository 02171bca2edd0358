"""What mails about accounts say: who, what, when, with which device, and what to do.

Nothing that a stranger may have typed is repeated: a browser is named by us,
never in the words in which it calls itself.
"""

from collections.abc import Callable

from ecopick.core.text import gettext as _
from ecopick.core.text import ngettext
from ecopick.domains.auth.commands.proofs import CODE_LIFETIME
from ecopick.domains.auth.models import MailKind
from ecopick.web.labels import label
from jobs import account_notices
from jobs.account_words import (
    AccountLetter,
    Case,
    circumstances,
    in_one,
    keep_secret,
    valid_for,
)

CODE_MINUTES = int(CODE_LIFETIME.total_seconds() // 60)


def letter_for(kind: MailKind, case: Case) -> AccountLetter:
    """The mail of that kind, in the current language."""
    return _LETTERS[kind](case)


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
        facts=circumstances(case),
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
        facts=circumstances(case),
        footer=(_("If it was not you, you need not do anything."),),
    )


def _register_code(case: Case) -> AccountLetter:
    return AccountLetter(
        _("Your code for Ecopick"),
        (
            _("Please enter this code on the page on which you began to register."),
            valid_for(case.minutes),
        ),
        code=case.code,
        facts=circumstances(case),
        footer=(
            keep_secret(),
            _(
                "If it was not you, you need not do anything. Without the code nobody can "
                "register with your address."
            ),
        ),
    )


def _request_code(case: Case) -> AccountLetter:
    """For whoever reported something without an account: nothing of what was typed."""
    return AccountLetter(
        _("Your code for your request"),
        (
            _("Please enter this code on the page of your request. Then we can write to you."),
            valid_for(case.minutes),
        ),
        code=case.code,
        button=_("Open request") if case.page else "",
        url=f"{case.base}/requests/{case.page}" if case.page else "",
        facts=circumstances(case),
        footer=(
            _(
                "If you have not reported anything, you need not do anything. Without the code "
                "nobody can report in your name."
            ),
        ),
    )


def _second_step_code(case: Case) -> AccountLetter:
    return AccountLetter(
        _("Your code to sign in"),
        (_("Please enter this code to finish signing in to Ecopick."), valid_for(case.minutes)),
        code=case.code,
        facts=circumstances(case),
        footer=(
            keep_secret(),
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
            in_one(_("With this link you sign in without a password."), valid_for(case.minutes)),
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
        facts=circumstances(case),
        footer=(
            keep_secret(),
            _("If it was not you, you need not do anything. Without this mail nobody gets in."),
        ),
    )


def _reset_link(case: Case) -> AccountLetter:
    return AccountLetter(
        _("Set a new password"),
        (
            in_one(
                _("With this link you choose a new password for your account at Ecopick."),
                valid_for(case.minutes),
            ),
            _("Your second step, if you use one, stays as it is."),
        ),
        button=_("Choose a new password"),
        url=f"{case.base}/reset-password/{case.token}",
        facts=circumstances(case),
        footer=(_("If it was not you, you need not do anything. Your password is unchanged."),),
    )


def _email_change_code(case: Case) -> AccountLetter:
    return AccountLetter(
        _("Confirm your new address"),
        (
            _("Please enter this code on the page on which you change your email address."),
            valid_for(case.minutes),
        ),
        code=case.code,
        facts=circumstances(case),
        footer=(
            keep_secret(),
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


_LETTERS: dict[MailKind, Callable[[Case], AccountLetter]] = {
    MailKind.REGISTER_CODE: _register_code,
    MailKind.REQUEST_CODE: _request_code,
    MailKind.SECOND_STEP_CODE: _second_step_code,
    MailKind.SIGN_IN_LINK: _sign_in_link,
    MailKind.RESET_LINK: _reset_link,
    MailKind.EMAIL_CHANGE_CODE: _email_change_code,
    MailKind.INVITATION: _invitation,
    MailKind.EMAIL_CHANGED: account_notices.email_changed,
    MailKind.PASSWORD_CHANGED: account_notices.password_changed,
    MailKind.FACTOR_ADDED: account_notices.factor_added,
    MailKind.FACTOR_REMOVED: account_notices.factor_removed,
    MailKind.RECOVERY_CODES_MADE: account_notices.recovery_codes_made,
    MailKind.RECOVERY_CODE_USED: account_notices.recovery_code_used,
    MailKind.NEW_DEVICE: account_notices.new_device,
    MailKind.SESSIONS_ENDED: account_notices.sessions_ended,
    MailKind.SIGN_IN_BLOCKED: account_notices.sign_in_blocked,
}
