"""Commands: the only way to write.

A command is a function ``(session, actor, subject, data)``. The decorator
finds what is visible (404), locks it, asks for permission (403), runs the
function, and records what it changed, all in the caller's transaction.
"""

import functools
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy.orm import Session

from ecopick.core import audit, changes
from ecopick.core.actor import Actor
from ecopick.core.permissions import authorize
from ecopick.core.tenancy import PLATFORM_OWNER_ID, SYSTEM_USER_ID

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S")

Find = Callable[[Session, Actor, Any], S]


def command(
    permission: str,
    *,
    find: Find[S],
    audit_as: str | Callable[[S], str] | None = None,
) -> Callable[
    [Callable[Concatenate[Session, Actor, S, P], R]],
    Callable[Concatenate[Session, Actor, Any, P], R],
]:
    """Make a command of a function.

    ``find(session, actor, key)`` answers the visible subject, locked, or raises
    NotFound; it is skipped when the caller passes the subject itself.
    ``audit_as`` names the entry in the business audit, itself or as a function
    of the subject; its diff holds what the command changed, nested commands
    excluded. None for commands that are recorded elsewhere (sign-in) or only
    call other commands.
    """

    def wrap(
        function: Callable[Concatenate[Session, Actor, S, P], R],
    ) -> Callable[Concatenate[Session, Actor, Any, P], R]:
        @functools.wraps(function)
        def run(
            session: Session, actor: Actor, key: Any, /, *args: P.args, **kwargs: P.kwargs
        ) -> R:
            subject: S = find(session, actor, key) if _is_key(key) else key
            authorize(session, actor, permission, subject, using=True)
            frame = changes.push(session, function.__name__)
            try:
                result = function(session, actor, subject, *args, **kwargs)
                session.flush()
                if audit_as is not None:
                    entry = audit_as if isinstance(audit_as, str) else audit_as(subject)
                    _record(session, actor, entry, frame, subject, result)
            finally:
                changes.pop(session)
            return result

        run.permission = permission  # type: ignore[attr-defined]
        return run

    return wrap


@contextmanager
def recorded(
    session: Session, actor: Actor, audit_as: str, subject: Any, **meta: Any
) -> Iterator[None]:
    """A step inside authorised work that has an audit entry of its own.

    For what follows from a command (automatic routing, an implied triage): the
    diff holds only what the block changes.
    """
    frame = changes.push(session, audit_as)
    frame.meta.update(changes.plain(meta))
    try:
        yield
        session.flush()
        _record(session, actor, audit_as, frame, subject, subject)
    finally:
        changes.pop(session)


def _is_key(value: object) -> bool:
    return value is None or isinstance(value, (uuid.UUID, str, int))


def _record(
    session: Session, actor: Actor, action: str, frame: changes.Frame, subject: Any, result: Any
) -> None:
    target = result if any(result is row for row in frame.created) else subject
    ticket_id = _ticket_of(result) or _ticket_of(subject)
    collected = changes.diff(frame, target)
    for row, _ in list(frame.rows.values()):
        if row is target:
            continue
        if any(row is seen for seen in frame.created):
            continue
        prefix = f"{row.__tablename__}."  # type: ignore[attr-defined]
        collected += changes.diff(frame, row, prefix)
    audit.write(
        session,
        actor,
        action,
        owner_id=getattr(target, "property_owner_id", None) or actor.owner_id or PLATFORM_OWNER_ID,
        ticket_id=ticket_id,
        changes=collected,
        meta=frame.meta | _reference(target),
        subject_id=_person_in(target),
    )


def _person_in(row: Any) -> uuid.UUID | None:
    """Whom the personal values of a row are about."""
    if getattr(row, "__tablename__", None) == "users":
        found: uuid.UUID | None = row.id
        return found
    found = getattr(row, "reporter_id", None) or getattr(row, "user_id", None)
    return found if found != SYSTEM_USER_ID else None


def _ticket_of(row: Any) -> uuid.UUID | None:
    if getattr(row, "__tablename__", None) == "tickets":
        found: uuid.UUID = row.id
        return found
    return getattr(row, "ticket_id", None)


def _reference(row: Any) -> dict[str, Any]:
    kind = getattr(row, "__tablename__", None)
    return {"resource": kind, "resource_id": str(row.id)} if kind and hasattr(row, "id") else {}
