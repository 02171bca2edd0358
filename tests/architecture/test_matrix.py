"""Every route × every role × an own and a foreign object.

The cells come from the URL map. What a route lets in is declared below by
blueprint, by the kind of object in its address and, where they differ, by
endpoint; a route for which nothing is declared fails. Nobody may get through on
an object of another owner, and only the declared roles on one of their own.
Acts that somebody declared could carry out are not sent: they would change the
world under test. In short, each route is tried by a third of the roles, always the
same ones.
"""

import os
import uuid
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.routing import Rule

from ecopick.core import clock
from ecopick.domains.billing.commands.rates import add_rate
from ecopick.domains.governance.commands import delegates
from ecopick.domains.governance.commands.approvals import request_approval
from ecopick.domains.governance.inputs import NameDelegate, RequestApproval
from ecopick.domains.tickets.commands.quotes import offer_quote
from ecopick.domains.tickets.commands.views import save_view
from ecopick.domains.tickets.quote_inputs import OfferQuote
from ecopick.domains.tickets.view_inputs import SaveView
from ecopick.domains.vendors.commands.subscriptions import add_subscription
from ecopick.domains.vendors.subscription_inputs import SaveSubscription
from tests.domains.tickets.test_main_line import assign_vendor, report
from tests.factories import World
from tests.figures import figure
from tests.invoices import bill, price_of
from tests.signing_in import Api, api_of

FULL = os.environ.get("ECOPICK_FULL") == "1"
STAFF = frozenset({"owner", "manager", "building_admin", "caretaker", "maintenance"})
MANAGEMENT = frozenset({"owner", "manager", "building_admin"})
VENDOR = frozenset({"vendor", "vendor_tech"})
ADMIN = frozenset({"app_admin"})
OWNER = frozenset({"owner"})
NOBODY: frozenset[str] = frozenset()
EVERYONE = (
    STAFF
    | VENDOR
    | ADMIN
    | {"vendor_two", "resident", "neighbour", "tenant_admin", "occupant", "stranger"}
)
# Whoever leads somebody: management, and administrators of a tenant or vendor.
LEADERS = MANAGEMENT | {"tenant_admin", "vendor", "vendor_two"}

# Who gets in at all, by blueprint; lists hold only what is one's own.
AUDIENCE: dict[str, frozenset[str]] = {
    "attachments": EVERYONE,
    "attachments_api": EVERYONE,
    "audit": MANAGEMENT,
    "audit_api": MANAGEMENT,
    "billing": MANAGEMENT | VENDOR | {"vendor_two"},
    "billing_api": MANAGEMENT | VENDOR | {"vendor_two"},
    "auth": EVERYONE,
    "auth_api": EVERYONE,
    "case_files": EVERYONE,
    "case_files_api": EVERYONE,
    "codes": STAFF,
    "codes_api": STAFF,
    "events": EVERYONE,
    "governance": EVERYONE,
    "imports": MANAGEMENT,
    "imports_api": MANAGEMENT,
    "governance_api": EVERYONE,
    "mailbox": MANAGEMENT,
    "mailbox_api": MANAGEMENT,
    "notifications": EVERYONE,
    "notifications_api": EVERYONE,
    "people": EVERYONE,
    "people_api": EVERYONE,
    "privacy": EVERYONE,
    "privacy_api": EVERYONE,
    "property": EVERYONE,
    "property_api": EVERYONE,
    "request_form": MANAGEMENT,
    "request_form_api": MANAGEMENT,
    "residents": EVERYONE,
    "residents_api": EVERYONE,
    "reports": EVERYONE,
    "reports_api": STAFF,
    "search": EVERYONE,
    "search_api": EVERYONE,
    "security": ADMIN,
    "security_api": ADMIN,
    "support": EVERYONE,
    "support_api": ADMIN,
    "tickets": EVERYONE,
    "tickets_api": EVERYONE,
    "vendor_directory": MANAGEMENT,
    "vendor_directory_api": MANAGEMENT,
    "vendor_own": VENDOR | {"vendor_two"},
    "quotes": MANAGEMENT,
    "quotes_api": MANAGEMENT,
    "vendors": VENDOR | {"vendor_two"},
    "vendors_api": VENDOR | {"vendor_two"},
}
SEES_TICKET = STAFF | VENDOR | {"resident"}
# Who gets in where the address names one of these.
OBJECTS: dict[str, frozenset[str]] = {
    "ticket_id": SEES_TICKET,
    "building_id": EVERYONE,
    "unit_id": EVERYONE - {"stranger", "vendor", "vendor_tech", "vendor_two", "app_admin"},
    "approval_id": MANAGEMENT | {"caretaker"},
    "delegate_id": OWNER,
    "membership_id": MANAGEMENT | {"caretaker"},
    "invitation_id": MANAGEMENT,
    "person_id": OWNER | ADMIN,
    "user_id": MANAGEMENT,
    "property_owner_id": EVERYONE,
    "assignment_id": SEES_TICKET,
    "view_id": STAFF,
    "invoice_id": MANAGEMENT | VENDOR,
    "quote_id": MANAGEMENT | VENDOR,
    "subscription_id": VENDOR,
    "rate_id": MANAGEMENT | VENDOR | {"vendor_two"},
    "vendor_id": MANAGEMENT | VENDOR,
    # Of one person alone, or not there at all: nobody else gets in.
    "attachment_id": NOBODY,
    "certificate_id": NOBODY,
    "service_id": NOBODY,
    "code_id": NOBODY,
    "import_id": NOBODY,
    "session_id": NOBODY,
    "passkey_id": NOBODY,
    "identity_id": NOBODY,
    "file_id": NOBODY,
    "export_id": NOBODY,
    "bulk_id": NOBODY,
    "erasure_id": NOBODY,
    "alert_id": NOBODY,
    "block_id": NOBODY,
    "link_id": NOBODY,
    "parent_id": NOBODY,
    "child_id": NOBODY,
    "run_id": NOBODY,
    "key": NOBODY,
    "provider": NOBODY,
}
TICKET_WORK = MANAGEMENT
LEADING_VENDOR = frozenset({"vendor", "vendor_two"})
# Where a route lets in others than its blueprint.
OTHERWISE: dict[str, frozenset[str]] = {
    "audit_api.report_read": EVERYONE,
    "audit.export_file": OWNER,
    "audit_api.export_file": OWNER,
    "audit.ask_proof": OWNER,
    "audit_api.ask_proof": OWNER,
    "codes.issue": MANAGEMENT,
    "codes_api.issue": MANAGEMENT,
    "governance.away": MANAGEMENT,
    "governance.name_delegate": MANAGEMENT,
    "governance.new_approval": STAFF,
    "governance.create_approval": STAFF,
    "governance_api.create_approval": STAFF,
    "governance.show_permissions": MANAGEMENT,
    "governance.grant_on_page": MANAGEMENT,
    "governance.revoke_on_page": MANAGEMENT,
    "governance_api.grant": MANAGEMENT,
    "governance_api.revoke": MANAGEMENT,
    "governance.show_access": MANAGEMENT,
    "governance_api.ticket_access": MANAGEMENT,
    "governance.decide_approval": frozenset({"manager"}),
    "governance_api.decide_approval": frozenset({"manager"}),
    "governance_api.open_approval": frozenset({"manager"}),
    "governance.skip_step": MANAGEMENT,
    "governance_api.skip_step": MANAGEMENT,
    "governance.cancel_approval": frozenset({"caretaker"}),
    "governance_api.cancel_approval": frozenset({"caretaker"}),
    "governance.ask_question": frozenset({"manager", "caretaker"}),
    "governance_api.ask_question": frozenset({"manager", "caretaker"}),
    "people.list_members": LEADERS,
    "people.invite_member": LEADERS,
    "people_api.create_invitation": LEADERS,
    "privacy.retention": OWNER,
    "privacy.set_retention": OWNER,
    "privacy_api.retention": OWNER,
    "privacy_api.set_retention": OWNER,
    "privacy_api.erase_account": ADMIN,
    # Ends what oneself has begun; without that it does nothing.
    "support_api.end": EVERYONE,
    "reports.kpis": STAFF,
    "reports.buildings": STAFF,
    "reports.work": STAFF,
    "reports.activity": STAFF,
    "reports.attention": STAFF,
    # The reporter, who needs not follow, is the only one of the home.
    **{f"residents{api}.{act}": NOBODY for api in ("", "_api") for act in ("follow", "unfollow")},
    **{
        f"residents{api}.{act}": frozenset({"resident"})
        for api in ("", "_api")
        for act in ("share", "rate")
    },
    "support.start": ADMIN,
    "support.show": ADMIN | OWNER,
    "tickets.ask_duplicate": TICKET_WORK,
    "tickets.link": TICKET_WORK,
    "tickets.leave_incident": TICKET_WORK,
    "tickets.incident_message": TICKET_WORK,
    "tickets.finish_incident": TICKET_WORK,
    "tickets.submit_finish": TICKET_WORK,
    "tickets_api.link": TICKET_WORK,
    "tickets_api.join": TICKET_WORK,
    "tickets_api.tell_everyone": TICKET_WORK,
    "tickets_api.end": TICKET_WORK,
    **{
        f"tickets.{step}bulk_{act}": STAFF
        for step in ("", "apply_")
        for act in ("assign", "status", "priority", "message")
    },
    "tickets.export": MANAGEMENT,
    "tickets.exports": MANAGEMENT,
    "tickets.exports_progress": MANAGEMENT,
    "tickets.ask_export": MANAGEMENT,
    "tickets_api.export": MANAGEMENT,
    "tickets_api.ask_export": MANAGEMENT,
    # A view that is shared: everybody of the staff reads it, management changes it.
    "tickets.change_view": MANAGEMENT,
    "tickets.remove_view": MANAGEMENT,
    "tickets.restore_view": MANAGEMENT,
    "tickets_api.change_view": MANAGEMENT,
    "tickets_api.remove_view": MANAGEMENT,
    "tickets.assign": TICKET_WORK,
    "tickets.submit_assign": TICKET_WORK,
    "tickets.add_participant": TICKET_WORK,
    "tickets.remove_participant": TICKET_WORK,
    "tickets.opportunity": TICKET_WORK,
    "tickets.confirm_claim": TICKET_WORK,
    "tickets.refuse_claim": TICKET_WORK,
    "tickets.release": TICKET_WORK,
    "tickets.details": TICKET_WORK | VENDOR,
    "tickets.triage": STAFF,
    "tickets_api.triage": STAFF,
    "tickets_api.assign": TICKET_WORK,
    "tickets_api.cancel": TICKET_WORK,
    "tickets_api.add_participant": TICKET_WORK,
    "tickets_api.remove_participant": TICKET_WORK,
    "tickets_api.opportunity": TICKET_WORK,
    "tickets_api.confirm": TICKET_WORK,
    "tickets_api.update": TICKET_WORK | VENDOR,
    "tickets_api.message": SEES_TICKET,
    "tickets_api.change_status": SEES_TICKET,
    "tickets_api.list_org_members": MANAGEMENT,
    "tickets_api.list_vendor_orgs": MANAGEMENT,
    "attachments_api.upload": SEES_TICKET,
    "tickets.rate_vendor": TICKET_WORK,
    "tickets_api.rate_vendor": TICKET_WORK,
    # A vendor reads its own figures.
    "vendor_directory_api.performance": MANAGEMENT | VENDOR,
    # Whoever leads the vendor brings its papers.
    "vendor_directory.add": MANAGEMENT | {"vendor"},
    "vendor_directory_api.add_over_api": MANAGEMENT | {"vendor"},
    # Only whoever leads the vendor.
    "vendor_own.show_details": LEADING_VENDOR,
    "vendor_own.save_details": LEADING_VENDOR,
    "vendor_own.add_papers": LEADING_VENDOR,
    "vendors_api.respond": VENDOR,
    # Open jobs are for every vendor of the owner; this one is theirs already.
    "vendors.apply": VENDOR,
    "vendors.show_offer": VENDOR,
    "vendors.apply_with_time": VENDOR,
    "vendors.send_offer": VENDOR,
    "vendors.withdraw_offer": VENDOR,
    "vendors.edit_subscription": VENDOR,
    "vendors.save_subscription": VENDOR & {"vendor"},
    "vendors.end_subscription": VENDOR & {"vendor"},
    "vendors.add_subscription": LEADING_VENDOR,
    "vendors_api.create_subscription": LEADING_VENDOR,
    "vendors_api.read_subscription": VENDOR,
    "vendors_api.change_subscription": VENDOR & {"vendor"},
    "vendors_api.delete_subscription": VENDOR & {"vendor"},
    "quotes_api.index": SEES_TICKET,
    "quotes_api.offer": VENDOR,
    "quotes_api.withdraw": VENDOR,
    "vendors.job": SEES_TICKET,
    "vendors.open_job": VENDOR,
    "vendors.show_checklists": MANAGEMENT,
    "vendors.save_checklists": MANAGEMENT,
}
# Who does what with an invoice that was sent; the rates of the world are the vendor's own.
PAYERS = frozenset({"owner", "manager"})
OTHERWISE |= {
    **{
        f"billing{api}.{act}": MANAGEMENT
        for api in ("", "_api")
        for act in ("approve", "dispute", "cancel")
    },
    **{f"billing{api}.{act}": VENDOR for api in ("", "_api") for act in ("submit", "withdraw")},
    "billing.pay": PAYERS,
    "billing_api.pay": PAYERS,
    "billing.keep": VENDOR,
    "billing.new": VENDOR,
    "billing.create": VENDOR,
    "billing_api.create": VENDOR,
    "billing_api.save": VENDOR,
    "billing_api.correct": VENDOR,
    "billing.save_rate": frozenset({"vendor"}),
    "billing_api.save_rate": frozenset({"vendor"}),
    "billing.show_settings": PAYERS,
    "billing.save_settings": PAYERS,
    "billing.original": NOBODY,
}
# What makes an act complete, so that the answer is about permission, not about a missing field.
BODIES: dict[str, dict[str, Any]] = {
    "tickets_api.triage": {"ticket_id": "ticket_id"},
    "tickets_api.message": {"ticket_id": "ticket_id", "body": "Hallo"},
    "tickets_api.change_status": {"ticket_id": "ticket_id", "status": "CANCELLED", "reason": "x"},
    "tickets_api.assign": {
        "ticket_id": "ticket_id",
        "type": "INTERNAL",
        "assignee_user_id": "user_id",
    },
    "tickets_api.update": {"title": "Anders"},
    "tickets_api.add_participant": {"user_id": "user_id"},
    "tickets.message": {"body": "Hallo"},
    "tickets.details": {"title": "Anders"},
    "tickets.status": {"status": "CANCELLED", "reason": "x"},
    "tickets.change_view": {"name": "Anders"},
    "tickets_api.change_view": {"name": "Anders"},
    "tickets.add_participant": {"user_id": "user_id"},
    "vendors_api.respond": {"ticket_id": "ticket_id", "accept": True},
    "tickets.rate_vendor": {"rating": "5"},
    "tickets_api.rate_vendor": {"rating": 5},
    "vendor_directory.create": {"name": "Neu"},
    "vendor_directory_api.create": {"name": "Neu"},
    "quotes_api.offer": {"net": "10", "tax_rate": "19"},
    "quotes_api.save_limits": {"approval_above": "10", "sign_in_above": None},
    "vendors.withdraw_offer": {"reason": "x"},
    "vendors_api.change_subscription": {
        "property_owner_id": "property_owner_id",
        "categories": ["plumbing"],
    },
    "vendor_directory.block": {"reason": "x"},
    "vendor_directory_api.block": {"reason": "x"},
    "vendor_directory.add_person": {"name": "Neu", "email": "neu@example.org"},
    "vendor_directory.add": {"kind": "other"},
    "vendor_directory_api.add_over_api": {"kind": "other"},
    "vendor_own.save_details": {"name": "Neu"},
    "tickets_api.respond": {"accept": True},
    "governance_api.create_approval": {"action": "cost:approve"},
    "governance_api.decide_approval": {"decision": "APPROVED"},
    "governance.decide_approval": {"decision": "APPROVED"},
    "governance_api.skip_step": {"reason": "x"},
    "governance.skip_step": {"reason": "x"},
    "governance_api.ask_question": {"text": "x"},
    "governance.ask_question": {"text": "x"},
    "governance_api.grant": {
        "user_id": "user_id",
        "resource_type": "Ticket",
        "resource_id": "ticket_id",
        "permissions": {"view": ["*"]},
    },
    "governance_api.revoke": {
        "user_id": "user_id",
        "resource_type": "Ticket",
        "resource_id": "ticket_id",
    },
    "billing_api.dispute": {"reason": "x"},
    "billing.dispute": {"reason": "x"},
    "billing_api.pay": {"paid_on": "2026-01-01"},
    "billing.pay": {"paid_on": "2026-01-01"},
    "billing_api.save": {"invoice_number": "R-1"},
    "billing_api.correct": {"invoice_number": "R-1"},
    "billing_api.create": {"invoice_number": "R-1", "ticket_id": "ticket_id"},
    "billing_api.save_rate": {"amount": "70.00"},
    "billing.save_rate": {"amount": "70.00"},
    "residents.share": {"shared": "false"},
    "residents_api.share": {"shared": False},
    "residents.rate": {"rating": "good"},
    "residents_api.rate": {"rating": "good"},
    "residents.ask_for_time": {"times": "x"},
    "codes.issue": {"building": True},
    "codes_api.issue": {"building": True},
    "people_api.create_invitation": {"email": "neu@example.org", "role": "BUILDING_MANAGER"},
    "auth.name_passkey": {"name": "Schlüssel"},
    "auth_api.rename_passkey": {"name": "Schlüssel"},
}
# Bodies that name an object, where no address does.
NAMES_OBJECT = {
    endpoint
    for endpoint, body in BODIES.items()
    if {"ticket_id", "user_id"} & {value for value in body.values() if isinstance(value, str)}
}
# Addresses that name only oneself, or that the test client cannot read to the end.
LEFT_OUT = {"static": "files for everybody", "events.follow_scope": "an endless stream"}


@dataclass(frozen=True)
class Route:
    """One method of one private route."""

    rule: Rule
    method: str

    @property
    def endpoint(self) -> str:
        """The name of the view."""
        return str(self.rule.endpoint)

    @property
    def arguments(self) -> set[str]:
        """What its address names, but for the language."""
        return set(self.rule.arguments) - {"locale"}

    @property
    def audience(self) -> frozenset[str]:
        """Who may get in on an object of their own."""
        found = AUDIENCE[self.endpoint.partition(".")[0]]
        found = OTHERWISE.get(self.endpoint, found)
        for name in self.arguments:
            found &= OBJECTS[name]
        return found

    @property
    def has_object(self) -> bool:
        """Whether it is about something that can be foreign."""
        return bool(self.arguments) or self.endpoint in NAMES_OBJECT


def routes(app: Flask) -> Iterator[Route]:
    """Every method of every private route."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda each: (each.endpoint, each.rule)):
        view = app.view_functions[rule.endpoint]
        if rule.endpoint in LEFT_OUT or getattr(view, "is_public", False):
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Route(rule, method)


def test_every_route_says_whom_it_is_for(app: Flask) -> None:
    """Check 14: a new route without a declared audience fails here."""
    unknown = [
        route.endpoint
        for route in routes(app)
        if route.endpoint.partition(".")[0] not in AUDIENCE or route.arguments - set(OBJECTS)
    ]
    assert unknown == []
    known = {route.endpoint for route in routes(app)}
    assert set(OTHERWISE) - known == set(), "declared, but there is no such route"
    assert set(BODIES) - known == set(), "declared, but there is no such route"


def things(world: World) -> dict[str, str]:
    """One object of each kind in a world, by the name that addresses give it."""
    ticket = report(world)
    assignment = assign_vendor(world, ticket)
    caretaker, owner = world.actor("caretaker"), world.actor("owner")
    asked = RequestApproval(action="cost:approve", approver_id=world.people["manager"])
    with world.database.transaction(caretaker.scope) as session:
        approval = request_approval(session, caretaker, asked)
    away = NameDelegate(
        delegate_id=world.people["building_admin"],
        starts_at=clock.now() + timedelta(days=1),
        ends_at=clock.now() + timedelta(days=2),
    )
    with world.database.transaction(owner.scope) as session:
        delegate = delegates.name_delegate(session, owner, None, away)
    manager = world.actor("manager")
    with world.database.transaction(manager.scope) as session:
        view = save_view(session, manager, None, SaveView(name="Dringend", is_shared=True))
    with world.engine.connect() as connection:
        membership = connection.execute(
            text("select id from memberships where property_owner_id = :o and user_id = :u"),
            {"o": world.owner_id, "u": world.people["caretaker"]},
        ).scalar_one()
    vendor = world.actor("vendor")
    with world.database.transaction(vendor.scope) as session:
        invoice = bill(session, vendor, world, ticket)
        rate = add_rate(session, vendor, price_of(world))
        quote = offer_quote(session, vendor, ticket.id, OfferQuote(net=10, tax_rate=19))
        subscription = add_subscription(
            session,
            vendor,
            SaveSubscription(property_owner_id=world.owner_id, categories=["hvac"]),
        )
    found: dict[str, Any] = {
        "invoice_id": invoice.id,
        "rate_id": rate.id,
        "quote_id": quote.id,
        "subscription_id": subscription.id,
        "ticket_id": ticket.id,
        "assignment_id": assignment.id,
        "building_id": world.building_id,
        "unit_id": world.unit_id,
        "approval_id": approval.id,
        "delegate_id": delegate.id,
        "view_id": view.id,
        "vendor_id": world.vendor_org_id,
        "membership_id": membership,
        "person_id": world.people["resident"],
        "user_id": world.people["maintenance"],
        "property_owner_id": world.owner_id,
        "provider": "nobody",
    }
    return {name: str(found.get(name, uuid.uuid4())) for name in OBJECTS}


def send(api: Api, app: Flask, route: Route, objects: dict[str, str]) -> int:
    """The status that this person gets; a redirect after a change counts as done."""
    values: dict[str, Any] = {name: objects[name] for name in route.arguments}
    if "locale" in route.rule.arguments:
        values["locale"] = "en"
    path = app.url_map.bind("localhost").build(route.endpoint, values, method=route.method)
    body = {
        name: objects.get(value, value) if isinstance(value, str) else value
        for name, value in BODIES.get(route.endpoint, {}).items()
    }
    headers = {"X-CSRF-Token": api.csrf}
    if route.method == "GET":
        extra = {"user_id": objects["user_id"]} if route.endpoint.endswith("_access") else None
        answer = api.client.get(path, query_string=extra)
    elif path.startswith("/api/"):
        answer = api.client.open(path, method=route.method, json=body, headers=headers)
    else:
        answer = api.client.open(path, method=route.method, data=body, headers=headers)
    status, where = answer.status_code, answer.headers.get("Location", "")
    answer.close()
    if status == 303 and route.method != "GET" and "/login" not in where:
        return 200
    return status


def is_through(status: int) -> bool:
    """Whether the act was done or the object shown."""
    return 200 <= status < 300


@pytest.mark.parametrize("who", sorted(EVERYONE))
def test_nobody_gets_through_unexpectedly(
    app: Flask, world: World, other_world: World, who: str
) -> None:
    """Check 14: 0 unexpected successes over all routes, for this role."""
    own, foreign = things(world), things(other_world)
    api = api_of(app, world, who)
    unexpected: list[tuple[str, ...]] = []
    cells = through = 0
    for route in routes(app):
        label = f"{route.method} {route.rule.rule}"
        if not FULL and zlib.crc32(f"{label} {who}".encode()) % 3:
            continue
        if route.has_object:
            cells += 1
            status = send(api, app, route, foreign)
            if is_through(status):
                unexpected.append((label, "foreign", str(status)))
        may = who in route.audience
        if may and route.method != "GET":
            continue
        cells += 1
        status = send(api, app, route, own)
        through += is_through(status)
        if is_through(status) and not may:
            unexpected.append((label, "own", str(status)))
    print(f"{who}: {cells} cells, {through} reads allowed")
    figure("14", f"cells of the route matrix for {who}, unexpected successes: 0", cells)
    assert not unexpected, "\n".join(" ".join(each) for each in unexpected)
    assert cells > 150
    assert through > 5
