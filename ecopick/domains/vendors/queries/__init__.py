"""Reading vendors."""

from ecopick.domains.vendors.queries.linked import (
    FoundVendor,
    Recipient,
    blocked_vendors,
    find_vendors,
    is_blocked,
    is_linked,
    linked_vendors,
    may_get_work,
    recipients,
    vendor_names,
)

__all__ = [
    "FoundVendor",
    "Recipient",
    "blocked_vendors",
    "find_vendors",
    "is_blocked",
    "is_linked",
    "linked_vendors",
    "may_get_work",
    "recipients",
    "vendor_names",
]
