"""What happened, as the activity list tells it: who did what to which ticket."""

from flask import url_for
from markupsafe import Markup

from ecopick.core.audit.models import AuditAction as A
from ecopick.core.text import gettext as _
from ecopick.core.text import ngettext
from ecopick.domains.reports.queries.activity import Happening
from ecopick.web import labels


def sentence(item: Happening) -> Markup:
    """One sentence with the name and the link to the ticket set apart.

    Every piece is escaped before it is put into the sentence.
    """
    address = url_for("tickets.show", ticket_id=item.ticket_id, section="activity")
    ticket = Markup('<a class="w-500" href="{}">{}</a>').format(address, item.reference)
    name = Markup('<b translate="no">{}</b>').format(item.vendor or item.name or "Ecopick")
    pieces: dict[str, object] = {"name": name, "ticket": ticket}
    if item.whom:
        pieces["whom"] = Markup('<span translate="no">{}</span>').format(item.whom)
    return Markup(_words(item, pieces))


def _words(item: Happening, pieces: dict[str, object]) -> str:
    match item.action:
        case A.TICKET_CREATED:
            return _("%(name)s reported %(ticket)s", **pieces)
        case A.TRIAGED:
            return _("%(name)s reviewed %(ticket)s", **pieces)
        case A.ASSIGNED | A.DISPATCHED if item.vendor and item.vendor == item.whom:
            return _("%(name)s applied for %(ticket)s", **pieces)
        case A.ASSIGNED | A.DISPATCHED if item.whom:
            return _("%(name)s assigned %(ticket)s to %(whom)s", **pieces)
        case A.ASSIGNED | A.DISPATCHED:
            return _("%(name)s assigned %(ticket)s", **pieces)
        case A.VENDOR_ACCEPTED:
            return _("%(name)s accepted %(ticket)s", **pieces)
        case A.VENDOR_DECLINED:
            return _("%(name)s declined %(ticket)s", **pieces)
        case A.MESSAGE_POSTED if item.is_note:
            return _("%(name)s wrote a team note on %(ticket)s", **pieces)
        case A.MESSAGE_POSTED:
            return _("%(name)s replied on %(ticket)s", **pieces)
        case A.ATTACHMENT_UPLOADED:
            return ngettext(
                "%(name)s added a file to %(ticket)s",
                "%(name)s added %(num)s files to %(ticket)s",
                item.count,
                **pieces,
            )
        case A.RESOLVED:
            return _("%(name)s resolved %(ticket)s", **pieces)
        case A.CLOSED:
            return _("%(name)s closed %(ticket)s", **pieces)
        case A.CANCELLED:
            return _("%(name)s cancelled %(ticket)s", **pieces)
        case _ if item.status:
            status = labels.label(item.status, "TicketStatus")
            return _("%(name)s set %(ticket)s to %(status)s", **pieces, status=status)
        case _:
            return _("%(name)s updated %(ticket)s", **pieces)
