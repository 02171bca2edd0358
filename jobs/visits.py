"""Visits in time: reminders before they begin, and mails with a technician's link."""

import logging
import uuid
from collections.abc import Callable
from urllib.parse import urlsplit

from sqlalchemy import select, text

from ecopick.adapters.mail import Mailbox, MailTemporary, build_message
from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.errors import NotFound
from ecopick.core.text import gettext as _
from ecopick.core.text import language, use_language
from ecopick.domains.notifications.facts import ticket_facts
from ecopick.domains.tickets.commands.sublinks import note_sent, sublink_token
from ecopick.domains.tickets.commands.visit_reminders import due_visits, remind
from ecopick.domains.tickets.models import Assignment, VendorLink, VendorSublink
from ecopick.domains.vendors.models import VendorOrg
from jobs.mails import Letter, templates
from jobs.outbox import DISPATCH
from jobs.runtime import Runtime, origin_of, runtime

log = logging.getLogger("ecopick.jobs.visits")
Take = Callable[[Runtime, uuid.UUID, uuid.UUID], int]


def sweep() -> int:
    """Remind of visits and mail links; how many."""
    at = runtime()
    done = 0
    with at.alone("visits") as alone, origin_of("visits", None, None):
        for owner_id in _owners(at) if alone else ():
            for take, row_id in _work(at, owner_id):
                try:
                    done += take(at, owner_id, row_id)
                except NotFound:
                    continue  # Somebody was faster.
                except MailTemporary as error:
                    log.warning("link %s not mailed now: %s", row_id, error)
                except Exception:
                    log.exception("visit work failed for %s", row_id)
    if done:
        at.enqueue(DISPATCH)
    return done


def _owners(at: Runtime) -> list[uuid.UUID]:
    with at.database.transaction(Actor.system().scope) as session:
        rows = session.scalars(text("select owners_with_visits(:now)"), {"now": clock.now()})
        return [uuid.UUID(str(row)) for row in rows]


def _work(at: Runtime, owner_id: uuid.UUID) -> list[tuple[Take, uuid.UUID]]:
    with at.as_system(owner_id) as (session, _system):
        links = session.scalars(
            select(VendorSublink.id)
            .where(
                VendorSublink.sent_at.is_(None),
                VendorSublink.email.is_not(None),
                VendorSublink.revoked_at.is_(None),
            )
            .order_by(VendorSublink.created_at)
        )
        found: list[tuple[Take, uuid.UUID]] = [(mail_link, row_id) for row_id in links]
        return found + [(remind_of, row_id) for row_id in due_visits(session, owner_id)]


def remind_of(at: Runtime, owner_id: uuid.UUID, visit_id: uuid.UUID) -> int:
    """Remind of one visit; 1 if somebody was told."""
    with at.as_system(owner_id) as (session, system):
        return int(remind(session, system, visit_id))


def mail_link(at: Runtime, owner_id: uuid.UUID, sublink_id: uuid.UUID) -> int:
    """Mail one narrower link. Raises MailTemporary where the server does not take it now."""
    with at.as_system(owner_id) as (session, system):
        row = note_sent(session, system, sublink_id)
        link, ticket_id, vendor = session.execute(
            select(VendorLink, Assignment.ticket_id, VendorOrg.name)
            .join(Assignment, Assignment.id == VendorLink.assignment_id)
            .join(VendorOrg, VendorOrg.id == VendorLink.vendor_org_id)
            .where(VendorLink.id == row.link_id)
        ).one()
        facts = ticket_facts(session, ticket_id)
        if facts is None or row.email is None or link.revoked_at is not None:
            return 0
        base = at.settings.public_base_url
        with use_language(row.language):
            letter = Letter(
                _("%(ref)s: A job for you from %(vendor)s", ref=facts.reference, vendor=vendor),
                (_("“%(title)s”: the link leads to all you need.", title=facts.ticket.title),),
                ((_("Where"), facts.place), (_("Address"), facts.address)),
                _("Open the job"),
                f"{base}/{language()}/jobs/{sublink_token(row)}",
                (_("This link is for you and for this job only. Please don't forward it."),),
                vendor,
            )
            values = {"letter": letter, "language": language()}
            message = build_message(
                sender=Mailbox(at.sender.address, letter.sender),
                to=Mailbox(row.email, row.name),
                subject=letter.title,
                text=templates().get_template("notice.txt").render(values),
                html=templates().get_template("notice.html").render(values),
                message_id=f"<s-{row.id}@{urlsplit(base).hostname or 'localhost'}>",
                date=clock.now(),
            )
        if at.mailer is None:
            raise MailTemporary("unreachable", detail="no mail server is set")
        at.mailer.send(message)
        return 1
