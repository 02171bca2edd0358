"""Applying for an open job without an account.

GET and HEAD only read. Every change is a POST with the page's nonce and something
that only a person supplies: a time, a price, a reason.
"""

import hmac
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

from flask import Blueprint, Response, request, url_for

from ecopick.core import clock, crypto
from ecopick.core.actor import Actor
from ecopick.core.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.auth.queries.actors import load_user_actor
from ecopick.domains.tickets.commands.dispatch import respond_dispatch
from ecopick.domains.tickets.commands.opportunity_links import note_opportunity_fetched
from ecopick.domains.tickets.commands.quotes import offer_quote, withdraw_quote
from ecopick.domains.tickets.inputs import RespondAssignment
from ecopick.domains.tickets.link_inputs import LinkAnswer, LinkDecline
from ecopick.domains.tickets.queries.inbox import note_own_view
from ecopick.domains.tickets.queries.opportunity_links import (
    OpportunityContext,
    Standing,
    open_opportunity,
    standing,
)
from ecopick.domains.tickets.quote_inputs import RefuseQuote
from ecopick.domains.vendors.queries import vendor_names
from ecopick.web.access import csrf_exempt, public
from ecopick.web.bind import bind
from ecopick.web.formats import zone_of
from ecopick.web.quote_forms import has_price, quote_page, typed_quote, typed_window
from ecopick.web.render import render, see_other
from ecopick.web.state import act_as, close_session, database, db_session, find_actor

pages = Blueprint("open_jobs", __name__)
NONCE_HOURS = 12
Step = Callable[[OpportunityContext, Actor, Standing], Any]


@pages.after_request
def _private(response: Response) -> Response:
    """Nothing of a link is kept by caches, told to other sites or found by search engines."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


def _opened(token: str) -> tuple[OpportunityContext | None, Actor | None]:
    """The link and who acts: its recipient, or whoever of the same vendor is signed in here."""
    signed_in = find_actor()
    link = open_opportunity(database(), token)
    if link is None:
        return None, None
    actor = link.actor
    if signed_in is not None and signed_in.kind == "user":
        member = load_user_actor(database(), signed_in.user_id, link.property_owner_id, kind="user")
        if member is not None and link.vendor_org_id in member.vendor_org_ids:
            facts = tuple(m for m in member.memberships if m.vendor_org_id == link.vendor_org_id)
            actor = replace(member, memberships=facts, via="opportunity_link")
    act_as(actor)
    return link, actor


def _page(token: str, error: AppError | None = None) -> Response:
    link, actor = _opened(token)
    if link is None or actor is None:
        return render("vendor_link/ended.html", status=404, reason="unknown", events_url=None)
    session = db_session()
    stand = standing(session, actor, link.ticket_id)
    if request.method == "GET":
        system = Actor.system(link.property_owner_id, via="opportunity_link")
        note_opportunity_fetched(session, system, link.id)
    if stand is None:
        return render("vendor_link/ended.html", status=410, reason="revoked", events_url=None)
    names = vendor_names(session, [link.vendor_org_id])
    here = url_for("open_jobs.show", token=token)
    return render(
        "quotes/job.html",
        status=200 if error is None else error.status,
        here=here,
        proof=("nonce", _nonce(link, _hour())),
        vendor_name=names.get(link.vendor_org_id, ""),
        recipient_name=link.actor.name,
        link=actor.kind == "link",
        sign_in_href=url_for("auth.sign_in", next=here),
        error=error,
        errors=dict(error.fields) if error is not None else {},
        step=request.path.rpartition("/")[2],
        events_url=None,
        **quote_page(stand, request.form if error is not None else {}),
    )


def _acts(step: Step) -> Callable[..., Any]:
    """A change: nonce first; a refusal shows the page again with what was typed."""

    @wraps(step)
    def run(token: str) -> Any:
        link, actor = _opened(token)
        stand = standing(db_session(), actor, link.ticket_id) if link and actor else None
        if link is None or actor is None or stand is None:
            close_session()
            return _page(token)
        try:
            _check_nonce(link)
            if actor.kind == "link":
                name = bind(LinkAnswer, source={"typed_name": _typed("typed_name")}).typed_name
                actor = replace(actor, typed_name=name)
            if stand.item.kind == "open":
                note_own_view(db_session(), actor, link.ticket_id)
            step(link, actor, stand)
        except (Invalid, Conflict, Forbidden, NotFound) as error:
            close_session()
            return _page(token, error)
        return see_other(url_for("open_jobs.show", token=token))

    return public(csrf_exempt(run))


def _typed(name: str) -> str | None:
    return request.form.get(name) or None


@pages.get("/<token>")
@public
def show(token: str) -> Response:
    """The job; reading changes nothing but the note that the page was fetched."""
    return _page(token)


@pages.post("/<token>/apply")
@_acts
def apply(link: OpportunityContext, actor: Actor, stand: Standing) -> None:
    """Apply, with the time and perhaps a price."""
    if has_price():
        quote(link, actor, stand)
        return
    when = typed_window(zone_of(stand.item.time_zone))
    answer = RespondAssignment(accept=True, **when)
    respond_dispatch(db_session(), actor, link.ticket_id, answer)


def quote(link: OpportunityContext, actor: Actor, stand: Standing) -> None:
    """Offer a price, with the time."""
    offer_quote(db_session(), actor, link.ticket_id, typed_quote(stand.item.time_zone))


@pages.post("/<token>/quote")
@_acts
def send_quote(link: OpportunityContext, actor: Actor, stand: Standing) -> None:
    """Offer a price, with the time."""
    quote(link, actor, stand)


@pages.post("/<token>/withdraw")
@_acts
def withdraw(link: OpportunityContext, actor: Actor, stand: Standing) -> None:
    """Take the price back, with a reason."""
    reason = bind(
        LinkDecline, source={"reason": _typed("reason"), "typed_name": _typed("typed_name")}
    ).reason
    if stand.quote is not None:
        withdraw_quote(db_session(), actor, stand.quote.id, RefuseQuote(reason=reason))


def _check_nonce(link: OpportunityContext) -> None:
    """Refuse a change whose page we did not make, or made long ago."""
    given = request.form.get("nonce", "")
    hour = given.partition(".")[0]
    known = hour.isascii() and hour.isdigit() and len(hour) < 10
    fresh = known and _hour() - NONCE_HOURS <= int(hour) <= _hour()
    if not fresh or not hmac.compare_digest(given.encode(), _nonce(link, int(hour)).encode()):
        raise Conflict(
            _(
                "This page was open for a long time, so nothing was sent. "
                "Please check and send again."
            ),
            code="page_outdated",
        )


def _hour() -> int:
    return int(clock.now().timestamp() // 3600)


def _nonce(link: OpportunityContext, hour: int) -> str:
    return f"{hour}.{crypto.sign('open_job_page', link.id, hour).hex()}"
