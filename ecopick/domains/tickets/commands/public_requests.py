"""Reports of people without an account: taken once, and followed by neighbours.

Whoever sends one is nobody that we know until their address is proved: the reporter is the
system's user, ``reporter_email`` holds the address, and the rules that send somebody wait.
"""

import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from ecopick.core import clock, crypto
from ecopick.core.actor import Actor
from ecopick.core.commands import command
from ecopick.core.context import origin
from ecopick.core.counters import CountersAway
from ecopick.core.db import new_id
from ecopick.core.errors import Invalid, TooManyRequests
from ecopick.core.events import emit
from ecopick.core.finding import as_id, missing
from ecopick.core.tenancy import SYSTEM_USER_ID
from ecopick.core.text import lazy_gettext as _
from ecopick.core.text import ngettext
from ecopick.domains.property.models import Building
from ecopick.domains.security.addresses import counted_as
from ecopick.domains.security.commands.limits import Limit, count_attempt
from ecopick.domains.security.commands.rates import count_now
from ecopick.domains.tickets.commands.intake import new_ticket
from ecopick.domains.tickets.commands.routing import auto_route
from ecopick.domains.tickets.events import RequestJoined
from ecopick.domains.tickets.inputs import CreateTicket
from ecopick.domains.tickets.models import (
    OUTSIDE_CHANNELS,
    RequestLink,
    RequestLinkKind,
    Ticket,
    TicketChannel,
)
from ecopick.domains.tickets.queries.attachments import named_keys
from ecopick.domains.tickets.queries.similar import may_be_followed

PURPOSE = "request_link"
# So often a device may leave a request and follow it again.
COMES_BACK = 10
KIND = "public_request"
HOUR = timedelta(hours=1)
# Whole houses share one address; a device is one household's.
PER_ADDRESS = Limit("ip", 20, HOUR)
PER_DEVICE = Limit("device", 10, HOUR)
PER_EMAIL = Limit("email", 5, HOUR)
PER_BUILDING = 60
# Every try costs, those that are refused included: photos are decoded, words compared.
TRY, PHOTOS = "public_request_try", "public_request_photos"
TRIES = (Limit("ip", 40, HOUR), Limit("building", 300, HOUR))
# Photos of a form that was not taken are stored, up to 125 MB each time.
KEPT_TIMES = (Limit("ip", 15, HOUR), Limit("building", 60, HOUR))


@dataclass(frozen=True)
class Submission:
    """What makes a repeated submission the same one: hashes of its key and of its content."""

    key: bytes
    content: bytes

    @staticmethod
    def of(place: object, key: str, content: Any) -> "Submission":
        """The submission under ``key`` at a building or request; ``content`` is plain JSON."""
        body = json.dumps(content, sort_keys=True, default=str).encode()
        return Submission(
            hashlib.sha256(f"{place}|{key}".encode()).digest(), hashlib.sha256(body).digest()
        )


@dataclass(frozen=True)
class Known:
    """A person who proved their address on this device before."""

    user_id: uuid.UUID


def link_token(link: RequestLink) -> str:
    """The secret part of the status page's address: 256 bits, never stored."""
    return crypto.token(PURPOSE, link.id, link.version)


def first_token(link_id: uuid.UUID) -> str:
    """The token of a link that was never issued anew."""
    return crypto.token(PURPOSE, link_id, 1)


def _number(key: bytes) -> int:
    """A key as the number of a lock."""
    return int.from_bytes(key[:8], "big", signed=True)


def repeated(session: Session, submission: Submission) -> RequestLink | None:
    """The link of a submission that came before; further ones wait here for the first.

    Raises Invalid where something else was sent under the same key.
    """
    session.execute(select(func.pg_advisory_xact_lock(_number(submission.key))))
    link = session.scalars(
        select(RequestLink).where(RequestLink.submission_key == submission.key)
    ).one_or_none()
    session.info["authorized"] = True
    if link is not None and link.submission_hash != submission.content:
        raise Invalid(
            _(
                "This request was sent before, with other words. To report something else, send it again."
            ),
            code="idempotency_key",
        )
    return link


def count_try(session: Session, building_id: uuid.UUID) -> None:
    """Count that somebody sends the form, before anything of it is looked at.

    It stays counted when the report is refused; while the counters are away only with what
    ``session`` commits. Raises TooManyRequests above the limits of an hour.
    """
    limits = _of_place(TRIES, building_id)
    try:
        wait = count_now(TRY, limits)
    except CountersAway:
        wait = count_attempt(session, TRY, limits).wait
    if wait:
        raise too_many(wait)


def may_keep_photos(building_id: uuid.UUID) -> bool:
    """Count that photos of a form which was not taken are stored; whether they may be.

    Nothing is stored that cannot be counted.
    """
    try:
        return not count_now(PHOTOS, _of_place(KEPT_TIMES, building_id))
    except CountersAway:
        return False


def is_used(session: Session, owner_id: uuid.UUID, keys: list[str]) -> bool:
    """Whether a request has one of these files; whoever else asks for one waits here."""
    for key in sorted(keys):
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
    return bool(keys) and bool(named_keys(session, owner_id, keys))


def _of_place(limits: tuple[Limit, Limit], building_id: uuid.UUID) -> dict[Limit, str]:
    by_address, by_building = limits
    return {by_address: counted_as(origin().ip), by_building: str(building_id)}


def count_submission(
    session: Session, building_id: uuid.UUID, email: str | None, device_id: str | None
) -> None:
    """Count one report by network address, device, mail address and building.

    A mail has neither of the first two: it comes from the mail server beside us.
    Raises TooManyRequests where one of them sent too many within the hour.
    """
    limits = {PER_ADDRESS: counted_as(origin().ip)} if origin().ip else {}
    if device_id:
        limits[PER_DEVICE] = device_id
    if email:
        limits[PER_EMAIL] = email
    wait = count_attempt(session, KIND, limits).wait
    recent = session.scalar(
        select(func.count())
        .select_from(Ticket)
        .where(
            Ticket.building_id == building_id,
            Ticket.channel.in_(sorted(OUTSIDE_CHANNELS)),
            Ticket.created_at > clock.now() - HOUR,
        )
    )
    if not wait and (recent or 0) >= PER_BUILDING:
        wait = 600
    if wait:
        raise too_many(wait)


def too_many(seconds: int) -> TooManyRequests:
    """The refusal of one report too many, with how long to wait."""
    minutes = -(-seconds // 60)
    return TooManyRequests(
        ngettext(
            "Many requests came from here. Please wait %(num)s minute, then send it again. "
            "Nothing that you typed is lost.",
            "Many requests came from here. Please wait %(num)s minutes, then send it again. "
            "Nothing that you typed is lost.",
            minutes,
        ),
        retry_after=seconds,
    )


def submit_request(
    session: Session,
    actor: Actor,
    building: Building,
    data: CreateTicket,
    submission: Submission,
    *,
    channel: TicketChannel,
    email: str | None,
    known: Known | None = None,
) -> RequestLink:
    """A ticket from the public form, and the private link to its page.

    The place in ``data`` was found by its code. Nobody is sent before the address is proved
    or the staff reviewed it; for a ``known`` person the rules apply at once.
    """
    link = _link(actor, building.property_owner_id, RequestLinkKind.REPORTER, submission, email)
    if known is not None:
        link.user_id, link.confirmed_at = known.user_id, clock.now()
    ticket = _submit(session, actor, building, data, link, channel)
    if known is not None:
        auto_route(session, ticket)
    return link


def _find_building(session: Session, actor: Actor, key: Any) -> Building:
    found = session.scalars(select(Building).where(Building.id == as_id(key))).one_or_none()
    if found is None:
        raise missing(actor, "Building", key)
    return found


@command("request:submit", find=_find_building, audit_as="TICKET_CREATED")
def _submit(
    session: Session,
    actor: Actor,
    building: Building,
    data: CreateTicket,
    link: RequestLink,
    channel: TicketChannel,
) -> Ticket:
    ticket = new_ticket(
        session,
        actor,
        building,
        data,
        channel=channel,
        reporter_id=link.user_id or SYSTEM_USER_ID,
        reporter_email=link.email if link.user_id is None else None,
    )
    link.ticket_id = ticket.id
    session.add(link)
    session.flush()
    return ticket


def follow_request(
    session: Session, actor: Actor, building: Building, ticket_id: uuid.UUID, submission: Submission
) -> RequestLink:
    """A neighbour is affected as well: a link of their own to the state of the request.

    Raises NotFound for a request that is not a recent open one of this building.
    """
    ticket = session.scalars(
        select(Ticket).where(Ticket.id == ticket_id, may_be_followed(building))
    ).one_or_none()
    if ticket is None:
        raise missing(actor, "Ticket", ticket_id)
    return _follow(session, actor, ticket, submission)


def followed_before(
    session: Session, ticket_id: uuid.UUID, tap: str, device: str
) -> tuple[RequestLink | None, Submission]:
    """The link of a device that follows a request already, and what names a new one.

    One tap is one link however often it is sent, and so is one device; whoever left may
    come back. Further ones wait here for the first.
    """
    sent = Submission.of(f"follow:{ticket_id}", tap, {})
    places = [Submission.of(f"follow:{ticket_id}", f"{device}:{n}", {}) for n in range(COMES_BACK)]
    for each in (sent, places[0]):
        session.execute(select(func.pg_advisory_xact_lock(_number(each.key))))
    session.info["authorized"] = True
    links = session.scalars(
        select(RequestLink).where(
            RequestLink.ticket_id == ticket_id,
            RequestLink.kind == RequestLinkKind.FOLLOWER,
            or_(
                RequestLink.submission_hash == sent.key,
                RequestLink.submission_key.in_([place.key for place in places]),
            ),
        )
    ).all()
    for link in links:
        if link.ended_at is None:
            return link, sent
    used = {link.submission_key for link in links}
    free = next((place.key for place in places if place.key not in used), None)
    if free is None:
        return links[0], sent
    return None, Submission(free, sent.key)


def _find_nothing(session: Session, actor: Actor, key: Any) -> Ticket:
    raise missing(actor, "Ticket", key)


@command("request:follow", find=_find_nothing, audit_as="ENTITY_CREATED")
def _follow(session: Session, actor: Actor, ticket: Ticket, submission: Submission) -> RequestLink:
    link = _link(actor, ticket.property_owner_id, RequestLinkKind.FOLLOWER, submission, None)
    link.ticket_id = ticket.id
    session.add(link)
    session.flush()
    emit(session, actor, RequestJoined(ticket.property_owner_id, ticket.id))
    return link


def _link(
    actor: Actor,
    owner_id: uuid.UUID,
    kind: RequestLinkKind,
    submission: Submission,
    email: str | None,
) -> RequestLink:
    link = RequestLink(
        id=new_id(),
        property_owner_id=owner_id,
        kind=kind,
        version=1,
        language=actor.language,
        email=email,
        submission_key=submission.key,
        submission_hash=submission.content,
        created_at=clock.now(),
    )
    link.token_hash = crypto.token_hash(link_token(link))
    return link
