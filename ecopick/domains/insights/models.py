"""Suggestions that a model made about a ticket."""

import uuid
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from ecopick.core.db import Base, EnumText, HasId, Owned, Timestamps, one_of, owner_fk


class InsightType(StrEnum):
    """What a suggestion is about."""

    TRIAGE_SUGGESTION = "triage_suggestion"
    VENDOR_RECOMMENDATION = "vendor_recommendation"
    PRIORITY_ASSESSMENT = "priority_assessment"
    SUMMARY = "summary"


class AIInsightStatus(StrEnum):
    """What a person made of a suggestion."""

    GENERATED = "GENERATED"
    ACCEPTED = "ACCEPTED"
    DISMISSED = "DISMISSED"
    FLAGGED = "FLAGGED"


class AIInsight(HasId, Owned, Timestamps, Base):
    """A suggestion with its confidence (0.0–1.0) and where it came from."""

    __tablename__ = "ai_insights"
    __table_args__ = (
        owner_fk("ticket_id", "tickets"),
        one_of("type", InsightType),
        one_of("status", AIInsightStatus),
        CheckConstraint("confidence between 0 and 1", name="confidence_range"),
        Index(None, "ticket_id", "type"),
        Index(None, "status"),
        Index(None, "created_at"),
    )

    ticket_id: Mapped[uuid.UUID]
    type: Mapped[InsightType] = mapped_column(EnumText(InsightType))
    content: Mapped[dict[str, Any]]
    confidence: Mapped[float | None]
    status: Mapped[AIInsightStatus] = mapped_column(
        EnumText(AIInsightStatus), default=AIInsightStatus.GENERATED
    )
    accepted_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    dismissed_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    flagged_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    model_id: Mapped[str | None]
    prompt_version: Mapped[str | None]
