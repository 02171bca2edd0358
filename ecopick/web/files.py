"""Serving a stored file: whole or in ranges, never as anything that a browser runs."""

from typing import Any
from urllib.parse import quote

from flask import Response, current_app, redirect, request, send_file
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from ecopick.adapters.errors import ObjectMissing, StorageError
from ecopick.adapters.sniff import FileKind
from ecopick.core.errors import NotFound, Unavailable
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.tickets.models import Attachment
from ecopick.domains.vendors.models import VendorCertificate
from ecopick.web.state import storage

# Pictures that this program encoded itself; all else is only ever downloaded.
INLINE = frozenset({FileKind.JPEG.value, FileKind.PNG.value})
CACHE_SECONDS = 300
NAMELESS = "file"
# Long enough to follow a redirect, too short to pass on.
DIRECT_SECONDS = 60


def send_attachment(
    attachment: Attachment | VendorCertificate, *, thumbnail: bool = False
) -> Response:
    """The content of a file that was found for the actor, with ranges and an ETag.

    A bucket that browsers can reach serves whole files itself, under an address of a
    minute; pictures inside a page come from us, as the page's policy demands.

    Raises NotFound where there is no (small) picture or the object is gone,
    Unavailable where the storage does not answer.
    """
    key = attachment.thumbnail_key if thumbnail else attachment.storage_key
    if key is None:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    content_type = attachment.content_type or "application/octet-stream"
    if thumbnail:
        content_type = FileKind.JPEG.value
    inline = attachment.thumbnail_key is not None and content_type in INLINE
    try:
        size = storage().size(key)
        if not thumbnail and request.headers.get("Sec-Fetch-Dest") != "image":
            address = _direct_address(attachment, key, content_type, inline=inline)
            if address is not None:
                return _sent_there(address)
        stream = storage().open(key)
    except ObjectMissing as error:
        current_app.logger.error("a clean file is missing from the storage: %s", attachment.id)
        raise NotFound(_("There is nothing here, or you cannot see it.")) from error
    except StorageError as error:
        raise Unavailable(
            _("Files cannot be read at the moment. Please try again later.")
        ) from error
    response = send_file(
        stream,
        mimetype=content_type,
        as_attachment=not inline,
        download_name=attachment.file_name or NAMELESS,
        conditional=False,
        etag=False,
    )
    response.content_length = size
    mark = attachment.sha256.hex() if attachment.sha256 else attachment.id.hex
    response.set_etag(f"{mark}-small" if thumbnail else mark)
    response.headers["Cache-Control"] = f"private, max-age={CACHE_SECONDS}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Vary"] = "Cookie"
    try:
        response.make_conditional(_one_range(), accept_ranges=True, complete_length=size)
    except RequestedRangeNotSatisfiable:
        response.close()
        raise
    return response


def _one_range() -> dict[str, Any]:
    """The request without a range that is malformed or names several: it gets the whole."""
    environ: dict[str, Any] = request.environ
    wanted = request.range
    if wanted is None or wanted.units != "bytes" or len(wanted.ranges) > 1:
        environ = {name: value for name, value in environ.items() if name != "HTTP_RANGE"}
    return environ


def _direct_address(
    attachment: Attachment | VendorCertificate, key: str, content_type: str, *, inline: bool
) -> str | None:
    file_name = attachment.file_name or NAMELESS
    plain = file_name.encode("ascii", "replace").decode().replace("?", "_")
    name = plain.replace("\\", "_").replace('"', "_")
    encoded = quote(file_name, safe="")
    kind = "inline" if inline else "attachment"
    return storage().download_address(
        key,
        seconds=DIRECT_SECONDS,
        content_type=content_type,
        disposition=f"{kind}; filename=\"{name}\"; filename*=UTF-8''{encoded}",
    )


def _sent_there(address: str) -> Response:
    """To the bucket, with nothing kept and nothing told about where one came from."""
    response = current_app.make_response(redirect(address, 303))
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Vary"] = "Cookie, Sec-Fetch-Dest"
    return response
