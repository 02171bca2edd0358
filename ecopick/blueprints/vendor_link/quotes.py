"""The price of the job behind a mailed link, offered without an account.

GET and HEAD only read. Above the owner's limit for that somebody of the vendor has to be
signed in in this browser: a forwarded link must not bind the vendor to a large price.
"""

from dataclasses import replace
from typing import Any

from flask import Response, g, request, url_for

from ecopick.blueprints.vendor_link import proof
from ecopick.blueprints.vendor_link.holding import opened, pages
from ecopick.blueprints.vendor_link.show import show_ended
from ecopick.core.actor import Actor
from ecopick.core.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.auth.queries.actors import load_user_actor
from ecopick.domains.tickets.commands.quotes import offer_quote, withdraw_quote
from ecopick.domains.tickets.link_inputs import LinkAnswer, LinkDecline
from ecopick.domains.tickets.queries.links import LinkContext, LinkState
from ecopick.domains.tickets.queries.opportunity_links import Standing, standing
from ecopick.domains.tickets.quote_inputs import RefuseQuote
from ecopick.domains.vendors.queries import vendor_names
from ecopick.web.access import csrf_exempt, public
from ecopick.web.bind import bind
from ecopick.web.quote_forms import quote_page, typed_quote
from ecopick.web.render import render, see_other
from ecopick.web.state import act_as, close_session, database, db_session

OPEN = (LinkState.WAITING, LinkState.ACCEPTED)


def _link(token: str) -> tuple[LinkContext | None, Actor | None]:
    """The link, and who acts: its recipient, or whoever of the same vendor is signed in here."""
    link = opened(token)
    if link is None:
        return None, None
    if not link.shows_prices:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    signed_in_id = g.get("signed_in_id")
    member = (
        load_user_actor(database(), signed_in_id, link.property_owner_id, kind="user")
        if signed_in_id is not None
        else None
    )
    if member is None or link.vendor_org_id not in member.vendor_org_ids:
        return link, link.actor
    facts = tuple(m for m in member.memberships if m.vendor_org_id == link.vendor_org_id)
    actor = replace(member, memberships=facts, via="vendor_link")
    act_as(actor)
    return link, actor


def _page(token: str, error: AppError | None = None) -> Response:
    link, actor = _link(token)
    if link is None or actor is None or link.state not in OPEN:
        return show_ended(link, token)
    session = db_session()
    stand = standing(session, actor, link.ticket_id)
    if stand is None:
        return show_ended(replace(link, state=LinkState.REVOKED), token)
    back = url_for("vendor_link.show", token=token)
    here = url_for("vendor_link.show_quote", token=token)
    return render(
        "quotes/job.html",
        status=200 if error is None else error.status,
        here=here.removesuffix("/quote"),
        proof=("nonce", proof.make_nonce(link)),
        vendor_name=vendor_names(session, [link.vendor_org_id]).get(link.vendor_org_id, ""),
        recipient_name=link.actor.name,
        back=back,
        link=actor.kind == "link",
        sign_in_href=url_for("auth.sign_in", next=here),
        error=error,
        errors=dict(error.fields) if error is not None else {},
        step=request.path.rpartition("/")[2],
        events_url=None,
        **quote_page(stand, request.form if error is not None else {}),
    )


@pages.get("/<token>/quote")
@public
def show_quote(token: str) -> Response:
    """The form for a price; reading changes nothing."""
    return _page(token)


@pages.post("/<token>/quote")
@public
@csrf_exempt
def send_quote(token: str) -> Any:
    """Offer a price, with the time."""
    return _step(token, _offer)


@pages.post("/<token>/withdraw")
@public
@csrf_exempt
def withdraw_price(token: str) -> Any:
    """Take the price back, with a reason."""
    return _step(token, _withdraw)


def _step(token: str, step: Any) -> Any:
    link, actor = _link(token)
    stand = standing(db_session(), actor, link.ticket_id) if link and actor else None
    if link is None or actor is None or stand is None or link.state not in OPEN:
        close_session()
        return _page(token)
    try:
        proof.check_nonce(link)
        if actor.kind == "link":
            typed = bind(LinkAnswer, source={"typed_name": _typed("typed_name")}).typed_name
            actor = replace(actor, typed_name=proof.holder_name(link, typed))
        step(actor, stand)
    except (Invalid, Conflict, Forbidden) as error:
        close_session()
        return _page(token, error)
    return see_other(url_for("vendor_link.show_quote", token=token))


def _typed(name: str) -> str | None:
    return request.form.get(name) or None


def _offer(actor: Actor, stand: Standing) -> None:
    offer_quote(db_session(), actor, stand.item.ticket_id, typed_quote(stand.item.time_zone))


def _withdraw(actor: Actor, stand: Standing) -> None:
    reason = bind(LinkDecline, source={"reason": _typed("reason")}).reason
    if stand.quote is not None:
        withdraw_quote(db_session(), actor, stand.quote.id, RefuseQuote(reason=reason))
