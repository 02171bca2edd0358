"""Mail that comes in: to a building, or as a reply. Read from a mailbox or taken over LMTP.

Nothing is answered here: who must hear something gets a code or a notification as from
every other door, so two programs that answer each other find nobody here. What cannot
be taken is refused to the mail server that brought it, which tells the sender.
"""

import logging
import uuid
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO

from rq.timeouts import BaseTimeoutException
from sqlalchemy import select
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from ecopick.adapters.errors import StorageError
from ecopick.adapters.imap import ImapError, ImapMailbox, WaitingMail
from ecopick.adapters.mail_in import MAX_MAIL_BYTES, BadMail, IncomingMail, MailFile, read_mail
from ecopick.core.actor import Actor
from ecopick.core.errors import AppError, TooManyRequests, Unavailable
from ecopick.core.tenancy import Scope
from ecopick.core.text import use_language
from ecopick.domains.auth.queries.actors import load_user_actor
from ecopick.domains.mailbox.commands import (
    Taken,
    admit_reply,
    admit_request,
    take_reply,
    take_request,
)
from ecopick.domains.mailbox.queries import BuildingAddress, ReplyTo, find_address
from ecopick.domains.property.models import Building
from ecopick.domains.security.queries import find_block
from ecopick.domains.tickets.files import StoredFile, new_stem, remove, store_file
from ecopick.domains.tickets.outside import MAIL
from ecopick.domains.tickets.queries.attachments import named_keys
from ecopick.domains.tickets.queries.public_requests import read_owner
from jobs.mail_proofs import ask_for_proof
from jobs.mail_tries import MAX_FAULTS, Tries
from jobs.outbox import DISPATCH
from jobs.runtime import Runtime, origin_of, runtime

log = logging.getLogger("ecopick.jobs.mail_in")
MAILS_A_VISIT = 50


class Outcome(StrEnum):
    """What became of a mail; the value is the answer over LMTP."""

    REQUEST = "250 2.0.0 Taken as a request"
    MESSAGE = "250 2.0.0 Taken as a message"
    REPEATED = "250 2.0.0 Taken before"
    IGNORED = "250 2.0.0 Ignored: sent by a program"
    UNKNOWN = "550 5.1.1 No such address here"
    FORGED = "550 5.7.1 Please reply from the address that our mail went to"
    FORBIDDEN = "550 5.7.1 You cannot write to this request any more"
    EMPTY = "550 5.6.0 There is nothing in this mail"
    UNREADABLE = "554 5.6.0 This mail cannot be read"
    TOO_MANY = "450 4.7.1 Too many mails; please try again later"
    LATER = "451 4.3.0 Please try again later"

    @property
    def is_final(self) -> bool:
        """Whether trying again is of no use."""
        return not self.value.startswith("4")

    @property
    def is_success(self) -> bool:
        """Whether nobody has to hear that it was not taken."""
        return self.value.startswith("2")


def receive(at: Runtime, raw: bytes, recipient: str, sender: str | None = None) -> Outcome:
    """Take one mail for one recipient; ``sender`` is the envelope's, ``""`` for none."""
    to = find_address(at.database, at.settings.inbound.domain, recipient)
    if to is None:
        return Outcome.UNKNOWN
    try:
        mail = read_mail(raw, sender)
    except BadMail as error:
        log.info("mail refused: %s", error)
        return Outcome.UNREADABLE
    if mail.automatic or _is_ours(at, mail):
        log.info("mail of a program ignored: %s", mail.automatic or "our own")
        return Outcome.IGNORED
    with origin_of("mail_in", None, None):
        try:
            if isinstance(to, ReplyTo):
                return _reply(at, to, mail)
            return _request(at, to, mail)
        except TooManyRequests:
            return Outcome.TOO_MANY
        except (Unavailable, StorageError, OperationalError):
            log.warning("a mail waits: the storage or the database is away")
            return Outcome.LATER
        except AppError as error:
            log.info("mail refused: %s", error.code)
            return _REFUSALS.get(error.code, Outcome.FORBIDDEN)


_REFUSALS = {"empty": Outcome.EMPTY, "automatic": Outcome.IGNORED}


def _is_ours(at: Runtime, mail: IncomingMail) -> bool:
    """Whether it carries our own sender's address: a mail of ours that came round."""
    address = mail.sender.address.lower()
    ours = at.settings.inbound.domain
    return address.rpartition("@")[2] == ours or address == at.sender.address.lower()


def _request(at: Runtime, to: BuildingAddress, mail: IncomingMail) -> Outcome:
    public = Actor.public(to.property_owner_id, MAIL)
    with at.database.transaction(public.scope) as session:
        building = session.scalars(
            select(Building).where(Building.id == to.building_id)
        ).one_or_none()
        owner = read_owner(session, to.property_owner_id)
    if building is None or owner is None or not owner.takes_requests:
        return Outcome.UNKNOWN
    public = Actor.public(to.property_owner_id, MAIL, language=building.default_language)
    with at.database.transaction(public.scope) as session:
        if not admit_request(session, building, mail):
            return Outcome.REPEATED
    with use_language(building.default_language), _Files(at, to.property_owner_id) as files:
        taken = files.judge(mail)
        with at.database.transaction(public.scope) as session:
            link, is_new = take_request(session, public, building, mail, taken)
    if not is_new:
        return Outcome.REPEATED
    # Where it fails or has to wait, the sweep of these codes does it.
    ask_for_proof(at, to.property_owner_id, link.id, mail.sender.address, public.language)
    at.enqueue(DISPATCH)
    return Outcome.REQUEST


def _reply(at: Runtime, to: ReplyTo, mail: IncomingMail) -> Outcome:
    actor = load_user_actor(at.database, to.user_id, to.property_owner_id, via=MAIL)
    if actor is None:
        return Outcome.UNKNOWN
    with at.database.transaction(Scope()) as session:
        if find_block(session, actor.user_id) is not None:
            return Outcome.FORBIDDEN
    # The address may have been forwarded with our mail; the name above it may be forged.
    # Only both together are the person.
    if mail.sender.address.lower() != actor.email.lower():
        return Outcome.FORGED
    with at.database.transaction(actor.scope) as session:
        if not admit_reply(session, to, mail):
            return Outcome.REPEATED
    with use_language(actor.language), _Files(at, to.property_owner_id) as files:
        taken = files.judge(mail)
        with at.database.transaction(actor.scope) as session:
            message = take_reply(session, actor, to, mail, taken)
    if message is None:
        return Outcome.REPEATED
    at.enqueue(DISPATCH)
    return Outcome.MESSAGE


@dataclass
class _Files:
    """The files of one mail: judged and stored; gone again unless a row names them."""

    at: Runtime
    owner_id: uuid.UUID

    def __post_init__(self) -> None:
        self.stored: list[StoredFile] = []

    def __enter__(self) -> "_Files":
        return self

    def __exit__(self, *_: object) -> None:
        keys = [key for file in self.stored for key in file.keys]
        if not keys:
            return
        try:
            with self.at.as_system(self.owner_id) as (session, _system):
                named = named_keys(session, self.owner_id, keys)
        except SQLAlchemyError:
            log.warning("%d stored files are left to the sweep", len(keys))
        else:
            remove(self.at.storage, [key for key in keys if key not in named])

    def judge(self, mail: IncomingMail) -> Taken:
        """Store what may be stored. Raises Unavailable where nothing can be."""
        refused: list[str] = []
        for file in mail.files:
            try:
                self.stored.append(self._store(file))
            except Unavailable:
                raise
            except AppError as error:
                log.info("a mailed file was refused: %s", error.code)
                refused.append(file.name or "?")
        return Taken(tuple(self.stored), (*refused, *("…" for _each in range(mail.left_out))))

    def _store(self, file: MailFile) -> StoredFile:
        stem = new_stem(self.owner_id)
        return store_file(self.at.storage, stem, BytesIO(file.content), file.name)


class MailReceiver:
    """What the LMTP server asks."""

    def __init__(self, at: Runtime) -> None:
        self._at = at

    def knows(self, recipient: str) -> bool:
        """Whether the address stands for something here."""
        domain = self._at.settings.inbound.domain
        return find_address(self._at.database, domain, recipient) is not None

    def take(self, raw: bytes, sender: str, recipient: str) -> str:
        """The answer to the mail server for this recipient."""
        return receive(self._at, raw, recipient, sender).value


def poll() -> int:
    """Read what is new in the mailbox, if one is set; how many mails were dealt with.

    A mail that must be tried again stays unseen; a refused one is flagged, and so is one
    that failed three times.
    """
    at = runtime()
    if not at.settings.inbound.imap.host:
        return 0
    with at.alone("mail_in") as alone:
        if not alone:
            return 0
        try:
            return _visit(at)
        except ImapError as error:
            log.warning("the mailbox cannot be read: %s", error)
            return 0


def _visit(at: Runtime) -> int:
    """One mail after the other; one that must wait or fails holds up no other."""
    done = 0
    with ImapMailbox(at.settings.inbound.imap) as mailbox:
        tries = Tries(at.redis, mailbox.name)
        for mail in mailbox.waiting(MAILS_A_VISIT, tries.is_due):
            faults = tries.begin(mail.uid)
            try:
                outcomes = None if faults >= MAX_FAULTS else _outcomes(at, mailbox, mail)
            except ImapError:
                # The connection broke, which is no fault of the mail.
                tries.put_off(mail.uid)
                raise
            if outcomes is None and faults + 1 < MAX_FAULTS:
                continue
            if outcomes and not all(each.is_final for each in outcomes) and tries.put_off(mail.uid):
                continue
            refused = outcomes is None or not any(each.is_success for each in outcomes)
            mailbox.done(mail, refused=refused)
            tries.done(mail.uid)
            done += 1
    return done


def _outcomes(at: Runtime, mailbox: ImapMailbox, mail: WaitingMail) -> list[Outcome] | None:
    """What became of a mail for each of its addresses; None where that failed."""
    if mail.size > MAX_MAIL_BYTES:
        return [Outcome.UNREADABLE]
    try:
        return _receive_for_all(at, mailbox.read(mail))
    except (ImapError, BaseTimeoutException):
        # The job's own time is over in the latter; its try stays counted.
        raise
    except Exception as error:
        log.exception("a mail could not be taken: %s", type(error).__name__)
        return None


def _receive_for_all(at: Runtime, raw: bytes) -> list[Outcome]:
    """Each address of ours that the mail names; none is a refusal."""
    try:
        recipients = read_mail(raw).recipients
    except BadMail:
        return [Outcome.UNREADABLE]
    ending = f"@{at.settings.inbound.domain}"
    ours = [each for each in recipients if each.endswith(ending)]
    return [receive(at, raw, each) for each in ours] or [Outcome.UNKNOWN]
