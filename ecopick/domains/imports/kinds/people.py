"""People in their homes: an account for each address that has none, a tie to the unit.

Accounts that have nothing to do with the owner yet are invited, so that nobody is tied
to a home by somebody they do not know; what an account says of its person is theirs.
"""

import uuid
from collections.abc import Sequence

from sqlalchemy import and_, or_, select, text
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.actor import Actor
from ecopick.core.db import new_id
from ecopick.core.roles import MembershipRole
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.imports.book import Book
from ecopick.domains.imports.kinds.base import find_units
from ecopick.domains.imports.lifecycle import Outcome
from ecopick.domains.imports.many import Facts, add_all, change_all
from ecopick.domains.imports.rows import Row, among
from ecopick.domains.people.commands.invitations import invite
from ecopick.domains.people.inputs import InvitePerson
from ecopick.domains.people.lifecycle import InvitationStatus, UnitRelationship
from ecopick.domains.people.models import Invitation, User, UserUnit

# More people are not invited to an owner within a day by files.
MOST_INVITED = 200
TIE_FIELDS = ("relationship", "start_date", "end_date")


class People:
    """Rows that are people in units."""

    def resolve(self, session: Session, book: Book, rows: Sequence[Row]) -> None:
        """Their units and accounts."""
        find_units(session, book, rows)
        addresses = sorted({row.values["email"] for row in rows})
        known: dict[str, uuid.UUID | None] = {}
        if addresses:
            found = session.execute(
                text(
                    "select email::text, user_id"
                    " from known_people(:owner, cast(:addresses as citext[]))"
                ),
                {"owner": book.owner_id, "addresses": addresses},
            )
            known = {row.email.lower(): row.user_id for row in found}
        for row in rows:
            email = row.values["email"]
            row.refers["elsewhere"] = email in known and known[email] is None
            row.refers["user_id"] = known.get(email) or book.people.get(email)
            start, end = row.values.get("start_date"), row.values.get("end_date")
            if end is not None and end < (start or clock.now().date()):
                row.refuse("end_date", _("The end lies before the beginning."))

    def natural_key(self, row: Row) -> Sequence[object]:
        """Address and unit."""
        return row.values["email"], row.refers["unit_id"]

    def find(self, session: Session, book: Book, rows: Sequence[Row]) -> None:
        """The tie of this person to this unit, or the invitation to it that waits."""
        ties = _ties(session, book, rows)
        waiting = _waiting(session, book, [row for row in rows if row.refers["elsewhere"]])
        for row in rows:
            unit_id = row.refers["unit_id"]
            row.target = ties.get((row.refers["user_id"], unit_id))
            if (row.values["email"], unit_id) in waiting:
                row.outcome = Outcome.UNCHANGED
            elif row.refers["user_id"] is None:
                _count(book, row)

    def keeps_key(self, row: Row) -> bool:
        """Not of an invitation: it may end, and what comes of it is a tie."""
        return not row.refers.get("elsewhere")

    def check(self, session: Session, book: Book, rows: Sequence[Row]) -> None:
        """Any tie may be changed."""

    def create(self, session: Session, actor: Actor, book: Book, rows: Sequence[Row]) -> None:
        """Make accounts for new addresses and tie them to their units; invite the others."""
        accounts: list[Facts] = []
        ties: list[Facts] = []
        for row in rows:
            if row.refers["elsewhere"]:
                _invite(session, actor, row)
                continue
            user_id = row.refers["user_id"] or book.people.get(row.values["email"])
            is_new = user_id is None
            if user_id is None:
                user_id = book.people[row.values["email"]] = new_id()
                accounts.append(_account(row, user_id))
            row.target = new_id()
            ties.append(_tie(book, row, user_id, is_primary=is_new))
        add_all(session, User, accounts)
        add_all(session, UserUnit, ties)

    def change(self, session: Session, actor: Actor, book: Book, rows: Sequence[Row]) -> None:
        """Give the ties what stands in the mapped columns."""
        names = [name for name in TIE_FIELDS if rows and name in rows[0].values]
        changed = [
            (row.target, {name: row.values[name] for name in names})
            for row in rows
            if row.target is not None
        ]
        if names:
            change_all(session, UserUnit, changed, keep=("relationship", "start_date"))


def _count(book: Book, row: Row) -> None:
    """Refuse newcomers once enough were invited: with an account elsewhere or without one,
    so that nobody learns from it who has one."""
    if book.invited >= MOST_INVITED:
        row.refuse("email", _("Please invite this person yourself, on the page of members."))
    elif row.refers["elsewhere"] and not book.trial:
        book.invited += 1


def _account(row: Row, user_id: uuid.UUID) -> Facts:
    values = row.values
    return {
        "id": user_id,
        "email": values["email"],
        "name": values.get("name"),
        "first_name": values.get("first_name"),
        "last_name": values.get("last_name"),
        "phone": values.get("phone"),
        "language": values.get("language") or row.refers["building"].language,
    }


def _tie(book: Book, row: Row, user_id: uuid.UUID, *, is_primary: bool) -> Facts:
    return {
        "id": row.target,
        "property_owner_id": book.owner_id,
        "user_id": user_id,
        "unit_id": row.refers["unit_id"],
        "building_id": row.refers["building"].id,
        "relationship": row.values.get("relationship") or UnitRelationship.RESIDENT,
        "is_primary": is_primary,
        "start_date": row.values.get("start_date") or clock.now().date(),
        "end_date": row.values.get("end_date"),
    }


def _invite(session: Session, actor: Actor, row: Row) -> None:
    invite(
        session,
        actor,
        InvitePerson(
            email=row.values["email"],
            role=MembershipRole.RESIDENT,
            first_name=row.values.get("first_name"),
            last_name=row.values.get("last_name"),
            building_id=row.refers["building"].id,
            unit_id=row.refers["unit_id"],
            language=row.values.get("language") or row.refers["building"].language,
        ),
    )


def _ties(
    session: Session, book: Book, rows: Sequence[Row]
) -> dict[tuple[uuid.UUID, uuid.UUID], uuid.UUID]:
    people = {row.refers["user_id"] for row in rows} - {None}
    if not people:
        return {}
    found = session.execute(
        select(UserUnit.user_id, UserUnit.unit_id, UserUnit.id).where(
            UserUnit.property_owner_id == book.owner_id, among(UserUnit.user_id, people)
        )
    )
    return {(row.user_id, row.unit_id): row.id for row in found}


def _waiting(session: Session, book: Book, rows: Sequence[Row]) -> set[tuple[str, uuid.UUID]]:
    if not rows:
        return set()
    asked = [
        and_(Invitation.email == row.values["email"], Invitation.unit_id == row.refers["unit_id"])
        for row in rows
    ]
    found = session.execute(
        select(Invitation.email, Invitation.unit_id).where(
            Invitation.property_owner_id == book.owner_id,
            Invitation.role == MembershipRole.RESIDENT,
            Invitation.status == InvitationStatus.PENDING,
            Invitation.expires_at > clock.now(),
            or_(*asked),
        )
    )
    return {(row.email.lower(), row.unit_id) for row in found if row.unit_id is not None}
