"""Reading imports and what could not be taken."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.finding import as_id, missing
from ecopick.core.permissions import authorize
from ecopick.core.text import gettext
from ecopick.domains.imports.fields import fields_of
from ecopick.domains.imports.models import Import, ImportProblem

RECENT = 30
SHOWN = 20


def imports_of(session: Session, actor: Actor) -> list[Import]:
    """The owner's imports, newest first. Raises Forbidden."""
    authorize(session, actor, "import:run", None)
    newest = (Import.created_at.desc(), Import.id.desc())
    return list(session.scalars(_mine(actor).order_by(*newest).limit(RECENT)))


def find_import(session: Session, actor: Actor, key: object) -> Import:
    """One of the owner's imports, fresh. Raises NotFound."""
    session.info["authorized"] = True
    import_id = as_id(key)
    found = session.scalars(
        _mine(actor).where(Import.id == import_id).execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise missing(actor, "Import", import_id)
    return found


def lock_import(session: Session, actor: Actor, key: object) -> Import:
    """The same, locked for a change."""
    found = find_import(session, actor, key)
    session.refresh(found, with_for_update={"key_share": True})
    return found


def _mine(actor: Actor) -> Select[Import]:
    return select(Import).where(Import.property_owner_id == actor.owner_id)


def problems(
    session: Session, run: Import, limit: int | None = SHOWN
) -> Iterator[tuple[int, str, str]]:
    """Line, field and reason of what could not be taken, in the language of the reader."""
    labels = {name: str(field.label) for name, field in fields_of(run.kind).items()}
    rows = session.execute(
        select(ImportProblem.line, ImportProblem.field, ImportProblem.message, ImportProblem.facts)
        .where(
            ImportProblem.property_owner_id == run.property_owner_id,
            ImportProblem.import_id == run.id,
        )
        .order_by(ImportProblem.line, ImportProblem.number)
        .limit(limit)
    )
    for row in rows:
        yield row.line, labels.get(row.field, row.field), gettext(row.message, **row.facts)


def problem_count(session: Session, run: Import) -> int:
    """How many reasons there are."""
    return int(
        session.scalar(
            select(func.count())
            .select_from(ImportProblem)
            .where(
                ImportProblem.property_owner_id == run.property_owner_id,
                ImportProblem.import_id == run.id,
            )
        )
        or 0
    )


def keep_progress(session: Session, run: Import, **facts: Any) -> bool:
    """Store how far an import is; False where it is no longer in the state that was seen."""
    kept = session.execute(
        update(Import)
        .where(Import.id == run.id, Import.state == run.state)
        .values(**facts)
        .returning(Import.id),
        execution_options={"synchronize_session": False},
    ).one_or_none()
    return kept is not None


def seconds_left(run: Import) -> int | None:
    """An estimate of the time that it still takes; None while there is nothing to go by."""
    if run.started_at is None or not run.rows_done:
        return None
    used = (clock.now() - run.started_at).total_seconds()
    return round(used * max(run.rows_total - run.rows_done, 0) / run.rows_done)
