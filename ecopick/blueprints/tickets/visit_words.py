"""Sentences of the history about arranged visits."""

from ecopick.core.text import gettext as _
from ecopick.domains.tickets.queries.history import HistoryEntry
from ecopick.domains.tickets.visit_states import VisitStep

V = VisitStep


def visit_sentence(entry: HistoryEntry, who: str) -> str | None:
    """What happened to the visit; None for every other entry."""
    if entry.meta.get("source") != "visit" or entry.action != "TICKET_UPDATED":
        return None
    match entry.meta.get("step"):
        case V.PROPOSED:
            return _("%(name)s proposed times", name=who)
        case V.ASKED:
            return _("%(name)s asked for another time", name=who)
        case V.CONFIRMED:
            return _("%(name)s agreed to a time", name=who)
        case V.ON_THE_WAY:
            return _("%(name)s is on the way", name=who)
        case V.ARRIVED:
            return _("%(name)s arrived", name=who)
        case V.PROVED:
            return _("%(name)s proved to be there", name=who)
        case V.CHECKED:
            return _("%(name)s ticked the checklist", name=who)
        case _:
            return None
