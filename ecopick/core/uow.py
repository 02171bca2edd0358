"""The unit of work: one session, one scope, one transaction, one commit.

Commit happens only here, at the edge: web request, job, command line. ORM
writes outside a command raise, but for the bookkeeping tables named below.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from queue import SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Engine, Table, create_engine, event, inspect, text
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction

from ecopick.core import changes, tenancy
from ecopick.core.tenancy import Scope

# Tables that record how the product is used, not what its users decided.
BOOKKEEPING = frozenset(
    {
        "access_decisions",
        "access_events",
        "account_mails",
        "audit_events",
        "audit_proofs",
        "auth_audit_events",
        "auth_challenges",
        "auth_email_verifications",
        "auth_pending_logins",
        "auth_refresh_tokens",
        "auth_sessions",
        "blocked_sources",
        "bulk_acts",
        "bulk_results",
        "case_files",
        "idempotency_keys",
        "import_errors",
        "imports",
        "inbound_replies",
        "incident_runs",
        "list_exports",
        "notifications",
        "outbox",
        "privacy_exports",
        "rate_limit_attempts",
        "rate_limit_violations",
        "reply_addresses",
        "security_alerts",
        "subject_keys",
        "support_accesses",
        "ticket_reads",
        "vendor_opportunity_views",
    }
)


_at_end: list[Callable[["Database"], None]] = []
_Callback = TypeVar("_Callback", bound=Callable[["Database"], None])


def at_end(callback: _Callback) -> _Callback:
    """Register what happens when a transaction has ended, committed or not."""
    _at_end.append(callback)
    return callback


class WriteOutsideCommand(RuntimeError):
    """A row was about to change without a command: no audit, no permission."""


class WorkSession(Session):
    """A plain session that lets only commands write, and knows its database."""

    database: "Database"


def _check_table(session: Session, name: str) -> None:
    if name in BOOKKEEPING or session.info.get("frames"):
        return
    raise WriteOutsideCommand(f"write to {name} outside a command")


@event.listens_for(WorkSession, "before_flush")
def _before_flush(session: Session, context: UOWTransaction, instances: Any) -> None:
    for row in (*session.new, *session.deleted):
        _check_table(session, inspect(row).mapper.local_table.name)
    for row in session.dirty:
        if session.is_modified(row):
            _check_table(session, inspect(row).mapper.local_table.name)
    changes.collect(session)


@event.listens_for(WorkSession, "do_orm_execute")
def _before_execute(state: ORMExecuteState) -> None:
    if state.is_select:
        return
    table = getattr(state.statement, "table", None)
    if isinstance(table, Table):
        _check_table(state.session, table.name)


class Database:
    """An engine whose every transaction announces its scope.

    ``notes`` are reads and grants that the audit has yet to store in it, ``unstored``
    batches of them that it could not take while it was away.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.notes: SimpleQueue[Any] = SimpleQueue()
        self.unstored: list[Any] = []
        tenancy.guard(engine)

    @staticmethod
    def connect(url: str, *, pool_size: int = 5) -> "Database":
        """A database at ``url`` (role of the application, never the owner)."""
        engine = create_engine(
            url, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True, pool_timeout=10
        )
        return Database(engine)

    def refuse_bypass(self) -> None:
        """Refuse to serve with a role that could see past row-level security."""
        with self.engine.connect() as connection:
            bypasses = connection.execute(
                text("select rolsuper or rolbypassrls from pg_roles where rolname = current_user")
            ).scalar_one()
        if bypasses:
            raise RuntimeError("the application role must not bypass row-level security")

    def session(self) -> WorkSession:
        """A session that the caller must end; one session has one scope."""
        made = WorkSession(self.engine, expire_on_commit=False)
        made.database = self
        _working_with.set(self)
        return made

    @contextmanager
    def transaction(self, scope: Scope) -> Iterator[WorkSession]:
        """Work in one transaction under ``scope``; commit at the end.

        Any exception rolls everything back and is raised again.
        """
        with tenancy.use_scope(scope), self.session() as session:
            try:
                yield session
                finish(session)
            except BaseException:
                session.rollback()
                raise
            finally:
                session.close()
                self.ended()

    def ended(self) -> None:
        """Do what waits for the end of a transaction, committed or not."""
        for callback in _at_end:
            callback(self)


_working_with: ContextVar[Database | None] = ContextVar("working_with", default=None)


def working_with() -> Database:
    """The database that this thread opened a session of last. Raises LookupError before that."""
    found = _working_with.get()
    if found is None:
        raise LookupError("no session has been opened in this context")
    return found


def finish(session: Session) -> None:
    """Commit, then run what waits for a commit (``after_commit``)."""
    session.commit()
    for callback in session.info.pop("after_commit", []):
        callback()


@contextmanager
def attempt(session: Session) -> Iterator[None]:
    """A step that may fail alone: what it wrote goes back, the rest of the work stays.

    What the session remembers of the step (keys that were made, rights that were used up)
    goes back with it. Any exception is raised again.
    """
    kept = {name: copy(value) for name, value in session.info.items()}
    try:
        with session.begin_nested():
            yield
    except BaseException:
        session.info.clear()
        session.info.update(kept)
        raise


def after_commit(session: Session, callback: Any) -> None:
    """Run ``callback`` once the transaction is safely stored."""
    session.info.setdefault("after_commit", []).append(callback)
