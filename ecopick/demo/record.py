"""One ticket and its rows, and what every step of its life does to them.

Each step takes place at a moment not before the last one. Whatever the sweeps would
have done meanwhile (warning, past due) is made up for first.
"""

from datetime import datetime, timedelta
from typing import Any

from ecopick.core import crypto
from ecopick.demo.owners import House, plan_id
from ecopick.demo.people import Person, members
from ecopick.demo.rows import Row, Rows, uid
from ecopick.demo.trail import Trail, diff
from ecopick.demo.vendors import vendor_id
from ecopick.domains.sla import targets
from ecopick.domains.sla.models import SLAEvent, SLAEventType
from ecopick.domains.tickets.lifecycle import (
    LINK_UNANSWERED,
    UNDO_WITHIN,
    WAITING,
    Action,
    AssignmentState,
    AssignmentType,
    TicketStatus,
    advance,
    settle,
)
from ecopick.domains.tickets.models import (
    Assignment,
    StakeholderRole,
    TicketStakeholder,
    VendorLink,
)

S = TicketStatus
_UNTIMED = frozenset({S.RESOLVED, S.CLOSED, S.CANCELLED, S.AWAITING_TENANT})


class _Steps:
    """A row seen as what the lifecycle moves: ``status`` or ``state``, and ``version``."""

    def __init__(self, row: Row) -> None:
        object.__setattr__(self, "row", row)

    def __getattr__(self, name: str) -> Any:
        return self.row[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self.row[name] = value


class Record:
    """One ticket and what hangs on it."""

    def __init__(self, rows: Rows, trail: Trail, house: House, number: int, key: str) -> None:
        self.rows = rows
        self.trail = trail
        self.house = house
        self.number = number
        self.key = key
        self.ticket: Row = {}
        self.assignments: list[Row] = []
        self.messages: list[Row] = []
        self.attachments: list[Row] = []
        self.shots: list[tuple[Row, tuple[str, str]]] = []
        self._people: dict[Person, Row] = {}
        self._links: list[Row] = []
        self._claimant = ""
        self._paused_at: datetime | None = None
        self._count = 0

    @property
    def current(self) -> Row | None:
        """The assignment that is pending or accepted."""
        if self.assignments and self.assignments[-1]["state"] in ("PENDING", "ACCEPTED"):
            return self.assignments[-1]
        return None

    def catch_up(self, at: datetime) -> None:
        """Warn and mark as past due what the sweeps have found until ``at``."""
        ticket = self.ticket
        if ticket["status"] in _UNTIMED or ticket["sla_breached_at"] is not None:
            return
        if ticket["sla_warned_at"] is None and ticket["sla_warn_at"] <= at:
            self._sweep(min(ticket["sla_warn_at"] + timedelta(seconds=17), at), "sla_warned_at")
        if ticket["sla_due_at"] < at:
            found = min(ticket["sla_due_at"] + timedelta(seconds=34), at)
            self._sweep(found, "sla_breached_at")
            self._clock(found, SLAEventType.BREACHED)

    def _sweep(self, at: datetime, column: str) -> None:
        before = dict(self.ticket)
        self.ticket[column] = at
        self._record(
            at, "TICKET_UPDATED", None, self.ticket, "tickets", before,
            source="sla_sweep", via="job",
        )  # fmt: skip

    def _begin(self, at: datetime) -> Row:
        self.catch_up(at)
        if at < self.ticket["updated_at"]:
            raise RuntimeError(f"{self.key}: a step before the last one")
        return dict(self.ticket)

    def _advance(self, at: datetime, action: Action, to: TicketStatus | None = None) -> None:
        was = self.ticket["status"]
        advance(_Steps(self.ticket), action, to)
        now = self.ticket["status"]
        if was is S.AWAITING_TENANT and self._paused_at is not None:
            self._clock(at, SLAEventType.RESUMED)
            if self.ticket["sla_breached_at"] is None:
                due = self.ticket["sla_due_at"] + (at - self._paused_at)
                warn = targets.warn_at(self.ticket["created_at"], due)
                self.ticket |= {"sla_due_at": due, "sla_warn_at": warn}
            self._paused_at = None
        if now is S.AWAITING_TENANT:
            self._clock(at, SLAEventType.PAUSED)
            self._paused_at = at
        if now not in WAITING:
            self.ticket["resume_status"] = None

    def _clock(self, at: datetime, kind: SLAEventType) -> None:
        self._count += 1
        self.rows.add(
            SLAEvent, at, id=uid("sla", self.key, self._count), type=kind, occurred_at=at,
            property_owner_id=self.house.owner_id, ticket_id=self.ticket["id"],
            plan_id=plan_id(self.house.owner),
        )  # fmt: skip

    def _assignment(self, at: datetime, whom: Person | str, **values: Any) -> Row:
        vendor = isinstance(whom, str)
        row = self.rows.add(
            Assignment, at, id=uid("assignment", self.key, len(self.assignments)),
            property_owner_id=self.house.owner_id, ticket_id=self.ticket["id"],
            type=AssignmentType.VENDOR if vendor else AssignmentType.INTERNAL,
            assigned_to_user_id=None if isinstance(whom, str) else whom.id,
            vendor_org_id=vendor_id(whom) if isinstance(whom, str) else None, **values,
        )  # fmt: skip
        self.assignments.append(row)
        return row

    def _open_assignment(self) -> Row:
        if self.current is None:
            raise RuntimeError(f"{self.key}: nobody is assigned")
        return self.current

    def _settle(self, at: datetime, row: Row, state: AssignmentState) -> None:
        settle(_Steps(row), state)
        row["updated_at"] = at

    def _answer(self, at: datetime, row: Row, state: AssignmentState, by: Person) -> None:
        self._settle(at, row, state)
        row |= {"responded_at": at, "responded_by_id": by.id, "undo_until": at + UNDO_WITHIN}

    def _free(self, at: datetime) -> None:
        self._advance(at, Action.RELEASE, S.TRIAGED)
        self.ticket |= {"current_assignment_id": None, "vendor_org_id": None}

    def _release_worker(self, at: datetime, state: AssignmentState) -> None:
        row = self.current
        if row is None:
            return
        self._settle(at, row, state)
        self._revoke(at, row)
        for participant in self._people.values():
            if participant["role"] == role_of(row) and participant["removed_at"] is None:
                participant["removed_at"] = at
        self.ticket |= {"current_assignment_id": None, "vendor_org_id": None}

    def _join(
        self, at: datetime, who: Person, role: StakeholderRole, added_by: Person | None = None
    ) -> None:
        row = self._people.get(who)
        if row is None:
            row = self._people[who] = self.rows.add(
                TicketStakeholder, at, id=uid("stakeholder", self.key, who.key), user_id=who.id,
                property_owner_id=self.house.owner_id, ticket_id=self.ticket["id"],
            )  # fmt: skip
        row |= {
            "role": role, "can_resolve": True, "added_by_id": (added_by or who).id,
            "added_at": at, "removed_at": None,
        }  # fmt: skip

    def _issue_links(self, at: datetime, row: Row, vendor: str) -> None:
        expires = min(row["respond_by"], at + LINK_UNANSWERED)
        for person in members(vendor):
            token = crypto.token("vendor_link", row["id"], person.id, 1)
            link = self.rows.add(
                VendorLink, at, id=uid("link", row["id"], person.key), assignment_id=row["id"],
                property_owner_id=self.house.owner_id, vendor_org_id=row["vendor_org_id"],
                recipient_id=person.id, token_hash=crypto.token_hash(token), expires_at=expires,
            )  # fmt: skip
            self._links.append(link)

    def _revoke(self, at: datetime, row: Row) -> None:
        for link in self._links_of(row):
            link["revoked_at"] = at

    def _links_of(self, row: Row) -> list[Row]:
        return [link for link in self._links if link["assignment_id"] == row["id"]]

    def _mark_link(self, at: datetime, row: Row, by: Person) -> None:
        for link in self._links_of(row):
            if link["recipient_id"] == by.id:
                link |= {"fetched_at": at - timedelta(seconds=40), "accepted_at": at}

    def _record(
        self,
        at: datetime,
        action: str,
        by: Person | None,
        target: Row,
        kind: str,
        before: Row,
        *,
        others: list[tuple[str, Row, Row]] | None = None,
        **meta: Any,
    ) -> None:
        changes = diff(before, target)
        for prefix, old, new in others or []:
            changes += diff(old, new, prefix)
        facts = {name: value for name, value in meta.items() if value is not None}
        self.trail.write(
            at, action, owner_id=self.house.owner_id, ticket_id=self.ticket["id"],
            actor_id=by.id if by else None, subject_id=self.ticket["reporter_id"],
            changes=changes, meta=facts | {"resource": kind, "resource_id": target["id"]},
        )  # fmt: skip
        self.ticket["updated_at"] = max(self.ticket["updated_at"], at)


def role_of(row: Row) -> StakeholderRole:
    vendor = row["type"] == AssignmentType.VENDOR
    return StakeholderRole.VENDOR if vendor else StakeholderRole.ASSIGNEE
