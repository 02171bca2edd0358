"""Headers that every response carries, errors included."""

import uuid

from flask import Flask, Response, g, request

from ecopick.core.context import Origin, origin, set_origin

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


def install(app: Flask, *, production: bool) -> None:
    """Set the origin of each request and the headers of each response."""

    @app.before_request
    def _origin() -> None:
        request_id = uuid.uuid4().hex
        asked = request.headers.get("X-Correlation-Id", "")
        correlation = asked if asked.replace("-", "").isalnum() and len(asked) <= 64 else request_id
        set_origin(
            Origin(
                request_id=request_id,
                correlation_id=correlation,
                ip=request.remote_addr,
                user_agent=(request.user_agent.string or "")[:400],
                method=request.method,
                route=request.url_rule.rule if request.url_rule else None,
            )
        )
        g.nonce = request_id

    @app.after_request
    def _headers(response: Response) -> Response:
        headers = response.headers
        headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        headers["X-Content-Type-Options"] = "nosniff"
        headers["X-XSS-Protection"] = "0"
        headers.setdefault("Referrer-Policy", "same-origin")
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(self), geolocation=(), microphone=()"
        headers["X-Request-Id"] = origin().request_id
        if production and request.is_secure:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        return response
