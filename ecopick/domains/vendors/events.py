"""What happened to vendors, told to the rest of the product."""

import uuid
from dataclasses import dataclass
from typing import ClassVar

from ecopick.core.events import Event


@dataclass(frozen=True)
class VendorEvent(Event):
    """Base of events about a vendor of an owner."""

    vendor_org_id: uuid.UUID


@dataclass(frozen=True)
class VendorChanged(VendorEvent):
    """Details of a vendor changed, or what the owner notes of it."""

    name: ClassVar[str] = "vendor.changed"


@dataclass(frozen=True)
class VendorBlocked(VendorEvent):
    """A vendor gets nothing new from the owner."""

    name: ClassVar[str] = "vendor.blocked"


@dataclass(frozen=True)
class VendorUnblocked(VendorEvent):
    """A vendor may get work from the owner again."""

    name: ClassVar[str] = "vendor.unblocked"


@dataclass(frozen=True)
class SubscriptionChanged(VendorEvent):
    """A vendor hears of other open jobs than before."""

    name: ClassVar[str] = "vendor.subscription"


@dataclass(frozen=True)
class CertificateChanged(VendorEvent):
    """A paper of a vendor was added, checked, scanned or taken away."""

    name: ClassVar[str] = "vendor.certificate"

    certificate_id: uuid.UUID
