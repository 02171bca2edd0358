"""Files in a bucket: uploaded to it and read from it directly, once the product has judged."""

import io
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from ecopick.adapters.storage import S3Storage
from ecopick.core.uow import Database
from ecopick.domains.tickets.models import Ticket
from jobs.attachments import scan_pending
from tests.api.attachments.test_other_ways import by_key
from tests.factories import World
from tests.signing_in import Api
from tests.uploads import PDF, added, jpeg

BUCKET = "ecopick-files"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        yield f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    finally:
        server.stop()


@pytest.fixture
def bucket(app: Flask, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> S3Storage:
    import boto3

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    boto3.session.Session("key", "secret", region_name="us-east-1").client(
        "s3", endpoint_url=endpoint
    ).create_bucket(Bucket=BUCKET)
    storage = S3Storage(bucket=BUCKET, endpoint=endpoint, access_key="key", secret_key="secret")
    monkeypatch.setitem(app.extensions, "storage", storage)
    return storage


def sent(method: str, address: str, content: bytes | None = None) -> Any:
    """A request as any program makes it, without our cookies."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    asked = urllib.request.Request(address, data=content, method=method)
    asked.add_header("Content-Type", "application/octet-stream")
    return opener.open(asked, timeout=10)


def issued(api: Api, ticket: Ticket, size: int | None) -> Any:
    return api.post(f"/api/tickets/{ticket.id}/attachments/presign", {"size_bytes": size})


def test_upload_to_the_bucket(
    manager: Api, world: World, ticket: Ticket, bucket: S3Storage, endpoint: str
) -> None:
    """Check 21: what was put there is judged like any other file, and only then attached."""
    given = issued(manager, ticket, len(jpeg())).get_json()
    address = urlsplit(given["upload_url"])
    assert given["upload_url"].startswith(endpoint)
    signed = parse_qs(address.query)
    assert "content-length" in signed["X-Amz-SignedHeaders"][0]
    assert int(signed["X-Amz-Expires"][0]) == 1800
    assert sent("PUT", given["upload_url"], jpeg()).status == 200
    taken = by_key(manager, ticket, given["storage_key"])
    assert taken.status_code == 201, taken.text
    assert taken.get_json()["scan_state"] == "clean"
    assert set(bucket.keys(str(world.owner_id))) == {
        f"{given['storage_key'].rpartition('-')[0]}{ending}" for ending in (".jpg", "-small.jpg")
    }
    hostile = issued(manager, ticket, 5).get_json()
    sent("PUT", hostile["upload_url"], b"<svg>")
    refused = by_key(manager, ticket, hostile["storage_key"])
    assert (refused.status_code, refused.get_json()["code"]) == (422, "wrong_type")


def test_sizes_of_uploads_to_the_bucket(manager: Api, ticket: Ticket, bucket: S3Storage) -> None:
    assert issued(manager, ticket, 26 * 1024 * 1024).status_code == 413
    unknown = issued(manager, ticket, None).get_json()
    assert unknown["upload_url"].startswith("http://localhost/api/")
    given = issued(manager, ticket, 3).get_json()
    bucket.put(given["storage_key"], io.BytesIO(bytes(26 * 1024 * 1024)))
    refused = by_key(manager, ticket, given["storage_key"])
    assert refused.status_code == 413


def test_downloads_come_from_the_bucket(
    manager: Api,
    world: World,
    ticket: Ticket,
    bucket: S3Storage,
    database: Database,
    migrator: Engine,
    store_reads: Any,
    endpoint: str,
) -> None:
    """Checks 21, 23: after the verdict, for a minute, under a name that can do no harm."""
    found = added(manager, ticket, PDF, name="Angebot Küche.pdf")
    address = f"/api/attachments/{found['id']}/download"
    assert manager.get(address).status_code == 409
    scan_pending(database, bucket, world.owner_id)
    there = manager.get(address)
    assert there.status_code == 303 and there.headers["Location"].startswith(endpoint)
    assert there.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in there.headers["Cache-Control"]
    assert int(parse_qs(urlsplit(there.headers["Location"]).query)["X-Amz-Expires"][0]) <= 60
    file = sent("GET", there.headers["Location"])
    assert file.read() == PDF
    assert file.headers["Content-Disposition"].startswith("attachment; filename=")
    assert "K%C3%BCche" in file.headers["Content-Disposition"]
    store_reads()
    with migrator.connect() as connection:
        kept = text("select action from access_events where resource_id = :id")
        assert connection.execute(kept, {"id": found["id"]}).scalars().all() == ["DOWNLOAD"]


def test_pictures_in_a_page_come_from_us(manager: Api, ticket: Ticket, bucket: S3Storage) -> None:
    """The page's policy lets in no other host, so the bucket serves none of its pictures."""
    found = added(manager, ticket)
    small = manager.get(found["thumbnail_url"], buffered=True)
    assert small.status_code == 200
    embedded = {"Sec-Fetch-Dest": "image"}
    whole = manager.get(found["download_url"], headers=embedded, buffered=True)
    assert whole.status_code == 200 and whole.headers["ETag"]
    part = manager.get(
        found["download_url"], headers={**embedded, "Range": "bytes=100-119"}, buffered=True
    )
    assert (part.status_code, part.data) == (206, whole.data[100:120])


def test_a_site_that_keeps_the_bucket_to_itself(endpoint: str) -> None:
    private = S3Storage(bucket=BUCKET, endpoint=endpoint, direct=False)
    assert private.upload_address("a/b", size=1, seconds=60) is None
    public = S3Storage(
        bucket=BUCKET,
        endpoint=endpoint,
        access_key="key",
        secret_key="secret",
        public_endpoint="https://files.example.org",
    )
    address = public.download_address("a/b", seconds=60, content_type="x/y", disposition="inline")
    assert address is not None and address.startswith("https://files.example.org/")
