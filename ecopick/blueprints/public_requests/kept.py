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

from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from ecopick.core import clock, crypto
from ecopick.core.errors import AppError, Invalid, Text
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.commands.public_requests import is_used
from ecopick.domains.tickets.files import StoredFile, new_stem, store_file
from ecopick.domains.tickets.queries.attachments import named_keys
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
    """The photos of an earlier try, each once; what we did not sign, or is too old, is left
    out."""
    return [item for _value, item in _readable(values, owner_id)]


def still_kept(session: Session, values: Iterable[str], owner_id: uuid.UUID) -> list[str]:
    """Those of ``values`` that may be sent again: each photo once, and in no request yet."""
    found = _readable(values, owner_id)
    used = named_keys(session, owner_id, [item.storage_key for _value, item in found])
    return [value for value, item in found if item.storage_key not in used]


def refuse_used(session: Session, stored: list[StoredFile], owner_id: uuid.UUID) -> None:
    """Raise Invalid for a photo that is part of a request already: it belongs to that one.

    Another report with the same photo waits here for this one.
    """
    if is_used(session, owner_id, [item.storage_key for item in stored]):
        raise Invalid(_("Please check the marked fields."), fields={"photos": choose_again()})


def choose_again() -> Text:
    """What is said where photos were not kept."""
    return _("Please choose the photos again.")


def _readable(values: Iterable[str], owner_id: uuid.UUID) -> list[tuple[str, StoredFile]]:
    found: dict[str, tuple[str, StoredFile]] = {}
    for value in values:
        item = _unpacked(value)
        if item is not None and item.storage_key.startswith(f"{owner_id}/"):
            found.setdefault(item.storage_key, (value, item))
    return list(found.values())


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
