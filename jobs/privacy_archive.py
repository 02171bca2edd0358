"""The ZIP of everything held on a person: for programs, for reading, and the files."""

import hashlib
import json
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import IO, Any, BinaryIO

from babel.dates import format_datetime

from ecopick.adapters.errors import ObjectMissing
from ecopick.adapters.storage import Storage
from ecopick.adapters.typesetting import typeset
from ecopick.core import clock
from ecopick.core.text import gettext as _
from ecopick.core.text import language
from ecopick.domains.privacy.queries.extract import Extract, left_out
from ecopick.web.labels import label

MOST_LINES = 200
# What the summary shows of each table, in this order: the first of these that is there.
TELLING = ("title", "body", "file_name", "name", "label", "role", "type", "action", "method")
WHEN = ("created_at", "occurred_at", "granted_at", "last_seen_at")


def digest(source: BinaryIO) -> bytes:
    """SHA-256 of what is left to read."""
    found = hashlib.sha256()
    while chunk := source.read(1 << 20):
        found.update(chunk)
    return found.digest()


def write_archive(
    target: IO[bytes], storage: Storage, extract: Extract, done: Callable[[int], None]
) -> None:
    """Write the archive in the current language; ``done`` hears of every file."""
    moment = clock.now()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        names: list[str] = []
        for number, (name, key) in enumerate(extract.files, 1):
            inside = f"files/{number:03d}-{_safe(name)}"
            if _copy(storage, archive, inside, key):
                names.append(inside)
            done(number)
        facts = {
            "made_at": moment.isoformat(),
            "data": extract.rows,
            "files": names,
            "left_out": left_out(),
        }
        content = json.dumps(facts, ensure_ascii=False, indent=1, default=str)
        archive.writestr("data.json", content.encode())
        archive.writestr("summary.pdf", typeset("person", _summary(extract, moment), at=moment))


def _safe(name: str) -> str:
    kept = "".join(char if char.isalnum() or char in "._- " else "_" for char in name)
    return kept.strip(" .")[-100:] or "file"


def _copy(storage: Storage, archive: zipfile.ZipFile, name: str, key: str) -> bool:
    try:
        with storage.open(key) as source, archive.open(name, "w", force_zip64=True) as entry:
            while chunk := source.read(1 << 20):
                entry.write(chunk)
    except ObjectMissing:
        return False
    return True


def _summary(extract: Extract, moment: datetime) -> dict[str, Any]:
    """The data of the PDF: the profile in full, of the rest what is telling."""
    person = (extract.rows.get("users") or [{}])[0]
    titles = _titles()
    order = [*(name for name in titles if name in extract.rows)]
    order += [name for name in extract.rows if name not in titles and name != "users"]
    return {
        "language": language(),
        "title": _("Data on %(name)s", name=person.get("name") or person.get("email") or ""),
        "subtitle": _("Everything is in data.json as well, in full and for programs."),
        "footer": _("Made on %(at)s", at=_moment(moment.isoformat())),
        "facts": [
            [words, str(person[name])]
            for name, words in _profile().items()
            if person.get(name) not in (None, "")
        ],
        "sections": [
            {
                "title": titles.get(name, name),
                "count": str(len(extract.rows[name])),
                "lines": [_line(row) for row in extract.rows[name][:MOST_LINES]],
            }
            for name in order
        ],
        "words": {"none": _("None"), "head": [_("When"), _("What")]},
    }


def _line(row: dict[str, Any]) -> list[str]:
    at = next((row[name] for name in WHEN if row.get(name)), None)
    words = next((str(row[name]) for name in TELLING if row.get(name)), "–")
    if "role" in row:
        words = label(row["role"], "MembershipRole")
    return [_moment(at) if at else "–", words[:300]]


def _moment(value: str) -> str:
    return str(format_datetime(datetime.fromisoformat(value), "medium", locale=language()))


def _profile() -> dict[str, str]:
    return {
        "name": _("Name"),
        "first_name": _("First name"),
        "last_name": _("Last name"),
        "email": _("Email address"),
        "phone": _("Phone"),
        "birth_date": _("Date of birth"),
        "language": _("Language"),
        "created_at": _("Since"),
    }


def _titles() -> dict[str, str]:
    return {
        "memberships": _("Roles"),
        "user_units": _("Homes"),
        "tickets": _("Requests reported"),
        "messages": _("Messages written"),
        "attachments": _("Files uploaded"),
        "notifications": _("Notifications"),
        "notification_preferences": _("Preferences"),
        "auth_sessions": _("Devices and sessions"),
        "webauthn_credentials": _("Passkeys"),
        "auth_identities": _("Other accounts used to sign in"),
        "auth_audit_events": _("Sign-ins"),
        "audit_events": _("Changes made"),
        "access_events": _("Reads"),
        "access_decisions": _("Decisions on access"),
    }
