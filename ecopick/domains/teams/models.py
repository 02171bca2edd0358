"""Team templates."""

from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from ecopick.core.db import Base, HasId, Owned, Timestamps


class TeamTemplate(HasId, Owned, Timestamps, Base):
    """A team to be applied to a ticket.

    An item of ``roles`` is ``{role, membership_role?, count, can_view,
    can_comment, can_edit, can_resolve}``.
    """

    __tablename__ = "team_templates"
    __table_args__ = (Index(None, "property_owner_id"),)

    name: Mapped[str]
    description: Mapped[str | None]
    roles: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    is_active: Mapped[bool] = mapped_column(default=True)
