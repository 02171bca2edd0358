"""The SLA section: bar, account, pause and resume, all without scripts."""

import re
from datetime import UTC, datetime, timedelta

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from ecopick.blueprints.tickets.sla_bar import sla_bar
from ecopick.core import clock
from ecopick.domains.sla.models import SLAEvent, SLAEventType
from ecopick.domains.tickets.models import Ticket
from ecopick.domains.tickets.queries.sla_account import account
from ecopick.domains.tickets.queries.timeline import Interval
from tests.factories import World
from tests.pages.test_tickets import Desk, stored

UNIT = {"d": 86400, "h": 3600, "min": 60, "s": 1}


def seconds(words: str) -> int:
    return sum(int(n) * UNIT[unit] for n, unit in re.findall(r"(\d+) (d|h|min|s)\b", words))


def cells(page: str, row: str) -> list[str]:
    found = re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)
    return [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in found]


def test_pause_and_resume_are_told_and_add_up(client: FlaskClient, world: World) -> None:
    desk = Desk(client, world, "manager")
    address = desk.report(priority="HIGH")
    page = desk.get(f"{address}?section=sla")
    assert "Pause SLA" in page and "High priority, 4 h to resolve." in page
    assert re.search(r"Due (today|tomorrow) at \d\d:\d\d\.", page)
    clock.shift(timedelta(minutes=103))
    desk = Desk(client, world, "manager")
    where, _ = desk.post(
        f"{address}/status", status="AWAITING_TENANT", reason="Key", next=f"{address}?section=sla"
    )
    assert where.endswith("section=sla")
    clock.shift(timedelta(minutes=25))
    desk = Desk(client, world, "manager")
    page = desk.get(where)
    assert "Resume SLA" in page and "adds its time once it ends" in page
    desk.post(f"{address}/status", status="IN_PROGRESS", next=where)
    clock.shift(timedelta(minutes=7))
    page = desk.get(where)
    assert "Reason: Key" in page and "Due time moved from" in page and 'class="sla-bar' in page
    body = page.split('id="sla-account"')[1].split("</tbody>")[0]
    rows = [cells(page, row) for row in re.findall(r"<tr class.*?</tr>", body, re.S)]
    uses = [row[2].rsplit(", ", 1)[1] for row in rows]
    assert uses == ["counted", "paused", "counted", "left"]
    counted = sum(seconds(row[3]) for row, use in zip(rows, uses, strict=True) if use != "paused")
    assert counted == 4 * 3600
    assert seconds(rows[0][4]) == seconds(rows[0][3])
    assert seconds(rows[2][4]) == seconds(rows[0][3]) + seconds(rows[2][3])
    answer = client.get(f"/api/tickets/{stored(world, address).id}/sla").get_json()
    start, due = (datetime.fromisoformat(answer[name]) for name in ("start", "due"))
    total = answer["target_seconds"] + answer["paused_seconds"]
    assert start + timedelta(seconds=total) == due
    assert seconds(rows[1][3]) == answer["paused_seconds"]


def test_the_clocks_change_and_the_sum_stays(client: FlaskClient, world: World) -> None:
    desk = Desk(client, world, "manager")
    address = desk.report(priority="LOW")
    ticket = stored(world, address)
    # The night in which Freiburg's clocks go back an hour.
    begun = datetime(2026, 10, 24, 22, 30, 9, tzinfo=UTC)
    with Session(world.engine) as session, session.begin():
        row = session.get_one(Ticket, ticket.id)
        row.created_at = begun
        row.sla_due_at = begun + timedelta(minutes=4320 + 90)
        for kind, hours in ((SLAEventType.PAUSED, 2), (SLAEventType.RESUMED, 3.5)):
            session.add(
                SLAEvent(
                    property_owner_id=world.owner_id,
                    ticket_id=ticket.id,
                    type=kind,
                    occurred_at=begun + timedelta(hours=hours),
                )
            )
    page = desk.get(f"{address}?section=sla")
    body = page.split('id="sla-account"')[1]
    assert "02:30:09 CEST" in body.replace("00:30:09 CEST", "02:30:09 CEST")
    assert "02:30:09 CET" in body or "03:00:09 CET" in body
    assert "1 h 30 min 00 s" in body and "3 d 0 h 00 min 00 s" in body


def test_nobody_without_the_right_pauses(client: FlaskClient, world: World) -> None:
    desk = Desk(client, world, "manager")
    address = desk.report()
    desk.post(f"{address}/status", status="CANCELLED", reason="Twice")
    page = desk.get(f"{address}?section=sla")
    assert "Pause SLA" not in page and "Cancelled" in page


def test_marks_of_the_bar_stand_in_order_and_inside() -> None:
    start = datetime(2026, 3, 12, 6, 12, tzinfo=UTC)
    cuts = [start, start + timedelta(minutes=103), start + timedelta(minutes=128)]
    now = start + timedelta(minutes=210)
    spans = [
        Interval(cuts[0], cuts[1], paused=False),
        Interval(cuts[1], cuts[2], paused=True),
        Interval(cuts[2], now, paused=False, running=True),
    ]
    found = account(spans, start + timedelta(minutes=265))
    assert found is not None
    bar = sla_bar(found, "Europe/Berlin")
    assert [segment.use.value for segment in bar.segments] == [
        "counted",
        "paused",
        "counted",
        "left",
    ]
    assert [tick.text for tick in bar.ticks] == ["08:00", "09:00", "10:00", "11:00"]
    places = {label.kind: label for label in bar.labels}
    assert places["due"].text == "Due 11:37" and places["now"].text == "Now 10:42"
    assert places["start"].x < places["pause"].x < places["now"].x < places["due"].x < 100
