"""The sentences about prices that vendors offer."""

from collections.abc import Callable

from babel.numbers import format_currency

from ecopick.core.text import gettext as _
from ecopick.core.text import language
from ecopick.domains.notifications.facts import TicketFacts
from ecopick.domains.notifications.models import NotificationType
from ecopick.domains.notifications.wording import Notice, Words
from ecopick.domains.tickets.models import Quote

T = NotificationType


def _notice(kind: NotificationType, words: Callable[[], Words], *, always: bool = False) -> Notice:
    return Notice(kind, lambda side: words(), always_by_mail=always)


def _price(quote: Quote) -> str:
    sums = [
        str(format_currency(each, quote.currency, locale=language()))
        for each in (quote.net_amount, quote.total_amount)
    ]
    return _("%(net)s without tax, %(total)s with tax", net=sums[0], total=sums[1])


def _when(facts: TicketFacts, quote: Quote) -> list[str]:
    if quote.arrival_from is None:
        return []
    return [_("Arrival: %(window)s", window=facts.window(quote.arrival_from, quote.arrival_until))]


def offered(facts: TicketFacts, who: str, quote: Quote) -> Notice:
    """A vendor named a price; for management."""
    return _notice(
        T.OPPORTUNITY_CLAIMED,
        lambda: Words(
            _("%(ref)s: Quote of %(who)s", ref=facts.reference, who=who),
            "\n".join([_price(quote), *_when(facts, quote)]),
        ),
    )


def withdrawn(facts: TicketFacts, who: str) -> Notice:
    """The vendor took its price back; for management."""
    return _notice(
        T.OPPORTUNITY_CLAIMED,
        lambda: Words(
            _("%(ref)s: %(who)s took its quote back", ref=facts.reference, who=who),
            _("“%(title)s”", title=facts.ticket.title),
        ),
    )


def due(facts: TicketFacts) -> Notice:
    """The time to offer prices is over; for management."""
    return _notice(
        T.OPPORTUNITY_CLAIMED,
        lambda: Words(
            _("%(ref)s: Please choose a quote", ref=facts.reference),
            _(
                "The time to offer prices for “%(title)s” is over.",
                title=facts.ticket.title,
            ),
        ),
    )


def waiting(facts: TicketFacts) -> Notice:
    """The price has to be approved; for the vendor."""
    return _notice(
        T.ASSIGNMENT_RESPONSE,
        lambda: Words(
            _("%(ref)s: Your quote is waiting for approval", ref=facts.reference),
            _(
                "%(owner)s has your quote for “%(title)s” approved first, because of its price. "
                "Please begin once it is; we will write to you.",
                owner=facts.owner_name,
                title=facts.ticket.title,
            ),
        ),
        always=True,
    )


def accepted(facts: TicketFacts, quote: Quote) -> Notice:
    """The price was taken; for the vendor."""
    return _notice(
        T.ASSIGNMENT_RESPONSE,
        lambda: Words(
            _("%(ref)s: Your quote is accepted", ref=facts.reference),
            "\n".join(
                [
                    _("“%(title)s”", title=facts.ticket.title),
                    facts.place,
                    _price(quote),
                    *_when(facts, quote),
                ]
            ),
        ),
        always=True,
    )


def refused(facts: TicketFacts, reason: str | None) -> Notice:
    """The price was not taken; for the vendor, in friendly words."""

    def words() -> Words:
        lines = [
            _(
                "Thank you for your quote for “%(title)s”. This time %(owner)s decided otherwise; "
                "we would be glad to hear from you again.",
                title=facts.ticket.title,
                owner=facts.owner_name,
            )
        ]
        if reason:
            lines.append(_("Reason: %(reason)s", reason=reason))
        return Words(_("%(ref)s: Your quote was not chosen", ref=facts.reference), "\n".join(lines))

    return _notice(T.ASSIGNMENT_RESPONSE, words, always=True)
