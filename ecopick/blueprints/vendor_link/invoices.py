"""The invoice behind a mailed link: written, sent and followed without an account.

GET and HEAD only read. What is sent carries the page's nonce, and a name where this
browser is not the one that accepted the job.
"""

import io
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

from flask import Response, request, send_file, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.blueprints.billing.document import make_pdf
from ecopick.blueprints.billing.forms import shown_form, tax_choices, tax_words, typed_invoice
from ecopick.blueprints.vendor_link import proof
from ecopick.blueprints.vendor_link.pages import pages
from ecopick.blueprints.vendor_link.show import show_ended
from ecopick.core import audit
from ecopick.core.business_ids import spaced_iban
from ecopick.core.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.billing.commands import drafts
from ecopick.domains.billing.inputs import CancelInvoice
from ecopick.domains.billing.lifecycle import InvoiceSource, InvoiceStatus, Move, possible
from ecopick.domains.billing.models import Invoice
from ecopick.domains.billing.queries import draft_for
from ecopick.domains.billing.queries.parties import place_of
from ecopick.domains.billing.sums import lines_of, totals
from ecopick.domains.tickets.lifecycle import TicketStatus
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.queries.links import LinkContext, LinkState, names, open_link
from ecopick.web.access import csrf_exempt, public
from ecopick.web.render import render, see_other
from ecopick.web.state import act_as, close_session, database, db_session

SOLVED = (TicketStatus.RESOLVED, TicketStatus.CLOSED)
WRITABLE = (InvoiceStatus.DRAFT, InvoiceStatus.DISPUTED)
LONGEST_NAME = 100


def _link(token: str) -> LinkContext | None:
    """The link, acting for the rest of the request."""
    link = open_link(database(), token)
    if link is not None:
        act_as(link.actor)
    return link


def _shows_prices(link: LinkContext) -> bool:
    """Whether its holder may know of money: a technician's narrower link may not."""
    return bool(getattr(link, "shows_prices", True))


def _ticket(session: Session, link: LinkContext) -> Ticket:
    """The solved job of an accepted link that may show prices. Raises NotFound."""
    ticket = session.scalars(
        select(Ticket).where(
            Ticket.property_owner_id == link.property_owner_id, Ticket.id == link.ticket_id
        )
    ).one()
    session.info["authorized"] = True
    accepted = link.state is LinkState.ACCEPTED and _shows_prices(link)
    if not accepted or ticket.status not in SOLVED:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    return ticket


def _invoice(session: Session, link: LinkContext) -> Invoice | None:
    """The vendor's newest invoice for this job that was not withdrawn."""
    return session.scalars(
        select(Invoice)
        .where(
            Invoice.property_owner_id == link.property_owner_id,
            Invoice.vendor_org_id == link.vendor_org_id,
            Invoice.ticket_id == link.ticket_id,
            Invoice.status != InvoiceStatus.CANCELLED,
        )
        .order_by(Invoice.created_at.desc(), Invoice.id.desc())
        .limit(1)
    ).one_or_none()


@pages.get("/<token>/invoice")
@public
def invoice(token: str) -> Response:
    """The form of the job's invoice, or the invoice that was sent."""
    link = _link(token)
    if link is None or link.state in (LinkState.EXPIRED, LinkState.REVOKED):
        return show_ended(link)
    return _page(link, token)


def _page(link: LinkContext, token: str, error: AppError | None = None) -> Response:
    session = db_session()
    ticket = _ticket(session, link)
    found = _invoice(session, link)
    if found is None or found.status in WRITABLE:
        return _form(session, link, token, ticket, found, error)
    return _sent(session, link, token, found, error)


def _common(
    session: Session, link: LinkContext, token: str, error: AppError | None
) -> dict[str, Any]:
    owner, vendor = names(session, link)
    return {
        "owner_name": owner,
        "vendor_name": vendor,
        "token": token,
        "nonce": proof.make_nonce(link),
        "known": proof.known_device(link) is not None,
        "recipient_name": link.actor.name or link.actor.email,
        "typed": request.form,
        "errors": dict(error.fields) if error else {},
        "message": error.message if error else None,
        "events_url": None,
        "toasts": (),
    }


def _form(
    session: Session,
    link: LinkContext,
    token: str,
    ticket: Ticket,
    found: Invoice | None,
    error: AppError | None,
) -> Response:
    known = found or draft_for(session, link.actor, ticket, link.vendor_org_id)
    form = shown_form(known)
    country = form.get("seller_country") or known.seller.get("country")
    return render(
        "vendor_link/invoice.html",
        form=form,
        taxes=tax_choices(country, form["rows"]),
        invoice=found,
        disputed=found is not None and found.status is InvoiceStatus.DISPUTED,
        from_quote=getattr(known, "from_quote", False),
        **_common(session, link, token, error),
    )


def _sent(
    session: Session, link: LinkContext, token: str, found: Invoice, error: AppError | None
) -> Response:
    lines = lines_of(found.line_items)
    _language, country = place_of(session, found.property_owner_id, found.ticket_id)
    return render(
        "vendor_link/invoice_sent.html",
        invoice=found,
        lines=[(line, tax_words(line.tax_category, line.tax_rate)) for line in lines],
        totals=totals(lines),
        tax_words=tax_words,
        spaced_iban=spaced_iban,
        country=country,
        may_withdraw=Move.WITHDRAW in possible(found.status),
        **_common(session, link, token, error),
    )


def _change(step: Callable[[LinkContext], Any]) -> Callable[..., Any]:
    """A change on the page: nonce first; a refusal shows the page again with what was typed."""

    @wraps(step)
    def run(token: str) -> Any:
        link = _link(token)
        if link is None or link.state is not LinkState.ACCEPTED:
            return show_ended(link)
        try:
            proof.check_nonce(link)
            _ticket(db_session(), link)
            return step(link) or see_other(url_for("vendor_link.invoice", token=token))
        except (Invalid, Conflict, Forbidden) as error:
            close_session()
            again = _link(token)
            if again is None:
                return show_ended(None)
            response = _page(again, token, error)
            response.status_code = error.status
            return response

    return public(csrf_exempt(run))


def _holder(link: LinkContext) -> Any:
    typed = " ".join(request.form.get("typed_name", "").split())[:LONGEST_NAME]
    name = proof.holder_name(link, typed or None, needed=True)
    return replace(link.actor, typed_name=name)


@pages.post("/<token>/invoice")
@_change
def write_invoice(link: LinkContext) -> Any:
    """Keep it, send it, or send the correction; "more" only shows more lines."""
    session = db_session()
    if request.form.get("act") == "more":
        token = (request.view_args or {})["token"]
        return _page(link, token)
    actor, ticket = _holder(link), _ticket(session, link)
    data, found = typed_invoice(), _invoice(session, link)
    if found is not None and found.status not in WRITABLE:
        raise Conflict(_("The invoice of this job was sent already."), code="sent_already")
    if found is not None and found.status is InvoiceStatus.DISPUTED:
        drafts.correct_invoice(session, actor, found.id, data)
        return None
    if found is None:
        desk = drafts.desk_of(link.property_owner_id, link.vendor_org_id, ticket)
        found = drafts.draft_invoice(session, actor, desk, data, source=InvoiceSource.LINK)
    else:
        drafts.edit_invoice(session, actor, found.id, data)
    if request.form.get("act") == "submit":
        drafts.submit_invoice(session, actor, found)
    return None


@pages.post("/<token>/invoice/withdraw")
@_change
def withdraw_invoice(link: LinkContext) -> Any:
    """Take it back before it is approved."""
    session = db_session()
    found = _invoice(session, link)
    if found is None:
        raise Conflict(_("This invoice was withdrawn already."), code="withdrawn")
    drafts.withdraw_invoice(session, _holder(link), found.id, CancelInvoice())


@pages.get("/<token>/invoice/pdf")
@public
def invoice_pdf(token: str) -> Response:
    """The invoice as PDF with its data inside."""
    link = _link(token)
    if link is None:
        return show_ended(link)
    session = db_session()
    _ticket(session, link)
    found = _invoice(session, link)
    if found is None:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    audit.read(link.actor, "DOWNLOAD", "Invoice", found.id, owner_id=link.property_owner_id)
    return send_file(
        io.BytesIO(make_pdf(session, found)),
        mimetype="application/pdf",
        as_attachment=True,
        download_name="invoice.pdf",
        conditional=False,
        etag=False,
    )
