"""Files over the API."""

import shutil
import tempfile
from datetime import datetime
from functools import partial
from typing import BinaryIO, cast

from flask import Blueprint, Response, jsonify, request, url_for

from ecopick.adapters.errors import ObjectMissing, ObjectTooLarge, StorageError
from ecopick.adapters.storage.protocol import disk_errors
from ecopick.core import audit
from ecopick.core.errors import Forbidden, Invalid
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import after_commit
from ecopick.domains.tickets.commands.attachments import attach_file
from ecopick.domains.tickets.files import (
    MAX_FILE_BYTES,
    StoredFile,
    explain,
    remove,
    too_large,
)
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.queries.attachments import (
    attachment_out,
    get_attachment,
    ticket_for_upload,
)
from ecopick.domains.tickets.queries.detail import shown_after
from ecopick.domains.tickets.upload_inputs import (
    UPLOAD_WITHIN,
    AddUpload,
    AskForUpload,
    check_issued,
    issue_key,
    may_upload,
    sign_upload,
    unknown_key,
    upload_until,
)
from ecopick.web.access import csrf_exempt, public
from ecopick.web.bind import bind
from ecopick.web.files import send_attachment
from ecopick.web.state import current_actor, db_session, settings, storage
from ecopick.web.uploads import keep, no_file, uploads

api = Blueprint("attachments_api", __name__)


@api.post("/tickets/attachment")
def upload() -> Response:
    """Add one file to a ticket: multipart ``file``, or JSON with an issued ``storage_key``."""
    data = bind(AddUpload)
    sent = [] if request.is_json else uploads()
    if len(sent) > 1:
        text = _("Please send one file at a time.")
        raise Invalid(text, code="one_file", fields={"file": text})
    if not sent and data.storage_key is None:
        raise no_file()
    session, actor = db_session(), current_actor()
    ticket = ticket_for_upload(session, actor, data.ticket_id)
    if sent:
        stored = keep(
            cast(BinaryIO, sent[0].stream),
            data.file_name or sent[0].filename,
            ticket.property_owner_id,
        )
    else:
        stored = _uploaded_before(ticket, data)
    attachment = attach_file(session, actor, ticket.id, data.details, stored)
    if data.storage_key is not None and not sent:
        # Before the commit it may still be needed: whoever tries again sends only its key.
        after_commit(session, partial(remove, storage(), [data.storage_key]))
    shown = shown_after(session, actor, ticket.id, attachment_out(attachment))
    response = jsonify(shown.model_dump(mode="json"))
    response.status_code = 201
    return response


def _uploaded_before(ticket: Ticket, data: AddUpload) -> StoredFile:
    """Judge what was uploaded under an issued key; 422 where there is nothing."""
    issued = check_issued(data.storage_key or "", current_actor().user_id, ticket.id)
    with tempfile.TemporaryFile() as copy:
        try:
            if storage().size(issued.storage_key) > MAX_FILE_BYTES:
                raise ObjectTooLarge(MAX_FILE_BYTES)
            with storage().open(issued.storage_key) as stream, disk_errors():
                shutil.copyfileobj(stream, copy, 256 * 1024)
        except ObjectMissing as error:
            raise unknown_key() from error
        except StorageError as error:
            raise explain(error) from error
        return keep(
            cast(BinaryIO, copy), data.file_name, ticket.property_owner_id, stem=issued.stem
        )


@api.post("/tickets/<ticket_id>/attachments/presign")
def presign(ticket_id: str) -> Response:
    """An address to which the caller may PUT one file for this ticket within 30 minutes.

    Whoever tells the size is sent to the bucket where there is one; the address then
    takes exactly that many bytes.
    """
    data = bind(AskForUpload)
    actor = current_actor()
    ticket = ticket_for_upload(db_session(), actor, ticket_id)
    key = issue_key(ticket.property_owner_id, actor.user_id, ticket.id)
    until = upload_until()
    response = jsonify(
        storage_key=key,
        method="PUT",
        upload_url=_bucket_address(key, data.size_bytes) or _own_address(key, until),
        expires_at=until.isoformat(),
        max_bytes=MAX_FILE_BYTES,
    )
    response.status_code = 201
    return response


def _bucket_address(key: str, size: int | None) -> str | None:
    if size is None:
        return None
    if size > MAX_FILE_BYTES:
        raise too_large()
    try:
        return storage().upload_address(key, size=size, seconds=int(UPLOAD_WITHIN.total_seconds()))
    except StorageError as error:
        raise explain(error) from error


def _own_address(key: str, until: datetime) -> str:
    expires = int(until.timestamp())
    signature = sign_upload(key, expires)
    path = url_for("attachments_api.receive", storage_key=key, expires=expires, signature=signature)
    return settings().public_base_url + path


@api.put("/attachments/uploads/<path:storage_key>")
@public
@csrf_exempt
def receive(storage_key: str) -> Response:
    """Take the content for an issued key; the signature in the address is the permission."""
    if not may_upload(
        storage_key, request.args.get("expires", ""), request.args.get("signature", "")
    ):
        raise Forbidden(_("This address for an upload has expired."), code="upload_expired")
    try:
        storage().put(
            storage_key, request.stream, size=request.content_length, max_bytes=MAX_FILE_BYTES
        )
    except StorageError as error:
        raise explain(error) from error
    return Response(status=204)


@api.get("/attachments/<attachment_id>/download")
def download(attachment_id: str) -> Response:
    """The file itself; reading it is recorded."""
    actor = current_actor()
    attachment = get_attachment(db_session(), actor, attachment_id)
    audit.read(
        actor, "DOWNLOAD", "Attachment", attachment.id, owner_id=attachment.property_owner_id
    )
    return send_attachment(attachment)


@api.get("/attachments/<attachment_id>/thumbnail")
def thumbnail(attachment_id: str) -> Response:
    """The small picture of a photo."""
    return send_attachment(
        get_attachment(db_session(), current_actor(), attachment_id), thumbnail=True
    )
