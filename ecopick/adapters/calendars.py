"""Appointments as calendar files (RFC 5545), for people's own calendars."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from icalendar import Alarm, Calendar, Event

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


def calendar_file(found: Appointment) -> bytes:
    """One event in UTC, with a reminder an hour before; the same uid replaces itself."""
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
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", REMINDER)
    alarm.add("description", found.title)
    event.add_component(alarm)
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//Ecopick//Appointments//EN")
    calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content
