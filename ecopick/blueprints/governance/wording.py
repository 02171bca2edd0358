"""What acts and rights are called, and their icons."""

from datetime import datetime

from ecopick.core import clock
from ecopick.core.text import gettext as _
from ecopick.domains.governance.words import act_words as action_words
from ecopick.domains.governance.words import rule_words
from ecopick.web.formats import local_time, near_day, zoned

__all__ = ["action_words", "rule_words"]


def moment(at: datetime | None, tz: str | None = None) -> str:
    """The time of today, the day of anything else."""
    if at is None:
        return ""
    is_today = zoned(at, tz).date() == zoned(clock.now(), tz).date()
    return local_time(at, tz) if is_today else near_day(at, tz)


def action_choices() -> list[tuple[str, str]]:
    """What a person can ask for on the page."""
    keys = (
        "cost:approve",
        "unit:enter",
        "ticket:view",
        "ticket:edit",
        "ticket:resolve",
        "ticket:export",
        "role:change",
    )
    return [(key, action_words(key)) for key in keys]


def action_icon(action: str) -> str:
    """The icon of what is asked for."""
    kind, _colon, verb = action.partition(":")
    if kind == "cost":
        return "wallet"
    if verb == "export":
        return "file-down"
    if kind == "role":
        return "user-cog"
    return "key-round"


def verb_words(verb: str) -> str:
    """What a right allows."""
    return {
        "view": _("View"),
        "edit": _("Edit"),
        "resolve": _("Resolve"),
        "assign": _("Assign"),
        "triage": _("Triage"),
        "comment": _("Write messages"),
        "export": _("Export"),
        "raise_tickets": _("Raise tickets"),
        "manage": _("Manage"),
        "view_opportunities": _("View open jobs"),
        "respond_assignment": _("Answer assignments"),
    }.get(verb, verb)


def scope_words(scope: str) -> str:
    """What a right reaches."""
    return {
        "*": _("everything"),
        "tickets": _("tickets"),
        "buildings": _("building data"),
        "vendors": _("jobs of vendors"),
        "routing": _("routing rules"),
    }.get(scope, scope)


def kind_words(kind: str) -> str:
    """What a right stands on."""
    return {
        "Ticket": _("Ticket"),
        "Building": _("Building"),
        "Unit": _("Unit"),
        "PropertyOwner": _("Everything"),
        "VendorOrg": _("Vendor"),
        "RoutingRule": _("Routing rule"),
    }.get(kind, kind)


def step_words(kind: str) -> str:
    """What a reviewer does."""
    return {
        "review": _("Review"),
        "approve": _("Decision"),
        "security_review": _("Security review"),
    }.get(kind, kind)
