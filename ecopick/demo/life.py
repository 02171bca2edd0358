"""The life of one ticket, step by step, leaving the rows that the commands would leave."""

from datetime import datetime, timedelta
from typing import Any

from ecopick.demo.people import Person, members
from ecopick.demo.record import Record, role_of
from ecopick.demo.rows import Row, uid
from ecopick.domains.sla import targets
from ecopick.domains.sla.models import SLAEventType
from ecopick.domains.tickets.lifecycle import (
    LAPSED,
    RESPOND_WITHIN,
    WAITING,
    Action,
    AssignmentState,
    AssignmentType,
    TicketStatus,
)
from ecopick.domains.tickets.models import (
    Attachment,
    Message,
    MessageVisibility,
    ScanState,
    StakeholderRole,
    Ticket,
)

S = TicketStatus


class Life(Record):
    """What can happen to a ticket."""

    # --- the request -----------------------------------------------------------------

    def open(self, at: datetime, reporter: Person, **values: Any) -> None:
        """It is reported: the clock starts."""
        due = targets.due_at(at, values["priority"])
        self.ticket = self.rows.add(
            Ticket, at, id=uid("ticket", self.key), property_owner_id=self.house.owner_id,
            number=self.number, building_id=self.house.id, reporter_id=reporter.id,
            sla_due_at=due, sla_warn_at=targets.warn_at(at, due), **values,
        )  # fmt: skip
        self._clock(at, SLAEventType.STARTED)
        self._record(at, "TICKET_CREATED", reporter, self.ticket, "tickets", {})

    def triage(self, at: datetime, by: Person | None, source: str | None = None) -> None:
        """It is reviewed, by a person or as a part of assigning it."""
        before = self._begin(at)
        self._advance(at, Action.TRIAGE)
        self.ticket["triaged_at"] = at
        self._record(
            at, "TRIAGED", by, self.ticket, "tickets", before, source=source,
            via="auto_route" if by is None else None,
        )  # fmt: skip

    def note(self, at: datetime, by: Person, values: Row, **meta: Any) -> None:
        """Something about it is changed that moves it nowhere."""
        before = self._begin(at)
        self.ticket |= values
        self._record(at, "TICKET_UPDATED", by, self.ticket, "tickets", before, **meta)

    # --- who does it -----------------------------------------------------------------

    def ask(self, at: datetime, by: Person | None, whom: Person | str, rule: object = None) -> Row:
        """A person or a vendor is asked; without ``by`` a routing rule did it."""
        if self.ticket["status"] is S.NEW:
            self.triage(at, by, source="auto_route" if by is None else "assign")
        before = self._begin(at)
        self._release_worker(at, AssignmentState.CANCELLED)
        row = self._assignment(at, whom, respond_by=at + RESPOND_WITHIN[self.ticket["priority"]])
        self._advance(at, Action.ASSIGN)
        self.ticket |= {
            "resolved_at": None, "open_to_vendors": False,
            "current_assignment_id": row["id"], "vendor_org_id": row["vendor_org_id"],
        }  # fmt: skip
        if isinstance(whom, str):
            self._issue_links(at, row, whom)
        action = "DISPATCHED" if isinstance(whom, str) else "ASSIGNED"
        target = {"assigned_to_user_id": row["assigned_to_user_id"]}
        if isinstance(whom, str):
            target = {"vendor_org_id": row["vendor_org_id"]}
        if by is None:
            self._record(
                at, action, None, self.ticket, "tickets", before,
                source="auto_route", rule_id=rule, via="auto_route",
            )  # fmt: skip
        else:
            self._record(
                at, action, by, row, "assignments", {},
                others=[("tickets.", before, self.ticket)], **target,
            )  # fmt: skip
        return row

    def accept(
        self, at: datetime, by: Person, window: tuple[datetime, datetime] | None = None
    ) -> None:
        """Whoever was asked will come, a vendor in a window of time."""
        row, ticket_before = self._open_assignment(), self._begin(at)
        before = dict(row)
        self._answer(at, row, AssignmentState.ACCEPTED, by)
        if window is not None:
            row["arrival_from"], row["arrival_until"] = window
        self._join(at, by, role_of(row))
        if self.ticket["status"] in WAITING:
            self.ticket["resume_status"] = S.IN_PROGRESS
            self.ticket["version"] += 1
        else:
            self._advance(at, Action.ACCEPT)
        vendor = row["type"] == AssignmentType.VENDOR
        if vendor:
            self._mark_link(at, row, by)
        self._record(
            at, "VENDOR_ACCEPTED" if vendor else "STATUS_CHANGED", by, row, "assignments", before,
            others=[("tickets.", ticket_before, self.ticket)],
            via="vendor_link" if vendor else None,
        )  # fmt: skip

    def decline(self, at: datetime, by: Person, reason: str) -> None:
        """Whoever was asked will not come."""
        row, ticket_before = self._open_assignment(), self._begin(at)
        before = dict(row)
        self._answer(at, row, AssignmentState.DECLINED, by)
        row["reason"] = reason
        self._free(at)
        self._record(
            at, "VENDOR_DECLINED", by, row, "assignments", before,
            others=[("tickets.", ticket_before, self.ticket)],
            via="vendor_link" if row["type"] == AssignmentType.VENDOR else None,
        )  # fmt: skip

    def lapse(self) -> datetime:
        """Nobody answered in time; the moment at which the sweep found it."""
        row = self._open_assignment()
        at: datetime = row["respond_by"] + timedelta(seconds=21)
        ticket_before, before = self._begin(at), dict(row)
        self._settle(at, row, AssignmentState.CANCELLED)
        row["reason"] = LAPSED
        self._revoke(at, row)
        self._free(at)
        self._record(
            at, "STATUS_CHANGED", None, self.ticket, "tickets", ticket_before,
            others=[("assignments.", before, row)], source="respond_by", via="job",
        )  # fmt: skip
        return at

    # --- open jobs -------------------------------------------------------------------

    def publish(self, at: datetime, by: Person, deadline: datetime) -> None:
        """Vendors may apply until the deadline."""
        if self.ticket["status"] is S.NEW:
            self.triage(at, by, source="publish")
        before = self._begin(at)
        self._advance(at, Action.PUBLISH)
        self.ticket |= {"open_to_vendors": True, "vendor_deadline": deadline}
        self._record(at, "STATUS_CHANGED", by, self.ticket, "tickets", before)

    def claim(self, at: datetime, by: Person) -> None:
        """A vendor applies for it."""
        before = self._begin(at)
        row = self._assignment(at, by.vendor, is_claim=True)
        self._advance(at, Action.CLAIM)
        self.ticket |= {
            "vendor_org_id": row["vendor_org_id"], "current_assignment_id": row["id"]
        }  # fmt: skip
        self._record(
            at, "ASSIGNED", by, row, "assignments", {},
            others=[("tickets.", before, self.ticket)],
            vendor_org_id=row["vendor_org_id"], claim=True,
        )  # fmt: skip
        self._claimant = by.vendor

    def confirm(self, at: datetime, by: Person) -> None:
        """The vendor that applied gets it."""
        row, ticket_before = self._open_assignment(), self._begin(at)
        meta = {"vendor_org_id": row["vendor_org_id"]}
        self._record(at, "DISPATCHED", by, row, "assignments", row, **meta)
        before = dict(row)
        self._settle(at, row, AssignmentState.ACCEPTED)
        row["responded_at"] = at
        self._advance(at, Action.CONFIRM)
        self.ticket["open_to_vendors"] = False
        for person in members(self._claimant):
            self._join(at, person, StakeholderRole.VENDOR, added_by=by)
        self._record(
            at, "VENDOR_ACCEPTED", by, row, "assignments", before,
            others=[("tickets.", ticket_before, self.ticket)],
        )  # fmt: skip

    # --- words and pictures ----------------------------------------------------------

    def say(self, at: datetime, by: Person, body: str, *, team: bool = False) -> Row:
        """Somebody writes, to everyone or to the team."""
        self._begin(at)
        self._count += 1
        row = self.rows.add(
            Message, at, id=uid("message", self.key, self._count), body=body, author_id=by.id,
            property_owner_id=self.house.owner_id, ticket_id=self.ticket["id"],
            visibility=MessageVisibility.TEAM if team else MessageVisibility.EVERYONE,
        )  # fmt: skip
        self.messages.append(row)
        self._record(at, "MESSAGE_POSTED", by, row, "messages", {})
        return row

    def attach(
        self,
        at: datetime,
        by: Person,
        message: Row | None,
        *,
        scene: str,
        stage: str,
        **values: Any,
    ) -> Row:
        """A picture of the scene is added; its bytes and measures follow when it is drawn."""
        self._begin(at)
        self._count += 1
        attachment_id = uid("attachment", self.key, self._count)
        folder = f"{self.house.owner_id}/demo"
        row = self.rows.add(
            Attachment, at, id=attachment_id, storage_key=f"{folder}/{attachment_id.hex}.jpg",
            thumbnail_key=f"{folder}/{scene}-{stage}-small.jpg",
            property_owner_id=self.house.owner_id, ticket_id=self.ticket["id"],
            message_id=message["id"] if message else None, uploaded_by_id=by.id,
            content_type="image/jpeg", scan_state=ScanState.CLEAN, **values,
        )  # fmt: skip
        self.attachments.append(row)
        self.shots.append((row, (scene, stage)))
        self._record(at, "ATTACHMENT_UPLOADED", by, row, "attachments", {})
        return row

    # --- on the way ------------------------------------------------------------------

    def wait_for_tenant(self, at: datetime, by: Person) -> None:
        """The clock stops until the tenant answers."""
        self._wait(at, by, Action.AWAIT_TENANT)

    def wait_for_vendor(self, at: datetime, by: Person) -> None:
        """The vendor has to act; the clock runs on."""
        self._wait(at, by, Action.AWAIT_VENDOR)

    def _wait(self, at: datetime, by: Person, action: Action) -> None:
        before = self._begin(at)
        was = self.ticket["status"]
        self._advance(at, action)
        self.ticket["resume_status"] = was
        self._record(at, "STATUS_CHANGED", by, self.ticket, "tickets", before)

    def answer(self, at: datetime, by: Person, body: str) -> None:
        """The tenant answers, and the ticket goes on where it was."""
        self.say(at, by, body)
        before = self._begin(at)
        self._advance(at, Action.RESUME, self.ticket["resume_status"])
        self._record(
            at, "STATUS_CHANGED", by, self.ticket, "tickets", before, source="tenant_reply"
        )

    def resolve(self, at: datetime, by: Person) -> None:
        """Solved; the clock is met if it was in time."""
        self._step(at, by, Action.RESOLVE, "RESOLVED", resolved_at=at)
        if at <= self.ticket["sla_due_at"]:
            self._clock(at, SLAEventType.MET)

    def close(self, at: datetime, by: Person | None) -> None:
        """The end, by a person or after seven days by the product."""
        self._step(at, by, Action.CLOSE, "CLOSED", closed_at=at)

    def cancel(self, at: datetime, by: Person, reason: str) -> None:
        """Not needed any more."""
        before = self._begin(at)
        assignment = dict(self.current) if self.current else {}
        row = self.current
        self._advance(at, Action.CANCEL)
        self._release_worker(at, AssignmentState.CANCELLED)
        self.ticket |= {"cancelled_at": at, "open_to_vendors": False}
        others = [("assignments.", assignment, row)] if row is not None else []
        self._record(
            at, "CANCELLED", by, self.ticket, "tickets", before, others=others, reason=reason
        )

    def _step(
        self, at: datetime, by: Person | None, action: Action, audit_as: str, **values: Any
    ) -> None:
        before = self._begin(at)
        self._advance(at, action)
        self.ticket |= values
        self._record(
            at, audit_as, by, self.ticket, "tickets", before, via="job" if by is None else None
        )
