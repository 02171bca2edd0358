"""One's own password: changing it, setting a first one, keeping its hash strong."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ecopick.core import audit
from ecopick.core.actor import Actor
from ecopick.core.errors import Invalid, Text
from ecopick.core.tenancy import PLATFORM_OWNER_ID, Scope
from ecopick.core.text import lazy_gettext as _
from ecopick.core.text import ngettext
from ecopick.core.uow import Database
from ecopick.core.validation import wrong_field
from ecopick.domains.auth import passwords
from ecopick.domains.auth.commands.attempts import WINDOW, count
from ecopick.domains.auth.commands.mails import ask_for_mail
from ecopick.domains.auth.commands.sessions import end_all_sessions
from ecopick.domains.auth.commands.step_up import confirm_identity, require_confirmed
from ecopick.domains.auth.inputs import ChangePassword
from ecopick.domains.auth.models import MailKind
from ecopick.domains.auth.outputs import SignedIn
from ecopick.domains.auth.password_rules import weakness
from ecopick.domains.people.commands import own_account
from ecopick.domains.people.models import User
from ecopick.domains.people.queries import display_name
from ecopick.domains.security.commands.limits import Limit, take_back

CHANGE = "password_change"
PER_PERSON = Limit("user", 5, WINDOW)


@dataclass(frozen=True)
class PasswordFacts:
    """A person's password as they and the rules for the next one see it."""

    stored: str | None
    changed_at: datetime | None
    email: str
    name: str
    language: str
    has_second_factor: bool


def password_facts(session: Session, user_id: uuid.UUID) -> PasswordFacts:
    """The facts of one's own password; the scope must be the person's."""
    user = session.get_one(User, user_id)
    return PasswordFacts(
        stored=user.password_hash,
        changed_at=user.password_updated_at,
        email=user.email,
        name=display_name(user),
        language=user.language,
        has_second_factor=user.two_factor_enabled,
    )


def keep_hash_strong(
    session: Session, user_id: uuid.UUID, stored: str | None, password: str
) -> None:
    """Store a password that was just proved at today's cost, if its hash is weaker.

    The transaction's scope must be the person's.
    """
    if stored is not None and passwords.is_weak_hash(stored):
        own_account.keep_stronger_hash(
            session, Actor(user_id), None, stored, passwords.hash_password(password)
        )


def change_password(database: Database, actor: Actor, data: ChangePassword) -> SignedIn:
    """Sign in with another password from now on; answers the browser's new session.

    Whoever has a password proves it, five times in a quarter of an hour at
    most; a first one needs a fresh confirmation of identity. All other sessions
    end and the person is told by mail. ``Invalid`` names the field at fault.
    """
    with database.transaction(_scope(actor)) as session:
        facts = password_facts(session, actor.user_id)
    if facts.stored is None:
        require_confirmed(actor)
    else:
        _prove(database, actor, facts.stored, data.current_password)
    _check_new(database, actor, facts, data)
    hashed = passwords.hash_password(data.new_password)
    with database.transaction(_scope(actor)) as session:
        if not _is_still(session, actor, facts.stored):
            raise wrong_field("current_password", _("The password was changed meanwhile."))
        store_new_password(session, actor.user_id, facts, hashed, keep=actor.session_id)
        audit.login(
            session,
            CHANGE,
            "success",
            user_id=actor.user_id,
            reason_code="first_password" if facts.stored is None else None,
        )
    return confirm_identity(database, actor, "password")


def store_new_password(
    session: Session,
    user_id: uuid.UUID,
    facts: PasswordFacts,
    hashed: str,
    *,
    keep: uuid.UUID | None = None,
    reason: str = "password_changed",
) -> None:
    """Store it, end all sessions but the sign-in of ``keep``, tell the person.

    The transaction's scope must be the person's and the platform's.
    """
    own_account.set_password(session, Actor(user_id, via=reason), None, hashed)
    end_all_sessions(session, user_id, keep=keep, reason=reason)
    ask_for_mail(
        session, MailKind.PASSWORD_CHANGED, facts.email, language=facts.language, user_id=user_id
    )


def _scope(actor: Actor) -> Scope:
    return Scope((PLATFORM_OWNER_ID,), actor.user_id)


def _is_still(session: Session, actor: Actor, stored: str | None) -> bool:
    now = session.scalars(
        select(User.password_hash).where(User.id == actor.user_id).with_for_update(key_share=True)
    ).one()
    return now == stored


def _prove(database: Database, actor: Actor, stored: str, typed: str | None) -> None:
    limits = {PER_PERSON: str(actor.user_id)}
    if typed is None:
        raise wrong_field("current_password", _("This field is needed."))
    allowance = count(database, CHANGE, limits, user_id=actor.user_id)
    if not passwords.matches(stored, typed):
        _record(database, actor, "wrong_password")
        sentence = ngettext(
            "That is not your current password. %(num)s attempt left.",
            "That is not your current password. %(num)s attempts left.",
            allowance.left,
        )
        raise Invalid(sentence, code="wrong_password", fields={"current_password": sentence})
    with database.transaction(_scope(actor)) as session:
        take_back(session, CHANGE, allowance, limits)


def _check_new(
    database: Database, actor: Actor, facts: PasswordFacts, data: ChangePassword
) -> None:
    reason, sentence = "weak_password", new_password_refusal(facts, data.new_password)
    if sentence is None and passwords.matches(facts.stored, data.new_password):
        reason, sentence = "same_password", _("This is your present password already.")
    if sentence is not None:
        _record(database, actor, reason)
        raise Invalid(sentence, fields={"new_password": sentence})


def new_password_refusal(facts: PasswordFacts, password: str) -> Text | None:
    """Why the rules refuse a new password of this person; None for a good one."""
    return weakness(
        password,
        email=facts.email,
        name=facts.name,
        is_only_factor=not facts.has_second_factor,
    )


def _record(database: Database, actor: Actor, reason_code: str) -> None:
    with database.transaction(_scope(actor)) as session:
        audit.login(session, CHANGE, "failure", user_id=actor.user_id, reason_code=reason_code)
