"""The accounts with which the demo is tried out; all share one password."""

from dataclasses import dataclass

DOMAIN = "demo.example.org"
PASSWORD = "ecopick-demo-2026"


@dataclass(frozen=True)
class Account:
    """An address to sign in with, and who that is."""

    name: str
    about: str

    @property
    def email(self) -> str:
        """The whole address."""
        return f"{self.name}@{DOMAIN}"


ACCOUNTS = (
    Account("admin", "administrator and property owner"),
    Account("manager", "building manager"),
    Account("manager2", "building manager of the second owner, Milan"),
    Account("caretaker", "caretaker"),
    Account("tenant-admin", "tenant's administrator"),
    Account("vendor", "vendor's administrator"),
    Account("resident", "resident"),
    Account("occupant", "occupant"),
)
