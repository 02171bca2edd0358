"""Mails around a visit: told to everybody, with a calendar file, and reminded of in time."""

from datetime import timedelta
from email.message import EmailMessage
from typing import Any

from icalendar import Calendar

from ecopick.core import clock
from ecopick.domains.tickets.commands import visits
from ecopick.domains.tickets.commands.sublinks import give_link
from ecopick.domains.tickets.link_inputs import ArrivalWindow
from ecopick.domains.tickets.visit_inputs import GiveLink
from jobs.runtime import Runtime
from jobs.visits import sweep
from tests.factories import World
from tests.jobs.conftest import Post, text_of
from tests.jobs.steps import answer, assign, report, send_to_vendor
from tests.vendor_links import link_of


def event_of(mail: EmailMessage) -> tuple[str, Any]:
    """Method and event of the calendar file in a mail."""
    (part,) = [each for each in mail.iter_attachments() if "calendar" in each.get_content_type()]
    calendar = Calendar.from_ical(part.get_payload(decode=True))
    return str(calendar["METHOD"]), calendar.walk("VEVENT")[0]


def window(hours: int) -> ArrivalWindow:
    start = clock.now().replace(microsecond=0) + timedelta(hours=hours)
    return ArrivalWindow(start, start + timedelta(hours=2))


def test_a_change_is_told_to_everybody_and_replaces_itself_in_calendars(
    world: World, post: Post, work: Any
) -> None:
    assignment = send_to_vendor(world, report(world))
    answer(world, assignment)
    work()
    method, first = event_of(post.to(world.emails["resident"])[-1])
    assert method == "PUBLISH"
    vendor, resident = world.actor("vendor"), world.actor("resident")
    offered = [window(50), window(74)]
    with world.database.transaction(vendor.scope) as session:
        visits.propose_times(session, vendor, assignment.id, offered)
    work()
    method, gone = event_of(post.to(world.emails["resident"])[-1])
    assert (method, gone["UID"]) == ("CANCEL", first["UID"])
    assert gone["SEQUENCE"] > first["SEQUENCE"]
    with world.database.transaction(resident.scope) as session:
        visits.pick_time(session, resident, assignment.id, offered[1])
    work()
    for nickname in ("vendor", "vendor_tech"):
        method, event = event_of(post.to(world.emails[nickname])[-1])
        assert (method, event["UID"]) == ("PUBLISH", first["UID"])
        assert event["DTSTART"].dt == offered[1].start
        assert event["SEQUENCE"] > gone["SEQUENCE"]
    assert "/it/jobs/" in text_of(post.to(world.emails["vendor"])[-1])
    assert any("agreed" in mail["Subject"] for mail in post.to(world.emails["manager"]))


def test_reminders_come_the_day_before_and_two_hours_before_each_once(
    world: World, jobs: Runtime, post: Post, work: Any
) -> None:
    assignment = send_to_vendor(world, report(world))
    answer(world, assignment)
    vendor, resident = world.actor("vendor"), world.actor("resident")
    when = window(48)
    with world.database.transaction(vendor.scope) as session:
        visits.propose_times(session, vendor, assignment.id, [when])
    with world.database.transaction(resident.scope) as session:
        visits.pick_time(session, resident, assignment.id, when)
    work()
    before = len(post.to(world.emails["resident"]))
    for hours, total in ((0, 0), (24.5, 1), (22, 2)):
        clock.shift(timedelta(hours=hours))
        sweep()
        sweep()
        work()
        assert len(post.to(world.emails["resident"])) == before + total


def test_nobody_is_reminded_of_a_visit_that_was_taken_back(
    world: World, jobs: Runtime, post: Post, work: Any
) -> None:
    ticket = report(world)
    assignment = send_to_vendor(world, ticket)
    answer(world, assignment)
    assign(world, ticket, type="INTERNAL", assigned_to_user_id=world.people["caretaker"])
    work()
    method, _event = event_of(post.to(world.emails["vendor"])[-1])
    assert method == "CANCEL"
    told = {who: len(post.to(world.emails[who])) for who in ("vendor", "resident")}
    clock.shift(timedelta(hours=20))
    sweep()
    work()
    assert {who: len(post.to(world.emails[who])) for who in told} == told


def test_a_technicians_link_is_mailed_once(world: World, jobs: Runtime, post: Post) -> None:
    assignment = send_to_vendor(world, report(world))
    answer(world, assignment)
    vendor = world.actor("vendor")
    link = link_of(world, assignment)
    data = GiveLink(name="Luca Verdi", email="luca@example.org")
    with world.database.transaction(vendor.scope) as session:
        give_link(session, vendor, link.id, data)
    sweep()
    sweep()
    (mail,) = post.to("luca@example.org")
    assert "/it/jobs/" in text_of(mail)
