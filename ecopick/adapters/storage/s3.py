"""Objects in an S3 bucket, at Amazon or at any server that speaks its protocol."""

from __future__ import annotations

import io
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, Protocol, cast

from ecopick.adapters.errors import (
    ObjectMissing,
    StorageError,
    StorageFull,
    StorageUnavailable,
)
from ecopick.adapters.storage.protocol import (
    ByteSource,
    StoredObject,
    check_key,
    copy_counted,
    disk_errors,
)

_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_FULL = frozenset(
    {
        "507",
        "InsufficientStorage",
        "QuotaExceeded",
        "XMinioStorageFull",
        "XMinioAdminBucketQuotaExceeded",
    }
)


class S3Client(Protocol):
    """The calls used of boto3's S3 client, which carries no types."""

    def put_object(self, **request: object) -> Mapping[str, Any]: ...

    def get_object(self, **request: object) -> Mapping[str, Any]: ...

    def head_object(self, **request: object) -> Mapping[str, Any]: ...

    def delete_object(self, **request: object) -> Mapping[str, Any]: ...

    def list_objects_v2(self, **request: object) -> Mapping[str, Any]: ...

    def generate_presigned_url(
        self, ClientMethod: str, *, Params: Mapping[str, object], ExpiresIn: int
    ) -> str: ...


class S3Storage:
    """One object per key in `bucket`.

    `endpoint` is the address of another server than Amazon's, `public_endpoint` the
    one at which browsers reach it; `prefix` stands before every key. The bucket must
    exist. The connection is made at first use. Without `direct` nobody is sent to the
    bucket: all goes through the product.
    """

    def __init__(
        self,
        *,
        bucket: str,
        endpoint: str | None = None,
        access_key: str | None = None,
        secret_key: str | None = None,
        region: str | None = None,
        prefix: str = "",
        public_endpoint: str | None = None,
        direct: bool = True,
        connect_timeout: float = 5.0,
        read_timeout: float = 30.0,
    ) -> None:
        self._bucket = bucket
        self._endpoint = endpoint or None
        self._access_key = access_key or None
        self._secret_key = secret_key or None
        self._region = region or "us-east-1"
        self._prefix = check_key(prefix.rstrip("/")) + "/" if prefix else ""
        self._timeouts = (connect_timeout, read_timeout)
        self._public_endpoint = public_endpoint or self._endpoint
        self._direct = direct
        self._connected: S3Client | None = None
        self._signing: S3Client | None = None
        self._connecting = threading.Lock()

    def put(
        self,
        key: str,
        stream: ByteSource,
        *,
        size: int | None = None,
        max_bytes: int | None = None,
    ) -> StoredObject:
        """Store `stream` whole or not at all; see Storage.put.

        The stream is first gathered on this machine, so that an upload that breaks
        off or is too large never reaches the bucket; then sent in one request, which
        the server checks against its SHA-256 and makes visible at its end.
        """
        request = self._request(key)
        with _temporary_file() as gathered:
            stored = copy_counted(stream, gathered, size=size, max_bytes=max_bytes)
            with disk_errors():
                gathered.seek(0)
            with self._errors(key):
                self._client().put_object(
                    **request,
                    Body=gathered,
                    ContentLength=stored.size,
                    ContentType="application/octet-stream",
                    Metadata={"sha256": stored.sha256},
                )
        return stored

    def open(self, key: str) -> BinaryIO:
        """The content as a stream from the server; see Storage.open."""
        request = self._request(key)
        with self._errors(key):
            body = self._client().get_object(**request)["Body"]
        return io.BufferedReader(_Body(self, key, body), buffer_size=64 * 1024)

    def size(self, key: str) -> int:
        """The size in bytes; see Storage.size."""
        request = self._request(key)
        with self._errors(key):
            return int(self._client().head_object(**request)["ContentLength"])

    def delete(self, key: str) -> None:
        """Remove the object, if any; see Storage.delete."""
        request = self._request(key)
        try:
            with self._errors(key):
                self._client().delete_object(**request)
        except ObjectMissing:
            return

    def exists(self, key: str) -> bool:
        """Whether the object is there; see Storage.exists."""
        try:
            self.size(key)
        except ObjectMissing:
            return False
        return True

    def keys(self, folder: str) -> Iterator[str]:
        """The objects below a folder, listed page by page; see Storage.keys."""
        request = {"Bucket": self._bucket, "Prefix": f"{self._prefix}{check_key(folder)}/"}
        while True:
            with self._errors(folder):
                page = self._client().list_objects_v2(**request)
            for item in page.get("Contents", ()):
                yield str(item["Key"]).removeprefix(self._prefix)
            if not page.get("IsTruncated"):
                return
            request["ContinuationToken"] = page["NextContinuationToken"]

    def upload_address(self, key: str, *, size: int, seconds: int) -> str | None:
        """A presigned PUT that carries its size; see Storage.upload_address."""
        return self._presigned("put_object", key, seconds, ContentLength=size)

    def download_address(
        self, key: str, *, seconds: int, content_type: str, disposition: str
    ) -> str | None:
        """A presigned GET; see Storage.download_address."""
        return self._presigned(
            "get_object",
            key,
            seconds,
            ResponseContentType=content_type,
            ResponseContentDisposition=disposition,
            ResponseCacheControl="private, no-store",
        )

    def _presigned(self, act: str, key: str, seconds: int, **more: object) -> str | None:
        if not self._direct:
            return None
        params = {**self._request(key), **more}
        with self._errors(key):
            return self._signer().generate_presigned_url(act, Params=params, ExpiresIn=seconds)

    def _request(self, key: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": self._prefix + check_key(key)}

    def _client(self) -> S3Client:
        if self._connected is None:
            with self._connecting:
                if self._connected is None:
                    self._connected = self._connect(self._endpoint)
        return self._connected

    def _signer(self) -> S3Client:
        """A client that makes addresses for browsers; it never connects."""
        if self._public_endpoint == self._endpoint:
            return self._client()
        if self._signing is None:
            with self._connecting:
                if self._signing is None:
                    self._signing = self._connect(self._public_endpoint)
        return self._signing

    def _connect(self, endpoint: str | None) -> S3Client:
        from boto3.session import Session
        from botocore.config import Config

        connect_timeout, read_timeout = self._timeouts
        config = Config(
            signature_version="s3v4",
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            retries={"mode": "standard", "total_max_attempts": 3},
            # Other servers than Amazon's often know neither trailing checksums nor
            # host-style buckets; the signed payload hash protects the content instead.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={
                "addressing_style": "path" if endpoint else "auto",
                "payload_signing_enabled": True,
            },
        )
        session = Session(
            aws_access_key_id=self._access_key,
            aws_secret_access_key=self._secret_key,
            region_name=self._region,
        )
        return cast(S3Client, session.client("s3", endpoint_url=endpoint, config=config))

    @contextmanager
    def _errors(self, key: str) -> Iterator[None]:
        """Turn what boto3 and the network raise into the storage errors."""
        from botocore.exceptions import BotoCoreError, ClientError
        from urllib3.exceptions import HTTPError

        try:
            yield
        except StorageError:
            raise
        except ClientError as error:
            raise _translated(error.response, key) from error
        except (BotoCoreError, HTTPError, OSError) as error:
            raise StorageUnavailable(str(error)) from error


def _translated(response: Mapping[str, Any], key: str) -> StorageError:
    code = str(response.get("Error", {}).get("Code", ""))
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if code in _MISSING:
        return ObjectMissing(key)
    if code in _FULL or status == 507:
        return StorageFull(code)
    return StorageUnavailable(f"{status} {code}")


def _temporary_file() -> BinaryIO:
    """An unbuffered file without a name, gone when closed."""
    with disk_errors():
        return cast(BinaryIO, tempfile.TemporaryFile(buffering=0))


class _Body(io.RawIOBase):
    """The body of one answer as a raw stream, its failures translated."""

    def __init__(self, storage: S3Storage, key: str, body: Any) -> None:
        super().__init__()
        self._storage = storage
        self._key = key
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        with self._storage._errors(self._key):
            chunk: bytes = self._body.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        if not self.closed:
            self._body.close()
        super().close()
