"""Random worlds: who is in them, which tickets, who takes part and who holds which rights.

A world is two owners and a seed. Its owners are nobody else's, so that many
worlds stand side by side in one transaction without touching each other.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor, MembershipFact, UnitFact
from ecopick.core.roles import OPERATIONS_ROLES, MembershipRole
from ecopick.domains.governance.lifecycle import AccessRequestStatus
from ecopick.domains.governance.models import AccessRequest, ResourcePermission
from ecopick.domains.property.models import PropertyOwner
from ecopick.domains.tickets.models import Ticket, TicketStakeholder
from tests.factories import World

R = MembershipRole
STAFF_ROLES = sorted([*OPERATIONS_ROLES, R.RESIDENT])
PLACES = {"Ticket": "id", "Building": "building_id", "PropertyOwner": "property_owner_id"}
STATES = [AccessRequestStatus.APPROVED] * 4 + list(AccessRequestStatus)
STORED = (Ticket, TicketStakeholder, ResourcePermission, AccessRequest)
Row = dict[str, Any]


@dataclass
class Made:
    """What one random world holds, as plain rows, and who looks at it."""

    seed: int
    owners: tuple[World, World]
    random: Random
    now: datetime
    tickets: list[Row] = field(default_factory=list)
    stakeholders: list[Row] = field(default_factory=list)
    rights: list[Row] = field(default_factory=list)
    requests: list[Row] = field(default_factory=list)
    company_staff: dict[uuid.UUID, bool] = field(default_factory=dict)
    actors: list[Actor] = field(default_factory=list)

    @property
    def everyone(self) -> list[uuid.UUID]:
        """All people of both owners."""
        return [key for owner in self.owners for key in owner.people.values()]

    def pick(self, *options: Any) -> Any:
        """One of them; what is named twice comes twice as often."""
        return self.random.choice(options)

    def new_id(self) -> uuid.UUID:
        """An id that the seed decides."""
        return uuid.UUID(int=self.random.getrandbits(128))


def make(seed: int, owners: tuple[World, World]) -> Made:
    """The world of this seed, in the buildings of these owners."""
    made = Made(seed, owners, Random(seed), clock.now())
    for owner in owners:
        made.company_staff[owner.owner_id] = made.random.random() < 0.7
    for number in range(made.random.randint(1, 3)):
        made.tickets.append(_ticket(made, number))
    for ticket in made.tickets:
        for user_id in made.random.sample(made.everyone, made.random.randint(0, 2)):
            made.stakeholders.append(_stakeholder(made, ticket, user_id))
    for _count in range(made.random.randint(0, 4)):
        _right(made)
    made.actors = _people(made)
    return made


def _ticket(made: Made, number: int) -> Row:
    owner: World = made.pick(*made.owners)
    in_first = made.random.random() < 0.7
    building_id = owner.building_id if in_first else owner.second_building_id
    unit_id = made.pick(None, owner.unit_id, owner.neighbour_unit_id) if in_first else None
    vendors = (owner.vendor_org_id, owner.second_vendor_org_id)
    return {
        "id": made.new_id(),
        "property_owner_id": owner.owner_id,
        "number": 1_000_000 + number,
        "building_id": building_id,
        "unit_id": unit_id,
        "tenant_company_id": made.pick(None, owner.company_id),
        "vendor_org_id": made.pick(None, *vendors),
        "title": "Wasserrohrbruch im Keller",
        "category": "plumbing",
        "priority": "HIGH",
        "status": "ASSIGNED",
        "channel": "web",
        "open_to_vendors": made.random.random() < 0.2,
        "reporter_id": made.pick(*made.everyone),
        "version": 1,
        "created_at": made.now - timedelta(days=made.random.randint(0, 20)),
        "updated_at": made.now,
    }


def _stakeholder(made: Made, ticket: Row, user_id: uuid.UUID) -> Row:
    return {
        "id": made.new_id(),
        "property_owner_id": ticket["property_owner_id"],
        "ticket_id": ticket["id"],
        "user_id": user_id,
        "role": "observer",
        "can_view": made.random.random() < 0.7,
        "can_comment": True,
        "can_edit": False,
        "can_resolve": False,
        "added_by_id": user_id,
        "added_at": made.now,
        "removed_at": made.pick(None, None, made.now),
    }


def _thing(made: Made) -> tuple[uuid.UUID, str, uuid.UUID]:
    """A ticket, its building or its owner: whose it is, its type and its id."""
    ticket = made.pick(*made.tickets)
    kind = made.pick(*PLACES)
    return ticket["property_owner_id"], kind, ticket[PLACES[kind]]


def _right(made: Made) -> None:
    """A right, often with an approval that may be about it; nobody holds one twice."""
    soon, past = made.now + timedelta(hours=1), made.now - timedelta(hours=1)
    owner_id, kind, key = _thing(made)
    user_id = made.pick(*made.everyone)
    mark = (user_id, kind, key)
    if mark in [(row["user_id"], row["resource_type"], row["resource_id"]) for row in made.rights]:
        return
    held = ({}, {"view": ["*"]}, {"view": ["tickets"]}, {"view": ["buildings"]}, {"edit": ["*"]})
    made.rights.append(
        {
            "id": made.new_id(),
            "property_owner_id": owner_id,
            "user_id": user_id,
            "resource_type": kind,
            "resource_id": key,
            "permissions": made.pick(*held),
            "full": made.random.random() < 0.2,
            "needs_approval": made.random.random() < 0.5,
            "emergency": made.random.random() < 0.2,
            "granted_at": made.now,
            "expires_at": made.pick(None, soon, past),
            "revoked_at": made.pick(None, None, past),
            "created_at": made.now,
            "updated_at": made.now,
        }
    )
    if made.random.random() < 0.7:
        about = (kind, key) if made.random.random() < 0.7 else _thing(made)[1:]
        made.requests.append(
            {
                "id": made.new_id(),
                "property_owner_id": owner_id,
                "requested_by_id": user_id if made.random.random() < 0.8 else made.everyone[0],
                "approver_id": made.everyone[0],
                "action": made.pick("ticket:view", "ticket:view", "ticket:edit"),
                "status": made.pick(*STATES),
                "metadata": {"resource_type": about[0], "resource_id": str(about[1])},
                "expires_at": made.pick(soon, soon, past),
                "created_at": made.now,
                "updated_at": made.now,
            }
        )


def _people(made: Made) -> list[Actor]:
    """One or two people with random roles and homes; whoever has neither may hold rights."""
    everyone = [(owner, key) for owner in made.owners for key in owner.people.values()]
    count = made.random.randint(1, 2)
    return [_actor(made, *found) for found in made.random.sample(everyone, count)]


def _actor(made: Made, owner: World, user_id: uuid.UUID) -> Actor:
    roles = [_role(made, owner) for _count in range(made.random.randint(0, 2))]
    homes = [
        UnitFact(
            unit_id=made.pick(owner.unit_id, owner.neighbour_unit_id),
            building_id=owner.building_id,
            property_owner_id=owner.owner_id,
            since=made.pick(None, made.now - timedelta(days=made.random.randint(0, 20))),
        )
        for _count in range(made.random.randint(0, 1))
    ]
    both = tuple(sorted(each.owner_id for each in made.owners))
    return Actor(
        user_id=user_id,
        owner_id=made.pick(owner.owner_id, owner.owner_id, None),
        owner_ids=both if made.random.random() < 0.3 else (owner.owner_id,),
        memberships=tuple(roles),
        user_units=tuple(homes),
    )


def _role(made: Made, owner: World) -> MembershipFact:
    kind = made.random.random()
    building_id = made.pick(None, owner.building_id, owner.second_building_id)
    if kind < 0.5:
        return MembershipFact(made.pick(*STAFF_ROLES), owner.owner_id, building_id=building_id)
    if kind < 0.75:
        vendor_id = made.pick(owner.vendor_org_id, owner.second_vendor_org_id)
        return MembershipFact(made.pick(R.VENDOR_ADMIN, R.VENDOR_TECH), vendor_org_id=vendor_id)
    role = made.pick(R.TENANT_ADMIN, R.TENANT_COORDINATOR, R.TENANT_OCCUPANT)
    return MembershipFact(role, owner.owner_id, tenant_company_id=owner.company_id)


def store(session: Session, worlds: Iterable[Made]) -> None:
    """Write all these worlds, one statement a table."""
    found = list(worlds)
    connection = session.connection()
    for model, name in zip(STORED, ("tickets", "stakeholders", "rights", "requests"), strict=True):
        if rows := [row for made in found for row in getattr(made, name)]:
            connection.execute(insert(model.__table__), rows)
    staff = [pair for made in found for pair in made.company_staff.items()]
    closed = [owner_id for owner_id, allowed in staff if not allowed]
    owners = PropertyOwner.__table__
    connection.execute(
        update(owners)
        .where(owners.c.id.in_(closed))
        .values(settings={"tenant_company_staff": False})
    )
