"""What lies on the desks: what is joined and linked, what waits for a decision, who has seen what."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from ecopick.core.db import Base
from ecopick.core.roles import MembershipRole
from ecopick.demo.life import Life
from ecopick.demo.open_tickets import AFFECTED, OUTAGE, TRAPPED, TRAPPED_TOO
from ecopick.demo.owners import OWNER_IDS, OWNERS, House
from ecopick.demo.people import BY_KEY, PEOPLE, Person, manager_of
from ecopick.demo.rows import Row, Rows, uid
from ecopick.demo.trail import Trail, diff
from ecopick.domains.governance.lifecycle import AccessRequestStatus, AccessRequestTaskStatus
from ecopick.domains.governance.models import (
    AccessRequest,
    AccessRequestTask,
    AccessRequestTaskType,
)
from ecopick.domains.tickets.lifecycle import LinkKind
from ecopick.domains.tickets.models import TicketLink, TicketRead

R = AccessRequestStatus
T = AccessRequestTaskStatus
SEED = 811
# Older tickets than these have been seen by everybody whom they concern.
LATELY = timedelta(days=30)
STAFF = frozenset(
    {
        MembershipRole.PROPERTY_OWNER,
        MembershipRole.BUILDING_MANAGER,
        MembershipRole.BUILDING_ADMIN,
        MembershipRole.CARETAKER,
    }
)
_PREFIXES = {OWNER_IDS[key]: prefix for key, _, _, prefix, *_ in OWNERS}


@dataclass(frozen=True)
class Wish:
    """A request for an approval; ``hours`` are how long ago it was made and how long it has left.

    ``ticket`` is the title of the ticket that it is about. A decided one has its answer.
    """

    action: str
    title: str
    reason: str
    by: str
    to: str
    hours: tuple[float, float]
    house: str
    ticket: str = ""
    lines: tuple[tuple[str, str, str], ...] = ()
    answer: AccessRequestStatus | None = None
    note: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)


WISHES = (
    Wish(
        "cost:approve", "Heizkreispumpe ersetzen, Treppenhaus B",
        "Pumpe blockiert, das Ersatzteil ist in Freiburg auf Lager. Ohne Freigabe bleiben"
        " 14 Wohnungen bis Montag kalt.",
        "m.brandstaetter", "manager", (0.6, 1), "wiehre", OUTAGE,
        (("Umwälzpumpe Nassläufer DN 32", "1", "742.00"), ("Arbeitszeit Heizungsmonteur", "4 h", "352.00"),
         ("Anfahrt und Kleinmaterial", "1", "87.50"), ("Notdienstzuschlag", "1", "103.00")),
    ),
    Wish(
        "unit:enter", "Accès temporaire aux parties privatives",
        "La locataire est absente jusqu’à lundi et le voisin du dessous signale une tache d’humidité.",
        "n.lefebvre", "manager", (3.5, 27), "tanneurs", facts={"valid_hours": 4},
    ),
    Wish(
        "ticket:export_list", "Tickets des Quartals für die Versicherung",
        "Die Versicherung braucht eine Liste der Wasserschäden mit Datum und Ort.",
        "a.yildirim", "manager", (22, 50), "dreisam",
    ),
    Wish(
        "cost:approve", "Replace the glass door in the lobby",
        "The pane is cracked over its whole height; a repair is not possible.",
        "manager", "admin", (1.4, 92), "dreisam", "Glastür im Eingangsbereich gesprungen",
        (("Laminated safety glass, 2.2 m²", "1", "1180.00"), ("Fitting", "5 h", "460.00")),
    ),
    Wish(
        "cost:approve", "Nuova serratura per il portone",
        "La serratura attuale non si può più riparare.",
        "g.pellegrini", "manager", (190, 0), "talvera", "",
        (("Serratura a tre punti", "1", "410.00"), ("Montaggio", "2 h", "130.00")),
        R.APPROVED, "Bitte noch in dieser Woche.",
    ),
    Wish(
        "ticket:export_list", "Liste aller Mieterinnen und Mieter",
        "Für die Einladung zum Sommerfest.",
        "caretaker", "manager", (430, 0), "wiehre", answer=R.REJECTED,
        note="Dafür reicht der Aushang im Treppenhaus.",
    ),
)  # fmt: skip


def build(
    rows: Rows, trail: Trail, houses: dict[str, House], lives: list[Life], now: datetime
) -> None:
    """Everything that people at their desks add to the tickets."""
    by_title = {life.ticket["title"]: life for life in lives}
    _join(by_title[OUTAGE], [by_title[title] for title in AFFECTED], now)
    _link(rows, by_title[TRAPPED_TOO], by_title[TRAPPED], now)
    for number, wish in enumerate(WISHES):
        _ask(rows, trail, houses[wish.house], number, wish, by_title.get(wish.ticket), now)
    _look(rows, lives, now)


def _reference(life: Life) -> str:
    return f"{_PREFIXES[life.house.owner_id]}-{life.number}"


def _after(lives: list[Life], now: datetime) -> datetime:
    """A minute after the last thing that happened to any of them."""
    last: datetime = max(life.ticket["updated_at"] for life in lives)
    return min(last + timedelta(minutes=1), now)


def _join(parent: Life, children: list[Life], now: datetime) -> None:
    """One outage, several reports: they are joined under the first."""
    at, by = _after([parent, *children], now), manager_of(parent.house)
    for child in children:
        child.note(
            at, by, {"parent_id": parent.ticket["id"]},
            source="incident_joined", other=_reference(parent),
        )  # fmt: skip
    numbers = [_reference(child) for child in children]
    parent.note(at, by, {}, source="incident_joined", tickets=numbers)


def _link(rows: Rows, copy: Life, original: Life, now: datetime) -> None:
    """The same thing reported twice."""
    at, by, kind = _after([copy, original], now), manager_of(copy.house), LinkKind.DUPLICATE_OF
    rows.add(
        TicketLink, at, id=uid("link", copy.key, original.key), kind=kind, created_by_id=by.id,
        property_owner_id=copy.house.owner_id, from_id=copy.ticket["id"], to_id=original.ticket["id"],
    )  # fmt: skip
    copy.note(at, by, {}, source="linked", link=kind, other=_reference(original))
    original.note(at, by, {}, source="linked", link=f"{kind}_BY_OTHER", other=_reference(copy))


def _ask(
    rows: Rows,
    trail: Trail,
    house: House,
    number: int,
    wish: Wish,
    life: Life | None,
    now: datetime,
) -> None:
    """A request for an approval with its one step, decided or still waiting."""
    asked = now - timedelta(hours=wish.hours[0])
    until = _evening(house, now + timedelta(hours=wish.hours[1]))
    decided = None if wish.answer is None else asked + timedelta(hours=3)
    who, whom, key = BY_KEY[wish.by], BY_KEY[wish.to], uid("approval", number)
    base = {"property_owner_id": house.owner_id}
    request = rows.add(
        AccessRequest, asked, id=key, **base, ticket_id=life.ticket["id"] if life else None,
        requested_by_id=who.id, approver_id=whom.id, action=wish.action, reason=wish.reason,
        status=R.SUBMITTED, submitted_at=asked, metadata=_facts(wish, house),
        expires_at=until if decided is None else asked + timedelta(days=7),
    )  # fmt: skip
    _write(trail, asked, "ENTITY_CREATED", who, request, {})
    task = rows.add(
        AccessRequestTask, asked, id=uid("approval", number, "step"), **base, access_request_id=key,
        reviewer_user_id=whom.id, task_type=AccessRequestTaskType.APPROVE,
        due_at=request["expires_at"], metadata=None,
    )  # fmt: skip
    if wish.answer is None or decided is None:
        return
    before = dict(request)
    for row in (request, task):
        row |= {"decided_at": decided, "decision_note": wish.note, "updated_at": decided}
    request["status"] = wish.answer
    task |= {"status": T(wish.answer.value), "metadata": {"decided_by": str(whom.id)}}
    _write(trail, decided, "ENTITY_STATUS_CHANGED", whom, request, before)


def _facts(wish: Wish, house: House) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "valid_hours": 24, "title": wish.title, "resource_type": "Building",
        "resource_id": str(house.id), "resource_name": house.name, "building_id": str(house.id),
    }  # fmt: skip
    if wish.lines:
        facts |= {
            "lines": [
                {"text": text, "quantity": quantity, "amount": amount}
                for text, quantity, amount in wish.lines
            ],
            "amount": str(sum(Decimal(amount) for *_, amount in wish.lines)),
            "currency": "EUR", "country": house.country,
        }  # fmt: skip
    return facts | wish.facts


def _evening(house: House, moment: datetime) -> datetime:
    """The first end of an office day after this moment."""
    local = house.local(moment)
    evening = local.replace(hour=18, minute=0, second=0, microsecond=0)
    return (evening if evening > local else evening + timedelta(days=1)).astimezone(UTC)


def _write(trail: Trail, at: datetime, action: str, by: Person, row: Row, before: Row) -> None:
    trail.write(
        at, action, owner_id=row["property_owner_id"], ticket_id=row["ticket_id"], actor_id=by.id,
        subject_id=None, changes=diff(before, row),
        meta={"resource": "access_requests", "resource_id": row["id"]},
    )  # fmt: skip


def _look(rows: Rows, lives: list[Life], now: datetime) -> None:
    """Who has opened which ticket, and when: what changed just now is still unread to most."""
    random = Random(SEED)
    for life in lives:
        changed = life.ticket["updated_at"]
        if now - changed > LATELY:
            continue
        for person in PEOPLE:
            if not _concerns(person, life):
                continue
            quiet = (now - changed) / timedelta(hours=1)
            if random.random() < min(0.92, 0.35 + quiet * 0.2):
                seen = min(changed + timedelta(minutes=random.uniform(1, 40)), now)
            elif random.random() < 0.6:
                seen = life.ticket["created_at"] + (changed - life.ticket["created_at"]) * 0.5
            else:
                continue
            rows.add(
                TicketRead, seen, ticket_id=life.ticket["id"], user_id=person.id, seen_at=seen,
                property_owner_id=life.house.owner_id,
            )  # fmt: skip


def _concerns(person: Person, life: Life) -> bool:
    """Staff of the building, and whoever reported it."""
    if person.role in STAFF:
        return person.owner == life.house.owner and person.house in ("", life.house.key)
    reported: bool = person.id == life.ticket["reporter_id"]
    return reported


MODELS: tuple[type[Base], ...] = (AccessRequest, AccessRequestTask, TicketLink, TicketRead)
