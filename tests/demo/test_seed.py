"""``POST /api/dev/seed`` on an empty site: the demo comes, once, and its administrator is in."""

from dataclasses import replace
from pathlib import Path

from ecopick.app import create_app
from ecopick.config import Settings
from ecopick.core.uow import Database
from tests.conftest import DatabaseUrls


def test_the_seed_loads_what_is_missing(
    settings: Settings, fresh_database_urls: DatabaseUrls, tmp_path: Path
) -> None:
    database = Database.connect(fresh_database_urls.app)
    own = replace(settings, database_url=fresh_database_urls.app, storage_dir=tmp_path)
    app = create_app(own, database)
    client = app.test_client()
    first = client.post("/api/dev/seed")
    assert first.status_code == 200, first.text
    told = first.get_json()
    assert told["email"] == "admin@demo.example.org"
    assert len(told["ids"]["ticket_ids"]) == 6
    assert client.get("/api/auth/me").get_json()["id"] == told["id"]
    again = client.post("/api/dev/seed").get_json()
    assert again["ids"] == told["ids"]
    app.extensions["audit_batches"].stop()
    database.engine.dispose()
