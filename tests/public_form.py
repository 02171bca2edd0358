"""Somebody with a phone and no account: the public form and the private page."""

import io
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.domains.property.codes import new_code
from ecopick.domains.property.models import PlaceCode
from ecopick.domains.tickets.models import RequestLink, Ticket
from tests.factories import World
from tests.uploads import jpeg

WORDS = "Unter der Spüle läuft Wasser aus dem Siphon."


@dataclass
class Phone:
    """A browser without scripts at a building's form."""

    app: Flask
    world: World
    locale: str = "de"
    code: str | None = None
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    @property
    def address(self) -> str:
        """The form."""
        return f"/{self.locale}/public/buildings/{self.world.building_id}/requests"

    def open(self) -> TestResponse:
        """GET the form, and read it for longer than a program would."""
        answer = self.client.get(
            self.address, query_string={"code": self.code} if self.code else {}
        )
        clock.shift(timedelta(seconds=10))
        return answer

    def fields(self, page: str | None = None) -> dict[str, Any]:
        """The hidden fields of the form."""
        html = page if page is not None else self.open().text
        form = html.split('id="request-form"')[1].split("</form>")[0]
        found: dict[str, Any] = {}
        for tag in re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", form):
            name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
            assert name is not None and value is not None
            found.setdefault(name[1], []).append(value[1])
        return {name: values if len(values) > 1 else values[0] for name, values in found.items()}

    def send(
        self,
        *,
        photos: int = 0,
        hidden: dict[str, Any] | None = None,
        file: Any = None,
        **typed: Any,
    ) -> TestResponse:
        """POST the form, with so many good photos and perhaps another file."""
        data: dict[str, Any] = {
            **(self.fields() if hidden is None else hidden),
            "description": WORDS,
            "category": "plumbing",
            **typed,
        }
        if photos:
            data["photos"] = [(io.BytesIO(jpeg()), f"foto{n}.jpg") for n in range(photos)]
        if file is not None:
            data.setdefault("photos", []).append(file)
        data = {name: value for name, value in data.items() if value is not None}
        return self.client.post(self.address, data=data, content_type="multipart/form-data")

    def report(self, **typed: Any) -> str:
        """A report that was taken; the address of its private page."""
        answer = self.send(**typed)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def post(self, page: str, step: str, **typed: Any) -> TestResponse:
        """POST a form of the private page."""
        return self.client.post(f"{page}/{step}", data=typed)


def tickets(world: World) -> list[Ticket]:
    """All tickets of the owner, oldest first."""
    with world.database.transaction(Actor.system(world.owner_id).scope) as session:
        return list(session.scalars(select(Ticket).order_by(Ticket.number)))


def links(world: World) -> list[RequestLink]:
    """All private links of the owner, oldest first."""
    with world.database.transaction(Actor.system(world.owner_id).scope) as session:
        return list(session.scalars(select(RequestLink).order_by(RequestLink.created_at)))


def hang_code(world: World, **place: Any) -> str:
    """A code at a place of the building."""
    code = new_code()
    world.add(
        PlaceCode(
            property_owner_id=world.owner_id, building_id=world.building_id, code=code, **place
        )
    )
    return code
