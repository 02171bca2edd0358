"""A mail that came in, taken apart: who sent it, what it says, what hangs on it."""

from __future__ import annotations

import email
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import MessageError
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses, parseaddr

from ecopick.adapters.errors import AdapterError
from ecopick.adapters.mail import Mailbox, one_line
from ecopick.adapters.mail_charsets import decoded_words, safe_charset
from ecopick.adapters.mail_text import MAX_CHARACTERS, html_text, plain_text, without_quotes

MAX_MAIL_BYTES = 35 * 1024 * 1024
# What taking a mail apart costs: no attachment needs so many lines, no program so many
# parts inside each other or so long a name.
MAX_LINES = 1_000_000
MAX_MULTIPARTS = 100
MAX_PARTS = 200
MAX_CONTENT_HEADER = 2_000
MAX_FILES = 10
# Logos in signatures are smaller than any photo worth sending.
_LOGO_BYTES = 10 * 1024
_SIGNATURES = frozenset({"application/pgp-signature", "application/pkcs7-signature"})
_AUTOMATIC_HEADERS = ("X-Autoreply", "X-Autorespond", "X-Auto-Reply", "List-Id", "List-Post")
_AUTOMATIC_PRECEDENCE = frozenset({"bulk", "junk", "list", "auto_reply"})
_PROGRAMS = frozenset({"mailer-daemon", "postmaster", "double-bounce"})
_AUTOMATIC_SUBJECT = re.compile(
    r"(?:auto(?:matic)?[- ]?reply|out of (?:the )?office|automatische antwort|abwesenheits\w{0,20}"
    r"|réponse automatique|absence du bureau|risposta automatica|fuori sede)\b.{0,300}",
    re.IGNORECASE,
)


class BadMail(AdapterError):
    """Nothing can be made of it: code `unreadable`, `too_large` or `no_sender`."""


@dataclass(frozen=True)
class MailFile:
    """An attached file as it was sent; neither name nor type is to be believed."""

    name: str
    content: bytes


@dataclass(frozen=True)
class IncomingMail:
    """What a mail holds.

    `text` is all of it, `reply` without what it quotes. `automatic` says why it was
    taken for a program's work (RFC 3834), empty for a person's. `left_out` counts files
    above the limit.
    """

    key: bytes
    sender: Mailbox
    subject: str
    text: str
    reply: str
    files: tuple[MailFile, ...]
    automatic: str
    left_out: int
    recipients: tuple[str, ...]


def read_mail(raw: bytes, envelope_sender: str | None = None) -> IncomingMail:
    """Take a mail apart; `envelope_sender` is the one of SMTP, `""` for none (a bounce).

    Where it is not known, Return-Path is believed. Raises BadMail.
    """
    if len(raw) > MAX_MAIL_BYTES:
        raise BadMail("too_large", f"{len(raw)} bytes")
    if raw.count(b"\n") > MAX_LINES or raw.lower().count(b"multipart/") > MAX_MULTIPARTS:
        raise BadMail("unreadable", "too many lines or parts")
    try:
        message = email.message_from_bytes(raw, policy=compat32)
        parts = list(_leaves(message))
        subject = one_line(_header(message, "Subject"), 300)
        text, files, left_out = _content(parts)
    except (MessageError, RecursionError, ValueError, LookupError, AssertionError) as error:
        raise BadMail("unreadable", type(error).__name__) from error
    sender = _sender(message)
    return IncomingMail(
        key=_key(message, raw),
        sender=sender,
        subject=subject,
        text=text,
        reply=without_quotes(text),
        files=files,
        automatic=_automatic(message, subject, sender, envelope_sender),
        left_out=left_out,
        recipients=_recipients(message),
    )


def _leaves(message: Message) -> Iterator[Message]:
    """Every part that holds something; a mail inside the mail counts as one."""
    waiting, seen = [message], 0
    while waiting:
        part = waiting.pop()
        seen += 1
        if seen > MAX_PARTS:
            raise ValueError("too many parts")
        if any(len(value) > MAX_CONTENT_HEADER for value in _content_headers(part)):
            raise ValueError("a header is too long")
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            waiting.extend(reversed([each for each in payload if isinstance(each, Message)]))
        else:
            yield part


def _content_headers(part: Message) -> list[str]:
    """What is read for its parameters, as it stands."""
    return [str(value) for name, value in part.raw_items() if name.lower().startswith("content-")]


def _content(parts: list[Message]) -> tuple[str, tuple[MailFile, ...], int]:
    plain, rich = _Words(), _Words()
    files: list[MailFile] = []
    for part in parts:
        kind = part.get_content_type()
        is_file = part.get_content_disposition() == "attachment" or bool(part.get_filename())
        if kind in ("text/plain", "text/html") and not is_file:
            (plain if kind == "text/plain" else rich).add(part)
        elif kind not in _SIGNATURES and (file := _file(part)) is not None:
            files.append(file)
    text = plain_text("\n\n".join(plain.texts))
    if not text.strip():
        text = "\n\n".join(html_text(each) for each in rich.texts)
    return text[:MAX_CHARACTERS], tuple(files[:MAX_FILES]), max(0, len(files) - MAX_FILES)


class _Words:
    """Texts of parts of one kind; together no more than a mail may hold."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._room = MAX_CHARACTERS

    def add(self, part: Message) -> None:
        """Take a part's text as far as there is room; the rest is not even decoded."""
        if self._room <= 0:
            return
        payload = part.get_payload(decode=True)
        content = payload if isinstance(payload, bytes) else b""
        charset = safe_charset(part.get_content_charset() or "utf-8") or "utf-8"
        text = content[: 4 * self._room].decode(charset, "replace")[: self._room]
        self._room -= len(text)
        self.texts.append(text)


def _file(part: Message) -> MailFile | None:
    """The file of a part; None for logos that a signature shows."""
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    shown = part.get_content_disposition() != "attachment" and part.get("Content-ID")
    if shown and len(content) < _LOGO_BYTES:
        return None
    return MailFile(one_line(decoded_words(part.get_filename() or ""), 300), content)


def _header(message: Message, name: str) -> str:
    return decoded_words(str(message.get(name, "")))


def _sender(message: Message) -> Mailbox:
    name, address = parseaddr(str(message.get("From", ""))[:2000])
    try:
        return Mailbox(address.strip(), decoded_words(name))
    except ValueError as error:
        raise BadMail("no_sender") from error


def _key(message: Message, raw: bytes) -> bytes:
    """What makes it this mail: its Message-ID with its sender, or all of it without one."""
    known = str(message.get("Message-ID", "")).strip()
    sender = str(message.get("From", "")).strip()
    return hashlib.sha256(f"{known}|{sender}".encode("utf-8", "replace") if known else raw).digest()


def _automatic(message: Message, subject: str, sender: Mailbox, envelope_sender: str | None) -> str:
    """Why no person wrote this, by RFC 3834 and by what programs did before it."""
    submitted = str(message.get("Auto-Submitted", "no")).split(";")[0].split("(")[0]
    if submitted.strip().lower() not in ("no", ""):
        return "auto-submitted"
    if str(message.get("Precedence", "")).strip().lower() in _AUTOMATIC_PRECEDENCE:
        return "precedence"
    if "all" in str(message.get("X-Auto-Response-Suppress", "")).lower():
        return "suppresses-responses"
    for name in _AUTOMATIC_HEADERS:
        if message.get(name):
            return name.lower()
    if envelope_sender is None:
        envelope_sender = str(message.get("Return-Path", "?")).strip().strip("<>")
    if envelope_sender == "":
        return "null-sender"
    if message.get_content_type() == "multipart/report":
        return "report"
    if sender.address.partition("@")[0].lower() in _PROGRAMS:
        return "program"
    return "subject" if _AUTOMATIC_SUBJECT.fullmatch(subject.strip()) else ""


def _recipients(message: Message) -> tuple[str, ...]:
    """Addresses for which a mailbox may have taken it, the surest first."""
    values: list[str] = []
    for name in ("X-Original-To", "Delivered-To", "Envelope-To", "To", "Cc"):
        values += [str(each)[:5000] for each in message.get_all(name, [])]
    found = (address.strip().lower() for _name, address in getaddresses(values))
    return tuple(dict.fromkeys(address for address in found if "@" in address))[:50]
