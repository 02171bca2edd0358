"""What stands around the open section: figures of the other sections, a suggestion,
invoices, the person's own panels. Each counts by itself; they are read in one statement."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Select, func, literal, select
from sqlalchemy.orm import Session

from ecopick.blueprints.tickets.origin import Origin
from ecopick.core.actor import Actor
from ecopick.core.audit.models import AuditEvent
from ecopick.core.permissions import allows
from ecopick.domains.billing.queries import invoice_count, invoice_sums
from ecopick.domains.insights.queries import insight_count, open_insight
from ecopick.domains.people.queries import setting_of
from ecopick.domains.people.settings import PANELS, Panels
from ecopick.domains.tickets.queries.detail import TicketView
from ecopick.domains.tickets.queries.neighbours import Neighbours, neighbours_in
from ecopick.domains.tickets.queries.related import counts_of

# Widths are kept in these steps, each with a class of its own: no page carries a style.
STEP = 20


@dataclass(frozen=True)
class Insight:
    """The newest suggestion that nobody has decided on."""

    type: str
    text: str
    confidence: float | None


@dataclass(frozen=True)
class Beside:
    """``counts`` by section; ``invoiced`` are sums by currency, void invoices left out;
    ``also`` is what the open section asked for."""

    counts: dict[str, int]
    insight: Insight | None
    invoiced: list[tuple[Decimal, str]]
    in_building: int
    panels: Panels = field(default_factory=Panels)
    also: dict[str, Any] = field(default_factory=dict)
    near: Neighbours | None = None

    @property
    def panel_classes(self) -> str:
        """The person's widths and shut panels as classes of the frame."""
        panels, found = self.panels, []
        for side, width in (("left", panels.left), ("right", panels.right)):
            if width is not None:
                found.append(f"{side}-{round(width / STEP) * STEP}")
        found += ["left-shut"] * panels.left_collapsed + ["right-shut"] * panels.right_collapsed
        return " ".join(found)


def shown_to(session: Session, actor: Actor, view: TicketView) -> frozenset[str]:
    """Those of the guarded sections that the reader may open."""
    guarded = {"ai": "insight:view", "billing": "billing:view"}
    return frozenset(
        name for name, right in guarded.items() if allows(session, actor, right, view.ticket)
    )


def beside(
    session: Session,
    actor: Actor,
    view: TicketView,
    origin: Origin | None,
    shown: frozenset[str],
    also: Mapping[str, Select[Any]],
) -> Beside:
    """What the frame of a ticket shows to this reader; ``also`` is read along for the section."""
    ticket = view.ticket
    where = (ticket.property_owner_id, ticket.id)
    linked, others = counts_of(ticket)
    queries: dict[str, Any] = {
        "history": select(func.count())
        .select_from(AuditEvent)
        .where(AuditEvent.property_owner_id == where[0], AuditEvent.ticket_id == where[1]),
        "related": linked,
        "others": others,
        "panels": setting_of(actor, PANELS),
    }
    if "ai" in shown:
        queries |= {"ai": insight_count(*where), "insight": open_insight(*where)}
    if "billing" in shown:
        queries |= {"billing": invoice_count(*where), "sums": invoice_sums(*where)}
    row = session.execute(
        select(
            literal(len(ticket.messages)).label("activity"),
            *(query.scalar_subquery().label(name) for name, query in {**queries, **also}.items()),
            *(part.label(name) for name, part in (origin.queries if origin else {}).items()),
        )
    ).one()
    values = dict(row._mapping)
    counts = {name: values.get(name) or 0 for name in ("activity", "history", "ai", "billing")}
    return Beside(
        counts={
            **counts,
            "team": len(ticket.stakeholders) + (1 if ticket.reporter else 0),
            "attachments": len(ticket.attachments),
            "related": values["related"],
        },
        insight=_insight(values.get("insight")),
        invoiced=[(Decimal(total), unit) for unit, total in values.get("sums") or ()],
        in_building=values["others"],
        panels=_panels(values["panels"]),
        also={name: values[name] for name in also},
        near=neighbours_in(values),
    )


def _insight(value: dict[str, Any] | None) -> Insight | None:
    text = (value or {}).get("content", {}).get("text")
    if value is None or not text:
        return None
    return Insight(value["type"], str(text), value["confidence"])


def _panels(value: Any) -> Panels:
    """As kept; as designed where nothing was, or what was kept is no longer understood."""
    try:
        return Panels.model_validate(value or {})
    except ValidationError:
        return Panels()
