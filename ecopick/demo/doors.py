"""The last day at the doors of the demo: who came in, who guessed, what was noticed."""

import random
import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert
from sqlalchemy.orm import Session

from ecopick.core.audit.models import AuthAuditEvent
from ecopick.core.audit.subjects import seal_text
from ecopick.core.audit.writer import canonical
from ecopick.core.db import Base
from ecopick.core.tenancy import PLATFORM_OWNER_ID
from ecopick.demo.people import BY_KEY, PEOPLE, Person
from ecopick.demo.rows import Row, Rows, table_of, uid
from ecopick.domains.security.commands.alerts import severity_of
from ecopick.domains.security.models import (
    AlertCategory,
    AlertStatus,
    AlertType,
    BlockedSource,
    BlockedSourceType,
    RateLimitViolation,
    SecurityAlert,
)

MODELS: tuple[type[Base], ...] = (BlockedSource, SecurityAlert, RateLimitViolation)
SEED = 20260312
# Sign-ins by the hour of the day, and the hours of an attack: failed, blocked.
BUSY = (2, 1, 1, 1, 1, 3, 7, 14, 21, 24, 22, 17, 16, 13, 15, 16, 14, 12, 9, 6, 4, 3, 2, 2)
ATTACK = {2: (14, 8), 3: (16, 18), 4: (3, 4)}
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:149.0) Gecko/20100101 Firefox/149.0"
WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/146.0.0.0 Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_3 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/19.3 Mobile/15E148 Safari/604.1"
)
STUFFER, TRAVELLER, GUESSER = "198.51.100.23", "203.0.113.77", "192.0.2.14"


def build(rows: Rows, now: datetime) -> None:
    """Alerts, blocks and passed limits as they stand at ``now``."""
    _alerts(rows, now)
    _blocks(rows, now)
    guessed = BY_KEY["b.schaeffer"]
    rows.add(
        RateLimitViolation, now - timedelta(hours=20), id=uid("violation", "email"),
        type="sign_in", field="email", key=uid("violation", "key").hex, user_id=guessed.id,
        count=20, ip=GUESSER, route="/<locale>/login", method="POST",
        last_violation=now - timedelta(hours=19, minutes=40), attempts=[],
        banned_until=now + timedelta(hours=4, minutes=20),
        expire_at=now + timedelta(hours=4, minutes=35),
    )  # fmt: skip
    rows.add(
        RateLimitViolation, now - timedelta(hours=8), id=uid("violation", "device"),
        type="sign_in", field="device", key=uid("violation", "device key").hex,
        count=10, ip=STUFFER, route="/api/auth/login", method="POST",
        last_violation=now - timedelta(hours=7, minutes=48), attempts=[],
        banned_until=now - timedelta(hours=7, minutes=33),
        expire_at=now + timedelta(hours=1),
    )  # fmt: skip


def _alerts(rows: Rows, now: datetime) -> None:
    minute, hour, day = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
    travel = {
        "from": "Bolzano, IT", "from_at": (now - 44 * minute).isoformat(),
        "from_user_agent": MAC, "to": "Singapore, SG", "to_at": (now - 26 * minute).isoformat(),
        "kilometres": 10028,
    }  # fmt: skip
    _alert(rows, now - 26 * minute, AlertType.IMPOSSIBLE_TRAVEL, 92, "g.pellegrini", TRAVELLER,
           WINDOWS, travel)  # fmt: skip
    _alert(rows, now - 8 * hour, AlertType.CREDENTIAL_STUFFING, 78, None, STUFFER, "python/3.13",
           {"addresses": 64}, category=AlertCategory.ABUSE)  # fmt: skip
    _alert(rows, now - 20 * hour, AlertType.BRUTE_FORCE, 45, "b.schaeffer", GUESSER, WINDOWS,
           {"failures": 20}, resolved=now - 18 * hour)  # fmt: skip
    _alert(rows, now - 2 * day, AlertType.PASSKEY_COUNTER, 48, "n.lefebvre", "203.0.113.201", MAC,
           {}, resolved=now - 2 * day + 3 * hour)  # fmt: skip
    _alert(rows, now - 5 * day, AlertType.TOKEN_REUSE, 80, "m.brandstaetter", "203.0.113.118",
           IPHONE, {}, category=AlertCategory.SESSION, resolved=now - 5 * day + hour)  # fmt: skip
    _alert(rows, now - 9 * day, AlertType.BRUTE_FORCE, 26, None, "2001:db8::7a1", WINDOWS,
           {"failures": 10}, resolved=now - 8 * day)  # fmt: skip


def _alert(
    rows: Rows,
    at: datetime,
    kind: AlertType,
    risk: int,
    key: str | None,
    ip: str,
    agent: str,
    meta: dict[str, Any],
    *,
    category: AlertCategory = AlertCategory.AUTHENTICATION,
    resolved: datetime | None = None,
) -> None:
    person = BY_KEY[key] if key is not None else None
    code = uid("alert", kind.value, risk).hex[:6].upper()
    rows.add(
        SecurityAlert, at, id=uid("alert", kind.value, risk),
        alert_code=f"SEC-{at:%y%m%d}-{code}", type=kind, category=category,
        risk_score=risk, severity=severity_of(risk), count=1, detected_at=at,
        status=AlertStatus.RESOLVED if resolved else AlertStatus.OPEN, resolved_at=resolved,
        user_id=person.id if person else None, source_type="user" if person else "ip",
        source_id=str(person.id) if person else ip, ip=ip, device_info={"user_agent": agent},
        method="POST", route="/<locale>/login", meta=meta or None,
    )  # fmt: skip


def _blocks(rows: Rows, now: datetime) -> None:
    left = BY_KEY["d.moretti"]
    device = f"{uid('fingerprint').hex * 2}:{uid('device').hex}"
    kinds = BlockedSourceType
    for hours, kind, value, until, reason, user_id in (
        (8, kinds.IP, "198.51.100.0/24", 9, "Credential stuffing", None),
        (0.4, kinds.IP, TRAVELLER, 2, "Impossible travel", None),
        (6, kinds.DEVICE_FINGERPRINT, device, 14, "21 wrong passwords", None),
        (18, kinds.IP, GUESSER, 72, "Brute force", None),
        (96, kinds.USER, str(left.id), None, "Left the company", left.id),
        (900, kinds.IP, "2001:db8:77::/48", None, "Repeated abuse", None),
    ):
        rows.add(
            BlockedSource, now - timedelta(hours=hours), id=uid("block", value),
            type=kind, value=value, reason=reason, user_id=user_id, permanent=until is None,
            blocked_until=None if until is None else now + timedelta(hours=until),
        )  # fmt: skip


def insert_attempts(connection: Connection, now: datetime) -> int:
    """Store the sign-ins of the last 24 hours, what is personal encrypted; how many."""
    chance = random.Random(SEED)
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        entries = [
            _entry(session, chance, number, at, outcome, reason)
            for number, (at, outcome, reason) in enumerate(_attempts(chance, now))
        ]
        session.commit()
    connection.execute(
        insert(table_of(AuthAuditEvent)),
        [{**entry, "body": canonical(entry)} for entry in entries],
    )
    return len(entries)


def _attempts(chance: random.Random, now: datetime) -> list[tuple[datetime, str, str | None]]:
    """When, with what outcome and why, oldest first."""
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=23)
    found: list[tuple[datetime, str, str | None]] = []
    for number in range(24):
        start = first + timedelta(hours=number)
        length = min(3600.0, (now - start).total_seconds())
        share = max(length, 60.0) / 3600
        failed, blocked = ATTACK.get(start.hour, (0, 0))
        count = round(BUSY[start.hour] * share)
        outcomes: list[tuple[str, str | None]] = [("success", None)] * count
        outcomes += [("failure", "wrong_password")] * round(count * 0.09)
        outcomes += [("failure", "unknown_email")] * round(failed * share)
        outcomes += [("denied", "blocked_ip")] * round(blocked * share)
        for outcome, reason in outcomes:
            seconds = chance.uniform(0, max(1.0, length - 1))
            found.append((start + timedelta(seconds=seconds), outcome, reason))
    return sorted(found, key=lambda attempt: attempt[0])


def _entry(
    session: Session,
    chance: random.Random,
    number: int,
    at: datetime,
    outcome: str,
    reason: str | None,
) -> Row:
    person: Person | None = None
    if reason in (None, "wrong_password"):
        person = chance.choice(PEOPLE)
    agent = chance.choice((MAC, WINDOWS, IPHONE))
    ip = f"203.0.113.{chance.randint(2, 70)}"

    def sealed(value: str) -> str | None:
        user_id: uuid.UUID | None = person.id if person is not None else None
        return seal_text(session, PLATFORM_OWNER_ID, user_id, value)

    request = uid("request", "sign_in", number).hex
    return {
        "id": uid("sign_in", number),
        "property_owner_id": PLATFORM_OWNER_ID,
        "method": "POST",
        "route": "/<locale>/login",
        "request_id": request,
        "correlation_id": request,
        "created_at": at,
        "ip": sealed(ip),
        "user_agent": sealed(agent),
        "user_id": person.id if person is not None else None,
        "email": sealed(person.email) if person is not None else None,
        "action": "sign_in",
        "outcome": outcome,
        "reason_code": reason,
        "device_fingerprint": None,
        "meta": {"method": "password"} if outcome == "success" else None,
    }
