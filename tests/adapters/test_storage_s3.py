"""S3Storage against a local server that speaks the S3 protocol."""

from __future__ import annotations

import hashlib
import io
import os
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ecopick.adapters.errors import (
    IncompleteUpload,
    InvalidKey,
    ObjectMissing,
    ObjectTooLarge,
    StorageError,
    StorageFull,
    StorageUnavailable,
)
from ecopick.adapters.storage import S3Storage, Storage

BUCKET = "ecopick-test"


def storage_at(port: int, **options: float) -> S3Storage:
    return S3Storage(
        bucket=BUCKET,
        endpoint=f"http://127.0.0.1:{port}",
        access_key="key",
        secret_key="secret",
        region="eu-central-1",
        prefix="files",
        **options,
    )


@pytest.fixture(scope="module")
def endpoint() -> Iterator[int]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        yield server.get_host_and_port()[1]
    finally:
        server.stop()


@pytest.fixture
def storage(endpoint: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[S3Storage]:
    import boto3

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    client = boto3.session.Session("key", "secret", region_name="eu-central-1").client(
        "s3", endpoint_url=f"http://127.0.0.1:{endpoint}"
    )
    client.create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    yield storage_at(endpoint)
    for item in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        client.delete_object(Bucket=BUCKET, Key=item["Key"])
    client.delete_bucket(Bucket=BUCKET)


@pytest.mark.parametrize("length", [0, 1, 3_000_000])
def test_what_is_put_is_read_back(storage: Storage, length: int) -> None:
    content = os.urandom(length)
    stored = storage.put("owner/photo.jpg", io.BytesIO(content), size=length)
    assert (stored.size, stored.sha256) == (length, hashlib.sha256(content).hexdigest())
    assert storage.exists("owner/photo.jpg")
    assert storage.size("owner/photo.jpg") == length
    with storage.open("owner/photo.jpg") as file:
        assert file.read(10) == content[:10]
        assert file.read() == content[10:]


def test_put_replaces_and_delete_is_repeatable(storage: Storage) -> None:
    storage.put("a/b", io.BytesIO(b"first"))
    storage.put("a/b", io.BytesIO(b"second"))
    with storage.open("a/b") as file:
        assert file.read() == b"second"
    storage.delete("a/b")
    storage.delete("a/b")
    assert not storage.exists("a/b")
    for ask in (storage.open, storage.size):
        with pytest.raises(ObjectMissing):
            ask("a/b")


def test_a_broken_or_oversized_upload_never_reaches_the_bucket(storage: Storage) -> None:
    class Broken:
        def read(self, size: int = -1, /) -> bytes:
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        storage.put("k", Broken())
    with pytest.raises(ObjectTooLarge):
        storage.put("k", io.BytesIO(b"x" * 11), max_bytes=10)
    with pytest.raises(IncompleteUpload):
        storage.put("k", io.BytesIO(b"x" * 11), size=12)
    assert not storage.exists("k")


@pytest.mark.parametrize("key", ["", "../x", "a/../b", "/a", "a\r\nb"])
def test_keys_are_checked_before_any_request(key: str) -> None:
    storage = storage_at(9)
    for use in (storage.open, storage.size, storage.exists, storage.delete):
        with pytest.raises(InvalidKey):
            use(key)
    with pytest.raises(InvalidKey):
        storage.put(key, io.BytesIO(b"x"))


def test_a_server_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: refuses
        storage = storage_at(taken.getsockname()[1], connect_timeout=0.5, read_timeout=0.5)
        with pytest.raises(StorageUnavailable):
            storage.put("k", io.BytesIO(b"x"))
        with pytest.raises(StorageUnavailable):
            storage.exists("k")


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (507, "XMinioStorageFull", StorageFull),
        (403, "QuotaExceeded", StorageFull),
        (403, "AccessDenied", StorageUnavailable),
        (404, "NoSuchBucket", StorageUnavailable),
    ],
)
def test_what_the_server_refuses(
    status: int, code: str, expected: type[StorageError], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refusing(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        with pytest.raises(expected):
            storage_at(server.server_port).put("k", io.BytesIO(b"x" * 1000))
        server.shutdown()
        thread.join()


def test_an_answer_that_breaks_off_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Breaking(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"half")

        def log_message(self, *_: object) -> None:
            return

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with HTTPServer(("127.0.0.1", 0), Breaking) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        with (
            storage_at(server.server_port).open("k") as file,
            pytest.raises(StorageUnavailable),
        ):
            file.read()
        server.shutdown()
        thread.join()


def test_keys_are_listed_page_by_page(storage: S3Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        storage.put(f"a/2025-11-01/{number}", io.BytesIO(b"x"))
    storage.put("a/2025-11-010/other", io.BytesIO(b"x"))
    client = storage._client()
    listed = client.list_objects_v2
    monkeypatch.setattr(
        client, "list_objects_v2", lambda **request: listed(**request, MaxKeys=2), raising=False
    )

    assert set(storage.keys("a/2025-11-01")) == {f"a/2025-11-01/{n}" for n in range(5)}
