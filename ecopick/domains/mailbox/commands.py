"""Addresses of buildings, and what becomes of the mail to them."""

import hashlib
import re
import secrets
import unicodedata
import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.adapters.mail_in import IncomingMail
from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.db import new_id
from ecopick.core.errors import AppError, Conflict
from ecopick.core.text import gettext, ngettext
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import attempt
from ecopick.domains.mailbox.models import InboundAddress, InboundReply
from ecopick.domains.mailbox.queries import (
    HOUR,
    SAME_WORDS_WITHIN,
    ReplyTo,
    address_of,
    is_taken,
    replies_within_the_hour,
    times_said,
)
from ecopick.domains.property.models import Building
from ecopick.domains.property.queries import Key, find_building
from ecopick.domains.security.commands.limits import Limit, count_attempt
from ecopick.domains.tickets.commands.attachments import attach_file
from ecopick.domains.tickets.commands.conversation import post_message
from ecopick.domains.tickets.commands.public_requests import (
    Submission,
    count_submission,
    repeated,
    submit_request,
    too_many,
)
from ecopick.domains.tickets.files import StoredFile
from ecopick.domains.tickets.inputs import AddAttachment, CreateTicket, PostMessage
from ecopick.domains.tickets.models import Message, RequestLink, TicketChannel
from ecopick.domains.tickets.outside import REPORTER_LINK

MAX_TITLE, MAX_TEXT = 200, 7_500
# Mailed answers of one ticket that are mailed on within an hour: two programs that answer
# each other come to rest, people go on reading in the product.
MAILED_ON_PER_HOUR = 3
# The same words of one person that are kept within an hour: "Yes, thank you" answers more
# than one question, a program says the same for ever.
SAME_WORDS_PER_HOUR = 3
REPLIES = "mailed_reply"
PER_PERSON = Limit("user", 30, HOUR)
_SUFFIX_LETTERS = "23456789abcdefghjkmnpqrstvwxyz"
_PREFIXES = re.compile(
    r"(?:(?:re|aw|antw|fw|fwd|wg|tr|i|r|rif|ref)(?:\[\d{1,3}\])?\s{0,3}:\s{0,5}){1,10}",
    re.IGNORECASE,
)


def _lock_building(session: Session, actor: Actor, key: Key) -> Building:
    """The building, locked: it has one address at a time."""
    building = find_building(session, actor, key)
    session.execute(
        select(Building.id).where(Building.id == building.id).with_for_update(key_share=True)
    )
    return building


@command("building:manage", find=_lock_building, audit_as="ENTITY_CREATED")
def issue_address(session: Session, actor: Actor, building: Building) -> InboundAddress:
    """A new address for the building; an earlier one ends.

    It begins with the building's name and ends with letters that nobody guesses, so
    that only whoever was told it can write there.
    """
    earlier = address_of(session, building)
    if earlier is not None:
        earlier.retired_at = clock.now()
        session.flush()
    suffix = "".join(secrets.choice(_SUFFIX_LETTERS) for _each in range(6))
    made = InboundAddress(
        id=new_id(),
        property_owner_id=building.property_owner_id,
        building_id=building.id,
        local_part=f"{_slug(building.name)}-{suffix}",
        issued_by_id=actor.audit_user_id,
        created_at=clock.now(),
    )
    session.add(made)
    session.flush()
    return made


@command("building:manage", find=_lock_building, audit_as="ENTITY_DEACTIVATED")
def retire_address(session: Session, actor: Actor, building: Building) -> InboundAddress:
    """End the address of the building. Raises Conflict where there is none."""
    found = address_of(session, building)
    if found is None:
        raise Conflict(_("This building has no address for mail."), code="retired")
    found.retired_at = clock.now()
    return found


def _slug(name: str) -> str:
    """A name as an address holds it: `Rosenweg 12` becomes `rosenweg-12`."""
    wide = name.lower().replace("ß", "ss")
    for umlaut, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue")):
        wide = wide.replace(umlaut, letters)
    plain = unicodedata.normalize("NFKD", wide).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or "building"


@dataclass(frozen=True)
class Taken:
    """What became of the files of a mail: those that may be attached, and how many may not."""

    stored: tuple[StoredFile, ...]
    refused: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """A line for whoever reads the message, empty where every file was taken."""
        if not self.refused:
            return ""
        words = ngettext(
            "%(num)s attachment was not accepted: %(names)s",
            "%(num)s attachments were not accepted: %(names)s",
            len(self.refused),
            names=", ".join(self.refused)[:300],
        )
        return f"[{words}]"


def _submission(building: Building, mail: IncomingMail) -> Submission:
    return Submission.of(building.id, f"mail:{mail.key.hex()}", {})


def admit_request(session: Session, building: Building, mail: IncomingMail) -> bool:
    """Whether the mail is new; counted before its files are looked at, which costs most.

    Raises TooManyRequests where too much came from the sender or for the building.
    """
    if repeated(session, _submission(building, mail)) is not None:
        return False
    count_submission(session, building.id, mail.sender.address, None)
    return True


def take_request(
    session: Session, actor: Actor, building: Building, mail: IncomingMail, files: Taken
) -> tuple[RequestLink, bool]:
    """A mail to a building as a request, and whether it is new.

    ``actor`` is the public, at the building's owner. Whoever sent it stands for it only
    once their address is proved, be they known or not: a sender is easily forged.
    """
    submission = _submission(building, mail)
    known = repeated(session, submission)
    if known is not None:
        return known, False
    text = mail.text.strip()
    data = CreateTicket(
        building_id=building.id,
        title=_title(mail.subject, text),
        description=_with_note(text, files.note) or None,
        category="general",
        auto_route=False,
    )
    link = submit_request(
        session,
        actor,
        building,
        data,
        submission,
        channel=TicketChannel.EMAIL,
        email=mail.sender.address,
    )
    reporter = Actor.public(
        building.property_owner_id,
        REPORTER_LINK,
        ticket_id=link.ticket_id,
        language=actor.language,
    )
    _attach(session, reporter, link.ticket_id, files, AddAttachment())
    return link, True


def admit_reply(session: Session, reply: ReplyTo, mail: IncomingMail) -> bool:
    """Whether the answer is new; counted before its files are looked at, which costs most.

    Raises TooManyRequests where the person mailed too many within the hour.
    """
    session.info["authorized"] = True
    if is_taken(session, reply, mail.key):
        return False
    wait = count_attempt(session, REPLIES, {PER_PERSON: str(reply.user_id)}).wait
    if wait:
        raise too_many(wait)
    return True


def take_reply(
    session: Session, actor: Actor, reply: ReplyTo, mail: IncomingMail, files: Taken
) -> Message | None:
    """A mailed answer as a message of ``actor``; None where it came before.

    ``actor`` is the person whom the address was given, with all that they may and may
    not do. The same words once more within a day are kept, but mailed to nobody. Raises
    Conflict `automatic` for the same words again and again, and `empty` where nothing was
    written.
    """
    if is_taken(session, reply, mail.key):
        session.info["authorized"] = True
        return None
    words = _with_note(mail.reply, files.note) or _names(files)
    if not words:
        raise Conflict(_("There is nothing in this mail."), code="empty")
    words_hash = hashlib.sha256(" ".join(mail.reply.split()).encode()).digest()
    if times_said(session, reply, words_hash, HOUR) >= SAME_WORDS_PER_HOUR and mail.reply:
        raise Conflict(_("The same answer came before."), code="automatic")
    said = bool(mail.reply) and times_said(session, reply, words_hash, SAME_WORDS_WITHIN) > 0
    quiet = said or replies_within_the_hour(session, reply.ticket_id) >= MAILED_ON_PER_HOUR
    data = PostMessage(body=words, visibility=reply.visibility.value)
    message = post_message(session, actor, reply.ticket_id, data, quiet=quiet)
    session.add(
        InboundReply(
            id=new_id(),
            property_owner_id=reply.property_owner_id,
            mail_key=mail.key,
            ticket_id=reply.ticket_id,
            message_id=message.id,
            user_id=reply.user_id,
            words_hash=words_hash,
            created_at=clock.now(),
        )
    )
    session.flush()
    _attach(session, actor, reply.ticket_id, files, AddAttachment(message_id=message.id))
    return message


def _attach(
    session: Session, actor: Actor, ticket_id: uuid.UUID, files: Taken, details: AddAttachment
) -> None:
    """Each file for itself: one above the ticket's quota does not undo the others."""
    for file in files.stored:
        try:
            with attempt(session):
                attach_file(session, actor, ticket_id, details, file)
        except AppError:
            continue


def _title(subject: str, text: str) -> str:
    """The subject without its "Re:", else the first line; never empty."""
    match = _PREFIXES.match(subject.strip())
    words = subject.strip()[match.end() :] if match else subject.strip()
    first = next((line.strip() for line in text.splitlines() if line.strip()), "")
    title = words.strip() or first or gettext("Request by mail")
    return title if len(title) <= MAX_TITLE else title[: MAX_TITLE - 1].rstrip() + "…"


def _with_note(text: str, note: str) -> str:
    text = text.strip()
    if len(text) > MAX_TEXT:
        text = text[:MAX_TEXT].rstrip() + "…"
    return "\n\n".join(part for part in (text, note) if part)


def _names(files: Taken) -> str:
    return ", ".join(file.file_name for file in files.stored)
