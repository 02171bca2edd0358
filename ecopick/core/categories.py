"""What requests are about, and what vendors do."""

from typing import Literal, get_args

Category = Literal[
    "plumbing",
    "electrical",
    "hvac",
    "elevator",
    "cleaning",
    "security",
    "structural",
    "appliance",
    "pest_control",
    "it_network",
    "landscaping",
    "keys_access",
    "general",
]
CATEGORIES: tuple[str, ...] = get_args(Category)
