"""Failures, told once: a page for people, problem+json (RFC 9457) for programs."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from flask import Flask, Response, jsonify, make_response, render_template, request
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge

from ecopick.core.context import origin
from ecopick.core.errors import (
    AppError,
    Conflict,
    Invalid,
    NotFound,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)
from ecopick.core.text import lazy_gettext as _
from ecopick.web.render import see_other, wants_fragment, wants_json
from ecopick.web.state import close_session, find_actor

log = logging.getLogger("ecopick.web")
P = ParamSpec("P")


def install(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(AppError, answer)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(PoolTimeout, _database)
    app.register_error_handler(Exception, _unexpected)


def answer(error: AppError) -> Any:
    """The response to an expected failure."""
    close_session()
    if wants_json():
        return problem(error)
    if isinstance(error, Unauthenticated) and not wants_fragment():
        from flask import url_for

        return see_other(url_for("auth.sign_in", next=request.full_path.rstrip("?")))
    if error.code == "blocked" and not wants_fragment():
        from flask import url_for

        return see_other(url_for("security.blocked"))
    response = _page(error)
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def problem(error: AppError) -> Response:
    """``application/problem+json`` with the same field keys as the form."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": str(error.message),
        "status": error.status,
        "code": error.code,
        "request_id": origin().request_id,
    }
    if error.fields:
        body["errors"] = {name: str(text) for name, text in error.fields.items()}
    response = jsonify(body)
    response.status_code = error.status
    response.content_type = "application/problem+json"
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _page(error: AppError) -> Response:
    template = "errors/_fragment.html" if wants_fragment() else "errors/page.html"
    html = render_template(
        template, error=error, reference=origin().request_id[:8].upper(), actor=find_actor()
    )
    return make_response(html, error.status)


def _http(error: HTTPException) -> Any:
    if isinstance(error, RequestEntityTooLarge):
        return answer(TooLarge(_("This is larger than we can accept (25 MB a file).")))
    if error.code == 404:
        return answer(NotFound(_("There is nothing here, or you cannot see it.")))
    if error.code is not None and error.code < 400:
        return error
    code = error.name.lower().replace(" ", "_")
    known = AppError(_sentence(error.code or 500), code=code)
    known.status = error.code or 500
    response = answer(known)
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
    return response


def _sentence(status: int) -> Any:
    if status == 405:
        return _("This address does not accept that kind of request.")
    if status == 415:
        return _("This kind of content is not accepted here.")
    if status < 500:
        return _("The request could not be understood.")
    return _("Something went wrong on our side.")


def _database(error: Exception) -> Any:
    log.exception("database away")
    return answer(Unavailable(_("The database is not answering. Please try again in a moment.")))


def _unexpected(error: Exception) -> Any:
    log.exception("unexpected error")
    known = AppError(_("Something went wrong on our side. Nothing was half saved."))
    known.status = 500
    return answer(known)


def refill(
    form: Callable[..., Response],
) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    """Show ``form`` again, with what was typed, when the view refuses its input.

    ``form`` gets the view's URL arguments plus ``error``; it reads the typed
    values from ``request.form``.
    """

    def wrap(view: Callable[P, Any]) -> Callable[P, Any]:
        @wraps(view)
        def run(*args: P.args, **kwargs: P.kwargs) -> Any:
            try:
                return view(*args, **kwargs)
            except (Invalid, Conflict, TooLarge, TooManyRequests) as error:
                if wants_json():
                    raise
                close_session()
                response = form(*args, error=error, **kwargs)
                response.status_code = error.status
                return response

        return run

    return wrap
