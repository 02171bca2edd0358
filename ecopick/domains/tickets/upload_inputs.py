"""What accompanies an uploaded file, and the keys under which one may be uploaded.

A key is issued to one person for one ticket and signed, so nothing has to be
remembered about it; it is used up when its file is attached.
"""

import hmac
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import Field

from ecopick.core import clock, crypto
from ecopick.core.errors import Invalid
from ecopick.core.text import lazy_gettext as _
from ecopick.core.validation import Input
from ecopick.domains.tickets.files import new_stem
from ecopick.domains.tickets.inputs import AddAttachment

UPLOAD_WITHIN = timedelta(minutes=30)
_SIGNATURE_BYTES = 16


class AddUpload(AddAttachment):
    """A file sent along (multipart), or one uploaded before under an issued key.

    What a client says about name, type and size is a hint: the content decides.
    """

    ticket_id: str = Field(min_length=1, max_length=100)
    storage_key: str | None = Field(default=None, max_length=300)
    file_name: str | None = Field(default=None, max_length=500)
    content_type: str | None = Field(default=None, max_length=200)
    size_bytes: int | None = Field(default=None, ge=0)

    @property
    def details(self) -> AddAttachment:
        """What the command needs to know."""
        return AddAttachment(type=self.type, message_id=self.message_id, visibility=self.visibility)


class AskForUpload(Input):
    """A key is wanted; what the client knows of its file is welcome and not needed."""

    file_name: str | None = Field(default=None, max_length=500)
    content_type: str | None = Field(default=None, max_length=200)
    size_bytes: int | None = Field(default=None, ge=0)


@dataclass(frozen=True)
class IssuedKey:
    """A key for one upload; ``stem`` is where the judged file will be kept."""

    storage_key: str
    stem: str


def issue_key(owner_id: uuid.UUID, user_id: uuid.UUID, ticket_id: uuid.UUID) -> str:
    """A new key for this person and ticket."""
    stem = new_stem(owner_id)
    return f"{stem}-{_mark(stem, user_id, ticket_id)}"


def check_issued(storage_key: str, user_id: uuid.UUID, ticket_id: uuid.UUID) -> IssuedKey:
    """The key, if it was issued to this person for this ticket; else 422 under its field."""
    stem, _dash, mark = storage_key.rpartition("-")
    if not hmac.compare_digest(mark.encode(), _mark(stem, user_id, ticket_id).encode()):
        raise unknown_key()
    return IssuedKey(storage_key, stem)


def unknown_key() -> Invalid:
    """The refusal of a key that was never issued, not to this person, or is used up."""
    return Invalid(
        _("Please check the marked fields."),
        fields={"storage_key": _("This upload is not known here. Please send the file again.")},
    )


def upload_until() -> datetime:
    """When an address for an upload issued now stops working."""
    return clock.now() + UPLOAD_WITHIN


def sign_upload(storage_key: str, expires: int) -> str:
    """The signature of an upload address; ``expires`` in seconds since the epoch."""
    return crypto.sign("upload_address", storage_key, expires).hex()


def may_upload(storage_key: str, expires: str, signature: str) -> bool:
    """Whether an upload address is ours and has not expired."""
    try:
        until = int(expires)
        given = bytes.fromhex(signature)
    except ValueError:
        return False
    if until < clock.now().timestamp():
        return False
    return crypto.verify(given, "upload_address", storage_key, until)


def _mark(stem: str, user_id: uuid.UUID, ticket_id: uuid.UUID) -> str:
    return crypto.sign("upload_key", stem, user_id, ticket_id)[:_SIGNATURE_BYTES].hex()
