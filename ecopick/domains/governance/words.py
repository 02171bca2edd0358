"""What acts and rules are called, in words that managers and residents know."""

from ecopick.core.text import LazyText
from ecopick.core.text import lazy_gettext as _

ACTS: dict[str, LazyText] = {
    "approval:create": _("Ask for an approval"),
    "approval:decide": _("Decide on an approval"),
    "approval:view": _("See an approval"),
    "audit:export": _("Export the audit log"),
    "audit:view": _("See the audit log"),
    "billing:view": _("See invoices"),
    "building:manage": _("Manage a building"),
    "building:view": _("See a building"),
    "cost:approve": _("Cost approval"),
    "insight:view": _("See suggestions from AI"),
    "report:export": _("Export"),
    "role:change": _("Role change"),
    "routing:manage": _("Change routing rules"),
    "routing:view": _("See routing rules"),
    "ticket:assign": _("Assign a ticket"),
    "ticket:attach": _("Add files to a ticket"),
    "ticket:await_tenant": _("Wait for the tenant"),
    "ticket:cancel": _("Cancel a ticket"),
    "ticket:claim": _("Apply for an open job"),
    "ticket:close": _("Close a ticket"),
    "ticket:comment": _("Write to a ticket"),
    "ticket:create": _("Raise a ticket"),
    "ticket:edit": _("Edit a ticket"),
    "ticket:explain": _("Read who sees a ticket, and why"),
    "ticket:bulk": _("Act on several tickets at once"),
    "ticket:export": _("Export"),
    "ticket:export_list": _("Export lists of tickets"),
    "ticket:follow": _("Follow a ticket"),
    "ticket:manage_stakeholders": _("Choose who takes part"),
    "ticket:note": _("Write internal notes"),
    "ticket:publish_opportunity": _("Open a job to vendors"),
    "ticket:rate": _("Rate the outcome"),
    "ticket:share_at_home": _("Share a ticket at home"),
    "ticket:unfollow": _("Stop following a ticket"),
    "view:save": _("Keep a view of the list"),
    "view:change": _("Change a view of the list"),
    "view:share": _("Share a view of the list"),
    "ticket:reopen": _("Reopen a ticket"),
    "ticket:resolve": _("Resolve a ticket"),
    "ticket:respond_assignment": _("Answer an assignment"),
    "ticket:triage": _("Triage a ticket"),
    "ticket:view": _("See a ticket"),
    "ticket:work": _("Work on a ticket"),
    "unit:enter": _("Access to a unit"),
    "unit:manage": _("Manage a unit"),
    "unit:view": _("See a unit"),
    "vendor:respond_assignment": _("Answer for a vendor"),
    "vendor:view_opportunities": _("See the jobs of a vendor"),
}

RULES: dict[str, LazyText] = {
    "accepted_assignee": _("accepted the assignment"),
    "app_admin": _("administration of the installation"),
    "assigned_vendor": _("works for the assigned vendor"),
    "edit": _("may edit the ticket"),
    "household": _("lives in the unit, and the ticket is shared at home"),
    "household_follower": _("follows the ticket as one of the home"),
    "management": _("management of the building"),
    "may_see": _("sees the ticket"),
    "operations": _("staff of the building"),
    "permission": _("a right of their own"),
    "place": _("staff, home or lease in the building"),
    "recipient": _("was asked"),
    "reporter": _("reported the ticket"),
    "reporter_early": _("reported the ticket, and no work has begun"),
    "request_link": _("holds the private link of the request"),
    "request_link_early": _("holds the private link, and no work has begun"),
    "resident": _("lives in the unit"),
    "stakeholder_comment": _("takes part and may write"),
    "stakeholder_edit": _("takes part and may edit"),
    "stakeholder_resolve": _("takes part and may resolve"),
    "system": _("the product itself"),
    "vendor_member": _("works for a vendor of the property owner"),
    "work_or_triage": _("may work on the ticket or triage it"),
}


def act_words(action: str) -> str:
    """What an act is called; plain words even for one that has no entry."""
    named = ACTS.get(action)
    return str(named) if named is not None else _plain(action.partition(":")[2] or action)


def rule_words(rule: str | None) -> str:
    """Through what an act is allowed; empty where it is not."""
    if rule is None:
        return ""
    named = RULES.get(rule)
    return str(named) if named is not None else _plain(rule)


def _plain(name: str) -> str:
    return name.replace("_", " ").replace(":", " ").strip().capitalize()
