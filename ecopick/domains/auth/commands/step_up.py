"""Confirming one's identity again before something sensitive.

What proves a person is registered by the module that can check it
(``proved_by``); a right proof gives the browser a new session of the same
family, confirmed at this moment.
"""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from ecopick.core import audit, clock
from ecopick.core.actor import Actor
from ecopick.core.errors import Invalid, StepUpRequired, Text, Unauthenticated
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import Database
from ecopick.domains.auth import passwords
from ecopick.domains.auth.commands.attempts import WINDOW, count
from ecopick.domains.auth.commands.sessions import lock_sessions, renew_session
from ecopick.domains.auth.models import AuthRefreshToken, AuthSession
from ecopick.domains.auth.outputs import SignedIn
from ecopick.domains.auth.refusals import ActingAsSomebody
from ecopick.domains.people.models import User
from ecopick.domains.security.commands.limits import Limit, take_back

STEP_UP = "step_up"
FRESH = timedelta(minutes=5)
PER_PERSON = Limit("user", 5, WINDOW)
# Whoever holds a stolen session cannot go on guessing for days.
PER_DAY = Limit("user_day", 20, timedelta(days=1))
ASKED = _("Please confirm that it is you, then try again.")

# Whether what was typed is right; may raise an AppError of its own.
Check = Callable[[Database, Actor, str], bool]


class WrongProof(Invalid):
    """Not the person's password, not the right code."""

    code = "wrong_proof"


_checks: dict[str, tuple[Check, Text]] = {}


def proved_by(name: str, wrong: Text) -> Callable[[Check], Check]:
    """Register what a person may confirm their identity with, by the name of its field.

    ``wrong`` is what they are told after a wrong guess.
    """

    def register(check: Check) -> Check:
        _checks[name] = (check, wrong)
        return check

    return register


def proofs() -> tuple[str, ...]:
    """The names of everything that can be typed."""
    return tuple(_checks)


@proved_by("password", _("That password is not right."))
def is_password(database: Database, actor: Actor, typed: str) -> bool:
    """Whether it is the person's password; as much work where they have none."""
    with database.transaction(Scope((), actor.user_id)) as session:
        stored = session.scalars(select(User.password_hash).where(User.id == actor.user_id)).one()
    return passwords.matches(stored, typed)


def verify(database: Database, actor: Actor, proof: str, typed: str) -> SignedIn:
    """Check what was typed and confirm the person's identity.

    ``WrongProof`` under the field's name, ``TooManyRequests`` after five wrong
    guesses in a quarter of an hour or twenty in a day. A guess is counted before
    it is looked at.
    """
    check, wrong = _checks[proof]
    person = str(actor.user_id)
    limits = {PER_PERSON: person, PER_DAY: person}
    allowance = count(database, STEP_UP, limits, user_id=actor.user_id)
    if not check(database, actor, typed):
        with database.transaction(_scope(actor)) as session:
            audit.login(
                session,
                STEP_UP,
                "failure",
                user_id=actor.user_id,
                reason_code=f"wrong_{proof}",
            )
        raise WrongProof(wrong, fields={proof: wrong})
    with database.transaction(_scope(actor)) as session:
        take_back(session, STEP_UP, allowance, limits)
    return confirm_identity(database, actor, proof)


def confirm_identity(database: Database, actor: Actor, method: str) -> SignedIn:
    """A new session for somebody who just proved to be themself by ``method``.

    The session they came with is dead; the new one is of the same family and
    ends when that would have. ``Unauthenticated`` where it ended meanwhile.
    """
    with database.transaction(_scope(actor)) as session:
        lock_sessions(session, actor.user_id)
        row = session.execute(
            select(AuthSession, AuthRefreshToken.expires_at)
            .join(AuthRefreshToken, AuthRefreshToken.session_id == AuthSession.id)
            .where(
                AuthSession.id == actor.session_id,
                AuthSession.user_id == actor.user_id,
                AuthSession.revoked_at.is_(None),
                AuthSession.expires_at > clock.now(),
            )
        ).one_or_none()
        if row is None:
            raise Unauthenticated(_("Your session has ended. Please sign in again."))
        signed_in = renew_session(session, row.AuthSession, row.expires_at, confirmed=True)
        audit.login(session, STEP_UP, "success", user_id=actor.user_id, meta={"method": method})
    return signed_in


def is_confirmed(actor: Actor) -> bool:
    """Whether the person proved their identity within the last five minutes."""
    live = actor.session
    return (
        live is not None and live.step_up_at is not None and clock.now() - live.step_up_at <= FRESH
    )


def require_confirmed(actor: Actor) -> None:
    """``StepUpRequired`` unless the person just proved their identity.

    Nobody proves it for another: ``ActingAsSomebody``.
    """
    if actor.support is not None and actor.support.as_person:
        raise ActingAsSomebody
    if not is_confirmed(actor):
        raise StepUpRequired(ASKED)


def _scope(actor: Actor) -> Scope:
    return Scope((PLATFORM_OWNER_ID,), actor.user_id)
