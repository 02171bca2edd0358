"""What one request knows: its actor, its one database session, its settings."""

from typing import cast

from flask import Flask, current_app, g

from ecopick.adapters.presence import Presence
from ecopick.adapters.storage import Storage
from ecopick.config import Settings
from ecopick.core import tenancy
from ecopick.core.actor import Actor
from ecopick.core.errors import Unauthenticated
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import Database, WorkSession, finish
from ecopick.web.queue import WorkQueue


def settings() -> Settings:
    """The settings of this process."""
    return cast(Settings, current_app.extensions["settings"])


def database() -> Database:
    """The database of this process."""
    return cast(Database, current_app.extensions["database"])


def storage() -> Storage:
    """Where files are kept."""
    return cast(Storage, current_app.extensions["storage"])


def presence() -> Presence:
    """Who has which ticket open now."""
    return cast(Presence, current_app.extensions["presence"])


def queue() -> WorkQueue:
    """The job queue of this process."""
    return cast(WorkQueue, current_app.extensions["queue"])


def find_actor() -> Actor | None:
    """Who is signed in, if anybody."""
    return cast(Actor | None, g.get("actor"))


def current_actor() -> Actor:
    """Who acts; 401 where nobody is signed in."""
    actor = find_actor()
    if actor is None:
        raise Unauthenticated(_("Please sign in."))
    return actor


def act_as(actor: Actor) -> None:
    """Let ``actor`` act for the rest of this request, in its own scope.

    An open session is closed first: one session has one scope.
    """
    close_session()
    g.actor = actor
    tenancy.set_scope(actor.scope)


def db_session() -> WorkSession:
    """The session of this request, opened on first use under the actor's scope."""
    g.session_is_used = True
    if g.get("session") is None:
        g.session = database().session()
    return cast(WorkSession, g.session)


def commit() -> None:
    """Commit what the request wrote; called once, by the application."""
    if g.get("session") is not None:
        finish(g.session)


def close_session() -> None:
    """Roll back what was not committed and give the connection back."""
    session: WorkSession | None = g.pop("session", None)
    if session is not None:
        session.rollback()
        session.close()
        database().ended()


def install(app: Flask) -> None:
    """Close the session at the end of every request, whatever happened."""

    @app.teardown_request
    def _close(error: BaseException | None) -> None:
        close_session()
        tenancy.set_scope(tenancy.NOTHING)
