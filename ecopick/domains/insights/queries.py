"""Reading suggestions."""

import uuid

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from ecopick.domains.insights.models import AIInsight, AIInsightStatus

# Suggestions that wait for somebody come first.
_WAITING = case((AIInsight.status == AIInsightStatus.GENERATED, 0), else_=1)


def insights_on(session: Session, owner_id: uuid.UUID, ticket_id: uuid.UUID) -> list[AIInsight]:
    """Every suggestion on a ticket that the reader was found to see; the newest first."""
    return list(
        session.scalars(
            select(AIInsight)
            .where(AIInsight.property_owner_id == owner_id, AIInsight.ticket_id == ticket_id)
            .order_by(_WAITING, AIInsight.created_at.desc(), AIInsight.id.desc())
        )
    )


def insight_count(owner_id: uuid.UUID, ticket_id: uuid.UUID) -> Select[int]:
    """How many there are, as a query."""
    return (
        select(func.count())
        .select_from(AIInsight)
        .where(AIInsight.property_owner_id == owner_id, AIInsight.ticket_id == ticket_id)
    )


def open_insight(owner_id: uuid.UUID, ticket_id: uuid.UUID) -> Select[dict[str, object]]:
    """The newest that nobody has decided on: type, content and confidence, as a query."""
    return (
        select(
            func.jsonb_build_object(
                "type",
                AIInsight.type,
                "content",
                AIInsight.content,
                "confidence",
                AIInsight.confidence,
            )
        )
        .where(
            AIInsight.property_owner_id == owner_id,
            AIInsight.ticket_id == ticket_id,
            AIInsight.status == AIInsightStatus.GENERATED,
        )
        .order_by(AIInsight.created_at.desc(), AIInsight.id.desc())
        .limit(1)
    )
