"""The one door: whoever proved a first factor goes on through here.

Password, mailed link and identity provider end in ``admit``; it opens the
session or asks for the second step. A verified passkey is both factors at once.
"""

import uuid
from datetime import timedelta

from sqlalchemy import insert
from sqlalchemy.orm import Session

from ecopick.core import audit, clock
from ecopick.core.context import origin
from ecopick.core.db import new_id
from ecopick.core.errors import AppError
from ecopick.core.text import lazy_gettext as _
from ecopick.domains.auth.commands.arrivals import note_arrival
from ecopick.domains.auth.commands.guessing import open_password
from ecopick.domains.auth.commands.sessions import SIGN_IN, issue_session_bundle
from ecopick.domains.auth.models import AuthPendingLogin
from ecopick.domains.auth.outputs import Outcome, SecondStep
from ecopick.domains.auth.queries.credentials import Factors, factors_of
from ecopick.domains.auth.queries.devices import familiarity
from ecopick.domains.security.queries.blocks import find_block

SECOND_STEP_LIFETIME = timedelta(minutes=10)


class SourceBlocked(AppError):
    """The address, device or person may not come in."""

    status = 403
    code = "blocked"

    def __init__(self) -> None:
        super().__init__(_("Access from here is blocked. Please contact your administrator."))


def refuse_blocked(session: Session, user_id: uuid.UUID | None = None) -> None:
    """Raise ``SourceBlocked`` for a blocked address, device or person."""
    if find_block(session, user_id) is not None:
        raise SourceBlocked


def admit(
    session: Session,
    user_id: uuid.UUID,
    *,
    method: str,
    remember_me: bool = False,
    is_both_factors: bool = False,
) -> Outcome:
    """Open a session for whoever proved ``method``, or ask for the second step.

    The transaction's scope must be the person's. ``is_both_factors`` is for
    passkeys that verified their person. Records a success only once a session
    is open.
    """
    refuse_blocked(session, user_id)
    factors = factors_of(session, user_id)
    if factors.asks_second_step and not is_both_factors:
        return _ask_second_step(session, user_id, factors, method, remember_me)
    before = familiarity(session, user_id)
    signed_in = issue_session_bundle(
        session, user_id, method=method, remember_me=remember_me, language=factors.language
    )
    note_arrival(session, signed_in, factors, before)
    open_password(session, user_id, factors.email)
    audit.login(
        session,
        SIGN_IN,
        "success",
        user_id=user_id,
        email=factors.email,
        device_fingerprint=origin().device_fingerprint,
        meta={"method": method},
    )
    return signed_in


def _ask_second_step(
    session: Session, user_id: uuid.UUID, factors: Factors, method: str, remember_me: bool
) -> SecondStep:
    at, moment, pending_id = origin(), clock.now(), new_id()
    session.execute(
        insert(AuthPendingLogin).values(
            id=pending_id,
            user_id=user_id,
            first_factor=method,
            remember_me=remember_me,
            created_at=moment,
            expires_at=moment + SECOND_STEP_LIFETIME,
            ip=at.ip,
            device_fingerprint=at.device_fingerprint,
            persistent_device_id=at.device_id,
        )
    )
    audit.login(
        session,
        SIGN_IN,
        "challenged",
        user_id=user_id,
        email=factors.email,
        reason_code="second_step_needed",
        device_fingerprint=at.device_fingerprint,
        meta={"method": method},
    )
    return second_step(pending_id, factors, method)


def second_step(pending_id: uuid.UUID, factors: Factors, first_factor: str) -> SecondStep:
    """What a waiting second step shows."""
    return SecondStep(
        pending_login_id=pending_id,
        methods=factors.methods_after(first_factor),
        masked_email=masked_email(factors.email),
        recovery_codes_left=factors.recovery_codes,
        language=factors.language,
    )


def masked_email(email: str) -> str:
    """Enough of an address for its owner to know it: ``k•••••••@example.org``."""
    local, _at, domain = email.partition("@")
    return f"{local[:1]}{'•' * 7}@{domain}"
