"""Who is behind a cookie, a link or an address."""

import uuid
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    Boolean,
    Date,
    DateTime,
    Row,
    ScalarSelect,
    Select,
    String,
    Text,
    Uuid,
    cast,
    column,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import (
    Actor,
    ActorKind,
    LiveSession,
    MembershipFact,
    UnitFact,
)
from ecopick.core.errors import NotFound
from ecopick.core.roles import OPERATIONS_ROLES, VENDOR_ROLES
from ecopick.core.tenancy import Scope
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import Database
from ecopick.domains.auth.models import AuthSession, SupportAccess
from ecopick.domains.auth.queries.support import as_person, support_of, with_all_rights
from ecopick.domains.people.models import Membership, User, UserUnit
from ecopick.domains.people.queries import display_name, role_counts, tie_counts
from ecopick.domains.property.queries import owner_names
from ecopick.domains.security.queries import find_block

# Without "keep me signed in", a session dies after this long without activity.
IDLE = timedelta(minutes=30)
TOUCH_EVERY = timedelta(minutes=1)

Owners = list[tuple[uuid.UUID, str]]


@dataclass(frozen=True)
class _OpenSession:
    """A live session and the owners with whom its person has to do."""

    facts: LiveSession
    user_id: uuid.UUID
    chosen_owner: uuid.UUID | None
    last_seen_at: datetime
    owners: tuple[tuple[uuid.UUID, str], ...]


def load_actor(
    database: Database,
    session_id: uuid.UUID,
    chosen_owner: uuid.UUID | None = None,
    *,
    active: bool = True,
) -> Actor | None:
    """The actor behind a session; None once it ended, expired or idled away.

    ``chosen_owner`` (a header) outranks the owner stored with the session;
    ``NotFound`` where the person has nothing to do with it. ``active`` is False
    for requests that a page makes by itself (polling, event streams): they keep
    nothing alive.
    """
    with database.transaction(Scope()) as session:
        found = _open_session(session, session_id)
        if found is None or find_block(session, found.user_id) is not None:
            return None
        facts = _touch(session, found) if active else found.facts
        actor = _actor(
            session,
            found.user_id,
            owners=list(found.owners),
            chosen=(chosen_owner, found.chosen_owner),
            live=facts,
        )
        access = support_of(session, actor) if actor is not None and actor.is_app_admin else None
    return _at_support(database, actor, access) if actor and access else actor


def _at_support(database: Database, admin: Actor, access: SupportAccess) -> Actor | None:
    """The administrator at work; None once the person whose eyes they use is gone."""
    if access.subject_id is None:
        return with_all_rights(admin, access)
    person = load_user_actor(database, access.subject_id, access.property_owner_id)
    return as_person(admin, access, person) if person is not None else None


def _touch(session: Session, found: _OpenSession) -> LiveSession:
    """Note that the session is used, at most once a minute."""
    moment = clock.now()
    if found.last_seen_at > moment - TOUCH_EVERY:
        return found.facts
    session.execute(
        update(AuthSession).where(AuthSession.id == found.facts.id).values(last_seen_at=moment)
    )
    return replace(found.facts, idle_ends_at=idle_end(found.facts.remember_me, moment))


def idle_end(remember_me: bool, last_seen_at: datetime) -> datetime | None:
    """When a session ends for want of activity; never where its person is remembered."""
    return None if remember_me else last_seen_at + IDLE


def load_user_actor(
    database: Database,
    user_id: uuid.UUID,
    owner_id: uuid.UUID | None = None,
    kind: ActorKind = "user",
    via: str | None = None,
) -> Actor | None:
    """A person acting without a session: a job in their name, the holder of a link.

    With ``owner_id`` the scope is that owner alone. The holder of a link has
    only their roles at vendors, whatever else they may be.
    """
    with database.transaction(Scope((), user_id)) as session:
        if owner_id is not None:
            owners: Owners = [(owner_id, "named")]
        else:
            owners = _owners_of(session, user_id)
        return _actor(session, user_id, owners=owners, chosen=(owner_id, None), kind=kind, via=via)


def _scope_of(person: Any) -> Any:
    return func.auth_scope(person, cast(clock.now().date(), Date)).table_valued(
        column("property_owner_id", Uuid), column("kind", Text)
    )


def _owners_of(session: Session, user_id: uuid.UUID) -> Owners:
    scope = _scope_of(cast(user_id, Uuid))
    return [(row.property_owner_id, row.kind) for row in session.execute(select(scope))]


def _open_session(session: Session, session_id: uuid.UUID) -> _OpenSession | None:
    """The session if it lives; from here on the transaction sees its person's own rows."""
    stored = (
        func.find_session(cast(session_id, Uuid))
        .table_valued(
            column("id", Uuid),
            column("user_id", Uuid),
            column("property_owner_id", Uuid),
            column("family_id", Uuid),
            column("remember_me", Boolean),
            column("created_at", DateTime(timezone=True)),
            column("expires_at", DateTime(timezone=True)),
            column("last_seen_at", DateTime(timezone=True)),
            column("step_up_at", DateTime(timezone=True)),
            column("revoked_at", DateTime(timezone=True)),
        )
        .alias("stored")
    )
    scope = _scope_of(stored.c.user_id).lateral("scope")
    rows = session.execute(
        select(
            stored,
            func.set_config(
                literal("app.user_id"), cast(stored.c.user_id, String), literal(True)
            ).label("announced"),
            scope.c.property_owner_id.label("owner_id"),
            scope.c.kind.label("owner_kind"),
        ).select_from(stored.outerjoin(scope, literal(True)))
    ).all()
    if not rows or not _lives(rows[0]):
        return None
    first = rows[0]
    return _OpenSession(
        facts=LiveSession(
            id=first.id,
            family_id=first.family_id,
            remember_me=first.remember_me,
            created_at=first.created_at,
            expires_at=first.expires_at,
            idle_ends_at=idle_end(first.remember_me, first.last_seen_at),
            step_up_at=first.step_up_at,
        ),
        user_id=first.user_id,
        chosen_owner=first.property_owner_id,
        last_seen_at=first.last_seen_at,
        owners=tuple((row.owner_id, row.owner_kind) for row in rows if row.owner_id is not None),
    )


def _lives(stored: Row[Any]) -> bool:
    return lives(
        stored.revoked_at, stored.expires_at, idle_end(stored.remember_me, stored.last_seen_at)
    )


def lives(revoked_at: datetime | None, expires_at: datetime, idle_ends_at: datetime | None) -> bool:
    """Whether a session still opens anything."""
    moment = clock.now()
    if revoked_at is not None or expires_at <= moment:
        return False
    return idle_ends_at is None or idle_ends_at > moment


def _actor(
    session: Session,
    user_id: uuid.UUID,
    *,
    owners: Owners,
    chosen: tuple[uuid.UUID | None, uuid.UUID | None],
    kind: ActorKind = "user",
    via: str | None = None,
    live: LiveSession | None = None,
) -> Actor | None:
    rows = session.execute(
        select(User, Membership, _units_of(user_id).label("units"))
        .outerjoin(Membership, (Membership.user_id == User.id) & role_counts())
        .where(User.id == user_id)
        .order_by(Membership.created_at, Membership.id)
    ).all()
    if not rows or rows[0].User.is_system:
        return None
    user = rows[0].User
    facts = tuple(_membership(row.Membership) for row in rows if row.Membership is not None)
    units = () if kind == "link" else _units(rows[0].units)
    if kind == "link":
        facts = tuple(fact for fact in facts if fact.role in VENDOR_ROLES)
    owner_id, owner_ids = _choose(session, facts, units, owners, chosen)
    return Actor(
        user_id=user_id,
        kind=kind,
        name=display_name(user),
        email=user.email,
        language=user.language,
        is_app_admin=user.is_app_admin and kind == "user",
        owner_id=owner_id,
        owner_ids=owner_ids,
        memberships=facts,
        user_units=units,
        via=via,
        session_id=live.id if live is not None else None,
        session=live,
    )


def _membership(row: Membership) -> MembershipFact:
    return MembershipFact(
        role=row.role,
        property_owner_id=row.property_owner_id,
        tenant_company_id=row.tenant_company_id,
        vendor_org_id=row.vendor_org_id,
        building_id=row.building_id,
        unit_id=row.unit_id,
    )


def _units_of(user_id: uuid.UUID) -> ScalarSelect[list[list[Any]]]:
    """The person's units as one array for ``_units``: the main one first, then by beginning."""
    row = func.jsonb_build_array(
        UserUnit.unit_id,
        UserUnit.building_id,
        UserUnit.property_owner_id,
        UserUnit.relationship,
        UserUnit.can_raise_tickets,
        UserUnit.start_date,
    )
    order = (UserUnit.is_primary.desc(), UserUnit.start_date, UserUnit.id)
    rows = func.jsonb_agg(aggregate_order_by(row, *order))
    return (
        select(func.coalesce(rows, literal([], JSONB), type_=JSONB))
        .where(UserUnit.user_id == user_id, tie_counts())
        .scalar_subquery()
    )


def _units(rows: list[list[Any]]) -> tuple[UnitFact, ...]:
    return tuple(
        UnitFact(
            unit_id=uuid.UUID(unit_id),
            building_id=uuid.UUID(building_id),
            property_owner_id=uuid.UUID(owner_id),
            relationship=relationship,
            can_raise_tickets=can_raise_tickets,
            since=datetime.combine(date.fromisoformat(start), time(), UTC),
        )
        for unit_id, building_id, owner_id, relationship, can_raise_tickets, start in rows
    )


def _choose(
    session: Session,
    facts: tuple[MembershipFact, ...],
    units: tuple[UnitFact, ...],
    owners: Owners,
    chosen: tuple[uuid.UUID | None, uuid.UUID | None],
) -> tuple[uuid.UUID | None, tuple[uuid.UUID, ...]]:
    """The owner for whom the person acts, and all owners in the scope.

    Staff act for one owner: the one asked for, else the one stored with the
    session, else the first by name. Beside it stand the owners where the
    person lives, rents, works as a vendor or holds a permission.
    """
    served = _served(facts)
    named = {owner_id for owner_id, kind in owners if kind == "named"}
    if named:
        owner_id = next(iter(named))
        return owner_id, (owner_id,)
    others = {owner_id for owner_id, kind in owners if kind != "staff"}
    asked, stored = chosen
    if asked is not None and asked not in served | others:
        raise NotFound(_("There is nothing here, or you cannot see it."))
    picked = asked or (stored if stored in served | others else None)
    if picked is None:
        picked = _first_by_name(session, served) if served else _home(facts, units, others)
    scope = others | ({picked} if picked is not None else set())
    return picked, tuple(sorted(scope))


def _home(
    facts: tuple[MembershipFact, ...], units: tuple[UnitFact, ...], owners: set[uuid.UUID]
) -> uuid.UUID | None:
    """The owner of whoever is not staff: where they live, else rent, else their only one."""
    ties = [unit.property_owner_id for unit in units]
    ties += [fact.property_owner_id for fact in facts if fact.property_owner_id is not None]
    if ties:
        return ties[0]
    return next(iter(owners)) if len(owners) == 1 else None


def served_by(actor: Actor) -> set[uuid.UUID]:
    """The owners whose staff the actor is."""
    return _served(actor.memberships)


def owner_choices(session: Session, actor: Actor) -> list[tuple[uuid.UUID, str]]:
    """Owners whose staff the actor is, as (id, name) by name, for the switcher.

    By a function of their own, since a session sees only the owner it acts for.
    """
    if not served_by(actor):
        return []
    return choices_among(actor, session.scalar(served_owners()))


def served_owners() -> Select[list[list[str]]]:
    """Every owner with a membership of the session's person, as one array of [id, name]."""
    found = func.served_owners().table_valued(column("id", Uuid), column("name", Text))
    pairs = func.jsonb_agg(func.jsonb_build_array(found.c.id, found.c.name))
    return select(func.coalesce(pairs, literal([], JSONB), type_=JSONB)).select_from(found)


def choices_among(actor: Actor, found: list[list[str]] | None) -> list[tuple[uuid.UUID, str]]:
    """What ``served_owners`` found, cut down to the owners whose staff the actor is, by name."""
    served = served_by(actor)
    named = [(uuid.UUID(owner_id), name) for owner_id, name in found or ()]
    return sorted(
        (each for each in named if each[0] in served),
        key=lambda item: (item[1].casefold(), item[0]),
    )


def _served(facts: tuple[MembershipFact, ...]) -> set[uuid.UUID]:
    return {
        fact.property_owner_id
        for fact in facts
        if fact.property_owner_id is not None
        and fact.tenant_company_id is None
        and fact.role in OPERATIONS_ROLES
    }


def _first_by_name(session: Session, candidates: set[uuid.UUID]) -> uuid.UUID:
    if len(candidates) == 1:
        return next(iter(candidates))
    listed = "{" + ",".join(map(str, sorted(candidates))) + "}"
    session.execute(select(func.set_config("app.owner_ids", listed, True)))
    names = owner_names(session, candidates)
    return min(candidates, key=lambda owner_id: (names.get(owner_id, "").casefold(), owner_id))
