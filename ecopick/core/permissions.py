"""The one place where permission is decided: ``authorize``.

Each domain registers the rules of its actions with ``@policy``; rules of one
action are alternatives, tried in the order in which they were written. An
action without a rule is denied, and so is everything that no rule grants.
"""

import uuid
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from ecopick.core import audit
from ecopick.core.actor import Actor
from ecopick.core.audit.writer import store_denial
from ecopick.core.errors import Forbidden
from ecopick.core.tenancy import PLATFORM_OWNER_ID
from ecopick.core.text import lazy_gettext as _
from ecopick.core.uow import Database, at_end

Rule = Callable[[Session, Actor, Any], bool]
# What has to happen when a command goes ahead because of a rule; may raise Forbidden.
Use = Callable[[Session, Actor, str, Any], None]

_rules: dict[str, list[tuple[str, Rule]]] = {}
_uses: dict[tuple[str, str], Use] = {}
# Denials of the running work, stored once its transaction has ended: storing
# them earlier could wait for a lock that this very work holds.
_pending: ContextVar[tuple[dict[str, Any], ...]] = ContextVar("denials", default=())


@dataclass(frozen=True)
class Verdict:
    """Whether, and by which rule."""

    granted: bool
    policy: str | None


def policy(
    *actions: str, name: str | None = None, on_use: Use | None = None
) -> Callable[[Rule], Rule]:
    """Register a rule ``(session, actor, subject) -> bool`` for ``actions``.

    ``on_use`` runs when a command goes ahead because of this very rule, for
    rights that are used up or that somebody must hear of.
    """

    def register(rule: Rule) -> Rule:
        for action in actions:
            _rules.setdefault(action, []).append((name or rule.__name__, rule))
            if on_use is not None:
                _uses[action, name or rule.__name__] = on_use
        return rule

    return register


def registered() -> dict[str, tuple[tuple[str, Rule], ...]]:
    """Every action with its named rules, in the order in which they are tried."""
    return {action: tuple(rules) for action, rules in sorted(_rules.items())}


def decide(session: Session, actor: Actor, action: str, subject: Any) -> Verdict:
    """The verdict of the rules, without recording it."""
    if actor.kind == "system":
        return Verdict(action in _rules or action.startswith("system:"), "system")
    if actor.is_app_admin and actor.break_glass_reason:
        return Verdict(action in _rules, "app_admin")
    for name, rule in _rules.get(action, ()):
        if rule(session, actor, subject):
            return Verdict(True, name)
    return Verdict(False, None)


def allows(session: Session, actor: Actor, action: str, subject: Any) -> bool:
    """Whether a button for ``action`` may be shown."""
    return decide(session, actor, action, subject).granted


def authorize(
    session: Session, actor: Actor, action: str, subject: Any, *, using: bool = False
) -> None:
    """Grant or raise ``Forbidden``; either way the decision is recorded.

    ``using`` says that the act follows at once: rights that count once are used up.
    """
    verdict = decide(session, actor, action, subject)
    session.info["authorized"] = True
    kind, subject_id, owner_id = describe(subject, actor)
    entry = audit.decision(
        actor,
        action,
        kind,
        subject_id,
        owner_id=owner_id,
        granted=verdict.granted,
        policy_name=verdict.policy,
        reason=None if verdict.granted else "no_rule_grants",
    )
    if not verdict.granted:
        _record(entry)
        raise Forbidden(_("You do not have permission to do this."))
    if using and (use := _uses.get((action, verdict.policy or ""))):
        use(session, actor, action, subject)


def not_visible(actor: Actor, kind: str, subject_id: object) -> None:
    """Record that an id was asked for that this actor cannot see."""
    entry = audit.decision(
        actor,
        f"{kind.lower()}:view",
        kind,
        subject_id if isinstance(subject_id, uuid.UUID) else None,
        owner_id=actor.owner_id or PLATFORM_OWNER_ID,
        granted=False,
        policy_name=None,
        reason="not_visible",
    )
    _record(entry)


def _record(entry: dict[str, Any] | None) -> None:
    if entry is not None:
        _pending.set((*_pending.get(), entry))


@at_end
def store_denials(database: Database) -> None:
    """Store the denials of the work that ended, whether it was kept or rolled back."""
    entries = _pending.get()
    _pending.set(())
    for entry in entries:
        store_denial(database, entry)


def describe(subject: Any, actor: Actor) -> tuple[str, uuid.UUID | None, uuid.UUID]:
    """Type name, id and owner of a subject, for the records."""
    owner_id = getattr(subject, "property_owner_id", None) or actor.owner_id or PLATFORM_OWNER_ID
    return type(subject).__name__, getattr(subject, "id", None), owner_id
