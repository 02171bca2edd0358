"""Whatever is put into the inputs of accounts: never a crash, never a word on who is known."""

import itertools
import json
import os
import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from ecopick.core.crypto import sign
from ecopick.core.uow import Database
from ecopick.domains.auth.commands.sessions import open_session
from ecopick.web.session_cookies import csrf_token_for, signed
from tests.conftest import Servers, forget_counts
from tests.factories import World
from tests.security.garbage import Route, Shot, as_form_data, as_json, routes_of, shots

IS_FULL = bool(os.environ.get("ECOPICK_FULL"))
SHOTS_A_ROUTE = 50 if IS_FULL else 2
WALKS = 300 if IS_FULL else 15
# Each caller has an address of its own: limits are not what is tested here.
_addresses = (f"2001:db8:{n >> 16:x}:{n & 0xFFFF:x}::1" for n in itertools.count(1))


def quick(examples: int) -> Callable[[Any], Any]:
    """Settings of hypothesis that every test here shares."""
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink) if IS_FULL else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )


def fire(app: Flask, route: Route, shot: Shot) -> TestResponse:
    """Send one request, from an address that nobody used before."""
    adapter = app.url_map.bind("localhost")
    given_values = {**shot.values, **({"locale": "en"} if "locale" in route.arguments else {})}
    path = adapter.build(route.endpoint, given_values, method=route.method)
    jar = "; ".join(f"{name}={value}" for name, value in shot.cookies.items())
    client = app.test_client(use_cookies=False)
    return client.open(
        path,
        method=route.method,
        query_string=shot.query,
        data=None if route.method == "GET" else shot.data,
        content_type=shot.content_type,
        headers={**({"Cookie": jar} if jar else {}), **shot.headers},
        environ_base={"REMOTE_ADDR": next(_addresses)},
    )


def cookies_of(database: Database, user_id: uuid.UUID) -> tuple[dict[str, str], str]:
    """Cookies and token of somebody who just signed in."""
    opened = open_session(database, user_id, method="password")
    token = csrf_token_for(opened.family_id)
    return {"ecopick_session": signed(opened.session_id), "ecopick_csrf": token}, token


def check(route: Route, shot: Shot, answer: TestResponse) -> None:
    """No crash; what programs get is a problem in the agreed form."""
    told = (route.method, route.rule, shot, answer.status_code, answer.text[:300])
    assert answer.status_code < 500, told
    assert "Traceback" not in answer.text and "sqlalchemy" not in answer.text.lower(), told
    assert (
        "no-store" in answer.headers["Cache-Control"]
        or "private" in (answer.headers["Cache-Control"])
    ), told
    if route.is_api and answer.status_code >= 400:
        assert answer.content_type == "application/problem+json", told
        problem = json.loads(answer.text)
        assert problem["status"] == answer.status_code, told
        assert {"type", "title", "code", "request_id"} <= problem.keys(), told
        assert all(isinstance(each, str) for each in problem.get("errors", {}).values()), told


@pytest.mark.parametrize("who", ["stranger", "manager"])
def test_no_garbage_breaks_an_account_route(
    app: Flask, world: World, database: Database, who: str
) -> None:
    """Every route of accounts, found in the URL map, takes garbage and answers in order."""
    found = routes_of(app)
    assert len(found) > 90
    known = [world.emails["manager"], str(world.unit_id), str(world.people["resident"])]
    held = uuid.uuid4()
    broken = {"ecopick_pending": f"{held}.{sign('pending', uuid.uuid4()).hex()}"}
    for route in found:
        person = world.people[who] if who != "stranger" else None
        shoot(app, database, route, shots(route, known, {} if person else broken), person)


def shoot(
    app: Flask,
    database: Database,
    route: Route,
    made: st.SearchStrategy[Shot],
    person: uuid.UUID | None,
) -> None:
    """Let hypothesis shoot at one route, as somebody signed in or as a stranger."""

    @seed(len(route.rule))
    @quick(SHOTS_A_ROUTE)
    @given(made)
    def run(shot: Shot) -> None:
        if person is not None:
            jar, token = cookies_of(database, person)
            headers = {**shot.headers, "X-CSRF-Token": token}
            shot = replace(shot, headers=headers, cookies={**shot.cookies, **jar})
        check(route, shot, fire(app, route, shot))

    run()


# Both addresses are bent in the same way.
BENDS: dict[str, Callable[[str], Any]] = {
    "as it is": lambda email: email,
    "upper case": str.upper,
    "blanks": lambda email: f"  {email}\t",
    "a list": lambda email: [email],
    "two": lambda email: [email, "evil@example.org"],
    "an object": lambda email: {"address": email},
    "a dot": lambda email: f"{email}.",
    "plus": lambda email: email.replace("@", "+x@"),
    "wide": lambda email: email.replace("@", "＠"),
    "nul": lambda email: f"{email}\x00",
    "surrogate": lambda email: f"{email}\ud800",
    "long": lambda email: "a" * 300 + email,
    "a line": lambda email: f"{email}\r\nBcc: evil@example.org",
}


def steps_of(routes: list[Route]) -> st.SearchStrategy[Any]:
    """A walk: routes that take an address, each with garbage beside it."""
    rest = st.one_of(
        st.text(max_size=20),
        st.none(),
        st.integers(),
        st.booleans(),
        st.lists(st.text(), max_size=2),
    )
    one = st.sampled_from(routes).flatmap(
        lambda route: st.tuples(
            st.just(route),
            st.sampled_from(sorted(BENDS)),
            st.dictionaries(
                st.sampled_from([n for n in route.names if n != route.address_field]),
                rest,
                max_size=3,
            ),
            st.booleans(),
        )
    )
    return st.lists(one, min_size=1, max_size=4)


def without_names(answer: TestResponse, emails: tuple[str, ...]) -> tuple[int, str]:
    """Status and body, but for what belongs to this request alone."""
    text = answer.text
    for email in emails:
        for form in (email, email.upper(), email.replace("@", "+x@"), email.split("@")[0]):
            text = text.replace(form, "…").replace(form.replace("@", "%40"), "…")
    text = re.sub(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", "<id>", text)
    text = re.sub(r"\b[0-9A-F]{8}\b", "<reference>", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.+Z]+", "<moment>", text)
    text = re.sub(r"[0-9a-f]{64}", "<token>", text)
    text = re.sub(r'_seconds": \d+', "", text)
    if answer.status_code == 429:
        text = re.sub(r"\d+", "<n>", text)
    return answer.status_code, text


def test_known_and_unknown_addresses_look_alike_under_garbage(
    app: Flask, world: World, database: Database, migrator: Engine, servers: Servers
) -> None:
    """Check 4: step by step the same answer, and as many mails asked for."""
    routes = [r for r in routes_of(app) if r.address_field and r.method in ("GET", "POST", "PUT")]
    assert {r.rule for r in routes} >= {
        "/api/auth/login",
        "/api/auth/register/send-code",
        "/api/auth/email/exists",
        "/api/auth/magic-link",
        "/api/auth/password-reset/request",
        "/api/auth/email/change",
        "/api/invitations",
        "/<locale>/login",
        "/<locale>/login/link",
        "/<locale>/register",
    }

    @seed(4)
    @quick(WALKS)
    @given(steps_of(routes))
    def walk(steps: Any) -> None:
        known = f"person-{uuid.uuid4().hex[:8]}@example.org"
        unknown = f"person-{uuid.uuid4().hex[:8]}@example.org"
        user = world.person("passer-by")
        user.email = known
        world.add(user)
        for route, bend, more, as_form in steps:
            answers = []
            for email in (known, unknown):
                jar, token = cookies_of(database, world.people["manager"])
                if getattr(app.view_functions[route.endpoint], "is_public", False):
                    jar = {}
                answers.append(ask(app, route, bend, more, as_form, email, jar, token))
            first, second = (without_names(each, (known, unknown)) for each in answers)
            assert first == second, (route.rule, bend, more, as_form)
        assert mails_to(migrator, known) == mails_to(migrator, unknown), steps
        forget_counts(migrator, servers)

    walk()


def ask(
    app: Flask,
    route: Route,
    bend: str,
    more: dict[str, Any],
    as_form: bool,
    email: str,
    jar: dict[str, str],
    token: str,
) -> TestResponse:
    assert route.address_field is not None
    body = {route.address_field: BENDS[bend](email), **more}
    data, kind = as_form_data(body) if as_form or not route.is_api else as_json(body)
    query = as_form_data(body)[0].decode() if route.method == "GET" else ""
    values = {name: "none" for name in route.arguments if name != "locale"}
    headers = {"X-CSRF-Token": token} if jar else {}
    return fire(app, route, Shot(values, query, data, kind, headers, jar))


def mails_to(engine: Engine, email: str) -> int:
    """How many mails were asked for; whether one leaves is decided by the job."""
    with engine.connect() as connection:
        query = sa.text("select count(*) from account_mails where email ilike :e")
        return int(connection.execute(query, {"e": f"%{email}%"}).scalar_one())
