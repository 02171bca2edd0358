"""Invitations in tests: sending one and knowing its link."""

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.domains.people.commands.invitations import invitation_token
from ecopick.domains.people.models import Invitation, Membership
from tests.factories import World
from tests.signing_in import Api


def fresh_address(name: str = "guest") -> str:
    """An address that nobody has."""
    return f"{name}-{uuid.uuid4().hex[:10]}@example.net"


def send(api: Api, **body: Any) -> dict[str, Any]:
    """Invite somebody; the invitation as it was answered."""
    answer = api.post("/api/invitations", {"email": fresh_address(), **body})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json
    return found


def row(world: World, invitation_id: str) -> Invitation:
    """The invitation as it is stored."""
    with Session(world.engine) as session:
        return session.get_one(Invitation, uuid.UUID(invitation_id))


def token_of(world: World, invitation_id: str) -> str:
    """What the newest mailed link carries."""
    found = row(world, invitation_id)
    return invitation_token(found.id, found.version)


def roles_of(world: World, user_id: uuid.UUID) -> list[Membership]:
    """All roles of a person, ended ones included."""
    with Session(world.engine) as session:
        return list(
            session.scalars(
                select(Membership)
                .where(Membership.user_id == user_id)
                .order_by(Membership.created_at)
            )
        )
