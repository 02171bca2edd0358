"""Whoever is trusted with much sets up a strong factor before anything else.

App administrators and property owners need an authenticator app or a passkey: a
mailed code is not enough for them. Until then they reach what belongs to their
account, and nothing else. People of the demonstration are spared, outside of
production.
"""

from flask import request, url_for
from sqlalchemy import exists, or_, select
from werkzeug.wrappers import Response as BaseResponse

from ecopick.core.actor import Actor
from ecopick.core.errors import Forbidden
from ecopick.core.roles import MembershipRole
from ecopick.core.tenancy import Scope
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.auth.models import WebAuthnCredential
from ecopick.domains.auth.queries.credentials import DEMO_DOMAIN
from ecopick.domains.people.models import User
from ecopick.web.render import see_other, wants_fragment, wants_json
from ecopick.web.state import database, settings

# Signing in and out, the account's safety, who I am.
OPEN_BLUEPRINTS = frozenset({"auth", "auth_api"})


def must_add_factor(actor: Actor) -> bool:
    """Whether the person has to set up a strong factor first.

    Asks the database, once, only for people who are trusted with much.
    """
    if actor.kind != "user" or actor.support or not _is_trusted_with_much(actor):
        return False
    if actor.email.endswith(DEMO_DOMAIN) and not settings().is_production:
        return False
    with database().transaction(Scope((), actor.user_id)) as session:
        passkey = exists().where(WebAuthnCredential.user_id == User.id)
        strong = or_(User.totp_secret_enc.is_not(None), passkey)
        return not session.scalar(select(strong).where(User.id == actor.user_id))


def _is_trusted_with_much(actor: Actor) -> bool:
    return actor.is_app_admin or any(
        role.role is MembershipRole.PROPERTY_OWNER for role in actor.memberships
    )


def lead_to_factor(actor: Actor, is_open: bool) -> BaseResponse | None:
    """Keep a request back whose person has to set up a factor first; None lets it go on.

    Pages lead to the account's security, programs get 403 ``second_factor_required``.
    ``is_open`` is for what everybody reaches.
    """
    if is_open or request.blueprint in OPEN_BLUEPRINTS or not must_add_factor(actor):
        return None
    if wants_json() or wants_fragment():
        raise Forbidden(
            _("Please set up an authenticator app or a passkey first."),
            code="second_factor_required",
        )
    return see_other(url_for("auth.account_security"))
