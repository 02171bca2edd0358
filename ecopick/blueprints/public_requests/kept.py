"""Photos of a form that was not taken: kept, so that they need not be chosen again.

They are stored without a row, named in a signed hidden field. What is not sent again within
two hours is swept with the other orphans.
"""

import base64
import binascii
import hmac
import json
import uuid
from collections.abc import Iterable
from typing import BinaryIO, cast

from werkzeug.datastructures import FileStorage

from ecopick.core import clock, crypto
from ecopick.core.errors import AppError
from ecopick.domains.tickets.files import StoredFile, new_stem, store_file
from ecopick.web.state import storage

KEPT_SECONDS = 2 * 3600


def keep_back(photos: Iterable[FileStorage], owner_id: uuid.UUID) -> list[str]:
    """The photos that can be kept, each as the value of a hidden field."""
    kept = []
    for item in photos:
        try:
            stored = store_file(
                storage(), new_stem(owner_id), cast(BinaryIO, item.stream), item.filename
            )
        except AppError:
            continue
        kept.append(_packed(stored))
    return kept


def kept_files(values: Iterable[str], owner_id: uuid.UUID) -> list[StoredFile]:
    """The photos of an earlier try; what we did not sign, or is too old, is left out."""
    found = [_unpacked(value) for value in values]
    return [item for item in found if item and item.storage_key.startswith(f"{owner_id}/")]


def _packed(stored: StoredFile) -> str:
    facts = {**vars(stored), "sha256": stored.sha256.hex(), "until": _now() + KEPT_SECONDS}
    body = base64.urlsafe_b64encode(json.dumps(facts).encode()).decode()
    return f"{body}.{_mark(body)}"


def _unpacked(value: str) -> StoredFile | None:
    body, _dot, mark = value.partition(".")
    if not hmac.compare_digest(mark.encode(), _mark(body).encode()):
        return None
    try:
        facts = json.loads(base64.urlsafe_b64decode(body))
    except (ValueError, binascii.Error):
        return None
    if facts.pop("until") < _now():
        return None
    return StoredFile(**{**facts, "sha256": bytes.fromhex(facts["sha256"])})


def _now() -> float:
    return clock.now().timestamp()


def _mark(body: str) -> str:
    return crypto.sign("kept_photo", body).hex()
