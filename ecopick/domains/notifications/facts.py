"""What a notice says of a ticket, and dates as its reader writes them."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.text import gettext as _
from ecopick.core.text import language
from ecopick.domains.property.models import Building, PropertyOwner, Unit
from ecopick.domains.tickets.models import Ticket

_LONG_DAYS = {
    "en": "EEEE d MMMM",
    "de": "EEEE, d. MMMM",
    "fr": "EEEE d MMMM",
    "it": "EEEE d MMMM",
}
_HOME = {"en": "en_GB", "de": "de_DE", "fr": "fr_FR", "it": "it_IT"}


@dataclass(frozen=True)
class TicketFacts:
    """A ticket in the words of a notice: no occupant's name, number or access note."""

    ticket: Ticket
    owner_name: str
    prefix: str
    building: str
    address: str
    unit: str | None
    time_zone: str
    country: str | None

    @property
    def reference(self) -> str:
        """As people call it: EP-12."""
        return f"{self.prefix}-{self.ticket.number}"

    @property
    def place(self) -> str:
        """Building and unit."""
        return f"{self.building}, {self.unit}" if self.unit else self.building

    def day_and_time(self, value: datetime) -> str:
        """ "Friday 13 March, 11:37" on the building's clocks."""
        local = value.astimezone(self._zone())
        return f"{self._day(local)}, {local:%H:%M}"

    def window(self, start: datetime, end: datetime | None) -> str:
        """ "Friday 13 March, between 09:00 and 11:00" on the building's clocks."""
        begins = start.astimezone(self._zone())
        if end is None:
            return _("%(day)s, from %(time)s", day=self._day(begins), time=f"{begins:%H:%M}")
        ends = end.astimezone(self._zone())
        if ends.date() != begins.date():
            return f"{self._day(begins)}, {begins:%H:%M} – {self._day(ends)}, {ends:%H:%M}"
        return _(
            "%(day)s, between %(start)s and %(end)s",
            day=self._day(begins),
            start=f"{begins:%H:%M}",
            end=f"{ends:%H:%M}",
        )

    def _zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo("Europe/Berlin")

    def _day(self, local: datetime) -> str:
        if local.year != clock.now().astimezone(self._zone()).year:
            return str(format_skeleton("yMMMMEEEEd", local, locale=self._locale()))
        return str(format_date(local, _LONG_DAYS[language()], locale=self._locale()))

    def _locale(self) -> Locale:
        """The reader's language, written as in the building's country where Babel knows it."""
        if self.country:
            try:
                return Locale.parse(f"{language()}_{self.country.upper()}")
            except (ValueError, UnknownLocaleError):
                pass
        return Locale.parse(_HOME[language()])


def ticket_facts(session: Session, ticket_id: uuid.UUID) -> TicketFacts | None:
    """The facts of one ticket; None where it is not in the scope."""
    row = session.execute(
        select(Ticket, Building, PropertyOwner.name, PropertyOwner.ticket_prefix, Unit.label)
        .join(
            Building,
            and_(
                Building.property_owner_id == Ticket.property_owner_id,
                Building.id == Ticket.building_id,
            ),
        )
        .join(PropertyOwner, PropertyOwner.id == Ticket.property_owner_id)
        .outerjoin(
            Unit,
            and_(Unit.property_owner_id == Ticket.property_owner_id, Unit.id == Ticket.unit_id),
        )
        .where(Ticket.id == ticket_id)
    ).one_or_none()
    if row is None:
        return None
    ticket, building, owner_name, prefix, unit = row
    town = " ".join(part for part in (building.postal_code, building.city) if part)
    street = [building.address1, building.address2]
    return TicketFacts(
        ticket=ticket,
        owner_name=owner_name,
        prefix=prefix,
        building=building.name,
        address=", ".join(part for part in (*street, town) if part),
        unit=unit,
        time_zone=building.time_zone,
        country=building.country,
    )
