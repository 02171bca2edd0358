"""The sentences about lists as files, in the language of whoever asked for one."""

from ecopick.core.text import gettext as _
from ecopick.core.text import ngettext
from ecopick.domains.notifications.audience import Side
from ecopick.domains.notifications.models import NotificationType
from ecopick.domains.notifications.wording import Notice, Words


def list_ready(kind: str, rows: int) -> Notice:
    """A list that was asked for can be fetched; told in the product only."""

    def words(side: Side) -> Words:
        body = ngettext(
            "%(kind)s with one ticket. It is kept for 24 hours.",
            "%(kind)s with %(num)s tickets. It is kept for 24 hours.",
            rows,
            kind=kind.upper(),
        )
        return Words(_("Your list is ready"), body)

    return Notice(NotificationType.LIST_READY, words, by_mail=False)
