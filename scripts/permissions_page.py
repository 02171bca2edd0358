"""Writes ``docs/permissions.md`` from the rules themselves: role × action × scope.

    python -m scripts.permissions_page

A rule is described by its docstring. The table of roles asks the very rules,
with a person who holds one role and with a subject in the building of that role
and in another.
"""

import inspect
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ecopick.core.actor import Actor, MembershipFact
from ecopick.core.permissions import registered
from ecopick.core.roles import (
    MANAGEMENT_ROLES,
    OPERATIONS_ROLES,
    TENANT_ROLES,
    VENDOR_ROLES,
    MembershipRole,
)
from ecopick.domains import policies
from ecopick.domains.governance.vocabulary import ACTIONS

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "permissions.md"
OWNER, HERE, THERE, ORG = (uuid.UUID(int=number) for number in range(1, 5))
ROLES = (
    MembershipRole.PROPERTY_OWNER,
    MembershipRole.BUILDING_MANAGER,
    MembershipRole.BUILDING_ADMIN,
    MembershipRole.BUILDING_MAINTENANCE,
    MembershipRole.CARETAKER,
    MembershipRole.TENANT_ADMIN,
    MembershipRole.TENANT_COORDINATOR,
    MembershipRole.TENANT_OCCUPANT,
    MembershipRole.RESIDENT,
    MembershipRole.VENDOR_ADMIN,
    MembershipRole.VENDOR_TECH,
)
SHORT = {
    MembershipRole.PROPERTY_OWNER: "owner",
    MembershipRole.BUILDING_MANAGER: "manager",
    MembershipRole.BUILDING_ADMIN: "admin",
    MembershipRole.BUILDING_MAINTENANCE: "maintenance",
    MembershipRole.CARETAKER: "caretaker",
    MembershipRole.TENANT_ADMIN: "tenant admin",
    MembershipRole.TENANT_COORDINATOR: "tenant coord.",
    MembershipRole.TENANT_OCCUPANT: "occupant",
    MembershipRole.RESIDENT: "resident",
    MembershipRole.VENDOR_ADMIN: "vendor admin",
    MembershipRole.VENDOR_TECH: "vendor tech",
}


def described() -> list[tuple[str, str, str]]:
    """Action, name and sentence of every rule; an empty sentence where nobody wrote one."""
    policies.load()
    return [
        (action, name, " ".join((inspect.getdoc(rule) or "").split()))
        for action, rules in registered().items()
        for name, rule in rules
    ]


def _actor(role: MembershipRole, building_id: uuid.UUID | None) -> Actor:
    is_tenant, is_vendor = role in TENANT_ROLES, role in VENDOR_ROLES
    fact = MembershipFact(
        role,
        property_owner_id=None if is_vendor else OWNER,
        tenant_company_id=ORG if is_tenant else None,
        vendor_org_id=ORG if is_vendor else None,
        building_id=None if is_vendor else building_id,
    )
    owner_id = None if is_vendor else OWNER
    return Actor(uuid.UUID(int=99), owner_id=owner_id, owner_ids=(OWNER,), memberships=(fact,))


class _NoRows:
    def one_or_none(self) -> None:
        return None

    def all(self) -> list[Any]:
        return []

    def __iter__(self) -> Any:
        return iter(())


class _NoSession:
    """A database in which nothing is said about the person but the role."""

    def __init__(self) -> None:
        self.info: dict[str, Any] = {}

    def scalar(self, *query: Any) -> None:
        """Nothing."""

    def scalars(self, *query: Any) -> _NoRows:
        """No rows."""
        return _NoRows()


def _subject(building_id: uuid.UUID) -> Any:
    return SimpleNamespace(
        id=uuid.UUID(int=50),
        property_owner_id=OWNER,
        building_id=building_id,
        unit_id=None,
        reporter_id=uuid.UUID(int=51),
        user_id=uuid.UUID(int=51),
        vendor_org_id=ORG,
        requested_by_id=uuid.UUID(int=51),
        approver_id=uuid.UUID(int=52),
        metadata_={"building_id": str(building_id)},
        open_to_vendors=True,
        is_grantee=False,
        role=MembershipRole.RESIDENT,
        tenant_company_id=None,
        organization_type="property_owner",
        organization_id=OWNER,
        email="somebody@example.org",
        status="NEW",
        type="VENDOR",
    )


def by_role(action: str, role: MembershipRole) -> str:
    """``all``, ``building`` or nothing: how far the role alone reaches."""
    if _asks(action, _actor(role, None), HERE):
        return "●"
    return ""


def narrowed(action: str, role: MembershipRole) -> str:
    """How far the same role reaches that names one building."""
    if not _asks(action, _actor(role, HERE), HERE):
        return ""
    return "●" if _asks(action, _actor(role, HERE), THERE) else "○"


# Decided by a condition of the database that lets the same staff in as these do.
FOLLOWS = {"ticket:view": "ticket:note", "ticket:create": "building:view"}


def _asks(action: str, actor: Actor, building_id: uuid.UUID) -> bool:
    action = FOLLOWS.get(action, action)
    for _name, rule in registered()[action]:
        try:
            if rule(_NoSession(), actor, _subject(building_id)):  # type: ignore[arg-type]
                return True
        except (AttributeError, TypeError):
            continue
    return False


def rendered() -> str:
    """The whole page."""
    rules = described()
    lines = [
        "# Permissions",
        "",
        "Made from the code by `python -m scripts.permissions_page`; a test fails when it is out"
        " of date.",
        "",
        "Everything that no rule grants is denied, and so is every action without a rule. Rules"
        " of one action are alternatives. A role counts with the property owner (or vendor) where"
        " it is held; one that names a building counts only there. Roles and homes are always"
        " considered together, and explicit rights beside them.",
        "",
        "## Sets of roles",
        "",
        "| Set | Roles |",
        "|---|---|",
        *(
            f"| {name} | {', '.join(role.value for role in ROLES if role in roles)} |"
            for name, roles in (
                ("management", MANAGEMENT_ROLES),
                ("operations", OPERATIONS_ROLES),
                ("tenant", TENANT_ROLES),
                ("vendor", VENDOR_ROLES),
            )
        ),
        "",
        "## What a role alone allows",
        "",
        "● everywhere · ○ in the building that the role names, if it names one. Where a cell is"
        " empty the role alone grants nothing: being the reporter, a resident, a participant, the"
        " assigned vendor or a lease may, as the rules below say. `ticket:view` is"
        " a condition of the database (see below).",
        "",
        "| Action | " + " | ".join(SHORT[role] for role in ROLES) + " |",
        "|---|" + ":-:|" * len(ROLES),
    ]
    for action in registered():
        cells = [_cell(action, role) for role in ROLES]
        lines.append(f"| `{action}` | " + " | ".join(cells) + " |")
    lines += ["", "## Every rule", "", "| Action | Rule | Who |", "|---|---|---|"]
    lines += [f"| `{action}` | {name} | {words} |" for action, name, words in rules]
    lines += [
        "",
        "## Seeing a ticket",
        "",
        "One list of conditions serves lists, search, streams and the single check:"
        " operations staff, the reporter, residents of the unit (since they moved in), people of"
        " the assigned vendor, participants who may look, staff of the tenant company unless the"
        " owner switched it off, and explicit rights.",
        "",
        "## Explicit rights",
        "",
        "A right names verbs and what they reach (`*` for anything), on a ticket, a unit, a"
        " building, a vendor (for its jobs with this owner), a routing rule or the whole owner; `full` covers everything. With `needs_approval` it counts"
        " only with an approval of the same person, act and thing: once for an act, until it"
        " lapses for reading. `emergency` overrides that; every use is recorded and management"
        " is told. Nobody grants beyond their reach or to themself; `full` and `emergency` need a"
        " PROPERTY_OWNER.",
        "",
        "| Verb | Reaches | Stands for |",
        "|---|---|---|",
        *(f"| {verb} | {scope} | `{action}` |" for (verb, scope), action in ACTIONS.items()),
        "",
    ]
    return "\n".join(lines)


def _cell(action: str, role: MembershipRole) -> str:
    everywhere, one = by_role(action, role), narrowed(action, role)
    return one if everywhere and one == "○" else everywhere


if __name__ == "__main__":
    PAGE.write_text(rendered())
