"""What people without an account see: the form of a building, and the page of one request."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, Uuid, cast, column, func, select
from sqlalchemy.orm import Session

from ecopick.core import clock, crypto
from ecopick.core.actor import Actor
from ecopick.core.categories import CATEGORIES
from ecopick.core.finding import as_id
from ecopick.core.tenancy import Scope
from ecopick.core.uow import Database
from ecopick.domains.auth.queries.credentials import find_credentials
from ecopick.domains.property.models import Building, PropertyOwner, Unit, UnitSection
from ecopick.domains.property.queries import CodedPlace, place_of_code
from ecopick.domains.tickets.lifecycle import LINK_AFTER_RESOLVED, RequestLinkKind
from ecopick.domains.tickets.models import RequestLink, Ticket, TicketChannel
from ecopick.domains.tickets.outside import FOLLOWER_LINK, FORM, REPORTER_LINK

# What tenants report most, unless an owner chose otherwise.
TILES = ("plumbing", "hvac", "electrical", "elevator", "keys_access", "general")
# The owner's settings for its public pages stand under this key.
SETTINGS = "public_form"


@dataclass(frozen=True)
class PublicOwner:
    """An owner as its public pages name it; ``settings`` are those of the public form."""

    id: uuid.UUID
    name: str
    address: str | None
    settings: dict[str, Any]

    @property
    def tiles(self) -> tuple[str, ...]:
        """The categories on the form, in the owner's order."""
        chosen = self.settings.get("categories")
        known = [name for name in chosen if name in CATEGORIES] if isinstance(chosen, list) else []
        return tuple(dict.fromkeys(known)) or TILES

    @property
    def takes_requests(self) -> bool:
        """Whether the owner takes reports of people without an account."""
        return self.settings.get("open") is not False

    def privacy(self, language: str) -> str | None:
        """The owner's own words on privacy; None where it has none in this language."""
        words = self.settings.get("privacy")
        own = words.get(language) if isinstance(words, dict) else None
        return own if isinstance(own, str) else None


@dataclass(frozen=True)
class PublicForm:
    """The form of a building, with the place of the code that led to it, and who fills it in."""

    actor: Actor
    owner: PublicOwner
    building: Building
    unit: Unit | None
    section: UnitSection | None
    category: str | None
    code: str | None

    @property
    def channel(self) -> TicketChannel:
        """By a code on a wall, or by an address."""
        return TicketChannel.QR if self.code else TicketChannel.PUBLIC

    @property
    def tiles(self) -> tuple[str, ...]:
        """The owner's categories; the one of the code is among them."""
        found = self.owner.tiles
        return found if self.category in (None, *found) else (self.category or "", *found)


def open_form(
    database: Database, key: object, code: str | None = None, language: str = "en"
) -> PublicForm | None:
    """The public form of a building; None where there is none.

    A code of another building counts as none. Read in transactions of its own, first without
    any scope, then in the owner's.
    """
    building_id = as_id(key)
    if building_id is None:
        return None
    with database.transaction(Scope()) as session:
        found = func.find_building_owner(cast(building_id, Uuid)).table_valued(
            column("property_owner_id", Uuid)
        )
        owner_id = session.scalar(select(found.c.property_owner_id))
        place = place_of_code(session, code) if code and owner_id else None
    if owner_id is None:
        return None
    if place is not None and place.building_id != building_id:
        place = None
    actor = Actor.public(owner_id, FORM, language=language)
    with database.transaction(actor.scope) as session:
        owner = read_owner(session, owner_id)
        building = session.scalars(select(Building).where(Building.id == building_id)).one()
        if owner is None:
            return None
        unit, section = _inside(session, place)
    return PublicForm(
        actor=actor,
        owner=owner,
        building=building,
        unit=unit,
        section=section,
        category=place.category if place is not None else None,
        code=place.code if place is not None else None,
    )


def _inside(session: Session, place: CodedPlace | None) -> tuple[Unit | None, UnitSection | None]:
    if place is None or place.unit_id is None:
        return None, None
    unit = session.scalars(select(Unit).where(Unit.id == place.unit_id)).one_or_none()
    section = session.scalars(
        select(UnitSection).where(UnitSection.id == place.unit_section_id)
    ).one_or_none()
    return unit, section


def read_owner(session: Session, owner_id: uuid.UUID) -> PublicOwner | None:
    """An owner in the scope, as its public pages name it."""
    row = session.scalars(select(PropertyOwner).where(PropertyOwner.id == owner_id)).one_or_none()
    return as_public(row) if row is not None else None


def as_public(owner: PropertyOwner) -> PublicOwner:
    """What the public pages take from an owner."""
    settings = owner.settings.get(SETTINGS)
    return PublicOwner(
        owner.id, owner.name, owner.address, settings if isinstance(settings, dict) else {}
    )


def open_owner(database: Database, key: object) -> PublicOwner | None:
    """An owner for its privacy page; None where there is none."""
    owner_id = as_id(key)
    if owner_id is None:
        return None
    with database.transaction(Actor.public(owner_id, FORM).scope) as session:
        return read_owner(session, owner_id)


def reference_of(session: Session, ticket_id: uuid.UUID) -> str:
    """The number of a ticket in the scope as people say it."""
    prefix, number = session.execute(
        select(PropertyOwner.ticket_prefix, Ticket.number)
        .join(PropertyOwner, PropertyOwner.id == Ticket.property_owner_id)
        .where(Ticket.id == ticket_id)
    ).one()
    return f"{prefix}-{number}"


def known_person(session: Session, user_id: uuid.UUID, email: str) -> bool:
    """Whether the address is that of the person, as they proved it before."""
    found = find_credentials(session, email)
    return found is not None and found.user_id == user_id


@dataclass(frozen=True)
class RequestContext:
    """A private link that exists: its ticket, its holder as the actor, and how it stands."""

    id: uuid.UUID
    kind: RequestLinkKind
    property_owner_id: uuid.UUID
    ticket_id: uuid.UUID
    actor: Actor
    language: str
    email: str | None
    proof_id: uuid.UUID | None
    confirmed_at: datetime | None
    has_ended: bool

    @property
    def is_reporter(self) -> bool:
        """Whether the holder reported it, rather than follows it."""
        return self.kind is RequestLinkKind.REPORTER


def open_request(database: Database, token: str, language: str = "en") -> RequestContext | None:
    """The link behind ``token``; None for a token that was never issued.

    It ends 30 days after the request was solved, or when its holder leaves. Read in
    transactions of its own, first without any scope, then in the owner's.
    """
    with database.transaction(Scope()) as session:
        found = func.find_request_link(cast(crypto.token_hash(token), LargeBinary)).table_valued(
            column("id", Uuid), column("property_owner_id", Uuid), column("ticket_id", Uuid)
        )
        row = session.execute(select(found)).one_or_none()
    if row is None:
        return None
    actor = Actor.public(
        row.property_owner_id, REPORTER_LINK, ticket_id=row.ticket_id, language=language
    )
    with database.transaction(actor.scope) as session:
        link, ticket = session.execute(
            select(RequestLink, Ticket)
            .join(Ticket, Ticket.id == RequestLink.ticket_id)
            .where(RequestLink.id == row.id)
        ).one()
    if link.kind is RequestLinkKind.FOLLOWER:
        actor = replace(actor, via=FOLLOWER_LINK)
    if link.user_id is not None:
        actor = replace(actor, user_id=link.user_id)
    return RequestContext(
        id=link.id,
        kind=link.kind,
        property_owner_id=link.property_owner_id,
        ticket_id=link.ticket_id,
        actor=actor,
        language=link.language,
        email=link.email,
        proof_id=link.proof_id,
        confirmed_at=link.confirmed_at,
        has_ended=link.ended_at is not None or _is_over(ticket),
    )


def _is_over(ticket: Ticket) -> bool:
    ended = ticket.resolved_at or ticket.cancelled_at
    return ended is not None and clock.now() >= ended + LINK_AFTER_RESOLVED
