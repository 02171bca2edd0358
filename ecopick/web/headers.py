"""Headers that every response carries, errors included."""

import re
import uuid

from flask import Flask, Response, request

from ecopick.core.context import Origin, origin, set_origin
from ecopick.web.device import device_of, fingerprint_of

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


# What a caller may call its request: it goes into logs, answers and jobs.
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def install(app: Flask, *, production: bool) -> None:
    """Set the origin of each request and the headers of each response."""

    @app.before_request
    def _origin() -> None:
        request_id = _sent("X-Request-Id") or uuid.uuid4().hex
        set_origin(
            Origin(
                request_id=request_id,
                correlation_id=_sent("X-Correlation-Id") or request_id,
                ip=request.remote_addr,
                user_agent=(request.user_agent.string or "")[:400],
                device_id=device_of(request),
                device_fingerprint=fingerprint_of(request),
                method=request.method,
                route=request.url_rule.rule if request.url_rule else None,
            )
        )

    @app.after_request
    def _headers(response: Response) -> Response:
        headers = response.headers
        headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-XSS-Protection"] = "0"
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Cache-Control", "no-store")
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(self), geolocation=(), microphone=()"
        headers["X-Request-Id"] = origin().request_id
        if production and request.is_secure:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        return response


def _sent(header: str) -> str | None:
    """The caller's own identifier, where it is well formed."""
    sent = request.headers.get(header, "")
    return sent if IDENTIFIER.fullmatch(sent) else None
