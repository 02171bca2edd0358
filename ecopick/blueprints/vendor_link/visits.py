"""The way to the place behind a mailed link: times, on the way, there, checked, proved.

Steps of one tap need the device that accepted the job, else a typed name: mail
scanners press buttons too.
"""

from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, g, url_for

from ecopick.blueprints.residents.pages import calendar_of
from ecopick.blueprints.vendor_link import proof
from ecopick.blueprints.vendor_link.holding import acts, back, holder, opened, page
from ecopick.blueprints.vendor_link.pages import pages
from ecopick.core import clock
from ecopick.core.errors import NotFound
from ecopick.core.finding import as_id
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import wrong_field
from ecopick.domains.auth.totp import picture
from ecopick.domains.tickets.commands import visits
from ecopick.domains.tickets.commands.links import renew_link
from ecopick.domains.tickets.commands.sublinks import end_sublink, give_link, sublink_token
from ecopick.domains.tickets.link_inputs import LinkAnswer
from ecopick.domains.tickets.queries.links import LinkContext, LinkState, names, read_job
from ecopick.domains.tickets.queries.visits import sublinks_of
from ecopick.domains.tickets.visit_inputs import (
    EndLink,
    GiveLink,
    PickTime,
    ProposeTimes,
    ProvePlace,
    TickItem,
)
from ecopick.web.access import public
from ecopick.web.bind import bind
from ecopick.web.render import render
from ecopick.web.state import db_session, settings
from ecopick.web.toasts import say


def _step(link: LinkContext, data: LinkAnswer, place: str = "visit") -> Any:
    """Back to the page; whoever typed their name is known in this browser from now on."""
    response = back(g.link_token, place)
    if data.typed_name:
        proof.remember_device(response, link, data.typed_name)
    return response


@pages.post("/<token>/name")
@acts(LinkState.ACCEPTED, narrow=True)
def name(link: LinkContext) -> Any:
    """Say who holds the link in this browser; the next steps then take one tap."""
    data = bind(LinkAnswer)
    if not data.typed_name:
        raise wrong_field("typed_name", _("Please type your name to confirm."))
    return _step(link, data)


@pages.post("/<token>/times")
@acts(LinkState.ACCEPTED, narrow=True)
def times(link: LinkContext) -> Any:
    """Offer up to three times; an agreed one no longer stands."""
    data = bind(ProposeTimes)
    session = db_session()
    actor = holder(link, data, needed=True)
    zone = ZoneInfo(read_job(session, link).ticket.building.time_zone)
    found = data.windows(zone, clock.now())
    visits.propose_times(session, actor, link.assignment_id, found, data.note)
    say(_("Your times were sent"))
    return _step(link, data)


@pages.post("/<token>/confirm")
@acts(LinkState.ACCEPTED, narrow=True)
def confirm(link: LinkContext) -> Any:
    """Take one of the tenant's times."""
    data = bind(PickTime)
    actor = holder(link, data, needed=True)
    visits.confirm_time(db_session(), actor, link.assignment_id, data.chosen())
    return _step(link, data)


@pages.post("/<token>/on-the-way")
@acts(LinkState.ACCEPTED, narrow=True)
def on_the_way(link: LinkContext) -> Any:
    """Somebody is on the way."""
    data = bind(LinkAnswer)
    visits.set_off(db_session(), holder(link, data, needed=True), link.assignment_id)
    return _step(link, data)


@pages.post("/<token>/arrived")
@acts(LinkState.ACCEPTED, narrow=True)
def arrived(link: LinkContext) -> Any:
    """Somebody is there."""
    data = bind(LinkAnswer)
    visits.arrive(db_session(), holder(link, data, needed=True), link.assignment_id)
    return _step(link, data)


@pages.post("/<token>/checks")
@acts(LinkState.ACCEPTED, narrow=True)
def checks(link: LinkContext) -> Any:
    """An item of the checklist is done, or after all not."""
    data = bind(TickItem)
    visits.tick_item(db_session(), holder(link, data, needed=True), link.assignment_id, data)
    return _step(link, data, "checks")


@pages.post("/<token>/place")
@acts(LinkState.ACCEPTED, narrow=True)
def place(link: LinkContext) -> Any:
    """The code on the wall, scanned or typed."""
    data = bind(ProvePlace)
    visits.prove_place(db_session(), holder(link, data, needed=True), link.assignment_id, data)
    return _step(link, data, "presence")


@pages.get("/<token>/appointment.ics")
@public
def appointment(token: str) -> Response:
    """The agreed visit for one's own calendar."""
    link = opened(token)
    if link is None or link.state is not LinkState.ACCEPTED:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    session = db_session()
    job = read_job(session, link)
    address = url_for("vendor_link.show", token=token)
    visit = job.visit.row if job.visit is not None else None
    return calendar_of(job.ticket, settings().public_base_url + address, visit)


# ---- a technician's narrower link ----


@pages.post("/<token>/links")
@acts(LinkState.ACCEPTED)
def give(link: LinkContext) -> Any:
    """Give somebody a link without prices: by mail, or shown as a code to scan."""
    data = bind(GiveLink)
    holder(link, LinkAnswer(), needed=True)
    row = give_link(db_session(), link.actor, link.id, data)
    db_session().flush()
    say(_("The link is on its way") if data.email else _("The link is ready"))
    return back(g.link_token, f"link-{row.id}")


@pages.post("/<token>/links/end")
@acts(LinkState.ACCEPTED)
def end_given(link: LinkContext) -> Any:
    """The link of a technician opens nothing any more."""
    data = bind(EndLink)
    holder(link, LinkAnswer(), needed=True)
    end_sublink(db_session(), link.actor, link.id, data.sublink_id)
    return back(g.link_token, "share")


@pages.get("/<token>/links/<sublink_id>")
@public
def given(token: str, sublink_id: str) -> Response:
    """A technician's link, to be scanned from this screen."""
    link = opened(token)
    if link is None or link.state is not LinkState.ACCEPTED or not link.shows_prices:
        return page(link, token)
    session = db_session()
    wanted = as_id(sublink_id)
    row = next((each for each in sublinks_of(session, link.id) if each.id == wanted), None)
    # A forwarded link does not hand out further ones before its holder is known.
    if row is None or proof.known_device(link) is None:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    path = url_for("vendor_link.show", token=sublink_token(row))
    owner, vendor = names(session, link)
    session.info["authorized"] = True
    return render(
        "vendor_link/given.html",
        owner_name=owner,
        vendor_name=vendor,
        token=token,
        row=row,
        code=picture(settings().public_base_url + path),
        events_url=None,
    )


@pages.post("/<token>/renew")
@acts(LinkState.EXPIRED)
def renew(link: LinkContext) -> Any:
    """Mail a link that works again to the recipient, where the job was accepted."""
    data = bind(LinkAnswer)
    holder(link, data, needed=True)
    renew_link(db_session(), link.actor, link.id)
    say(_("A new link is on its way to you"))
    return back(g.link_token)
