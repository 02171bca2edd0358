"""Sessions on pages without scripts: renewal on the way, devices, activity, confirming."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy import text

from ecopick.app import create_app
from ecopick.config import Settings
from ecopick.core import clock
from ecopick.core.uow import Database
from ecopick.web.access import background
from ecopick.web.state import db_session
from ecopick.web.step_up import needs_step_up, require_step_up
from tests.factories import PASSWORD, World

PAGE = "/en/account/memberships"
SECURITY = "/en/account/security"


def sign_in(client: FlaskClient, world: World, nickname: str = "manager", **more: str) -> None:
    form = {"email": world.emails[nickname], "password": PASSWORD, **more}
    assert client.post("/en/login", data=form).status_code == 303


def value(client: FlaskClient, name: str) -> str:
    cookie = client.get_cookie(name)
    assert cookie is not None
    return cookie.value


def form(client: FlaskClient, **fields: str) -> dict[str, str]:
    return {"csrf_token": value(client, "ecopick_csrf"), **fields}


def end_by_hand(world: World, nickname: str = "manager") -> None:
    """The session row is over while the refresh token is still good."""
    with world.engine.begin() as connection:
        connection.execute(
            text("update auth_sessions set expires_at = created_at where user_id = :user"),
            {"user": world.people[nickname]},
        )


class TestRenewalOnTheWay:
    """A person who opens a page goes on with their refresh token; nothing else does."""

    def test_a_page_renews_an_ended_session(self, client: FlaskClient, world: World) -> None:
        sign_in(client, world, remember_me="true")
        end_by_hand(world)
        before = value(client, "ecopick_session")
        assert client.get(PAGE).status_code == 200
        assert value(client, "ecopick_session") != before
        assert client.get("/api/auth/me").status_code == 200

    def test_a_lost_session_cookie_is_replaced(self, client: FlaskClient, world: World) -> None:
        sign_in(client, world)
        client.delete_cookie("ecopick_session")
        assert client.get(PAGE).status_code == 200
        assert client.get("/api/auth/me").status_code == 200

    @pytest.mark.parametrize(
        ("path", "headers"),
        [
            ("/api/auth/me", {}),
            (PAGE, {"HX-Request": "true", "HX-Request-Type": "partial"}),
            (PAGE, {"X-Background": "1"}),
            (PAGE, {"Sec-Purpose": "prefetch"}),
            (PAGE, {"Sec-Fetch-Dest": "empty"}),
            (PAGE, {"Accept": "application/json"}),
        ],
    )
    def test_what_a_page_asks_for_by_itself_is_refused(
        self, client: FlaskClient, world: World, path: str, headers: dict[str, str]
    ) -> None:
        sign_in(client, world, remember_me="true")
        end_by_hand(world)
        before = value(client, "ecopick_refresh")
        answer = client.get(path, headers=headers)
        assert answer.status_code in (401, 303)
        assert value(client, "ecopick_refresh") == before, "the token was not used"
        assert client.post("/api/auth/refresh").status_code == 200
        assert client.get(path, headers=headers).status_code == 200

    def test_a_race_that_was_lost_asks_again(
        self, app: Flask, client: FlaskClient, world: World
    ) -> None:
        """Check 9: the other windows of a browser are not signed out."""
        sign_in(client, world, remember_me="true")
        end_by_hand(world)
        other = app.test_client()
        for name in ("ecopick_session", "ecopick_refresh", "ecopick_csrf"):
            other.set_cookie(name, value(client, name))
        assert client.get(PAGE).status_code == 200
        lost = other.get(PAGE)
        assert (lost.status_code, lost.headers["Refresh"]) == (409, "1")
        assert not any("ecopick_session" in c for c in lost.headers.getlist("Set-Cookie"))
        assert client.get(PAGE).status_code == 200

    def test_idle_sessions_stay_ended(self, client: FlaskClient, world: World) -> None:
        """Check 12: opening a page brings nobody back after 30 idle minutes."""
        sign_in(client, world)
        clock.shift(timedelta(minutes=31))
        answer = client.get(PAGE)
        assert answer.status_code == 303 and "/login" in answer.location
        assert client.get_cookie("ecopick_refresh") is None, "it is not tried again and again"

    def test_a_remembered_session_changes_its_id_daily(
        self, client: FlaskClient, world: World
    ) -> None:
        sign_in(client, world, remember_me="true")
        first = value(client, "ecopick_session")
        clock.shift(timedelta(hours=11))
        client.get(PAGE)
        assert value(client, "ecopick_session") == first
        clock.shift(timedelta(hours=2))
        assert client.get(PAGE).status_code == 200
        assert value(client, "ecopick_session") != first

    def test_changes_are_never_renewed(self, client: FlaskClient, world: World) -> None:
        """Check 33: only opening a page renews."""
        sign_in(client, world, remember_me="true")
        end_by_hand(world)
        answer = client.post("/en/account/language", data=form(client, language="de"))
        assert answer.status_code == 303 and "/login" in answer.location


class TestDevices:
    def test_devices_and_activity_are_on_the_page(
        self, app: Flask, client: FlaskClient, world: World
    ) -> None:
        sign_in(app.test_client(), world)
        client.environ_base["HTTP_USER_AGENT"] = (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
            "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
        )
        sign_in(client, world)
        page = unescape(client.get(SECURITY).get_data(as_text=True))
        assert "Safari on iPhone" in page and "This device" in page
        assert page.count('data-session="') == 2
        assert "Signed in" in page and "Sign out all other devices" in page

    def test_ending_another_device(self, app: Flask, client: FlaskClient, world: World) -> None:
        other = app.test_client()
        sign_in(other, world)
        sign_in(client, world)
        page = client.get(SECURITY).get_data(as_text=True)
        action = re.findall(r'action="(/en/account/sessions/[0-9a-f-]{36}/end)"', page)[1]
        answer = client.post(action, data=form(client))
        assert (answer.status_code, answer.location) == (303, SECURITY)
        assert other.get("/api/auth/me").status_code == 401
        assert client.get("/api/auth/me").status_code == 200
        assert client.post(action, data=form(client)).status_code == 404

    def test_ending_all_others_and_all(self, app: Flask, client: FlaskClient, world: World) -> None:
        other = app.test_client()
        sign_in(other, world)
        sign_in(client, world)
        assert client.post("/en/account/sessions/end-others", data=form(client)).status_code == 303
        assert other.get("/api/auth/me").status_code == 401
        answer = client.post("/en/account/sessions/end-all", data=form(client))
        assert answer.location == "/en/login"
        assert client.get_cookie("ecopick_session") is None

    def test_activity_goes_on_page_by_page(self, client: FlaskClient, world: World) -> None:
        for _ in range(3):
            client.post("/en/login", data={"email": world.emails["manager"], "password": "no"})
        for _ in range(12):
            sign_in(client, world)
        shown: list[str] = []
        path: str | None = "/en/account/activity"
        pages = 0
        while path is not None:
            page = client.get(path).get_data(as_text=True)
            pages += 1
            shown += re.findall(r'<time class="text-3 t-12" datetime="([^"]+)"', page)
            found = re.search(r'href="([^"]*cursor=[^"]+)"[^>]*><span>Show more', page)
            path = unescape(found[1]) if found else None
        assert pages >= 2 and shown == sorted(shown, reverse=True)
        assert len(shown) == len(set(shown)) and len(shown) >= 15
        assert "Sign-in failed: wrong password" in page

    def test_nobody_sees_the_activity_of_others(self, client: FlaskClient, world: World) -> None:
        client.post("/en/login", data={"email": world.emails["caretaker"], "password": "no"})
        sign_in(client, world)
        assert "Sign-in failed" not in client.get("/en/account/activity").get_data(as_text=True)

    @pytest.mark.parametrize(
        "cursor", ["x", "2026-01-01~x", "~", "2026-01-01T00:00:00~" + "0" * 32]
    )
    def test_malformed_cursors(self, client: FlaskClient, world: World, cursor: str) -> None:
        sign_in(client, world)
        answer = client.get("/en/account/activity", query_string={"cursor": cursor})
        assert answer.status_code == 200


@pytest.fixture(scope="module")
def guarded(settings: Settings, database: Database) -> Flask:
    """The application with views of its own that need a proof of identity."""
    app = create_app(settings, database)
    app.config.update(TESTING=True)

    @app.route("/<locale>/sensitive", methods=["GET", "POST"])
    @needs_step_up
    def sensitive() -> Any:
        db_session().info["authorized"] = True
        if request.method == "GET":
            return "inside"
        return {name: request.form.getlist(name) for name in request.form}

    @app.post("/api/sensitive")
    @background
    def sensitive_api() -> Any:
        require_step_up()
        return {"done": True}

    return app


@pytest.fixture
def visitor(guarded: Flask) -> FlaskClient:
    return guarded.test_client()


def field_values(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return [(name, unescape(content)) for name, content in found]


class TestConfirming:
    """Sensitive steps ask for a proof that is at most five minutes old."""

    def test_a_fresh_sign_in_counts(self, visitor: FlaskClient, world: World) -> None:
        sign_in(visitor, world)
        clock.shift(timedelta(minutes=4, seconds=50))
        assert visitor.get("/en/sensitive").text == "inside"

    @pytest.mark.parametrize("remember_me", ["", "true"])
    def test_later_it_asks_and_comes_back(
        self, visitor: FlaskClient, world: World, remember_me: str
    ) -> None:
        """Check 12: sensitive acts ask for a step-up, remembered sessions as well."""
        sign_in(visitor, world, remember_me=remember_me)
        clock.shift(timedelta(minutes=5, seconds=10))
        asked = visitor.get("/en/sensitive?a=1")
        assert asked.status_code == 303
        assert asked.location == "/en/account/confirm?next=/en/sensitive?a%3D1"
        page = visitor.get(asked.location).get_data(as_text=True)
        fields = dict(field_values(page))
        assert fields["next"] == "/en/sensitive?a=1"
        before = value(visitor, "ecopick_session")
        wrong = visitor.post("/en/account/confirm", data={**fields, "access_password": "no"})
        assert wrong.status_code == 422
        assert "That password is not right." in wrong.get_data(as_text=True)
        answer = visitor.post("/en/account/confirm", data={**fields, "access_password": PASSWORD})
        assert (answer.status_code, answer.location) == (303, "/en/sensitive?a=1")
        assert value(visitor, "ecopick_session") != before
        assert visitor.get(answer.location).text == "inside"
        assert visitor.get("/en/account/confirm?next=/en/sensitive").location == "/en/sensitive"

    def test_the_earlier_session_id_is_dead(
        self, guarded: Flask, visitor: FlaskClient, world: World
    ) -> None:
        """Check 10: the session id changes at step-up; the earlier one is dead."""
        sign_in(visitor, world)
        earlier = value(visitor, "ecopick_session")
        answer = visitor.post(
            "/api/auth/verify-access-password",
            json={"password": PASSWORD},
            headers={"X-CSRF-Token": value(visitor, "ecopick_csrf")},
        )
        assert answer.status_code == 200 and answer.json["confirmed"]
        other = guarded.test_client()
        other.set_cookie("ecopick_session", earlier)
        assert other.get("/api/auth/me").status_code == 401
        assert visitor.get("/api/auth/me").status_code == 200

    def test_a_form_loses_nothing_that_was_typed(self, visitor: FlaskClient, world: World) -> None:
        sign_in(visitor, world)
        clock.shift(timedelta(minutes=6))
        typed = {
            "title": 'Rohr "kaputt" <b>&',
            "unit": ["1", "2"],
            "postal_code": "79100",
            "new_password": "geheim",
            "code": "123456",
        }
        asked = visitor.post("/en/sensitive", data={**form(visitor), **typed})
        page = asked.get_data(as_text=True)
        assert asked.status_code == 403 and "geheim" not in page and "123456" not in page
        sent: dict[str, list[str]] = {"access_password": ["falsch"]}
        for name, content in field_values(
            page.split('id="confirm-password"')[1].split("</form")[0]
        ):
            sent.setdefault(name, []).append(content)
        again = visitor.post("/en/sensitive", data=sent)
        assert again.status_code == 422 and "79100" in again.get_data(as_text=True)
        sent["access_password"] = [PASSWORD]
        done = visitor.post("/en/sensitive", data=sent)
        assert done.status_code == 200
        assert done.json["title"] == ['Rohr "kaputt" <b>&']
        assert done.json["unit"] == ["1", "2"] and done.json["postal_code"] == ["79100"]
        assert "new_password" not in done.json

    def test_programs_get_403_with_a_code(self, visitor: FlaskClient, world: World) -> None:
        sign_in(visitor, world)
        headers = {"X-CSRF-Token": value(visitor, "ecopick_csrf")}
        assert visitor.post("/api/sensitive", headers=headers).status_code == 200
        clock.shift(timedelta(minutes=6))
        answer = visitor.post("/api/sensitive", headers=headers)
        assert (answer.status_code, answer.json["code"]) == (403, "step_up_required")
        body = {"password": PASSWORD}
        confirmed = visitor.post("/api/auth/verify-access-password", json=body, headers=headers)
        assert confirmed.status_code == 200
        assert visitor.post("/api/sensitive", headers=headers).status_code == 200

    def test_fragments_go_to_the_confirmation(self, visitor: FlaskClient, world: World) -> None:
        sign_in(visitor, world)
        clock.shift(timedelta(minutes=6))
        headers = {
            "HX-Request": "true",
            "HX-Request-Type": "partial",
            "HX-Current-URL": "http://localhost/en/tickets?view=mine",
        }
        answer = visitor.get("/en/sensitive", headers=headers)
        assert answer.status_code == 403
        expected = "/en/account/confirm?next=/en/tickets?view%3Dmine"
        assert answer.headers["HX-Redirect"] == expected

    def test_guessing_is_limited_and_recorded(self, visitor: FlaskClient, world: World) -> None:
        sign_in(visitor, world)
        headers = {"X-CSRF-Token": value(visitor, "ecopick_csrf")}
        path = "/api/auth/verify-access-password"
        for _ in range(5):
            answer = visitor.post(path, json={"password": "no"}, headers=headers)
            assert (answer.status_code, answer.json["code"]) == (422, "wrong_proof")
        limited = visitor.post(path, json={"password": PASSWORD}, headers=headers)
        assert limited.status_code == 429 and int(limited.headers["Retry-After"]) > 0
        page = visitor.post("/en/account/confirm", data=form(visitor, access_password="no"))
        assert page.status_code == 429 and "Too many attempts" in page.get_data(as_text=True)
        with world.engine.connect() as connection:
            found = connection.execute(
                text(
                    "select outcome, reason_code, count(*) from auth_audit_events"
                    " where user_id = :user and action = 'step_up' group by 1, 2 order by 1"
                ),
                {"user": world.people["manager"]},
            ).all()
        assert [tuple(row) for row in found] == [
            ("denied", "rate_limited", 2),
            ("failure", "wrong_password", 5),
        ]

    @pytest.mark.parametrize(
        ("body", "status"),
        [({}, 422), ({"password": ""}, 422), ({"pin": "1"}, 422), ({"password": ["a"]}, 422)],
    )
    def test_malformed_proofs(
        self, visitor: FlaskClient, world: World, body: Any, status: int
    ) -> None:
        sign_in(visitor, world)
        headers = {"X-CSRF-Token": value(visitor, "ecopick_csrf")}
        answer = visitor.post("/api/auth/verify-access-password", json=body, headers=headers)
        assert answer.status_code == status

    def test_confirming_stays_on_this_site(self, visitor: FlaskClient, world: World) -> None:
        """Check 33: no open redirect."""
        sign_in(visitor, world)
        for evil in ("//evil.example", "/\\evil.example", "https://evil.example"):
            answer = visitor.get("/en/account/confirm", query_string={"next": evil})
            assert answer.location == "/en/"
