"""Signing in with an account at an identity provider, and linking such accounts."""

import hmac
from typing import Any
from urllib.parse import urlsplit

from flask import Response, abort, g, make_response, redirect, request, url_for
from sqlalchemy.orm import Session

from ecopick.adapters.errors import AdapterError
from ecopick.adapters.id_tokens import Claims
from ecopick.blueprints.auth.blueprint import pages
from ecopick.blueprints.auth.finishing import go_on, onward
from ecopick.blueprints.auth.provider_flow import Flow, begin, held, hold, release
from ecopick.blueprints.auth.sign_in import show_form
from ecopick.core.actor import Actor
from ecopick.core.errors import AppError, Conflict, Text, TooManyRequests
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.text import DEFAULT_LANGUAGE, LANGUAGES, set_language
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.auth.commands import identities
from ecopick.domains.auth.commands.admission import SourceBlocked, refuse_blocked
from ecopick.domains.auth.commands.attempts import check_rate
from ecopick.domains.auth.commands.identities import Invited, NotLinked, Proved
from ecopick.domains.auth.queries.identities import identities_of
from ecopick.web import toasts
from ecopick.web.access import current_language, public
from ecopick.web.identity_providers import Provider, identity_providers
from ecopick.web.navigation import LANGUAGE_NAMES
from ecopick.web.render import local_path, render, see_other
from ecopick.web.state import current_actor, database, find_actor, settings
from ecopick.web.step_up import needs_step_up

# What a provider may call its refusal, in the audit; anything else is "other".
KNOWN_ERRORS = frozenset(
    {
        "access_denied",
        "account_selection_required",
        "consent_required",
        "interaction_required",
        "invalid_request",
        "invalid_scope",
        "login_required",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
        "unsupported_response_type",
    }
)
PARAMETERS = ("code", "state", "iss", "error")


class SignInRefused(AppError):
    """An answer of a provider that proves nothing; ``reason`` is for the audit."""

    status = 400
    code = "provider_refused"

    def __init__(self, message: Text, reason: str, *, status: int = 400, detail: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.detail = detail


def sign_in_choices() -> list[dict[str, str]]:
    """The providers as the sign-in page offers them: name and address."""
    wanted = local_path(request.values.get("next"), "")
    return [
        {
            "key": each.key,
            "name": each.name,
            "href": url_for("auth.sign_in_with", provider=each.key, next=wanted or None),
        }
        for each in identity_providers().values()
    ]


@pages.get("/login/with/<provider>")
@public
def sign_in_with(provider: str) -> Any:
    """Send the browser to the provider; whoever is signed in already goes on."""
    found = _provider(provider)
    actor = find_actor()
    if actor is not None:
        return see_other(onward(actor))
    wanted = local_path(request.args.get("next"), "")
    flow = begin(found.key, current_language(), wanted)
    try:
        check_rate(database(), "account")
        address = found.client.authorization_url(flow.attempt, _callback(found))
    except AdapterError as error:
        return _refused_page(found, _refusal(found, error), flow)
    except TooManyRequests as error:
        return _refused_page(found, error, flow)
    response = make_response(redirect(address, code=303))
    hold(response, flow)
    return response


@pages.get("/login/with/<provider>/callback")
@public
def come_back(provider: str) -> Any:
    """The provider's answer: a session, the second step, a linked identity, or a sentence."""
    found = _provider(provider)
    flow = held(found.key)
    if flow is not None:
        g.locale = flow.locale
        set_language(flow.locale)
    try:
        response = _finish(found, flow)
    except (SignInRefused, NotLinked, SourceBlocked, TooManyRequests, Conflict) as error:
        response = _refused_page(found, error, flow)
    if not isinstance(response, Response):
        response = make_response(response)
    if flow is None or _is_state_of(flow):
        release(response)
    return response


def _finish(found: Provider, flow: Flow | None) -> Any:
    """Check the answer step by step; the cheap checks first, the provider asked last."""
    _refuse_odd_query()
    if flow is None:
        raise SignInRefused(_start_again(), "provider_flow_missing")
    if not _is_state_of(flow):
        raise SignInRefused(_start_again(), "provider_wrong_state")
    if not identities.use_once(database(), flow.attempt.state, flow.ends):
        raise SignInRefused(_start_again(), "provider_replayed")
    check_rate(database(), "account")
    if flow.links_user is None:
        with database().transaction(Scope((PLATFORM_OWNER_ID,))) as session:
            refuse_blocked(session)
    claims = _redeem(found, flow)
    proved = Proved(
        provider=found.key,
        provider_name=found.name,
        issuer=claims.issuer,
        subject=claims.subject,
        email=claims.email,
        is_vouched_for=claims.email_verified and found.counts_for(claims.email),
    )
    if flow.links_user is not None:
        return _link(flow, proved)
    outcome = identities.sign_in_with(database(), proved)
    if isinstance(outcome, Invited):
        return see_other(f"/{current_language()}/invitations/{outcome.token}")
    return go_on(outcome, flow.next)


def _redeem(found: Provider, flow: Flow) -> Claims:
    try:
        if not found.client.is_answer_of(request.args.get("iss")):
            raise SignInRefused(_start_again(), "provider_wrong_issuer")
        error, code = request.args.get("error"), request.args.get("code")
        if error:
            raise _provider_said(found, error)
        if not code:
            raise SignInRefused(_start_again(), "provider_no_code")
        return found.client.redeem(code, flow.attempt, _callback(found))
    except AdapterError as failed:
        raise _refusal(found, failed) from failed


def _refuse_odd_query() -> None:
    if any(len(request.args.getlist(name)) > 1 for name in PARAMETERS):
        raise SignInRefused(_start_again(), "provider_malformed_answer")


def _is_state_of(flow: Flow) -> bool:
    told = request.args.get("state", "").encode("utf-8", "surrogatepass")
    return hmac.compare_digest(told, flow.attempt.state.encode())


def _provider_said(found: Provider, error: str) -> SignInRefused:
    kind = error if error in KNOWN_ERRORS else "other"
    if kind == "access_denied":
        text = _("You did not sign in at %(name)s. Nothing has changed.", name=found.name)
    else:
        text = _("%(name)s could not sign you in. Please try again.", name=found.name)
    return SignInRefused(text, f"provider_{kind}")


def _refusal(found: Provider, error: AdapterError) -> SignInRefused:
    """A sentence for a person, the code for the audit."""
    if error.code in ("provider_away", "provider_slow"):
        text = _(
            "%(name)s is not answering. Please try again in a moment, or sign in another way.",
            name=found.name,
        )
        return SignInRefused(text, error.code, status=503, detail=error.detail)
    if error.code in ("provider_refuses", "provider_malformed"):
        text = _(
            "Signing in with %(name)s does not work at present. Please sign in another way.",
            name=found.name,
        )
        return SignInRefused(text, error.code, status=502, detail=error.detail)
    text = _("The answer of %(name)s could not be confirmed. Please start again.", name=found.name)
    return SignInRefused(text, error.code, detail=error.detail)


def _start_again() -> Text:
    return _("This sign-in is over or was begun in another browser. Please start again.")


def _refused_page(found: Provider, error: AppError, flow: Flow | None = None) -> Response:
    """The sign-in page, or account security, with the reason; recorded."""
    actor = find_actor()
    is_linking = flow is not None and actor is not None and flow.links_user == actor.user_id
    if not isinstance(error, TooManyRequests):
        identities.record_refusal(
            database(),
            found.key,
            getattr(error, "reason", error.code),
            denied=not isinstance(error, SignInRefused),
            detail=getattr(error, "detail", ""),
            links_user=actor.user_id if is_linking and actor is not None else None,
        )
    if flow is not None and flow.links_user is not None and actor is not None:
        toasts.say(error.message, tone="error")
        return make_response(see_other(url_for("auth.account_security")))
    g.frame_languages = _languages()
    return show_form(error, flow.next if flow is not None else None)


def _languages() -> list[dict[str, Any]]:
    """The sign-in page in each language: the answer in this address is used up."""
    return [
        {
            "code": code,
            "label": LANGUAGE_NAMES[code],
            "href": url_for("auth.sign_in", locale=code),
            "current": code == current_language(),
        }
        for code in LANGUAGES
    ]


@pages.post("/account/security/identities/<provider>")
@needs_step_up
def begin_linking(provider: str) -> Any:
    """A page with the way to the provider; only a fresh proof of identity leads here.

    Not a redirect: the security policy lets no form end at another site.
    """
    found, actor = _provider(provider), current_actor()
    flow = begin(
        found.key,
        current_language(),
        "",
        links_user=actor.user_id,
        links_family=actor.session.family_id if actor.session is not None else None,
    )
    try:
        address = found.client.authorization_url(flow.attempt, _callback(found))
    except AdapterError as error:
        return _refused_page(found, _refusal(found, error), flow)
    host = urlsplit(address).netloc
    response = render("auth/leave_for_provider.html", name=found.name, href=address, host=host)
    hold(response, flow)
    return response


def _link(flow: Flow, proved: Proved) -> Any:
    """Link for the very sign-in that began it."""
    actor = find_actor()
    if (
        actor is None
        or actor.session is None
        or actor.user_id != flow.links_user
        or actor.session.family_id != flow.links_family
    ):
        raise SignInRefused(_start_again(), "provider_other_session")
    if identities.link(database(), actor.user_id, proved):
        text = _(
            "%(name)s is connected. You can sign in with it from now on.", name=proved.provider_name
        )
    else:
        text = _("%(name)s was connected already.", name=proved.provider_name)
    toasts.say(text)
    return see_other(url_for("auth.account_security"))


@pages.post("/account/security/identities/<identity_id>/remove")
@needs_step_up
def unlink_identity(identity_id: str) -> Any:
    """Disconnect an account at a provider, unless it is the last way in."""
    actor = current_actor()
    try:
        identities.unlink(database(), actor.user_id, identity_id, _names(), keep=actor.session_id)
        toasts.say(_("The account is disconnected. Your other devices were signed out."))
    except Conflict as error:
        toasts.say(error.message, tone="error")
    return see_other(url_for("auth.account_security"))


def identities_card(session: Session, actor: Actor) -> dict[str, Any]:
    """What the card on account security shows: linked accounts, and what can be linked."""
    linked = identities_of(session, actor.user_id)
    names = _names()
    return {
        "identities": [
            {
                "id": each.id,
                "name": names.get(each.issuer, urlsplit(each.issuer).hostname or each.issuer),
                "email": each.email,
                "created_at": each.created_at,
                "last_used_at": each.last_used_at,
            }
            for each in linked
        ],
        "identity_providers": [
            {"key": each.key, "name": each.name} for each in identity_providers().values()
        ],
    }


def _provider(key: str) -> Provider:
    found = identity_providers().get(key)
    if found is None:
        abort(404)
    return found


def _names() -> dict[str, str]:
    return {each.settings.issuer: each.name for each in identity_providers().values()}


def _callback(found: Provider) -> str:
    """One address for all languages, so that the provider has to know only one."""
    path = f"/{DEFAULT_LANGUAGE}/login/with/{found.key}/callback"
    return settings().public_base_url + path
