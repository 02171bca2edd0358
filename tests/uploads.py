"""Uploads in tests: photos, forms, and what they leave in storage and database."""

import io
from typing import Any

from flask import Flask
from PIL import Image
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from ecopick.adapters.storage import LocalStorage
from ecopick.domains.tickets.models import Ticket
from tests.factories import World
from tests.signing_in import Api

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
EVIDENCE = "RESOLUTION_EVIDENCE"


def jpeg(**options: Any) -> bytes:
    """A photograph, optionally with EXIF."""
    buffer = io.BytesIO()
    Image.new("RGB", (640, 480), (90, 120, 150)).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def add(
    api: Api, ticket: Ticket, content: bytes, name: str = "foto.jpg", **more: Any
) -> TestResponse:
    """POST a file to the ticket."""
    return api.upload(
        "/api/tickets/attachment", file=(io.BytesIO(content), name), ticket_id=ticket.id, **more
    )


def added(api: Api, ticket: Ticket, content: bytes | None = None, **more: Any) -> dict[str, Any]:
    """A file that was taken."""
    response = add(api, ticket, jpeg() if content is None else content, **more)
    assert response.status_code == 201, response.text
    return dict(response.get_json())


def objects(storage: LocalStorage, world: World) -> set[str]:
    """Keys of everything that is stored for the owner."""
    return set(storage.keys(str(world.owner_id)))


def rows(migrator: Engine, world: World) -> int:
    """How many files the owner has."""
    with migrator.connect() as connection:
        return int(
            connection.execute(
                text("select count(*) from attachments where property_owner_id = :o"),
                {"o": world.owner_id},
            ).scalar_one()
        )


def presigned(api: Api, ticket: Ticket) -> dict[str, Any]:
    response = api.post(f"/api/tickets/{ticket.id}/attachments/presign", {})
    assert response.status_code == 201, response.text
    return dict(response.get_json())


def put(app: Flask, issued: dict[str, Any], content: bytes) -> TestResponse:
    """PUT to the issued address, without any cookie."""
    return app.test_client().put(
        issued["upload_url"].removeprefix("http://localhost"), data=content
    )
