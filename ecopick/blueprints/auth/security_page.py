"""The page on which a person looks after the safety of their account: one card a topic."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from ecopick.blueprints.auth import factors, password
from ecopick.blueprints.auth.blueprint import pages
from ecopick.blueprints.auth.devices import activity_card, devices_card
from ecopick.blueprints.auth.passkeys import passkeys_card
from ecopick.blueprints.auth.providers import identities_card
from ecopick.core.actor import Actor
from ecopick.web.render import render
from ecopick.web.state import current_actor, db_session

# What each card shows: its template and what that needs, in the order of the page.
Card = tuple[str, Callable[[Session, Actor], dict[str, Any]]]
CARDS: tuple[Card, ...] = (
    ("auth/cards/_factor_needed.html", factors.factors_card),
    ("auth/cards/_password.html", password.card),
    ("auth/cards/_factors.html", factors.no_more),
    ("auth/cards/_passkeys.html", passkeys_card),
    ("auth/cards/_recovery_codes.html", factors.no_more),
    ("auth/cards/_identities.html", identities_card),
    ("auth/cards/_devices.html", devices_card),
    ("auth/cards/_activity.html", activity_card),
    ("auth/cards/_keys.html", factors.no_more),
    ("auth/cards/_data.html", factors.no_more),
)


@pages.get("/account/security")
def account_security() -> Any:
    """Password, second factors, passkeys, devices, recovery codes, recent activity."""
    actor, session = current_actor(), db_session()
    session.info["authorized"] = True  # Each card reads the person's own rows alone.
    values: dict[str, Any] = {}
    for _template, load in CARDS:
        values |= load(session, actor)
    return render("auth/security.html", cards=[template for template, _load in CARDS], **values)
