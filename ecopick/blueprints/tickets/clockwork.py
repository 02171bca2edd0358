"""The SLA section: what is left, the bar, the story of the clock, and the account of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from ecopick.blueprints.tickets.sla_bar import sla_bar
from ecopick.core.text import gettext as _
from ecopick.domains.sla.queries import plan_of
from ecopick.domains.tickets.lifecycle import Action, TicketStatus
from ecopick.domains.tickets.outputs import TicketOut
from ecopick.domains.tickets.queries.detail import TicketView
from ecopick.domains.tickets.queries.figures import answered_at
from ecopick.domains.tickets.queries.sla_account import Account, Cause, Line, Use, causes_of
from ecopick.domains.tickets.queries.sla_account import account as account_of
from ecopick.web import labels
from ecopick.web.formats import duration, local_time, near_day, zoned


@dataclass(frozen=True)
class Moment:
    """Something that happened, or will, to the clock."""

    at: datetime
    title: str
    icon: str
    tone: str = "slate"
    note: str = ""


@dataclass(frozen=True)
class Row:
    """A line of the account in words."""

    line: Line
    what: str
    icon: str
    note: str = ""


ICONS = {
    Use.COUNTED: "circle-play",
    Use.PAUSED: "circle-pause",
    Use.OVER: "triangle-alert",
    Use.LEFT: "timer",
}


def sla_section(session: Session, view: TicketView) -> dict[str, Any]:
    """What the section shows; three statements beside those of the page."""
    ticket, tz = view.ticket, view.ticket.building.time_zone
    causes = causes_of(session, ticket.property_owner_id, ticket.id)
    found = account_of(view.intervals, view.clock.due_at, causes)
    plan = plan_of(session, ticket.property_owner_id)
    plan_name = plan.name if plan else None
    return {
        "account": found,
        "rows": [_row(ticket, line) for line in found.lines] if found else [],
        "bar": sla_bar(found, tz, ended=_ended(ticket)) if found else None,
        "several_days": found is not None and _several(found, tz, "date"),
        "several_offsets": found is not None and _several(found, tz, "utcoffset"),
        "moments": _moments(view, found, causes, plan_name, view.row.sla_warned_at),
        "plan_name": plan_name,
        "answered_at": answered_at(session, ticket.property_owner_id, ticket.id),
        "due_sentence": due_sentence(view.clock.due_at, tz),
        "clock_time": clock_time,
        "exact_duration": exact_duration,
        "can_pause": found is not None
        and Action.AWAIT_TENANT in ticket.available_actions
        and ticket.sla_breached_at is None,
        "can_resume": ticket.status is TicketStatus.AWAITING_TENANT
        and Action.RESUME in ticket.available_actions,
    }


def due_sentence(due: datetime | None, tz: str) -> str:
    """ "Due today at 11:37."; empty without a due time."""
    if due is None:
        return ""
    return _("Due %(day)s at %(time)s.", day=near_day(due, tz), time=local_time(due, tz))


def exact_duration(value: timedelta) -> str:
    """Every second of a duration: "1 d 4 h 05 min 09 s"; leading parts only where needed."""
    seconds = int(value.total_seconds())
    days, seconds = divmod(seconds, 86400)
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    parts = [_("%(count)s d", count=days)] if days else []
    if days or hours:
        parts.append(_("%(count)s h", count=hours))
    if parts or minutes:
        parts.append(_("%(count)s min", count=f"{minutes:02d}" if parts else minutes))
    parts.append(_("%(count)s s", count=f"{seconds:02d}" if parts else seconds))
    return " ".join(parts)


def clock_time(value: datetime, tz: str, offset: bool = False) -> str:
    """ "07:12:09", with the name of the zone where clocks change in between."""
    return zoned(value, tz).strftime("%H:%M:%S %Z" if offset else "%H:%M:%S")


def _several(found: Account, tz: str, what: str) -> bool:
    """Whether the account spans several days, or a change of the clocks."""
    ends = [found.due, *(line.start for line in found.lines), found.lines[-1].end]
    return len({getattr(zoned(moment, tz), what)() for moment in ends}) > 1


def _ended(ticket: TicketOut) -> str | None:
    if ticket.resolved_at is not None:
        return labels.label(TicketStatus.RESOLVED)
    return labels.label(TicketStatus.CANCELLED) if ticket.cancelled_at is not None else None


def _row(ticket: TicketOut, line: Line) -> Row:
    icon, cause = ICONS[line.use], line.cause
    if line.use is Use.PAUSED:
        what = _("Waiting for the tenant")
        if cause is not None and cause.who:
            what = _("%(name)s waits for the tenant", name=cause.who)
        reason = cause.reason if cause is not None else None
        return Row(line, what, icon, _("Reason: %(reason)s", reason=reason) if reason else "")
    if line.use is Use.OVER:
        return Row(line, _("Past the due time"), icon)
    if line.use is Use.LEFT:
        return Row(line, _("Left until it is due"), icon)
    if cause is not None:
        return Row(line, _resumed(cause), icon)
    if line.start == ticket.created_at.replace(microsecond=0) and ticket.reporter is not None:
        return Row(line, _("Reported by %(name)s", name=ticket.reporter.name), icon)
    return Row(line, _("The clock runs"), icon)


def _resumed(cause: Cause) -> str:
    who = cause.who or "Ecopick"
    if cause.by_reply:
        return _("%(name)s answered", name=who)
    if cause.action == "STATUS_CHANGED":
        return _("%(name)s went on with the work", name=who)
    return f"{who}: {labels.label(cause.action, 'AuditAction')}"


def _moments(
    view: TicketView,
    found: Account | None,
    causes: Sequence[Cause],
    plan: str | None,
    warned_at: datetime | None,
) -> list[Moment]:
    """Start, pauses, changes of the priority, due time and end, newest first."""
    ticket, tz = view.ticket, view.ticket.building.time_zone
    moments = [_started(ticket, found, plan)]
    for line in found.lines if found else ():
        moments += _turn(line, tz)
    moments += [
        Moment(
            cause.at,
            _(
                "Priority changed from %(before)s to %(after)s",
                before=labels.label(cause.priorities[0], "TicketPriority"),
                after=labels.label(cause.priorities[1], "TicketPriority"),
            ),
            "equal",
            note=_("By %(name)s", name=cause.who) if cause.who else "",
        )
        for cause in causes
        if cause.priorities is not None
    ]
    if warned_at is not None:
        note = _("Management and whoever has the ticket were told")
        moments.append(Moment(warned_at, _("Due soon"), "timer", "amber", note))
    moments += _end(view)
    return sorted(moments, key=lambda moment: moment.at, reverse=True)


def _started(ticket: TicketOut, found: Account | None, plan: str | None) -> Moment:
    minutes = int(found.target.total_seconds() // 60) if found else ticket.sla.target_minutes
    priority = labels.label(found.priority if found and found.priority else ticket.priority)
    if plan:
        note = _(
            "%(priority)s priority, plan %(plan)s, %(count)s minutes",
            priority=priority,
            plan=plan,
            count=minutes,
        )
    else:
        note = _("%(priority)s priority, %(count)s minutes", priority=priority, count=minutes)
    return Moment(ticket.created_at, _("Started"), "play", note=note)


def _turn(line: Line, tz: str) -> list[Moment]:
    """The moments at which a stretch began: a pause, or its end."""
    cause = line.cause
    if line.use is Use.PAUSED:
        title = _("Paused by %(name)s", name=cause.who) if cause and cause.who else _("Paused")
        reason = cause.reason if cause and cause.reason else _("waiting for the tenant")
        note = _("Reason: %(reason)s.", reason=reason.rstrip("."))
        if not line.running:
            moved = _(
                "Due time moved from %(before)s to %(after)s",
                before=local_time(line.due - line.length, tz),
                after=local_time(line.due, tz),
            )
            note = f"{note} {moved}"
        return [Moment(line.start, title, "circle-pause", note=note)]
    if cause is not None and cause.ends_pause:
        return [Moment(line.start, _("Resumed"), "circle-play", note=_resumed(cause))]
    return []


def _end(view: TicketView) -> list[Moment]:
    ticket, due = view.ticket, view.clock.due_at
    found: list[Moment] = []
    if ticket.sla_breached_at is not None:
        note = _("Management and whoever has the ticket were told")
        found.append(Moment(due or ticket.sla_breached_at, _("Past due"), "flag", "red", note))
    elif due is not None and ticket.cancelled_at is None:
        open_yet = ticket.resolved_at is None
        note = _("From then on it counts as past due, and management is told") if open_yet else ""
        found.append(Moment(due, _("Due"), "flag", note=note))
    if ticket.resolved_at is not None:
        left = due - ticket.resolved_at if due else timedelta(0)
        in_time = _("%(time)s before it was due", time=duration(left))
        late = _("%(time)s after it was due", time=duration(left))
        found.append(
            Moment(
                ticket.resolved_at,
                _("Resolved"),
                "circle-check",
                "green",
                in_time if left >= timedelta(0) else late,
            )
        )
    if ticket.cancelled_at is not None:
        found.append(Moment(ticket.cancelled_at, _("Cancelled"), "ban"))
    return found
