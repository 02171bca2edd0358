"""The workspace without scripts: edits side by side, neighbours, suggestions, panels."""

import re
import uuid
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from ecopick.core import clock
from ecopick.domains.insights.models import AIInsight, InsightType
from ecopick.domains.people.models import User
from ecopick.domains.tickets.lifecycle import TicketStatus
from tests.domains.tickets.test_main_line import answer, assign_vendor, report
from tests.factories import World
from tests.pages.test_statements import SECTIONS
from tests.pages.test_tickets import Desk, photo, stored


def words_in(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_edits_of_two_people_stand_side_by_side(client: FlaskClient, world: World) -> None:
    desk = Desk(client, world, "manager")
    address = desk.report()
    version = stored(world, address).version
    mine = {"title": "My title", "description": "Unchanged by others", "category": "plumbing"}
    desk.post(f"{address}/details", version=version, title="Their title", priority="URGENT")
    _, page = desk.post(f"{address}/details", 409, version=version, priority="MEDIUM", **mine)
    assert "Updated by" in page and 'value="My title" checked' in page
    assert 'value="Their title"' in page and "Unchanged by others" in page
    # Their priority stays: it was not touched here, so nobody is asked about it.
    assert 'type="radio" name="priority"' not in page
    assert re.search(r'<option value="URGENT"[^>]* selected', page)
    newest = re.search(r'name="version" value="(\d+)"', page.split("details-form")[1])
    assert newest
    desk.post(f"{address}/details", version=newest[1], title="My title")
    assert stored(world, address).title == "My title"
    # One field, from the panel beside, without scripts.
    assert 'name="priority" value="LOW"' in page
    ticket = stored(world, address)
    back, _ = desk.post(f"{address}/details", version=ticket.version, priority="LOW")
    assert "section=" not in back and stored(world, address).priority == "LOW"


def test_neighbours_in_the_list_it_came_from(client: FlaskClient, world: World) -> None:
    desk = Desk(client, world, "manager")
    tickets = [desk.report(title=f"Number {n}") for n in range(3)]
    first, middle, last = (each.split("?")[0] for each in tickets)
    kept = "from=view%3Dopen%26sort%3Dcreated"
    page = desk.get(f"{middle}?section=team&{kept}")
    assert "2 of 3" in words_in(page) and "All open" in page
    assert f'href="{first}?section=team&amp;from=view%3Dopen' in page
    assert f'href="{last}?section=team&amp;from=view%3Dopen' in page
    assert 'href="/en/tickets?view=open&amp;sort=created"' in page
    page = desk.get(f"{middle}?from=sort%3D-created")
    near = page.split('class="near"')[1].split("</nav>")[0]
    assert near.index(last) < near.index(first)
    assert 'class="near"' not in desk.get(middle)
    assert 'class="near"' not in desk.get(f"{middle}?from=view%3Dno-such-view")
    ended = desk.get(f"{first}?{kept}").split('class="near"')[1].split("</nav>")[0]
    assert ended.count('aria-disabled="true"') == 1


def test_suggestions_and_own_panels(client: FlaskClient, world: World) -> None:
    ticket = report(world)
    desk = Desk(client, world, "manager")
    address = f"/en/tickets/{ticket.id}"
    assert "No insights yet" in desk.get(f"{address}?section=ai")
    with Session(world.engine) as session, session.begin():
        session.add(
            AIInsight(
                id=uuid.uuid4(),
                property_owner_id=world.owner_id,
                ticket_id=ticket.id,
                type=InsightType.SUMMARY,
                content={"text": "Third <leak> since January."},
                confidence=0.86,
            )
        )
    answer = client.put(
        "/api/users/me/settings/panels",
        json={"value": {"left": 300, "right_collapsed": True}},
        headers={"X-CSRF-Token": desk.token(client)},
    )
    assert answer.status_code == 200
    page = desk.get(f"{address}?section=ai")
    assert page.count("Third &lt;leak&gt; since January.") == 2  # In the section and beside it.
    assert "86" in page and 'class="work left-300 right-shut"' in page
    assert 'aria-valuenow="300"' in page


def test_who_else_has_it_open(client: FlaskClient, world: World, other_world: World) -> None:
    ticket = report(world)
    asked = assign_vendor(world, ticket)
    address = f"/en/tickets/{ticket.id}"

    def seen_by(who: str, path: str = address) -> str:
        page = Desk(client, world, who).get(path)
        return page.split('id="ticket-viewing"')[1].split("also viewing")[0][:900]

    with Session(world.engine) as session:
        names = {who: session.get_one(User, world.people[who]).name for who in world.people}
    Desk(client, world, "resident").get(address)
    Desk(client, world, "vendor").get(address)
    assert str(names["vendor"]) not in seen_by("caretaker")  # Not theirs yet.
    answer(world, asked)
    Desk(client, world, "vendor").get(address)
    head = seen_by("manager")
    assert str(names["caretaker"]) in head and str(names["vendor"]) in head
    assert "avatar-org" in head
    assert str(names["manager"]) not in head and str(names["resident"]) not in head
    assert str(names["manager"]) in seen_by("caretaker", f"{address}/viewing")
    # Nobody beside the team and the vendor at work is told, and nobody of another owner.
    assert Desk(client, world, "resident").get(f"{address}/viewing", 204) == ""
    Desk(client, other_world, "manager").get(f"{address}/viewing", 404)
    assert "also viewing" not in Desk(client, world, "resident").get(address)
    clock.shift(timedelta(seconds=45))
    page = Desk(client, world, "manager").get(f"{address}/viewing")
    assert "also viewing" not in page and "<html" not in page


def test_every_section_is_a_page_whose_forms_can_be_sent(client: FlaskClient, world: World) -> None:
    """What each form holds is sent as a browser without scripts would; all are answered."""
    ticket, near = report(world), report(world)
    desk = Desk(client, world, "manager")
    address = f"/en/tickets/{ticket.id}"
    typed: dict[str, dict[str, object]] = {
        "details": {"title": "Another title"},
        "activity": {"body": "Written without scripts"},
        "team": {"user_id": str(world.people["caretaker"])},
        "sla": {"reason": "The key"},
        "attachments": {"file": (photo(), "after.jpg")},
        "related": {"other_id": str(near.id)},
    }
    desk.post(f"{address}/assign", assignee=f"user:{world.people['manager']}")
    desk.post(f"{address}/assignment/respond", accept="true")
    for section in SECTIONS:
        page = desk.get(f"{address}?section={section}")
        assert page.startswith("<!doctype html>") and 'id="section-title"' in page
        assert set(re.findall(r'data-section="(\w+)"', page)) == set(SECTIONS)
        main = page.split('id="main"')[1].split("</main>")[0]
        forms = re.findall(r'<form[^>]*method="post".*?</form>', main, re.S)
        assert all('name="csrf_token"' in form and "<button" in form for form in forms)
        if section not in typed:
            continue
        form = next(each for each in forms if all(f'name="{n}"' in each for n in typed[section]))
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))
        del fields["csrf_token"]
        action = re.search(r'action="([^"]+)"', form)
        assert action is not None
        desk.post(action[1], **{**fields, **typed[section]})
    now = stored(world, address)
    assert now.title == "Another title" and now.status is TicketStatus.AWAITING_TENANT
    for section, words in (
        ("activity", "Written without scripts"),
        ("sla", "Reason: The key"),
        ("attachments", "after.jpg"),
        ("related", "Linked tickets"),
    ):
        assert words in desk.get(f"{address}?section={section}")
