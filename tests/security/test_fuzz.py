"""Whatever is put into the fields of the API: no answer is a 500."""

import os
import re
import uuid
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from ecopick.blueprints.codes.inputs import IssueForCategory
from ecopick.blueprints.tickets.forms import ConfirmClaim
from ecopick.domains.auth.account_inputs import (
    AskForCode,
    AskForLink,
    AskIfKnown,
    EnterByMail,
    Register,
    VerifyCode,
)
from ecopick.domains.auth.factor_inputs import SecurityAction, StartSecondStep, VerifySecondStep
from ecopick.domains.auth.inputs import SignIn
from ecopick.domains.billing.inputs import (
    CancelInvoice,
    ChangeRate,
    DisputeInvoice,
    NewInvoice,
    PayInvoice,
    SaveInvoice,
    SaveRate,
)
from ecopick.domains.notifications.inputs import ListNotifications, MarkRead, SetPreference
from ecopick.domains.people.inputs import ListMyUnits
from ecopick.domains.people.settings import SaveSetting
from ecopick.domains.property.inputs import RetireCode
from ecopick.domains.security.inputs import (
    BlockSource,
    ChangeSeverity,
    CreateAlert,
    ListAlerts,
    ListBlocks,
    ListViolations,
    Nothing,
)
from ecopick.domains.security.inputs import ChangeStatus as ChangeAlertStatus
from ecopick.domains.tickets.desk_inputs import ExportTickets
from ecopick.domains.tickets.dispatch_inputs import DispatchAnswer
from ecopick.domains.tickets.home_inputs import RateOutcome, ShareAtHome
from ecopick.domains.tickets.incident_inputs import (
    FinishIncident,
    IncidentMessage,
    JoinIncident,
    LinkTickets,
)
from ecopick.domains.tickets.inputs import (
    AddStakeholder,
    AssignTicket,
    CancelAssignment,
    ChangeStatus,
    CreateTicket,
    ListTickets,
    PostMessage,
    PublishOpportunity,
    RespondAssignment,
    TriageTicket,
    UpdateTicket,
)
from ecopick.domains.tickets.public_inputs import ShapeForm, SubmitRequest
from ecopick.domains.tickets.quote_inputs import OfferQuote, QuoteLimits, RefuseQuote
from ecopick.domains.tickets.upload_inputs import AddUpload, AskForUpload
from ecopick.domains.tickets.view_inputs import ChangeView, SaveView
from ecopick.domains.vendors.inputs import (
    BlockVendor,
    CreateVendor,
    LinkVendor,
    RateVendor,
    UpdateVendor,
)
from ecopick.domains.vendors.subscription_inputs import SaveSubscription
from tests.api.test_main_job import reported
from tests.architecture.things import things
from tests.factories import World
from tests.security.garbage import API as ACCOUNTS
from tests.signing_in import Api, api_of

EXAMPLES = 4000 if os.environ.get("ECOPICK_FULL") else 400
WATCH = "/api/admin/security_and_monitoring"


class MapColumns(BaseModel):
    """Which column of a file to be imported is which field; read without a model of its own."""

    mapping: dict[str, str]


# (method, path, model); ``{id}`` is a ticket.
INPUTS: tuple[tuple[str, str, type[BaseModel]], ...] = (
    ("POST", "/api/auth/login", SignIn),
    ("POST", "/api/auth/register/send-code", AskForCode),
    ("POST", "/api/auth/register/verify-code", VerifyCode),
    ("POST", "/api/auth/register", Register),
    ("GET", "/api/auth/email/exists", AskIfKnown),
    ("POST", "/api/auth/magic-link", AskForLink),
    ("POST", "/api/auth/magic-link/verify", EnterByMail),
    ("POST", "/api/auth/2fa/start", StartSecondStep),
    ("POST", "/api/auth/2fa/verify", VerifySecondStep),
    ("POST", "/api/auth/security", SecurityAction),
    ("GET", "/api/tickets", ListTickets),
    ("POST", "/api/tickets", CreateTicket),
    ("PUT", "/api/tickets/{id}", UpdateTicket),
    ("POST", "/api/tickets/assign", AssignTicket),
    ("POST", "/api/tickets/status", ChangeStatus),
    ("POST", "/api/tickets/triage", TriageTicket),
    ("POST", "/api/tickets/message", PostMessage),
    ("POST", "/api/tickets/attachment", AddUpload),
    ("POST", "/api/tickets/{id}/attachments/presign", AskForUpload),
    ("POST", "/api/tickets/{id}/stakeholders", AddStakeholder),
    ("POST", "/api/tickets/{id}/assignment/respond", RespondAssignment),
    ("POST", "/api/tickets/{id}/assignment/cancel", CancelAssignment),
    ("POST", "/api/tickets/{id}/opportunity", PublishOpportunity),
    ("POST", "/api/tickets/{id}/opportunity/confirm", ConfirmClaim),
    ("POST", "/api/tickets/{id}/links", LinkTickets),
    ("POST", "/api/tickets/{id}/children", JoinIncident),
    ("POST", "/api/tickets/{id}/incident-message", IncidentMessage),
    ("POST", "/api/tickets/{id}/incident-end", FinishIncident),
    ("POST", "/api/tickets/exports", ExportTickets),
    ("POST", "/api/tickets/views", SaveView),
    ("PUT", "/api/tickets/views/<view_id>", ChangeView),
    ("POST", "/api/public/buildings/<building_id>/requests", SubmitRequest),
    ("POST", "/api/buildings/<building_id>/codes", IssueForCategory),
    ("POST", "/api/buildings/<building_id>/codes/<code_id>/replace", RetireCode),
    ("POST", "/api/buildings/<building_id>/codes/<code_id>/retire", RetireCode),
    ("POST", "/api/imports", MapColumns),
    ("POST", "/api/imports/<import_id>/check", MapColumns),
    ("PUT", "/api/tickets/{id}/sharing", ShareAtHome),
    ("PUT", "/api/tickets/{id}/rating", RateOutcome),
    ("PUT", "/api/users/me/settings/<key>", SaveSetting),
    ("PUT", "/api/request-form", ShapeForm),
    ("POST", "/api/tickets/{id}/rating", RateVendor),
    ("POST", "/api/billing/rates", SaveRate),
    ("PUT", "/api/billing/rates/<rate_id>", ChangeRate),
    ("POST", "/api/billing/invoices", NewInvoice),
    ("PUT", "/api/billing/invoices/<invoice_id>", SaveInvoice),
    ("POST", "/api/billing/invoices/<invoice_id>/correct", SaveInvoice),
    ("POST", "/api/billing/invoices/<invoice_id>/withdraw", CancelInvoice),
    ("POST", "/api/billing/invoices/<invoice_id>/dispute", DisputeInvoice),
    ("POST", "/api/billing/invoices/<invoice_id>/cancel", CancelInvoice),
    ("POST", "/api/billing/invoices/<invoice_id>/pay", PayInvoice),
    ("POST", "/api/tickets/{id}/quotes", OfferQuote),
    ("POST", "/api/quotes/<quote_id>/refuse", RefuseQuote),
    ("POST", "/api/quotes/<quote_id>/withdraw", RefuseQuote),
    ("PUT", "/api/settings/quotes", QuoteLimits),
    ("POST", "/api/vendors/subscriptions", SaveSubscription),
    ("PUT", "/api/vendors/subscriptions/<subscription_id>", SaveSubscription),
    ("POST", "/api/vendors", CreateVendor),
    ("POST", "/api/vendors/link", LinkVendor),
    ("PUT", "/api/vendors/<vendor_id>", UpdateVendor),
    ("POST", "/api/vendors/<vendor_id>/block", BlockVendor),
    ("POST", "/api/vendors/dispatch/respond", DispatchAnswer),
    ("POST", "/api/notifications/read", MarkRead),
    ("PUT", "/api/notifications/preferences", SetPreference),
    ("GET", "/api/notifications", ListNotifications),
    ("GET", "/api/users/me/units", ListMyUnits),
    ("GET", f"{WATCH}/security_alerts", ListAlerts),
    ("POST", f"{WATCH}/security_alerts", CreateAlert),
    ("POST", f"{WATCH}/security_alerts/<alert_id>/severity/update", ChangeSeverity),
    ("POST", f"{WATCH}/security_alerts/<alert_id>/status/update", ChangeAlertStatus),
    ("GET", f"{WATCH}/rate_limits_violations", ListViolations),
    ("GET", f"{WATCH}/blocked_sources", ListBlocks),
    ("POST", f"{WATCH}/blocked_sources", BlockSource),
    ("POST", f"{WATCH}/blocked_sources/<block_id>/unblock", Nothing),
    ("POST", f"{WATCH}/blocked_sources/<block_id>/archive", Nothing),
)
HOSTILE = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ud800",
    "\u202e\u200b",
    "'; drop table tickets; --",
    "<svg/onload=alert(1)>",
    "{{7*7}}%(name)s{0}%s",
    "../../etc/passwd",
    "a\r\nBcc: x@example.org",
    "9" * 400,
    "1e999",
    "-0",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2026-13-45T99:99:99Z",
    "x" * 9000,
)


def _enums(model: type[BaseModel]) -> list[Any]:
    """Every value that some field of the model lists."""
    found: list[Any] = []

    def walk(part: Any) -> None:
        if isinstance(part, dict):
            found.extend(part.get("enum", []))
            for value in part.values():
                walk(value)
        elif isinstance(part, list):
            for value in part:
                walk(value)

    walk(model.model_json_schema())
    return [value for value in found if isinstance(value, str)] or ["none"]


def bodies(model: type[BaseModel], known: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with the model's fields, rightly and wrongly filled."""
    plain = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=40),
        st.sampled_from(HOSTILE),
        st.sampled_from(known),
        st.sampled_from(_enums(model)),
        st.uuids().map(str),
        st.datetimes().map(lambda moment: f"{moment.isoformat()}Z"),
    )
    value = st.one_of(
        plain, st.lists(plain, max_size=3), st.dictionaries(st.text(), plain, max_size=2)
    )
    names = [*model.model_fields, "ticket_id"]
    return st.dictionaries(
        st.one_of(st.sampled_from(names), st.sampled_from(names), st.text(max_size=12)),
        value,
        max_size=len(names) + 1,
    )


def ask(api: Api, method: str, path: str, body: dict[str, Any]) -> int:
    if method == "GET":
        words = {key.replace("\x00", ""): _word(value) for key, value in body.items()}
        return api.client.get(path, query_string=words).status_code
    return api.client.open(
        path, method=method, json=body, headers={"X-CSRF-Token": api.csrf}
    ).status_code


def _word(value: Any) -> str:
    return str(value).encode("utf-8", "replace").decode()


def test_no_input_is_a_bare_500(app: Flask, world: World) -> None:
    """Hypothesis fills every input of the API, as the manager and as the vendor."""
    manager, vendor = api_of(app, world, "manager"), api_of(app, world, "vendor")
    ticket = reported(manager, world, auto_route=False)
    named = things(world) | {"key": "list.columns"}
    known = [
        ticket["id"],
        *(str(value) for value in vars(world).values() if isinstance(value, uuid.UUID)),
        *(str(value) for value in world.people.values()),
    ]
    manager.post(
        "/api/tickets/assign",
        {"ticket_id": ticket["id"], "type": "VENDOR", "vendor_org_id": str(world.vendor_org_id)},
    )
    cases = st.sampled_from(INPUTS).flatmap(
        lambda chosen: st.tuples(st.just(chosen), bodies(chosen[2], known))
    )

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(cases, st.sampled_from([manager, vendor]))
    def fill(case: tuple[tuple[str, str, type[BaseModel]], dict[str, Any]], api: Api) -> None:
        (method, path, _model), body = case
        path = re.sub(r"<(\w+)>", lambda found: named[found[1]], path.format(id=ticket["id"]))
        status = ask(api, method, path, body)
        assert status < 500, (method, path, body)

    fill()
    assert manager.get("/api/tickets?limit=200").status_code == 200
    assert manager.get("/en/tickets").status_code == 200
    assert manager.get(f"/en/tickets/{ticket['id']}").status_code == 200


def test_every_json_address_is_filled(app: Flask) -> None:
    """A new address of the API must join the list above; those of accounts join by themselves."""
    listed = {(method, path.replace("{id}", "<ticket_id>")) for method, path, _ in INPUTS}
    bodiless = {
        ("POST", "/api/admin/audit/proof"),
        ("POST", "/api/tickets/<ticket_id>/case-file"),
        ("POST", "/api/auth/logout"),
        ("DELETE", "/api/tickets/<ticket_id>/stakeholders/<user_id>"),
        ("DELETE", "/api/tickets/<ticket_id>/links/<link_id>"),
        ("DELETE", "/api/tickets/<ticket_id>/children/<child_id>"),
        ("DELETE", "/api/tickets/exports/<export_id>"),
        ("DELETE", "/api/tickets/views/<view_id>"),
        ("PUT", "/api/tickets/<ticket_id>/following"),
        ("DELETE", "/api/tickets/<ticket_id>/following"),
        ("POST", "/api/buildings/<building_id>/mail-address"),
        ("DELETE", "/api/buildings/<building_id>/mail-address"),
        ("POST", "/api/imports/<import_id>/run"),
        ("DELETE", "/api/imports/<import_id>"),
        ("POST", "/api/billing/invoices/received"),
        ("POST", "/api/billing/invoices/<invoice_id>/submit"),
        ("POST", "/api/billing/invoices/<invoice_id>/approve"),
        ("POST", "/api/quotes/<quote_id>/accept"),
        ("DELETE", "/api/vendors/subscriptions/<subscription_id>"),
        ("POST", "/api/vendors/<vendor_id>/unblock"),
        ("POST", "/api/vendors/<vendor_id>/end"),
        ("POST", "/api/vendors/<vendor_id>/certificates"),
        ("POST", "/api/vendors/<vendor_id>/certificates/<certificate_id>/verify"),
        ("DELETE", "/api/vendors/<vendor_id>/certificates/<certificate_id>"),
    }
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/api/") or rule.endpoint.startswith("dev"):
            continue
        for method in (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}:
            if (method, rule.rule) in bodiless or rule.rule.startswith(ACCOUNTS):
                continue
            if rule.endpoint == "attachments_api.receive":
                continue
            assert (method, rule.rule) in listed, rule.rule
