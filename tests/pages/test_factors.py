"""Second factors and recovery codes on the account's pages, without scripts."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask

from ecopick.core import clock
from tests.factories import PASSWORD, World
from tests.factors import next_code, person_with_app
from tests.signing_in import Api, api_of

SECURITY = "/en/account/security"
APP = f"{SECURITY}/add-app"


def send(api: Api, path: str, **form: str) -> Any:
    return api.client.post(path, data={"csrf_token": api.csrf, **form})


def key_on(page: str) -> str:
    found = re.search(r'id="app-key">([A-Z2-7 ]+)<', page)
    assert found is not None
    return found[1].replace(" ", "")


@pytest.fixture
def manager(app: Flask, world: World) -> Api:
    return api_of(app, world, "manager")


def test_cards_say_what_is_on(manager: Api) -> None:
    page = manager.get(SECURITY).text
    assert "Authenticator app" in page and "Codes by email" in page
    assert "Recovery codes" not in page
    assert "Set up a stronger" not in page


def test_adding_an_app(manager: Api) -> None:
    assert manager.get(APP).location == SECURITY  # Reading makes no secret.
    begun = send(manager, APP)
    assert (begun.status_code, begun.location) == (303, APP)
    page = manager.get(APP).text
    secret = key_on(page)
    assert len(secret) == 32
    assert re.search(r'<div class="qr"[^>]*><svg', page)
    assert key_on(manager.get(APP).text) == secret
    refused = send(manager, f"{APP}/confirm", code="000000")
    assert refused.status_code == 422
    assert key_on(refused.text) == secret and 'aria-invalid="true"' in refused.text
    done = send(manager, f"{APP}/confirm", code=next_code(secret, 0))
    assert done.status_code == 200
    codes = re.findall(r"<code>([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})</code>", done.text)
    assert len(set(codes)) == 10
    file = re.search(r'download="[^"]+" href="data:text/plain;charset=utf-8,([^"]+)"', done.text)
    assert file is not None
    assert all(code in unquote(file[1]) for code in codes)
    assert "no-store" in done.headers["Cache-Control"]
    page = manager.get(SECURITY).text
    assert "10 of 10 left" in page and "Use another app" in page
    assert not any(code in page for code in codes)
    assert manager.get(APP).location == SECURITY


def test_new_recovery_codes(manager: Api) -> None:
    refused = send(manager, f"{SECURITY}/recovery-codes")
    assert refused.location == SECURITY
    assert "Please switch on a second step first" in manager.get(SECURITY).text
    send(manager, f"{SECURITY}/mailed-codes", enabled="true")
    made = send(manager, f"{SECURITY}/recovery-codes")
    assert made.status_code == 200
    assert len(re.findall(r"<li><code>", made.text)) == 10


def test_mailed_codes(manager: Api) -> None:
    on = send(manager, f"{SECURITY}/mailed-codes", enabled="true")
    assert on.location == SECURITY
    page = manager.get(SECURITY).text
    assert "Codes by email are on." in page and "Switched on" in page
    assert send(manager, f"{SECURITY}/mailed-codes", enabled="perhaps").status_code == 422
    send(manager, f"{SECURITY}/mailed-codes", enabled="false")
    assert "Off: your first step alone signs you in." in manager.get(SECURITY).text


def test_switching_off(manager: Api) -> None:
    send(manager, APP)
    secret = key_on(manager.get(APP).text)
    send(manager, f"{APP}/confirm", code=next_code(secret, 0))
    page = manager.get(f"{SECURITY}/two-factor-off").text
    assert 'name="password"' in page and 'name="code"' in page
    wrong = send(manager, f"{SECURITY}/two-factor-off", password="no", code="000000")
    assert wrong.status_code == 422 and "That password is not right." in wrong.text
    assert 'value="no"' not in wrong.text
    off = {"password": PASSWORD, "code": next_code(secret)}
    assert send(manager, f"{SECURITY}/two-factor-off", **off).location == SECURITY
    assert "The second step is switched off." in manager.get(SECURITY).text


def test_each_page_asks_for_a_fresh_proof(manager: Api) -> None:
    """Check 8: at most five minutes old."""
    clock.shift(timedelta(minutes=6))
    for path in (APP, f"{SECURITY}/two-factor-off"):
        assert "/en/account/confirm" in manager.get(path).location
    for path, form in (
        (APP, {}),
        (f"{APP}/confirm", {"code": "123456"}),
        (f"{SECURITY}/mailed-codes", {"enabled": "true"}),
        (f"{SECURITY}/two-factor-off", {"password": PASSWORD}),
        (f"{SECURITY}/recovery-codes", {}),
    ):
        asked = send(manager, path, **form)
        assert asked.status_code == 403 and "access_password" in asked.text
    assert "Off: your first step" in manager.get(SECURITY).text


def test_the_proof_may_come_with_the_form(app: Flask, world: World) -> None:
    manager = api_of(app, world, "manager")
    clock.shift(timedelta(minutes=6))
    form = {"enabled": "true", "access_password": PASSWORD}
    assert send(manager, f"{SECURITY}/mailed-codes", **form).location == SECURITY
    assert "Switched on" in manager.get(SECURITY).text


def test_forms_need_their_token(manager: Api) -> None:
    for path in (APP, f"{APP}/confirm", f"{SECURITY}/mailed-codes", f"{SECURITY}/recovery-codes"):
        assert manager.client.post(path, data={"enabled": "true"}).status_code == 403


def test_strangers_sign_in_first(app: Flask) -> None:
    client = app.test_client()
    for path in (SECURITY, APP, f"{SECURITY}/two-factor-off"):
        assert client.get(path).location.startswith("/en/login")


@pytest.mark.parametrize("nickname", ["resident", "vendor"])
def test_on_the_phone(app: Flask, world: World, nickname: str) -> None:
    person_with_app(app, world, "manager")
    person = api_of(app, world, nickname)
    for path in (SECURITY, f"{SECURITY}/two-factor-off"):
        assert person.get(path).status_code == 200
    assert send(person, APP).status_code == 303
    assert person.get(APP).status_code == 200
