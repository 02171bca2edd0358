"""How many tickets each building had, and which stand open now."""

from dataclasses import dataclass

from ecopick.domains.tickets.lifecycle import TicketPriority as P
from ecopick.domains.tickets.lifecycle import TicketStatus as S

CLOSED = {
    "wiehre": 57, "dreisam": 37, "rheinhof": 36, "tanneurs": 33, "talvera": 30,
    "torre": 52, "isola": 26, "navigli": 16,
}  # fmt: skip
CANCELLED = {
    "wiehre": 4,
    "dreisam": 3,
    "rheinhof": 2,
    "tanneurs": 2,
    "talvera": 2,
    "torre": 3,
    "isola": 2,
}
# Solved too, but only after the tenant had been waited for, for days.
LINGERING = {
    "wiehre": 15,
    "dreisam": 9,
    "rheinhof": 7,
    "tanneurs": 7,
    "talvera": 6,
    "torre": 3,
    "isola": 1,
}


@dataclass(frozen=True)
class Open:
    """A ticket that stands at ``status`` now.

    The time left is ``minutes`` or a ``share`` of the priority's target, negative
    once past due; for one that waits for the tenant, what was left at the pause.
    """

    house: str
    status: S
    share: float = 0.0
    minutes: float = 0.0
    title: str = ""
    reporter: str = ""
    unit: str = ""
    paused_hours: float = 0.0
    priorities: frozenset[P] = frozenset({P.MEDIUM, P.LOW})
    is_done: bool = False
    is_seed: bool = False


_FAST = frozenset({P.HIGH, P.URGENT})
_ANY = frozenset({P.HIGH, P.MEDIUM, P.LOW})
_VENDORS = frozenset({P.MEDIUM})

# What became an incident: the first ticket, and those joined under it.
OUTAGE = "Heizungsausfall im 3. OG, Treppenhaus B"
AFFECTED = (
    "Heizkörper in der ganzen Wohnung kalt",
    "Heizung und Handtuchtrockner ohne Funktion",
    "No heating on our floor",
)
# What several vendors offer a price for.
COMPARED = "Handtuchheizkörper wird nicht warm"
# What was reported twice.
TRAPPED = "Ascenseur bloqué entre le 2ᵉ et le 3ᵉ étage"
TRAPPED_TOO = "Ascenseur en panne, quelqu’un appelle à l’aide"

OPEN = (
    # What a visitor looks at first.
    Open("talvera", S.AWAITING_VENDOR, minutes=-1500, title="Salvavita che scatta di continuo in cucina", reporter="t.degasperi"),
    Open("tanneurs", S.NEW, minutes=-120, title="Interphone muet au 4ᵉ étage", reporter="jl.schmitt"),
    Open("wiehre", S.AWAITING_VENDOR, minutes=-41, title=OUTAGE, reporter="l.baumgartner", unit="Treppenhaus B"),
    Open("tanneurs", S.VENDOR_PENDING, minutes=38, title=TRAPPED, reporter="m.wintzer"),
    Open("wiehre", S.TRIAGED, minutes=170, title=AFFECTED[0], reporter="e.demir"),
    Open("wiehre", S.TRIAGED, minutes=188, title=AFFECTED[1], reporter="m.steiert"),
    Open("wiehre", S.TRIAGED, minutes=207, title=AFFECTED[2], reporter="o.whitcombe"),
    Open("tanneurs", S.TRIAGED, minutes=228, title=TRAPPED_TOO, reporter="e.kauffmann"),
    Open("wiehre", S.IN_PROGRESS, minutes=55, title="Wasser tritt unter der Küchenspüle aus", reporter="resident", paused_hours=25 / 60, is_done=True, is_seed=True),
    Open("talvera", S.ASSIGNED, minutes=74, title="Perdita d’acqua dal soffitto del bagno", reporter="c.zadra"),
    Open("wiehre", S.TRIAGED, minutes=600, title="Fenster im Treppenhaus schließt nicht mehr", reporter="t.faller", unit="Treppenhaus A", is_seed=True),
    Open("dreisam", S.TRIAGED, minutes=380, title="Badge reader at lobby door not responding", reporter="occupant"),
    Open("dreisam", S.VENDOR_OPPORTUNITY, minutes=585, title="Climatizzatore rumoroso nella sala riunioni", reporter="g.marchetti", is_seed=True),
    Open("tanneurs", S.ASSIGNED, minutes=660, title="Porte du parking bloquée en position ouverte", reporter="e.kauffmann"),
    Open("wiehre", S.AWAITING_TENANT, minutes=500, title="Schimmelbildung hinter der Schlafzimmerwand", reporter="t.faller", paused_hours=140),
    Open("dreisam", S.IN_PROGRESS, minutes=95, title="Glastür im Eingangsbereich gesprungen", reporter="tenant-admin"),
    Open("wiehre", S.TRIAGED, minutes=1680, title="Wohnungsübergabeprotokoll: fehlende Rauchmelder", reporter="manager", unit="2.06"),
    Open("dreisam", S.ASSIGNED, minutes=2580, title="Beleuchtung in der Tiefgarage flackert", reporter="f.armbruster", is_seed=True),
    Open("talvera", S.NEW, minutes=2820, title="Cassetta postale con serratura rotta", reporter="m.benedetti"),
    Open("tanneurs", S.RESOLVED, title="Évacuation d’eau lente dans la douche", reporter="f.belkacem"),
    # The rest of the first owner's day.
    Open("wiehre", S.NEW, 0.97, is_seed=True),
    Open("wiehre", S.NEW, 0.88),
    Open("wiehre", S.VENDOR_OPPORTUNITY, 0.52, title=COMPARED, reporter="m.steiert"),
    Open("wiehre", S.ASSIGNED, 0.71),
    Open("wiehre", S.ASSIGNED, 0.18),
    Open("wiehre", S.IN_PROGRESS, 0.43, priorities=_ANY),
    Open("wiehre", S.IN_PROGRESS, 0.12),
    Open("wiehre", S.IN_PROGRESS, -0.35),
    Open("wiehre", S.AWAITING_TENANT, 0.5, reporter="resident", paused_hours=21),
    Open("dreisam", S.NEW, 0.93),
    Open("dreisam", S.IN_PROGRESS, 0.62),
    Open("dreisam", S.IN_PROGRESS, 0.3, priorities=_FAST),
    Open("dreisam", S.AWAITING_TENANT, 0.4, paused_hours=100),
    Open("rheinhof", S.NEW, 0.9),
    Open("rheinhof", S.TRIAGED, 0.66),
    Open("rheinhof", S.IN_PROGRESS, 0.55),
    Open("rheinhof", S.IN_PROGRESS, 0.21, priorities=_ANY),
    Open("rheinhof", S.AWAITING_TENANT, 0.4, paused_hours=32),
    Open("rheinhof", S.AWAITING_VENDOR, -0.2),
    Open("tanneurs", S.TRIAGED, 0.74),
    Open("tanneurs", S.IN_PROGRESS, 0.48),
    Open("tanneurs", S.AWAITING_TENANT, 0.6, paused_hours=61),
    Open("tanneurs", S.AWAITING_TENANT, 0.3, paused_hours=118),
    Open("talvera", S.TRIAGED, 0.81),
    Open("talvera", S.AWAITING_TENANT, 0.5, paused_hours=54),
    Open("talvera", S.IN_PROGRESS, 0.36),
    Open("talvera", S.AWAITING_VENDOR, 0.27),
    Open("wiehre", S.RESOLVED, reporter="resident", priorities=_VENDORS, is_seed=True),
    Open("wiehre", S.RESOLVED, priorities=_VENDORS),
    Open("dreisam", S.RESOLVED, priorities=frozenset({P.HIGH})),
    Open("rheinhof", S.RESOLVED, priorities=frozenset({P.HIGH})),
    Open("talvera", S.RESOLVED, priorities=_VENDORS),
    # The second owner's.
    Open("torre", S.NEW, 0.95),
    Open("torre", S.TRIAGED, 0.7),
    Open("torre", S.ASSIGNED, 0.58),
    Open("torre", S.IN_PROGRESS, 0.4, priorities=_FAST),
    Open("torre", S.IN_PROGRESS, 0.15),
    Open("torre", S.AWAITING_TENANT, 0.5, paused_hours=30),
    Open("isola", S.NEW, 0.85),
    Open("isola", S.IN_PROGRESS, 0.33),
    Open("isola", S.AWAITING_VENDOR, -0.4),
    Open("navigli", S.TRIAGED, 0.6),
    Open("navigli", S.ASSIGNED, 0.44),
    Open("torre", S.RESOLVED, priorities=frozenset({P.HIGH})),
    Open("isola", S.RESOLVED, priorities=_VENDORS),
)  # fmt: skip


def featured_titles() -> list[str]:
    """Situations that are kept for the tickets named here."""
    return [spec.title for spec in OPEN if spec.title]
