"""Whether the caller is kept out, by address, by device or as the person of their session."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from flask import g
from sqlalchemy import Uuid, cast, column, func, select

from ecopick.core.errors import Text
from ecopick.core.tenancy import Scope
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.auth.commands.admission import SourceBlocked
from ecopick.domains.security.models import BlockedSourceType
from ecopick.domains.security.queries import find_block
from ecopick.web.state import database

# General words: who is kept out learns neither by whom nor of what they are suspected.
REASONS: dict[BlockedSourceType, Text] = {
    BlockedSourceType.IP: _("Access from your network is blocked."),
    BlockedSourceType.DEVICE_FINGERPRINT: _("Access from this device is blocked."),
    BlockedSourceType.USER: _("This account is blocked."),
}


@dataclass(frozen=True)
class KeptOut:
    """Why in general words, and until when; None where no end is set."""

    reason: Text
    until: datetime | None


def kept_out() -> KeptOut | None:
    """What keeps the caller out now; a session counts although it has ended."""
    session_id: uuid.UUID | None = g.get("session_id")
    with database().transaction(Scope()) as session:
        person: uuid.UUID | None = None
        if session_id is not None:
            found = func.find_session(cast(session_id, Uuid)).table_valued(column("user_id", Uuid))
            person = session.scalar(select(found.c.user_id))
        block = find_block(session, person)
        if block is None:
            return None
        return KeptOut(REASONS[block.type], None if block.permanent else block.blocked_until)


def refuse_kept_out() -> None:
    """``SourceBlocked`` for somebody who came with a session and is kept out.

    The cookies of that session stay, ended as it is: they tell whose block it is.
    """
    if g.get("session_id") is not None and kept_out() is not None:
        g.session_is_over = False
        raise SourceBlocked
