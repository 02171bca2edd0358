"""Answers of a provider that prove nothing: a page with a sentence, never a session."""

import os
import threading
import time
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from ecopick.adapters import fetching
from ecopick.core import clock
from tests.conftest import Servers, forget_counts
from tests.factories import World
from tests.oidc_provider import LocalProvider
from tests.pages.providers.walking import CALLBACK, START, approve, begin, identity, refused, walk


def test_replay_of_an_answer(client: FlaskClient, world: World, provider: LocalProvider) -> None:
    """Check 9: an answer of a provider counts once, even with its cookie put back."""
    identity(world, provider)
    back = approve(begin(client))
    kept = client.get_cookie("ecopick_provider")
    assert kept is not None
    assert client.get(back).status_code == 303
    assert client.get_cookie("ecopick_provider") is None
    client.delete_cookie("ecopick_session")
    refused(client.get(back), world, 400, "provider_flow_missing")
    client.set_cookie("ecopick_provider", kept.value)
    refused(client.get(back), world, 400, "provider_replayed")
    assert provider.count("/token") == 1


def test_parallel_answers_are_one(
    app: Flask, client: FlaskClient, world: World, provider: LocalProvider
) -> None:
    identity(world, provider)
    back = approve(begin(client))
    cookies = [client.get_cookie(name) for name in ("ecopick_provider", "ecopick_device")]
    results: list[int] = []
    gate = threading.Barrier(8)

    def go() -> None:
        twin = app.test_client()
        for cookie in cookies:
            assert cookie is not None
            twin.set_cookie(cookie.key, cookie.value)
        gate.wait()
        results.append(twin.get(back).status_code)

    threads = [threading.Thread(target=go) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [303] + [400] * 7


def test_wrong_state_leaves_the_true_answer_usable(
    client: FlaskClient, world: World, provider: LocalProvider
) -> None:
    identity(world, provider)
    back = approve(begin(client))
    forged = {**dict(parse_qsl(urlsplit(back).query)), "state": "forged"}
    refused(client.get(f"{CALLBACK}?{urlencode(forged)}"), world, 400, "provider_wrong_state")
    assert client.get(back).status_code == 303


def test_another_browser_cannot_finish(
    app: Flask, client: FlaskClient, world: World, provider: LocalProvider
) -> None:
    identity(world, provider)
    back = approve(begin(client))
    other = app.test_client()
    refused(other.get(back), world, 400, "provider_flow_missing")
    stolen = client.get_cookie("ecopick_provider")
    assert stolen is not None
    other.set_cookie("ecopick_provider", stolen.value)
    refused(other.get(back), world, 400, "provider_flow_missing")
    assert provider.count("/token") == 0


def test_a_stolen_code_without_its_verifier(
    app: Flask, client: FlaskClient, world: World, provider: LocalProvider
) -> None:
    identity(world, provider)
    code = parse_qs(urlsplit(approve(begin(client))).query)["code"][0]
    thief = app.test_client()
    own = dict(parse_qsl(urlsplit(approve(begin(thief))).query))
    answer = thief.get(f"{CALLBACK}?{urlencode({**own, 'code': code})}")
    refused(answer, world, 400, "code_refused")


def test_after_ten_minutes_it_is_over(
    client: FlaskClient, world: World, provider: LocalProvider
) -> None:
    identity(world, provider)
    back = approve(begin(client))
    clock.shift(timedelta(minutes=10, seconds=1))
    refused(client.get(back), world, 400, "provider_flow_missing")


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": "https://evil.example"}, "token_issuer"),
        ({"aud": "someone-else"}, "token_audience"),
        ({"nonce": "another"}, "token_nonce"),
        ({"exp": 1}, "token_expired"),
    ],
)
def test_tokens_that_do_not_fit(
    client: FlaskClient, world: World, provider: LocalProvider, claims: dict[str, Any], reason: str
) -> None:
    identity(world, provider)
    provider.faults.claims = lambda told: told | claims
    refused(walk(client), world, 400, reason)


def test_foreign_signature(client: FlaskClient, world: World, provider: LocalProvider) -> None:
    identity(world, provider)
    provider.faults.sign_with = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    refused(walk(client), world, 400, "token_signature")


def test_the_answer_of_another_provider(
    client: FlaskClient, world: World, provider: LocalProvider
) -> None:
    identity(world, provider)
    provider.faults.iss = "https://evil.example"
    refused(walk(client), world, 400, "provider_wrong_issuer")
    assert provider.count("/token") == 0


@pytest.mark.parametrize(
    ("error", "reason"),
    [("access_denied", "provider_access_denied"), ("<script>", "provider_other")],
)
def test_the_provider_says_no(
    client: FlaskClient, world: World, provider: LocalProvider, error: str, reason: str
) -> None:
    provider.faults.error = error
    page = refused(walk(client), world, 400, reason)
    assert "<script>" not in page


def test_the_provider_is_away(client: FlaskClient, world: World, provider: LocalProvider) -> None:
    provider.faults.answers["/.well-known/openid-configuration"] = (503, b"")
    page = refused(client.get(START), world, 503, "provider_away")
    assert "Acme is not answering." in page
    provider.faults.answers.clear()
    provider.faults.answers["/token"] = (500, b"oops")
    refused(walk(client), world, 503, "provider_away")


def test_the_provider_is_slow(
    client: FlaskClient, world: World, provider: LocalProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity(world, provider)
    back = approve(begin(client))
    provider.faults.hold["/token"] = threading.Event()
    monkeypatch.setattr(fetching, "TOTAL_SECONDS", 0.5)
    begun = time.perf_counter()
    refused(client.get(back), world, 503, "provider_slow")
    provider.faults.hold["/token"].set()
    assert time.perf_counter() - begun < 3


def test_the_cookie_tells_nothing(
    client: FlaskClient, world: World, provider: LocalProvider
) -> None:
    """Check 13: encrypted, HttpOnly, Lax, ten minutes."""
    answer = client.get(START)
    state = parse_qs(urlsplit(str(answer.location)).query)["state"][0]
    lines = [x for x in answer.headers.getlist("Set-Cookie") if x.startswith("ecopick_provider=")]
    assert len(lines) == 1
    assert "HttpOnly" in lines[0] and "SameSite=Lax" in lines[0] and "Max-Age=600" in lines[0]
    assert state not in lines[0]


@settings(
    max_examples=500 if os.environ.get("ECOPICK_FULL") == "1" else 60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    query=st.dictionaries(
        st.sampled_from(["code", "state", "iss", "error", "error_description", "next", "x"]),
        st.text(max_size=60),
    ),
    twice=st.booleans(),
    cookie=st.one_of(st.none(), st.text(alphabet="AZaz09-_=.%", max_size=80)),
    true_state=st.booleans(),
)
def test_any_answer_gets_a_page(
    client: FlaskClient,
    migrator: Engine,
    servers: Servers,
    provider: LocalProvider,
    query: dict[str, str],
    twice: bool,
    cookie: str | None,
    true_state: bool,
) -> None:
    """Check 19: whatever comes back, a page with a sentence and never a session."""
    # All of them come from one address, faster than anybody may try.
    forget_counts(migrator, servers)
    if true_state:
        address = begin(client)
        query = {**query, "state": parse_qs(urlsplit(address).query)["state"][0]}
    if cookie is not None and not true_state:
        client.set_cookie("ecopick_provider", cookie)
    pairs = list(query.items()) * (2 if twice else 1)
    answer = client.get(f"{CALLBACK}?{urlencode(pairs, errors='surrogatepass')}")
    assert answer.status_code in (400, 429, 503)
    assert "ecopick_session=" not in str(answer.headers)
