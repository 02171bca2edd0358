"""Private links of people without an account."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import CITEXT
from sqlalchemy.orm import Mapped, mapped_column

from ecopick.core.db import Base, CreatedAt, EnumText, HasId, Owned, one_of, owner_fk
from ecopick.domains.tickets.lifecycle import RequestLinkKind


class RequestLink(HasId, Owned, CreatedAt, Base):
    """The status page of whoever reported without an account, or follows a neighbour's request.

    The token is computed from id and ``version``; only its hash is stored. ``user_id`` is
    the person once the address is confirmed; ``proof_id`` the newest mailed code.
    ``submission_key`` names the submission, so that repeating it finds this link again;
    ``submission_hash`` is of what was sent. A follower who leaves has ``ended_at``.
    """

    __tablename__ = "request_links"
    __table_args__ = (
        owner_fk("ticket_id", "tickets"),
        UniqueConstraint("token_hash"),
        UniqueConstraint("property_owner_id", "submission_key"),
        one_of("kind", RequestLinkKind),
        Index(None, "ticket_id"),
        Index(None, "user_id"),
    )

    ticket_id: Mapped[uuid.UUID]
    kind: Mapped[RequestLinkKind] = mapped_column(EnumText(RequestLinkKind))
    version: Mapped[int] = mapped_column(default=1)
    token_hash: Mapped[bytes]
    language: Mapped[str]
    email: Mapped[str | None] = mapped_column(CITEXT)
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    proof_id: Mapped[uuid.UUID | None]
    submission_key: Mapped[bytes]
    submission_hash: Mapped[bytes]
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
