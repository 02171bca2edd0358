"""The sentences about permissions, approvals and support, in the language of whoever reads them."""

from collections.abc import Callable
from datetime import datetime

from babel.dates import format_datetime

from ecopick.core.text import LazyText, language
from ecopick.core.text import gettext as _
from ecopick.core.text import lazy_gettext as later
from ecopick.domains.governance.words import act_words
from ecopick.domains.notifications.audience import Side
from ecopick.domains.notifications.models import NotificationType
from ecopick.domains.notifications.wording import Notice, Words, right_is_for, right_was_for

T = NotificationType
_ENDS: dict[str, LazyText] = {
    "APPROVED": later("Approved: %(what)s"),
    "REJECTED": later("Refused: %(what)s"),
    "CANCELLED": later("No longer needed: %(what)s"),
    "EXPIRED": later("Not decided in time: %(what)s"),
}


def _notice(kind: NotificationType, words: Callable[[], Words]) -> Notice:
    return Notice(kind, lambda side: words())


def permission_given(kind: str, until: datetime | None) -> Notice:
    """Somebody has a right on one thing, or another than before."""

    def words() -> Words:
        lines = [right_is_for(kind)]
        if until is not None:
            when = format_datetime(until, "long", locale=language())
            lines.append(_("It ends: %(when)s", when=when))
        return Words(_("You have a new permission"), "\n".join(line for line in lines if line))

    return _notice(T.PERMISSION_GRANTED, words)


def permission_taken(kind: str) -> Notice:
    """Somebody lost a right on one thing, or a part of it."""
    return _notice(
        T.PERMISSION_GRANTED,
        lambda: Words(_("A permission of yours was taken back"), right_was_for(kind)),
    )


def emergency(who: str, action: str) -> Notice:
    """Somebody used a right for emergencies; for management."""
    return Notice(
        T.SECURITY_ALERT,
        lambda side: Words(
            _("%(who)s has used an emergency permission", who=who),
            _(
                "Please check with them that it was needed. Right used: %(action)s",
                action=act_words(action),
            ),
        ),
        always_by_mail=True,
    )


def requested(who: str, what: LazyText | str, reason: str | None) -> Notice:
    """Somebody waits for a decision."""
    return _notice(
        T.APPROVAL_REQUESTED,
        lambda: Words(
            _("Please decide: %(what)s", what=what),
            "\n".join(line for line in (_("Asked by %(who)s", who=who), reason) if line),
        ),
    )


def due_soon(what: LazyText | str) -> Notice:
    """A decision is due soon."""
    return _notice(
        T.APPROVAL_REQUESTED,
        lambda: Words(
            _("Decision due soon: %(what)s", what=what),
            _("The request runs out if nobody decides in time."),
        ),
    )


def ended(what: LazyText | str, status: str, note: str | None) -> Notice:
    """A request came to its end."""
    return _notice(
        T.APPROVAL_DECIDED, lambda: Words(str(_ENDS[status]) % {"what": what}, note or "")
    )


def question(who: str, what: LazyText | str, text: str) -> Notice:
    """Somebody asks before deciding, or answers."""
    return _notice(
        T.APPROVAL_REQUESTED,
        lambda: Words(_("%(who)s writes about: %(what)s", who=who, what=what), text),
    )


def support_started(reason: str, until: datetime, as_person: bool) -> Notice:
    """An app administrator works for the owner; for its property owners, always by mail.

    ``until`` is on the clocks of the owner's buildings.
    """
    time = f"{until:%H:%M} ({until.tzname()})"

    def words(_side: Side) -> Words:
        lines = [
            _(
                "An administrator of Ecopick acts as one of your people until %(time)s.",
                time=time,
            )
            if as_person
            else _(
                "An administrator of Ecopick has access to your data until %(time)s.",
                time=time,
            ),
            _("The reason they gave: %(reason)s", reason=reason),
            _("Everything they do stands in your audit log under their name."),
        ]
        return Words(_("Ecopick support has access"), "\n".join(lines))

    return Notice(T.SECURITY_ALERT, words, always_by_mail=True)
