"""Whoever holds a vendor's link: found by its token, refused with the page as it is."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

from flask import Blueprint, Response, g, url_for

from ecopick.blueprints.attachments.pages import from_script
from ecopick.blueprints.vendor_link import proof
from ecopick.blueprints.vendor_link.show import show_declined, show_ended, show_job
from ecopick.core.actor import Actor
from ecopick.core.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.link_inputs import LinkAnswer
from ecopick.domains.tickets.queries.links import LinkContext, LinkState, open_link
from ecopick.web import idempotency
from ecopick.web.access import csrf_exempt, public
from ecopick.web.errors import problem
from ecopick.web.render import see_other
from ecopick.web.state import act_as, close_session, database, db_session, find_actor

pages = Blueprint("vendor_link", __name__)
Step = Callable[[LinkContext], Any]


@pages.after_request
def _private(response: Response) -> Response:
    """Nothing of a link is kept by caches, told to other sites or found by search engines."""
    if "image" not in (response.mimetype or ""):
        response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response


def opened(token: str) -> LinkContext | None:
    """The link, acting for the rest of the request; None for an unknown token."""
    signed_in = find_actor()
    if signed_in is not None and signed_in.kind == "user":
        g.signed_in_id = signed_in.user_id
    link = open_link(database(), token)
    if link is not None:
        act_as(link.actor)
    return link


def acts(*states: LinkState, narrow: bool = False) -> Callable[[Step], Callable[..., Any]]:
    """A change on the page: nonce first, then the state; a refusal shows the page again.

    ``narrow`` is whether a technician's narrower link may do it too.
    """

    def wrap(step: Step) -> Callable[..., Any]:
        @wraps(step)
        def run(token: str) -> Any:
            link = opened(token)
            if link is None or link.state not in states:
                return _overtaken(link, token)
            if link.sublink_id is not None and not narrow:
                raise NotFound(_("There is nothing here, or you cannot see it."))
            try:
                proof.check_nonce(link)
                return _once(link, step)
            except (Invalid, Conflict, Forbidden) as error:
                return _refused(token, error)
            except AppError as error:
                if not from_script():
                    raise
                close_session()
                return problem(error)

        return public(csrf_exempt(run))

    return wrap


def _once(link: LinkContext, step: Step) -> Any:
    """The step, or the answer that it got before: what waited on a phone may be sent twice."""
    repeated = idempotency.answer_link_repeat()
    return step(link) if repeated is None else repeated


def _refused(token: str, error: AppError) -> Any:
    """The page as it is now, with what was typed and why it was not taken."""
    close_session()
    if from_script():
        return problem(error)
    link = opened(token)
    response = page(link, token, error=error)
    response.status_code = max(error.status, response.status_code)
    return response


def _overtaken(link: LinkContext | None, token: str) -> Response:
    """The step no longer fits: somebody answered otherwise, or the link has ended."""
    if from_script():
        return problem(_ended())
    response = page(link, token)
    if response.status_code == 200:
        response.status_code = 409
    return response


def _ended() -> Conflict:
    return Conflict(_("This job is no longer yours, or its link has ended."), code="link_ended")


def page(link: LinkContext | None, token: str, error: AppError | None = None) -> Response:
    """The page of the link as it stands, or that it has ended."""
    if link is None or link.state in (LinkState.EXPIRED, LinkState.REVOKED):
        return show_ended(link, token, error)
    if link.state is LinkState.DECLINED:
        return show_declined(db_session(), link, token, error)
    return show_job(db_session(), link, token, error)


def back(token: str, place: str = "") -> Any:
    """303 to the page of the link."""
    return see_other(url_for("vendor_link.show", token=token, _anchor=place or None))


def holder(link: LinkContext, data: LinkAnswer, *, needed: bool = False) -> Actor:
    """Who acts: the recipient, with what the holder calls themselves. Raises Invalid under
    ``typed_name`` where the step needs a name or the device that accepted."""
    name = proof.holder_name(link, data.typed_name, needed=needed)
    return replace(link.actor, typed_name=name)


@pages.url_value_preprocessor
def _keep_token(endpoint: str | None, values: dict[str, Any] | None) -> None:
    g.link_token = (values or {}).get("token", "")
