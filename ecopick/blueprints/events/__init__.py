"""Live pages: what changes, as a stream of server-sent events."""

from ecopick.blueprints.events.api import api

__all__ = ["api"]
