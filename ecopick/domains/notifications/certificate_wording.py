"""The sentences about papers of vendors that end."""

from dataclasses import dataclass
from datetime import date

from babel.dates import format_skeleton

from ecopick.core.text import LazyText, language
from ecopick.core.text import gettext as _
from ecopick.domains.notifications.models import NotificationType
from ecopick.domains.notifications.wording import Notice, Words

T = NotificationType
_HOME = {"en": "en_GB", "de": "de_DE", "fr": "fr_FR", "it": "it_IT"}


@dataclass(frozen=True)
class EndingPaper:
    """A paper that ends or is over: whose, for whom, and its last day."""

    vendor: str
    owner: str
    kind: LazyText | str
    title: str | None
    last_day: date
    is_over: bool

    @property
    def name(self) -> str:
        """What the paper is called: its kind, and its title where it has one."""
        return f"{self.kind}: {self.title}" if self.title else str(self.kind)

    @property
    def day(self) -> str:
        """The last day, as the reader writes it."""
        return str(format_skeleton("yMMMMd", self.last_day, locale=_HOME[language()]))


def for_management(paper: EndingPaper) -> Notice:
    """A vendor's paper ends; for management, in the app."""

    def words() -> Words:
        if paper.is_over:
            title = _("%(vendor)s: %(paper)s has expired", vendor=paper.vendor, paper=paper.name)
        else:
            title = _("%(vendor)s: %(paper)s ends soon", vendor=paper.vendor, paper=paper.name)
        return Words(title, _("Its last day is %(day)s.", day=paper.day))

    return Notice(T.CERTIFICATE_EXPIRING, lambda side: words(), by_mail=False)


def for_vendor(paper: EndingPaper) -> Notice:
    """The same for the vendor, which is asked for the new one by mail."""

    def words() -> Words:
        if paper.is_over:
            title = _("Your certificate has expired: %(paper)s", paper=paper.name)
        else:
            title = _("Your certificate ends soon: %(paper)s", paper=paper.name)
        lines = (
            _("Its last day is %(day)s.", day=paper.day),
            _("Please add the new one for %(owner)s.", owner=paper.owner),
        )
        return Words(title, "\n".join(lines))

    return Notice(T.CERTIFICATE_EXPIRING, lambda side: words(), always_by_mail=True)
