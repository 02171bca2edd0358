"""Appointments as calendar files (RFC 5545), for people's own calendars."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from icalendar import Alarm, Calendar, Event, vCalAddress

CONTENT_TYPE = "text/calendar; charset=utf-8"
REMINDER = timedelta(hours=-1)


@dataclass(frozen=True)
class Appointment:
    """Somebody comes between two moments (aware). ``version`` counts changes of the time."""

    uid: str
    start: datetime
    end: datetime
    title: str
    place: str
    text: str
    url: str
    changed_at: datetime
    version: int = 0
    organiser: str = ""


def calendar_file(found: Appointment, *, cancelled: bool = False) -> bytes:
    """One event in UTC, with a reminder an hour before; the same uid replaces itself.

    ``organiser`` is the address that sends it by mail; ``cancelled`` takes it out of
    calendars again.
    """
    event = Event()
    event.add("uid", found.uid)
    event.add("sequence", found.version)
    event.add("dtstamp", found.changed_at)
    event.add("dtstart", found.start)
    event.add("dtend", found.end)
    event.add("summary", found.title)
    event.add("location", found.place)
    event.add("description", f"{found.text}\n{found.url}")
    event.add("url", found.url)
    if found.organiser:
        event.add("organizer", vCalAddress(f"mailto:{found.organiser}"))
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", REMINDER)
    alarm.add("description", found.title)
    if not cancelled:
        event.add_component(alarm)
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Ecopick//Appointments//EN")
    calendar.add("method", "CANCEL" if cancelled else "PUBLISH")
    calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content
