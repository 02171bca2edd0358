"""Every event is heard by somebody, or by nobody on purpose."""

from flask import Flask

from ecopick.core.events import REGISTRY
from ecopick.domains.notifications.rules import RULES
from jobs.notifications import tell
from jobs.subscriptions import IGNORED, SUBSCRIPTIONS


def test_every_event_is_subscribed_or_ignored_on_purpose(app: Flask) -> None:
    """The application has loaded whatever defines an event."""
    assert set(SUBSCRIPTIONS) | IGNORED == set(REGISTRY)
    assert not set(SUBSCRIPTIONS) & IGNORED


def test_what_people_are_told_of_has_a_rule() -> None:
    told = {name for name, handlers in SUBSCRIPTIONS.items() if tell in handlers}
    assert told == set(RULES)
