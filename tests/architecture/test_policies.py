"""The registry of permissions: nothing is asked that no rule answers, nothing is unexplained."""

import ast
from collections.abc import Iterator
from pathlib import Path

from ecopick.core.actor import Actor
from ecopick.core.db import new_id
from ecopick.core.permissions import decide, registered
from ecopick.domains import policies
from scripts.permissions_page import PAGE, described, rendered

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [*(ROOT / "ecopick").rglob("*.py"), *(ROOT / "jobs").rglob("*.py")]
# Asked with a computed name: which acts it can be.
COMPUTED = {
    "approval:decide",
    "approval:skip",
    "approval:ask",
    "approval:cancel",
    "approval:close",
}
# Rules that stand before the feature that asks for them.
BEFORE_THEIR_FEATURE = {"routing:view", "routing:manage"}


def _asked() -> Iterator[tuple[str, str]]:
    """Every literal action of a command or a check, with its place."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            at = {"command": 0, "authorize": 2, "allows": 2, "decide": 2}.get(name)
            if at is None or len(node.args) <= at:
                continue
            action = node.args[at]
            if isinstance(action, ast.Constant) and ":" in str(action.value):
                yield str(action.value), f"{path.relative_to(ROOT)}:{node.lineno}"


def test_every_action_that_is_asked_for_has_a_rule() -> None:
    """Check 14: an act without a rule could never be allowed; here it fails the build."""
    policies.load()
    known = set(registered())
    asked = [(action, where) for action, where in _asked() if not action.startswith("system:")]
    assert len(asked) > 40
    assert [each for each in asked if each[0] not in known] == []


def test_every_rule_is_asked_for() -> None:
    policies.load()
    from ecopick.domains.tickets.lifecycle import PERMISSIONS

    used = {action for action, _where in _asked()} | COMPUTED | BEFORE_THEIR_FEATURE
    used |= {str(action) for action in PERMISSIONS.values()}
    text = "\n".join(path.read_text() for path in SOURCES if path.name != "policy.py")
    unused = {action for action in registered() if action not in used}
    # Also asked through tables of actions.
    assert {action for action in unused if f'"{action}"' not in text} <= {
        "unit:manage",
        "building:manage",
        "membership:view",
        "ticket:comment",
        "approval:view",
        "vendor:respond_assignment",
    }


def test_every_rule_says_whom_it_lets_in() -> None:
    undocumented = [(action, name) for action, name, words in described() if not words]
    assert undocumented == []


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == rendered()


def test_an_unknown_action_is_denied() -> None:
    policies.load()
    actor = Actor(new_id(), owner_id=new_id())
    admin = Actor(new_id(), is_app_admin=True, break_glass_reason="why", owner_id=new_id())
    for who in (actor, admin, Actor.system()):
        assert not decide(None, who, "moon:fly", object()).granted  # type: ignore[arg-type]


def test_states_of_approvals_are_written_in_one_place() -> None:
    """Only ``advance`` sets a status; everything else would pass the table by."""
    for path in (ROOT / "ecopick" / "domains" / "governance").rglob("*.py"):
        if path.name == "lifecycle.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    assert getattr(target, "attr", "") != "status", f"{path}:{node.lineno}"
