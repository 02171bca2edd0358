"""The gate: who is asking, in which language, and may the request go on.

Every endpoint is private unless marked ``@public``. Cookie-authenticated
changes need the CSRF token; public ones are checked for their origin.
"""

import uuid
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from ecopick.core import tenancy
from ecopick.core.actor import Actor
from ecopick.core.errors import Forbidden, Unauthenticated
from ecopick.core.text import DEFAULT_LANGUAGE, LANGUAGES, set_language
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.auth.queries.actors import load_actor
from ecopick.web import renewal
from ecopick.web.blocks import refuse_kept_out
from ecopick.web.factor_gate import lead_to_factor
from ecopick.web.render import local_path
from ecopick.web.session_cookies import is_csrf_token, read_session_id
from ecopick.web.state import act_as, database, find_actor, settings
from ecopick.web.support_gate import refuse_while_acting

V = TypeVar("V", bound=Callable[..., Any])
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def public(view: V) -> V:
    """Mark a view as open to everybody."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def csrf_exempt(view: V) -> V:
    """Mark a public view whose changes carry their own proof (a link's nonce)."""
    view.is_csrf_exempt = True  # type: ignore[attr-defined]
    return view


def background(view: V) -> V:
    """Mark a view that pages ask for by themselves: it keeps no session alive."""
    view.is_background = True  # type: ignore[attr-defined]
    return view


def install(app: Flask) -> None:
    """Run the gate before every request."""
    app.url_value_preprocessor(_take_locale)
    app.url_defaults(_give_locale)
    app.before_request(_start)
    app.before_request(_choose_language)
    app.before_request(_gate)
    app.after_request(renewal.keep_cookies)
    app.jinja_env.globals.update(session_clock=renewal.session_clock)


def _take_locale(endpoint: str | None, values: dict[str, Any] | None) -> None:
    g.locale = (values or {}).pop("locale", None)


def _give_locale(endpoint: str, values: dict[str, Any]) -> None:
    from flask import current_app

    if "locale" not in values and current_app.url_map.is_endpoint_expecting(endpoint, "locale"):
        values["locale"] = current_language()


def current_language() -> str:
    """The language of this request: its URL, its user, its browser."""
    found: str | None = g.get("locale")
    if found in LANGUAGES:
        return found
    actor = find_actor()
    if actor is not None and actor.language in LANGUAGES:
        return actor.language
    return request.accept_languages.best_match(LANGUAGES) or DEFAULT_LANGUAGE


def _start() -> None:
    g.actor = None
    tenancy.set_scope(tenancy.NOTHING)
    if request.endpoint == "static":
        return
    session_id = read_session_id(request)
    if session_id is not None:
        g.session_id = session_id
        by_itself = "X-Background" in request.headers or getattr(
            _view(request.endpoint or ""), "is_background", False
        )
        actor = load_actor(database(), session_id, _asked_owner(), active=not by_itself)
        if actor is not None:
            act_as(actor)
    if request.endpoint is not None and not _is_open(request.endpoint):
        renewal.renew_for_page()


def _asked_owner() -> uuid.UUID | None:
    asked = request.headers.get("X-Property-Owner")
    if not asked:
        return None
    try:
        return uuid.UUID(asked)
    except ValueError:
        return uuid.UUID(int=0)  # Nobody's: refused as any foreign owner is.


def _choose_language() -> None:
    if g.locale is not None and g.locale not in LANGUAGES:
        g.locale = None
        abort(404)
    set_language(current_language())


def _gate() -> BaseResponse | None:
    endpoint = request.endpoint
    if not request.path.isprintable():
        abort(404)
    if endpoint is None:
        return _add_locale()
    actor = find_actor()
    if actor is None and not _is_open(endpoint):
        if g.get("renewed_elsewhere"):
            return renewal.come_again()
        refuse_kept_out()
        raise Unauthenticated(_("Please sign in."))
    if request.method not in SAFE_METHODS:
        _check_origin()
        if actor is not None and not getattr(_view(endpoint), "is_csrf_exempt", False):
            _check_csrf(actor)
    if actor is None:
        return None
    refuse_while_acting(actor)
    return lead_to_factor(actor, _is_open(endpoint))


def _is_open(endpoint: str) -> bool:
    return endpoint.endswith("static") or getattr(_view(endpoint), "is_public", False)


def _view(endpoint: str) -> Any:
    from flask import current_app

    return current_app.view_functions.get(endpoint)


def _add_locale() -> BaseResponse | None:
    """A page address without a language goes to the same page in the right one."""
    path = request.path
    first = path.split("/", 2)[1] if path.count("/") else ""
    if (
        request.method != "GET"
        or path.startswith("/api/")
        or first in (*LANGUAGES, "static", "dev")
    ):
        return None
    from flask import current_app

    target = f"/{current_language()}{path if path != '/' else '/'}"
    adapter = current_app.create_url_adapter(request)
    if adapter is None or not adapter.test(target, "GET"):
        return None
    query = request.query_string.decode()
    return redirect(local_path(f"{target}?{query}" if query else target), code=302)


def _check_csrf(actor: Actor) -> None:
    sent = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
    if actor.session is None or not is_csrf_token(sent, actor.session.family_id):
        raise Forbidden(
            _("This page has been open for too long. Please reload it and try again."),
            code="csrf",
        )


def _check_origin() -> None:
    """Refuse a change that another site sends, where the browser says so."""
    site, sent = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    foreign = site in ("cross-site", "same-site")
    if sent == "null":
        # Only pages behind a secret link hide where their own forms come from.
        foreign = foreign or (site is None and "token" not in (request.view_args or {}))
    elif sent:
        foreign = foreign or urlsplit(sent).netloc not in _own_hosts()
    if foreign:
        raise Forbidden(_("This request came from another site."), code="cross_site")


def _own_hosts() -> frozenset[str]:
    return frozenset({urlsplit(settings().public_base_url).netloc, request.host})


class Undecided(RuntimeError):
    """A view answered with rows, and nobody asked who may see them."""


def require_decision(response: Response) -> None:
    """In tests, refuse an answer for which neither a permission nor a visible set was asked.

    ``authorize`` and the queries that apply ``visible_to`` mark the session.
    """
    from flask import current_app

    session = g.get("session")
    is_used = session is not None and g.get("session_is_used", False)
    if not current_app.testing or not is_used or response.status_code >= 400:
        return
    if getattr(_view(request.endpoint or ""), "is_public", False):
        return
    if not session.info.get("authorized"):
        raise Undecided(f"{request.endpoint}: neither authorize() nor visible_to()")
