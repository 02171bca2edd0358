"""One object of each kind in a world, for tests that fill the addresses of routes."""

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import text

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
from tests.architecture.audiences import OBJECTS
from tests.domains.tickets.test_main_line import assign_vendor, report
from tests.factories import World
from tests.invoices import bill, price_of


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
