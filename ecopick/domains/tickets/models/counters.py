"""Numbers of tickets."""

import uuid

from sqlalchemy import BigInteger, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from ecopick.core.db import Base


class TicketCounter(Base):
    """The last ticket number of an owner; its row lock makes the numbers gap-free."""

    __tablename__ = "ticket_counters"

    property_owner_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("property_owners.id"), primary_key=True
    )
    last_number: Mapped[int] = mapped_column(BigInteger, default=0)
