"""What happened to invoices."""

import uuid
from dataclasses import dataclass
from typing import ClassVar

from ecopick.core.events import Event


@dataclass(frozen=True)
class InvoiceChanged(Event):
    """An invoice came to another state, or half of its approval; drafts are nobody's news."""

    name: ClassVar[str] = "invoice.changed"

    invoice_id: uuid.UUID
    status: str
    ticket_id: uuid.UUID | None = None
    reason: str | None = None
