"""Kinds and states of alerts and blocks, and the ladder of bans.

The more failures in a row, the longer the wait.

A row of failures goes on while the next one comes within the window, counted
from the last failure or from the end of the last ban.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class BlockedSourceType(StrEnum):
    """What kind of source is blocked."""

    IP = "ip"
    DEVICE_FINGERPRINT = "device_fingerprint"
    USER = "user"


class AlertStatus(StrEnum):
    """Whether an alert still needs somebody."""

    OPEN = "open"
    RESOLVED = "resolved"


class AlertType(StrEnum):
    """Which detection rule raised the alert."""

    BRUTE_FORCE = "brute_force"
    CREDENTIAL_STUFFING = "credential_stuffing"
    IMPOSSIBLE_TRAVEL = "impossible_travel"
    TOKEN_REUSE = "token_reuse"
    PASSKEY_COUNTER = "passkey_counter"


class AlertCategory(StrEnum):
    """What the alert is about."""

    AUTHENTICATION = "authentication"
    SESSION = "session"
    ABUSE = "abuse"


class AlertSeverity(StrEnum):
    """Derived from the risk score: below 30, below 60, below 85, the rest."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


WINDOW = timedelta(minutes=15)


@dataclass(frozen=True)
class Rung:
    """So many failures in a row, and how long to wait after that."""

    failures: int
    ban: timedelta


@dataclass(frozen=True)
class Ladder:
    """The bans of one field (an address, a person's email, a device), shortest first."""

    field: str
    rungs: tuple[Rung, ...]

    def ban_at(self, failures: int) -> timedelta | None:
        """The ban that this failure brings; past the last rung each one does."""
        last = self.rungs[-1]
        if failures > last.failures:
            return last.ban
        return next((rung.ban for rung in self.rungs if rung.failures == failures), None)

    def next_rung(self, failures: int) -> Rung | None:
        """What comes after so many failures; None past the last rung."""
        return next((rung for rung in self.rungs if rung.failures > failures), None)


def _ladder(field: str, first: int, second: int, third: int) -> Ladder:
    bans = (timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=24))
    return Ladder(
        field,
        tuple(Rung(count, ban) for count, ban in zip((first, second, third), bans, strict=True)),
    )


PER_EMAIL = _ladder("email", 5, 10, 20)
# The person's own devices count apart: guesses from elsewhere never shut them out.
PER_KNOWN_DEVICE = _ladder("known_device", 5, 10, 20)
PER_DEVICE = _ladder("device", 5, 10, 20)
# Whole offices share one address; this only slows a list of stolen passwords.
PER_IP = _ladder("ip", 100, 200, 400)

# An account never bears more than 100 failures without a success: so many from
# anywhere, and the rest from the person's own devices, which thus stay open longer.
EVER_FROM_ANYWHERE = 80
EVER_FROM_KNOWN_DEVICES = 20
