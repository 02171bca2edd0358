"""The sentences about roles and homes that somebody asks for."""

from ecopick.core.text import LazyText
from ecopick.core.text import gettext as _
from ecopick.domains.notifications.models import NotificationType
from ecopick.domains.notifications.wording import Notice, Words

T = NotificationType


def requested(who: str, role: LazyText | str, where: str) -> Notice:
    """Somebody waits for a role; for whoever can confirm it."""
    return Notice(
        T.APPROVAL_REQUESTED,
        lambda side: Words(
            _("%(who)s asks for a role: %(role)s", who=who, role=role),
            "\n".join(
                line
                for line in (where, _("Please confirm or refuse it on the page of members."))
                if line
            ),
        ),
    )


def confirmed(role: LazyText | str, where: str) -> Notice:
    """The role is in force; for whoever asked."""
    return Notice(
        T.APPROVAL_DECIDED,
        lambda side: Words(_("Your role is confirmed: %(role)s", role=role), where),
    )


def refused(role: LazyText | str, where: str) -> Notice:
    """The role was not granted; for whoever asked."""
    return Notice(
        T.APPROVAL_DECIDED,
        lambda side: Words(_("Your request for a role was refused: %(role)s", role=role), where),
    )
