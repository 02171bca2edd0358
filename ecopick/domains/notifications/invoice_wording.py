"""The sentences about invoices."""

from collections.abc import Callable
from dataclasses import dataclass

from ecopick.core.text import gettext as _
from ecopick.domains.notifications.models import NotificationType
from ecopick.domains.notifications.wording import Notice, Words

T = NotificationType


@dataclass(frozen=True)
class InvoiceFacts:
    """An invoice in words: its number, whose it is, for whom, and what it comes to."""

    number: str
    vendor: str
    owner: str
    total: str


def _notice(words: Callable[[], Words], *, always: bool = False) -> Notice:
    return Notice(T.INVOICE_STATUS_CHANGED, lambda side: words(), always_by_mail=always)


def sent(facts: InvoiceFacts) -> Notice:
    """A vendor sent an invoice; for management."""
    return _notice(
        lambda: Words(
            _("Invoice %(number)s of %(vendor)s", number=facts.number, vendor=facts.vendor),
            _("Please check and approve it: %(total)s.", total=facts.total),
        )
    )


def half_approved(facts: InvoiceFacts, who: str) -> Notice:
    """One of two people approved; for the rest of management."""
    return _notice(
        lambda: Words(
            _("A second person has to approve invoice %(number)s", number=facts.number),
            _(
                "%(who)s approved it: %(vendor)s, %(total)s.",
                who=who,
                vendor=facts.vendor,
                total=facts.total,
            ),
        )
    )


def withdrawn(facts: InvoiceFacts) -> Notice:
    """The vendor took it back; for management."""
    return _notice(
        lambda: Words(
            _("Invoice %(number)s was withdrawn", number=facts.number),
            _("%(vendor)s took it back. Nothing has to be done.", vendor=facts.vendor),
        )
    )


def decided(facts: InvoiceFacts, status: str, reason: str | None) -> Notice:
    """Management decided, or paid; for the vendor, which may have no account."""

    def words() -> Words:
        titles = {
            "APPROVED": _("Invoice %(number)s is approved", number=facts.number),
            "DISPUTED": _("Please correct invoice %(number)s", number=facts.number),
            "PAID": _("Invoice %(number)s is paid", number=facts.number),
            "CANCELLED": _("Invoice %(number)s will not be paid", number=facts.number),
        }
        lines = [_("%(owner)s, %(total)s", owner=facts.owner, total=facts.total), reason]
        return Words(titles[status], "\n".join(line for line in lines if line))

    return _notice(words, always=True)
