"""Domain events: rows in an outbox, written by the command that caused them.

After the commit one job is poked; a sweep finds what was missed, so a broken
queue makes things late, never lost.
"""

import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, ClassVar

from sqlalchemy import insert
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.changes import plain
from ecopick.core.context import origin
from ecopick.core.db import new_id
from ecopick.core.models import Outbox
from ecopick.core.uow import Database, WorkSession, after_commit

REGISTRY: dict[str, type["Event"]] = {}


@dataclass(frozen=True)
class Event:
    """Something that happened, in the past tense; carries ids and plain facts."""

    name: ClassVar[str] = ""

    property_owner_id: uuid.UUID

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if cls.name:
            REGISTRY[cls.name] = cls

    def payload(self) -> dict[str, Any]:
        """The facts as JSON."""
        return {key: plain(value) for key, value in asdict(self).items()}


Poke = Callable[[Database, frozenset[uuid.UUID]], None]
_poke: list[Poke] = []


def on_commit_poke(callback: Poke) -> None:
    """Register what wakes the dispatcher after a commit (the queue, in production).

    It is told the database and the owners to whom something happened there.
    """
    _poke[:] = [callback]


def emit(session: Session, actor: Actor, event: Event) -> None:
    """Write ``event`` to the outbox in the caller's transaction."""
    session.flush()
    session.execute(
        insert(Outbox.__table__).values(  # type: ignore[arg-type]
            id=new_id(),
            property_owner_id=event.property_owner_id,
            name=event.name,
            payload=event.payload(),
            actor_id=actor.audit_user_id,
            request_id=origin().request_id,
            correlation_id=origin().correlation_id or origin().request_id,
            created_at=clock.now(),
        )
    )
    session.info.setdefault("told_owners", set()).add(event.property_owner_id)
    poke_after_commit(session)


def poke_after_commit(session: Session) -> None:
    """Wake the dispatcher once the transaction is stored; asked twice, it wakes once."""
    if not session.info.get("poke_planned"):
        session.info["poke_planned"] = True
        after_commit(session, partial(_wake, session))


def _wake(session: Session) -> None:
    if isinstance(session, WorkSession):
        for callback in _poke:
            callback(session.database, frozenset(session.info.get("told_owners", ())))
