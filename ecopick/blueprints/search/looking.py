"""A search as a whole: who asks, from where, and all groups of the answer."""

from sqlalchemy.orm import Session

from ecopick.blueprints.search import places
from ecopick.blueprints.search.acts import Doing, doing, with_this_ticket
from ecopick.blueprints.search.hits import Answer, Group
from ecopick.blueprints.search.inputs import Find, Look
from ecopick.core.actor import Actor
from ecopick.core.matching import words_of
from ecopick.core.text import ngettext
from ecopick.domains.vendors.queries import FoundVendor, find_vendors


def look(session: Session, actor: Actor, wanted: Find) -> Answer:
    """Everything that fits, in groups; at most eight statements for management.

    Raises NotFound where the ticket that one is on is not visible.
    """
    asked = wanted if isinstance(wanted, Look) else Look(q=wanted.q)
    q = asked.q or ""
    words = words_shown = words_of(q)
    now = doing(session, actor, asked.on) if asked.on else None
    vendors = _vendors(session, actor, asked, words, now)
    acts = [with_this_ticket(session, actor, now, words, asked.about, vendors)] if now else []
    groups: list[Group] = []
    if asked.about is None:
        has_acts = bool(acts or asked.chosen)
        found, stems = places.tickets(session, actor, q, beside_acts=has_acts)
        words_shown += stems
        groups = [found, *acts] if words else [*acts, found]
        groups.append(places.elsewhere(session, actor, words, vendors))
    else:
        groups = acts
    return Answer(q, words_shown, [group for group in groups if group.hits], _about(asked, now))


def _vendors(
    session: Session, actor: Actor, asked: Look, words: tuple[str, ...], now: Doing | None
) -> list[FoundVendor]:
    """Vendors by name or work; where one is to be chosen, those who do this work come first."""
    if asked.about == "vendor" and now is not None:
        wanted = [now.ticket.category]
        found = find_vendors(session, actor, words, wanted, limit=places.MOST_VENDORS)
        return sorted(
            (each for each in found if each.by_name), key=lambda each: not each.categories
        )
    if asked.about is None and words and actor.is_staff:
        wanted = places.working_categories(words)
        return find_vendors(session, actor, words, wanted, limit=2 * places.OF_EACH)
    return []


def _about(asked: Look, now: Doing | None) -> str:
    """What acts are meant for, in words."""
    if asked.chosen:
        return ngettext("%(num)s ticket selected", "%(num)s tickets selected", asked.chosen)
    return now.ticket.title if now is not None else ""
