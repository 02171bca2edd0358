"""A line in the log for every request: by its route, so that no address in it is a secret."""

import logging
import time

from flask import Flask, Response, g, request

from ecopick.core.context import origin
from ecopick.web.state import find_actor

log = logging.getLogger("ecopick.requests")


def install(app: Flask) -> None:
    """Log what was asked, the answer's status, how long it took and for whom."""

    @app.before_request
    def _start() -> None:
        g.started = time.monotonic()

    @app.after_request
    def _line(response: Response) -> Response:
        actor = find_actor()
        if request.endpoint != "static":
            log.info(
                "request",
                extra={
                    "facts": {
                        "method": request.method,
                        "route": origin().route,
                        "status": response.status_code,
                        "milliseconds": round((time.monotonic() - g.started) * 1000),
                        "user_id": actor.user_id if actor is not None else None,
                    }
                },
            )
        return response
