"""A mailed link in tests: its token, its page, its forms."""

import io
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from werkzeug.test import TestResponse

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.domains.tickets.commands.links import link_token
from ecopick.domains.tickets.models import Assignment, VendorLink
from tests.factories import World


def token_of(world: World, assignment: Assignment, who: str = "vendor") -> str:
    """The token that the mail to this recipient carries."""
    return link_token(link_of(world, assignment, who))


def link_of(world: World, assignment: Assignment, who: str = "vendor") -> VendorLink:
    """The stored link of a recipient."""
    with world.database.transaction(Actor.system(world.owner_id).scope) as session:
        return session.scalars(
            select(VendorLink)
            .where(
                VendorLink.assignment_id == assignment.id,
                VendorLink.recipient_id == world.people[who],
            )
            .order_by(VendorLink.version.desc())
            .limit(1)
        ).one()


def assignment_now(world: World, assignment: Assignment) -> Assignment:
    """The assignment as it stands in the database."""
    with world.database.transaction(Actor.system(world.owner_id).scope) as session:
        return session.scalars(select(Assignment).where(Assignment.id == assignment.id)).one()


def window(hours: int = 24) -> str:
    """A window as the page offers it."""
    start = (clock.now() + timedelta(hours=hours)).astimezone(UTC)
    return f"{start.isoformat()}/{(start + timedelta(hours=2)).isoformat()}"


def photo(name: str = "dopo.jpg", colour: tuple[int, int, int] = (90, 120, 150)) -> Any:
    """A small photograph, as a form sends it."""
    buffer = io.BytesIO()
    Image.new("RGB", (320, 240), colour).save(buffer, "JPEG")
    buffer.seek(0)
    return buffer, name


class Browser:
    """Somebody with the link and no account."""

    def __init__(self, app: Flask, token: str, locale: str = "it") -> None:
        self.client: FlaskClient = app.test_client()
        self.address = f"/{locale}/jobs/{token}"

    def open(self, **options: Any) -> TestResponse:
        """GET the page."""
        return self.client.get(self.address, **options)

    def nonce(self) -> str:
        """The nonce of the page as it is now."""
        found = re.search(r'name="nonce" value="([^"]+)"', self.open().text)
        assert found is not None
        return found[1]

    def send(self, step: str, nonce: str | None = None, **fields: Any) -> TestResponse:
        """POST a form of the page."""
        data = {"nonce": nonce if nonce is not None else self.nonce(), **fields}
        return self.client.post(f"{self.address}/{step}", data=data)

    def accept(self, **fields: Any) -> TestResponse:
        """Accept for tomorrow."""
        return self.send("accept", window=window(), **fields)


def in_minutes(minutes: float) -> datetime:
    """A moment from now."""
    return clock.now() + timedelta(minutes=minutes)
