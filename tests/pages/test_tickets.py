"""The ticket pages without scripts: list, workspace, the tenant's page, every form."""

import io
import re
import uuid
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.domains.people.models import User
from ecopick.domains.tickets.lifecycle import AssignmentState, TicketStatus
from ecopick.domains.tickets.models import Assignment, Message, Ticket
from tests.factories import PASSWORD, World

SECTIONS = ("overview", "details", "activity", "team", "history", "sla", "attachments", "vendor")


class Desk:
    """A signed-in browser without scripts."""

    def __init__(self, client: FlaskClient, world: World, nickname: str) -> None:
        self.client, self.world = client, world
        client.post("/en/logout", data={"csrf_token": self.token(client)})
        answer = client.post(
            "/en/login", data={"email": world.emails[nickname], "password": PASSWORD}
        )
        assert answer.status_code == 303

    @staticmethod
    def token(client: FlaskClient) -> str:
        cookie = client.get_cookie("ecopick_csrf")
        return cookie.value if cookie else ""

    def get(self, path: str, status: int = 200, **headers: str) -> str:
        answer = self.client.get(path, headers=headers)
        assert answer.status_code == status, answer.get_data(as_text=True)[-2000:]
        return answer.get_data(as_text=True)

    def post(self, path: str, status: int = 303, /, **form: object) -> tuple[str, str]:
        answer = self.client.post(path, data={"csrf_token": self.token(self.client), **form})
        page = answer.get_data(as_text=True)
        assert answer.status_code == status, page[-2000:]
        return answer.headers.get("Location", ""), page

    def report(self, **form: object) -> str:
        """Create a ticket through the form of this person; answers its address."""
        place = f"{self.world.building_id}/{self.world.unit_id}"
        typed = {
            "place": place,
            "title": "Water under the sink",
            "description": "Water runs out of the trap. The floor is wet.",
            "category": "plumbing",
            **form,
        }
        return self.post("/en/tickets/new", **typed)[0]


def stored(world: World, address: str) -> Ticket:
    with Session(world.engine) as session:
        return session.get_one(Ticket, uuid.UUID(address.rsplit("/", 1)[-1].split("?")[0]))


def photo() -> io.BytesIO:
    picture = io.BytesIO()
    Image.new("RGB", (60, 40), "navy").save(picture, "JPEG")
    picture.seek(0)
    return picture


def test_desk_creates_and_opens_every_section(client: FlaskClient, world: World) -> None:
    desk = Desk(client, world, "manager")
    form = desk.get("/en/tickets/new")
    assert "Nordtor" in form
    form = desk.get(f"/en/tickets/new?building_id={world.building_id}")
    assert "The whole building" in form and "Küche" in form
    assert 'name="idempotency_key"' in form
    address = desk.report(priority="HIGH", access_note="Key at the caretaker's")
    assert stored(world, address).status is TicketStatus.NEW
    page = desk.get(address)
    assert "Ticket created" in page
    assert "Ticket created" not in desk.get(address).split("<main")[0]
    assert "Triage ticket" in page and "Key at the caretaker" in page
    for section in SECTIONS:
        page = desk.get(f"{address}?section={section}")
        assert 'aria-current="page"' in page
        fragment = desk.get(f"{address}?section={section}", **{"HX-Request-Type": "partial"})
        assert "<html" not in fragment and 'id="ticket-right"' in fragment
    assert desk.get(f"{address}?section=no-such-thing")


def test_tenant_reports_with_a_photo_and_follows_it(client: FlaskClient, world: World) -> None:
    home = Desk(client, world, "resident")
    form = home.get("/en/tickets/new")
    assert "What happened?" in form
    assert "icket" not in re.sub(r"<[^>]+>", "", form.split("<main")[1].split("</main>")[0])
    address = home.report(photos=(photo(), "sink.jpg"), may_enter="true")
    ticket = stored(world, address)
    assert ticket.title == "Water runs out of the trap"
    assert ticket.access_note == "The caretaker may enter when nobody is at home."
    page = home.get(address)
    assert "Request received" in page and "/thumbnail" in page
    words = re.sub(r"<[^>]+>", " ", page.split("phone-head")[1].split("</main>")[0]).lower()
    assert "ticket" not in words
    home.post(f"{address}/messages", body="It got worse <b>now</b>")
    page = home.get(address)
    assert "It got worse &lt;b&gt;now&lt;/b&gt;" in page
    assert "My requests" in home.get("/en/tickets")
    assert "Water runs out" in home.get("/en/")


def test_a_refused_form_keeps_what_was_typed(client: FlaskClient, world: World) -> None:
    desk = Desk(client, world, "manager")
    place = f"{world.building_id}/{world.unit_id}"
    _, page = desk.post(
        "/en/tickets/new",
        422,
        place=place,
        title="",
        description="Long story",
        category="x",
        building_id=str(world.building_id),
        idempotency_key="one",
    )
    assert "Long story" in page and 'id="f-title-error"' in page and 'id="f-category-error"' in page
    assert 'value="one"' in page
    assert f'value="{place}" selected' in page
    _, page = desk.post("/en/tickets/new", 422, place="nonsense/x", title="A", category="general")
    assert "data-error-summary" in page


def test_a_double_submit_makes_one_ticket(client: FlaskClient, world: World) -> None:
    desk = Desk(client, world, "manager")
    key = str(uuid.uuid4())
    assert desk.report(idempotency_key=key) == desk.report(idempotency_key=key)


def test_desk_walks_the_main_line(client: FlaskClient, world: World) -> None:
    desk = Desk(client, world, "manager")
    address = desk.report()
    desk.post(f"{address}/triage")
    assert "Choose who does it" in desk.get(address)
    picker = desk.get(f"{address}/assign")
    assert "Plumber" in picker and "Caretaker" in picker
    _, page = desk.post(f"{address}/assign", 422, assignee="vendor:nobody")
    assert "Please choose one of the options." in page
    desk.post(f"{address}/assign", assignee=f"user:{world.people['caretaker']}")
    assert "Wait for Caretaker" in desk.get(address)
    hands = Desk(client, world, "caretaker")
    assert "Accept this job" in hands.get(address)
    hands.post(f"{address}/assignment/respond", accept="true")
    page = hands.get(address)
    assert "Add proof of work" in page and ">Resolve ticket<" not in page
    _, page = hands.post(f"{address}/status", 409, status="RESOLVED")
    assert "proof of work" in page
    hands.post(f"{address}/attachments", file=(photo(), "done.jpg"), type="RESOLUTION_EVIDENCE")
    assert "Resolve ticket" in hands.get(address)
    hands.post(f"{address}/status", status="RESOLVED")
    desk = Desk(client, world, "manager")
    desk.post(f"{address}/status", status="IN_PROGRESS")
    desk.post(f"{address}/status", status="RESOLVED")
    desk.post(f"{address}/status", status="CLOSED")
    page = desk.get(address)
    assert "Nothing left to do" in page and "Change status" not in page
    _, page = desk.post(f"{address}/messages", 409, body="Late")
    assert "closed" in page
    history = desk.get(f"{address}?section=history")
    assert "Resolved" in history and "Caretaker" in history


def test_tenant_says_not_fixed_then_closes(client: FlaskClient, world: World) -> None:
    home = Desk(client, world, "resident")
    address = home.report()
    ticket = stored(world, address)
    now = clock.now()
    world.add(
        assignment := Assignment(
            property_owner_id=world.owner_id,
            ticket_id=ticket.id,
            type="VENDOR",
            vendor_org_id=world.vendor_org_id,
            state=AssignmentState.ACCEPTED,
            arrival_from=now + timedelta(days=1),
            arrival_until=now + timedelta(days=1, hours=2),
            responded_at=now,
        )
    )
    assert assignment is not None
    with Session(world.engine) as session, session.begin():
        row = session.get_one(Ticket, ticket.id)
        found = session.query(Assignment).filter_by(ticket_id=ticket.id).one()
        row.status, row.triaged_at = TicketStatus.IN_PROGRESS, now
        row.current_assignment_id, row.vendor_org_id = found.id, world.vendor_org_id
    page = home.get(address)
    assert "Appointment confirmed" in page and "between" in page and "Plumber" in page
    with Session(world.engine) as session, session.begin():
        row = session.get_one(Ticket, ticket.id)
        row.status, row.resolved_at = TicketStatus.RESOLVED, now
    assert "Is it fixed?" in home.get(address)
    home.post(f"{address}/status", status="IN_PROGRESS")
    assert stored(world, address).status is TicketStatus.IN_PROGRESS
    with Session(world.engine) as session, session.begin():
        row = session.get_one(Ticket, ticket.id)
        row.status, row.resolved_at = TicketStatus.RESOLVED, now
    home.post(f"{address}/status", status="CLOSED")
    assert stored(world, address).status is TicketStatus.CLOSED


def test_team_notes_and_participants(client: FlaskClient, world: World) -> None:
    home = Desk(client, world, "resident")
    address = home.report()
    desk = Desk(client, world, "manager")
    desk.post(f"{address}/messages", body="Insured with Alpina", visibility="team")
    desk.post(f"{address}/messages", body="We are on it", visibility="everyone")
    desk.post(
        f"{address}/stakeholders", user_id=str(world.people["maintenance"]), can_comment="true"
    )
    page = desk.get(f"{address}?section=team")
    assert "Maintenance" in page and "can view, comment" in page
    desk.post(f"{address}/stakeholders/{world.people['maintenance']}/remove")
    desk.post(f"{address}/stakeholders/{uuid.uuid4()}/remove", 404)
    assert "Insured with Alpina" in desk.get(address)
    home = Desk(client, world, "resident")
    page = home.get(address)
    assert "We are on it" in page and "Insured with Alpina" not in page


def test_editing_details_never_overwrites_another_edit(client: FlaskClient, world: World) -> None:
    desk = Desk(client, world, "manager")
    address = desk.report()
    version = re.search(r'name="version" value="(\d+)"', desk.get(f"{address}?section=details"))
    assert version is not None
    form = {"title": "New title", "category": "hvac", "priority": "LOW", "version": version[1]}
    desk.post(f"{address}/details", **form)
    _, page = desk.post(f"{address}/details", 409, **{**form, "title": "Mine instead"})
    assert "Updated by" in page and "Mine instead" in page and "New title" in page
    assert stored(world, address).title == "New title"


def test_cancelling_asks_first(client: FlaskClient, world: World) -> None:
    home = Desk(client, world, "resident")
    address = home.report()
    assert "Withdraw request" in home.get(f"{address}/cancel")
    home.post(f"{address}/status", status="CANCELLED", reason="Fixed it myself")
    assert stored(world, address).status is TicketStatus.CANCELLED
    assert "Request withdrawn" in home.get(address)


def test_list_filters_views_and_pages(client: FlaskClient, world: World) -> None:
    desk = Desk(client, world, "manager")
    for index in range(30):
        desk.report(title=f"Leak number {index}", priority="URGENT" if index == 3 else "LOW")
    page = desk.get("/en/tickets")
    assert page.count('class="row-link"') == 25
    onward = re.search(r'rel="next" href="([^"]+)"', page)
    assert onward is not None
    second = desk.get(onward[1].replace("&amp;", "&"))
    assert second.count('class="row-link"') == 5
    back = re.search(r'rel="prev" href="([^"]+)"', second)
    assert back is not None
    assert desk.get(back[1].replace("&amp;", "&")).count('class="row-link"') == 25
    page = desk.get("/en/tickets?priority=URGENT")
    assert page.count('class="row-link"') == 1 and "Leak number 3" in page
    assert "Remove filter Priority" in page
    page = desk.get("/en/tickets?q=number+17")
    assert "Leak number 17" in page
    assert "No ticket fits these filters" in desk.get("/en/tickets?category=elevator")
    assert "Nothing to do here" in desk.get("/en/tickets?view=resolved")
    assert 'role="alert"' in desk.get("/en/tickets?building_id=nonsense")
    fragment = desk.get("/en/tickets", **{"HX-Request-Type": "partial"})
    assert fragment.lstrip().startswith('<div id="ticket-rows"')


@pytest.mark.parametrize("path", ["", "?section=history", "/assign", "/cancel"])
def test_foreign_and_missing_tickets_look_the_same(
    client: FlaskClient, world: World, other_world: World, path: str
) -> None:
    theirs = Desk(client, other_world, "manager").report()
    desk = Desk(client, world, "manager")
    desk.get("/en/tickets")

    def shown(address: str) -> str:
        page = desk.get(f"{address}{path}", 404)
        return re.sub(r"Reference [0-9A-F]{8}|[0-9a-f-]{36}|value=\"[0-9a-f]{64}\"", "", page)

    assert shown(theirs) == shown(f"/en/tickets/{uuid.uuid4()}")


def test_a_neighbour_and_a_vendor_learn_nothing(client: FlaskClient, world: World) -> None:
    home = Desk(client, world, "resident")
    address = home.report()
    Desk(client, world, "neighbour").get(address, 404)
    desk = Desk(client, world, "manager")
    desk.post(f"{address}/assign", assignee=f"vendor:{world.vendor_org_id}")
    with Session(world.engine) as session, session.begin():
        name = session.get_one(User, world.people["resident"]).name
        session.add(
            Message(
                property_owner_id=world.owner_id,
                ticket_id=stored(world, address).id,
                author_id=world.people["resident"],
                body="My door code is 1234",
            )
        )
    firm = Desk(client, world, "vendor")
    page = firm.get(address)
    assert name is not None and name not in page and "1234" not in page
    assert "+49 761" not in page and "Accept job" in page
    start = (clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT09:00")
    end = (clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT11:00")
    firm.post(f"{address}/assignment/respond", accept="true", arrival_from=start, arrival_until=end)
    page = firm.get(address)
    assert name in page and "+49 761" in page and "1234" in page
    assert "between 09:00 and 11:00" in page


def test_every_language_has_the_pages(client: FlaskClient, world: World) -> None:
    desk = Desk(client, world, "manager")
    address = desk.report().removeprefix("/en")
    for locale in ("de", "fr", "it"):
        assert f'<html lang="{locale}"' in desk.get(f"/{locale}{address}")
        desk.get(f"/{locale}/tickets")
