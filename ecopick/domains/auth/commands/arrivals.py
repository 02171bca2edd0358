"""What happens when somebody is in: where from, on which device, and is that possible."""

import uuid
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.core.context import origin
from ecopick.core.places import Place, locate
from ecopick.domains.auth.commands.mails import ask_for_mail
from ecopick.domains.auth.models import AuthSession, MailKind
from ecopick.domains.auth.outputs import SignedIn
from ecopick.domains.auth.queries.credentials import Factors
from ecopick.domains.auth.queries.devices import Familiarity
from ecopick.domains.security.commands.alerts import raise_alert
from ecopick.domains.security.models import AlertCategory, AlertType

# Faster than an airliner; near places are left out, as ranges of addresses are coarse.
FASTEST_KILOMETRES_PER_HOUR = 900
NEAR_KILOMETRES = 100
LOOKS_BACK = timedelta(hours=24)
RISK = 92


def note_arrival(
    session: Session, signed_in: SignedIn, factors: Factors, before: Familiarity
) -> None:
    """After a session was opened: keep its place, mail a new device, watch impossible travel.

    The transaction's scope must be the person's; ``before`` is how well the
    device was known until now. The very first device is nothing new.
    """
    place = locate(origin().ip)
    if place is not None:
        session.execute(
            update(AuthSession)
            .where(AuthSession.id == signed_in.session_id)
            .values(location=place.words)
        )
        _watch_travel(session, signed_in, place)
    if before.knows_any and not before.knows_device:
        ask_for_mail(
            session,
            MailKind.NEW_DEVICE,
            factors.email,
            language=factors.language,
            user_id=signed_in.user_id,
            facts={
                "at": clock.now(),
                "user_agent": origin().user_agent,
                "place": place.words if place is not None else None,
            },
        )


def _watch_travel(session: Session, signed_in: SignedIn, place: Place) -> None:
    """Raise an alert where nobody can have come from the place of the last sign-in."""
    moment = clock.now()
    last = session.execute(
        select(AuthSession.ip, AuthSession.created_at, AuthSession.user_agent)
        .where(
            AuthSession.user_id == signed_in.user_id,
            AuthSession.id != signed_in.session_id,
            AuthSession.created_at > moment - LOOKS_BACK,
        )
        .order_by(AuthSession.created_at.desc())
        .limit(1)
    ).one_or_none()
    before = locate(last.ip) if last is not None else None
    if last is None or before is None:
        return
    kilometres = before.kilometres_to(place)
    hours = max((moment - last.created_at).total_seconds(), 1.0) / 3600
    if kilometres <= NEAR_KILOMETRES or kilometres / hours <= FASTEST_KILOMETRES_PER_HOUR:
        return
    _raise(session, signed_in.user_id, before, place, kilometres, last.created_at, last.user_agent)


def _raise(
    session: Session,
    user_id: uuid.UUID,
    before: Place,
    place: Place,
    kilometres: float,
    since: object,
    user_agent: str | None,
) -> None:
    raise_alert(
        session,
        AlertType.IMPOSSIBLE_TRAVEL,
        category=AlertCategory.AUTHENTICATION,
        risk_score=RISK,
        user_id=user_id,
        meta={
            "from": before.words,
            "from_at": since,
            "from_user_agent": user_agent,
            "to": place.words,
            "to_at": clock.now(),
            "kilometres": round(kilometres),
        },
    )
