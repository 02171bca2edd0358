"""Failures of the outside world, each with a stable code.

The domains translate the code into a message for the user; nothing here is
translated or meant to be shown.
"""

from __future__ import annotations


class AdapterError(Exception):
    """Base of every adapter failure; `code` is stable, `detail` is for the log."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class StorageError(AdapterError):
    """Anything that goes wrong while storing or reading an object."""


class StorageFull(StorageError):
    """The disk, the quota or the bucket is full; nothing was stored. Try again later."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("storage_full", detail)


class StorageUnavailable(StorageError):
    """The storage does not answer or refuses us; nothing was stored. Try again later."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("storage_unavailable", detail)


class ObjectMissing(StorageError):
    """No object is stored under this key."""

    def __init__(self, key: str) -> None:
        super().__init__("object_missing", key)


class InvalidKey(StorageError):
    """The key is not one this program would make; never reaches the storage."""

    def __init__(self, key: str) -> None:
        super().__init__("invalid_key", repr(key[:200]))


class ObjectTooLarge(StorageError):
    """The stream holds more bytes than `limit`; nothing was stored."""

    def __init__(self, limit: int) -> None:
        super().__init__("too_large", f"more than {limit} bytes")
        self.limit = limit


class IncompleteUpload(StorageError):
    """The stream ended before the announced number of bytes; nothing was stored."""

    def __init__(self, expected: int, received: int) -> None:
        super().__init__("incomplete", f"{received} of {expected} bytes")


class RefusedFile(AdapterError):
    """The content is not of an allowed type: code `empty`, `wrong_type` or `polyglot`."""


class BadImage(AdapterError):
    """An image that cannot be used.

    `reason` (also `code`) is one of `empty`, `too_large`, `unreadable`,
    `too_many_pixels`, `wrong_type`.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
