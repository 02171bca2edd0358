"""Notifications as mails: composed at the moment of sending, in the reader's language.

Links start with the configured address, never with a host that a request
named. The token of a vendor's link is computed here and stored nowhere.
"""

from dataclasses import dataclass
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from sqlalchemy import select
from sqlalchemy.orm import Session

import ecopick
from ecopick.adapters.mail import Mailbox, build_message
from ecopick.core import clock
from ecopick.core.text import gettext as _
from ecopick.core.text import language, use_language
from ecopick.domains.notifications import audience
from ecopick.domains.notifications.audience import Side
from ecopick.domains.notifications.facts import TicketFacts, ticket_facts
from ecopick.domains.notifications.models import Notification, NotificationType
from ecopick.domains.people.models import User
from ecopick.domains.tickets.commands.links import link_token
from ecopick.domains.tickets.commands.opportunity_links import opportunity_token
from ecopick.domains.tickets.commands.public_requests import link_token as request_token
from ecopick.domains.tickets.lifecycle import AssignmentState, RequestLinkKind
from ecopick.domains.tickets.models import (
    Assignment,
    OpportunityLink,
    RequestLink,
    VendorLink,
)
from ecopick.domains.tickets.queries.following import private_link
from ecopick.web.label_tables import LABELS
from jobs import replying
from jobs.appointments import calendar_for
from jobs.runtime import Runtime

TEMPLATES = Path(ecopick.__file__).parent / "templates" / "emails"


@dataclass(frozen=True)
class Letter:
    """What a mail says; plain text, escaped by the template."""

    title: str
    paragraphs: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    button: str
    url: str
    footer: tuple[str, ...]
    sender: str
    reply_to: str = ""
    calendar: bytes | None = None


@cache
def templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def compose(session: Session, at: Runtime, row: Notification) -> EmailMessage | None:
    """The mail for a notification; None where there is nothing left to say.

    That is so when the recipient is gone, and when a vendor's job was taken
    back before its mail left.
    """
    user = session.scalars(select(User).where(User.id == row.user_id)).one_or_none()
    if user is None or user.is_system:
        return None
    with use_language(user.language):
        letter = _letter(session, at, row)
        if letter is None:
            return None
        return render(at, row, letter, Mailbox(user.email, user.name or ""))


def _letter(session: Session, at: Runtime, row: Notification) -> Letter | None:
    base = f"{at.settings.public_base_url}/{language()}"
    about_ticket = row.resource_id if row.resource_type == "Ticket" else None
    facts = ticket_facts(session, about_ticket) if about_ticket else None
    paragraphs = tuple(line for line in (row.body or "").splitlines() if line.strip())
    settings = _("Choose what we write to you about: %(url)s", url=f"{base}/notifications")
    if facts is None:
        button, path = _way(row)
        return Letter(row.title, paragraphs, (), button, f"{base}{path}", (settings,), "Ecopick")
    people = audience.people(session, facts.ticket, {row.user_id})
    side = people[0].side if people else Side.TENANT
    url, button, footer = f"{base}/tickets/{facts.ticket.id}", _("Open ticket"), (settings,)
    own = private_link(session, facts.ticket.id, row.user_id) if side is Side.TENANT else None
    if side is Side.TENANT:
        button = _("Open request")
        if own is not None:
            url = f"{base}/requests/{request_token(own)}"
            footer = (_("This link is for you alone. Please don't forward it."),)
    elif side is Side.VENDOR:
        link = vendor_link(session, row)
        if link is not None and _works(session, link):
            url, button = f"{base}/jobs/{link_token(link)}", _("Open the job")
            footer = (_("This link is for you and for this job only. Please don't forward it."),)
        elif row.type == NotificationType.TICKET_ASSIGNED:
            return None
        elif (token := open_job_token(session, row)) is not None:
            url, button = f"{base}/open-jobs/{token}", _("Open the job")
            footer = (_("This link is for you and for this job only. Please don't forward it."),)
        else:
            url, button = f"{base}/", _("Open Ecopick")
    reply_to, who_reads = replying.reply_to(session, at, row, facts.ticket, side)
    return Letter(
        row.title,
        paragraphs,
        _lines(facts, side, own),
        button,
        url,
        (*who_reads, *footer),
        facts.owner_name,
        reply_to,
        calendar_for(session, at, row, facts, side, url),
    )


def _way(row: Notification) -> tuple[str, str]:
    """The button and the page of what is about no ticket."""
    if row.resource_type == "VendorCertificate":
        return _("Open the certificates"), "/vendor/certificates"
    if row.resource_type == "Invoice":
        return _("Open the invoice"), f"/billing/invoices/{row.resource_id}"
    if row.resource_type != "Membership":
        return _("Open Ecopick"), "/"
    if row.type == NotificationType.APPROVAL_REQUESTED:
        return _("Open the members"), "/members"
    return _("Open my roles"), "/account/memberships"


def vendor_link(session: Session, row: Notification) -> VendorLink | None:
    """The newest link of the recipient to the ticket; None where they never had one."""
    return session.scalars(
        select(VendorLink)
        .join(Assignment, Assignment.id == VendorLink.assignment_id)
        .where(Assignment.ticket_id == row.resource_id, VendorLink.recipient_id == row.user_id)
        .order_by(VendorLink.created_at.desc(), VendorLink.version.desc())
        .limit(1)
    ).one_or_none()


def open_job_token(session: Session, row: Notification) -> str | None:
    """The link of the recipient to the open job; None where they were never asked to apply."""
    link = session.scalars(
        select(OpportunityLink).where(
            OpportunityLink.ticket_id == row.resource_id,
            OpportunityLink.recipient_id == row.user_id,
        )
    ).one_or_none()
    return opportunity_token(link.id, link.recipient_id) if link is not None else None


def _works(session: Session, link: VendorLink) -> bool:
    """Whether the link opens the job: unrevoked, and accepted or not yet expired."""
    if link.revoked_at is not None:
        return False
    state = session.scalar(select(Assignment.state).where(Assignment.id == link.assignment_id))
    return state is AssignmentState.ACCEPTED or link.expires_at > clock.now()


def _lines(
    facts: TicketFacts, side: Side, own: RequestLink | None = None
) -> tuple[tuple[str, str], ...]:
    """The facts below the text: never a person's name, number or access note.

    A neighbour who follows does not learn in which home it is.
    """
    ticket = facts.ticket
    if side is Side.TENANT:
        follows = own is not None and own.kind is RequestLinkKind.FOLLOWER
        place = facts.building if follows else facts.place
        return ((_("Request"), facts.reference), (_("Where"), place))
    lines = [
        (_("Job") if side is Side.VENDOR else _("Ticket"), facts.reference),
        (_("Subject"), ticket.title),
        (_("Where"), facts.place),
    ]
    if facts.address and side is Side.VENDOR:
        lines.append((_("Address"), facts.address))
    lines.append((_("Category"), _label("Category", ticket.category)))
    lines.append((_("Priority"), _label("TicketPriority", ticket.priority.value)))
    return tuple(lines)


def _label(kind: str, value: str) -> str:
    return str(LABELS[kind].get(value, value))


def render(at: Runtime, row: Notification, letter: Letter, to: Mailbox) -> EmailMessage:
    """The message with both parts. Its Message-ID is the notification's, at every attempt."""
    host = urlsplit(at.settings.public_base_url).hostname or "localhost"
    values = {"letter": letter, "language": language()}
    headers = {"X-Auto-Response-Suppress": "All"}
    if row.resource_type == "Ticket":
        headers["References"] = f"<t-{row.resource_id}@{host}>"
    if letter.reply_to:
        headers["Reply-To"] = letter.reply_to
    return build_message(
        sender=Mailbox(at.sender.address, letter.sender),
        to=to,
        subject=letter.title,
        text=templates().get_template("notice.txt").render(values),
        html=templates().get_template("notice.html").render(values),
        message_id=f"<n-{row.id}@{host}>",
        date=clock.now(),
        headers=headers,
        calendar=letter.calendar,
    )
