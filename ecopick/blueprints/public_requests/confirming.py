"""Proving the address on the page of a request: a mailed code, typed once."""

from typing import Any, cast

from flask import Response

from ecopick.blueprints.public_requests.devices import remember
from ecopick.blueprints.public_requests.holding import acts
from ecopick.blueprints.public_requests.pages import pages
from ecopick.blueprints.public_requests.status import back
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.commands.request_links import confirm_address, mail_code
from ecopick.domains.tickets.public_inputs import TellEmail, TypeCode
from ecopick.domains.tickets.queries.public_requests import RequestContext
from ecopick.web.access import current_language
from ecopick.web.bind import bind
from ecopick.web.state import database
from ecopick.web.toasts import say


@pages.post("/requests/<token>/email")
@acts
def ask_code(link: RequestContext) -> Any:
    """Mail a code to the address; one mail an hour for each address."""
    if link.confirmed_at is None:
        data = bind(TellEmail)
        mail_code(database(), link.property_owner_id, link.id, data.email, current_language())
    return back("email")


@pages.post("/requests/<token>/code")
@acts
def type_code(link: RequestContext) -> Any:
    """Check the code; the browser is known for 30 days then."""
    if link.confirmed_at is not None:
        return back("email")
    user_id = confirm_address(database(), link, bind(TypeCode).code)
    say(_("Thank you. Your address is confirmed."))
    response = cast(Response, back("email"))
    remember(response, user_id)
    return response
