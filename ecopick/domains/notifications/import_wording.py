"""The sentences about imports, in the language of whoever began them."""

from ecopick.core.text import gettext as _
from ecopick.domains.notifications.audience import Side
from ecopick.domains.notifications.models import NotificationType
from ecopick.domains.notifications.wording import Notice, Words


def import_ended(file_name: str, *, trial: bool, taken: int, refused: int) -> Notice:
    """A file was tried or taken over; told in the product only."""

    def words(side: Side) -> Words:
        if trial:
            body = _(
                "%(file)s: %(taken)s rows can be taken, %(refused)s cannot.",
                file=file_name,
                taken=taken,
                refused=refused,
            )
            return Words(_("Your file was tried"), body)
        body = _(
            "%(file)s: %(taken)s rows were taken, %(refused)s were not.",
            file=file_name,
            taken=taken,
            refused=refused,
        )
        return Words(_("Your import has ended"), body)

    return Notice(NotificationType.IMPORT_ENDED, words, by_mail=False)


def import_failed(file_name: str, *, taken: int) -> Notice:
    """A file broke off, with so many rows taken over; told in the product only."""

    def words(side: Side) -> Words:
        body = _(
            "%(file)s: %(taken)s rows were taken before it broke off. Please upload the file"
            " again: rows that were taken are left as they are.",
            file=file_name,
            taken=taken,
        )
        return Words(_("Your import broke off"), body)

    return Notice(NotificationType.IMPORT_ENDED, words, by_mail=False)
