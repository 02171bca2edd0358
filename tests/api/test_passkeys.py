"""Passkeys over the API, with answers forged by a key in software."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from hypothesis import strategies as st
from sqlalchemy import text as sql
from werkzeug.test import TestResponse

from ecopick.core import clock
from ecopick.domains.auth.models import MailKind
from tests.factories import PASSWORD, World
from tests.factors import first_step, live_sessions, mails, reasons
from tests.signing_in import Api, api_of
from tests.software_key import SoftwareKey, text

PATH = "/api/auth/passkeys"


def add(api: Api, key: SoftwareKey | None = None, **more: Any) -> tuple[SoftwareKey, str]:
    """Register a passkey; the key and its id."""
    key = key or SoftwareKey()
    options = api.post(f"{PATH}/register/options").json
    made = api.post(f"{PATH}/register/verify", {"credential": key.make(options), **more})
    assert made.status_code == 201, made.text
    return key, made.json["id"]


def ask(client: FlaskClient, **body: Any) -> dict[str, Any]:
    answer = client.post(f"{PATH}/login/options", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


def enter(client: FlaskClient, credential: Any, **more: Any) -> TestResponse:
    return client.post(f"{PATH}/login/verify", json={"credential": credential, **more})


def last_refusal(world: World) -> tuple[str, str | None]:
    with world.engine.connect() as connection:
        query = "select outcome, reason_code from auth_audit_events where action = 'passkey' order by xid desc limit 1"
        row = connection.execute(sql(query)).one()
    return row.outcome, row.reason_code


def alerts(world: World, nickname: str = "manager") -> int:
    query = "select count(*) from security_alerts where type = 'passkey_counter' and user_id = :u"
    with world.engine.connect() as connection:
        return int(connection.execute(sql(query), {"u": world.people[nickname]}).scalar_one())


def test_sign_in_without_password(app: Flask, client: FlaskClient, world: World) -> None:
    api = api_of(app, world, "manager")
    key, key_id = add(api, name="My key")
    options = ask(client)
    assert options["allowCredentials"] == []
    assert options["userVerification"] == "required"
    done = enter(client, key.use(options), remember_me=True)
    assert done.status_code == 200, done.text
    assert done.json["email"] == world.emails["manager"]
    assert client.get("/api/auth/me").status_code == 200
    assert reasons(world, "sign_in")[-1] == ("success", None)
    listed = api.get(f"{PATH}/available").json["passkeys"]
    assert [(line["id"], line["name"]) for line in listed] == [(key_id, "My key")]
    assert listed[0]["last_used_at"]
    assert listed[0]["backed_up"] is False


def test_registration(app: Flask, world: World) -> None:
    api, other = api_of(app, world, "manager"), api_of(app, world, "manager")
    options = api.post(f"{PATH}/register/options").json
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    key, _id = add(api)
    again = api.post(f"{PATH}/register/options").json
    assert [line["id"] for line in again["excludeCredentials"]] == [text(key.id)]
    assert other.get("/api/auth/me").status_code == 401
    assert api.get("/api/auth/me").status_code == 200
    assert [mail.kind for mail in mails(world)][-1] is MailKind.FACTOR_ADDED
    assert reasons(world, "passkey_added") == [("success", None)]
    step = first_step(app.test_client(), world)
    assert "passkey" in step["methods"]


def test_a_key_belongs_to_one_person(app: Flask, world: World) -> None:
    key, _id = add(api_of(app, world, "manager"))
    api = api_of(app, world, "resident")
    options = api.post(f"{PATH}/register/options").json
    refused = api.post(f"{PATH}/register/verify", {"credential": key.make(options)})
    assert (refused.status_code, refused.json["code"]) == (422, "passkey_refused")
    assert reasons(world, "passkey", "resident") == [("failure", "known_credential")]


def test_at_most_twenty(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    options = api.post(f"{PATH}/register/options").json
    for _ in range(20):
        add(api)
    assert api.post(f"{PATH}/register/options").json["code"] == "too_many_passkeys"
    body = {"credential": SoftwareKey().make(options)}
    late = api.post(f"{PATH}/register/verify", body)
    assert (late.status_code, late.json["code"]) == (409, "too_many_passkeys")


def test_changes_need_a_fresh_proof(app: Flask, world: World) -> None:
    """Check 8: adding and removing need a confirmation that is at most five minutes old."""
    api = api_of(app, world, "manager")
    _key, key_id = add(api)
    options = api.post(f"{PATH}/register/options").json
    clock.shift(timedelta(minutes=5, seconds=1))
    for answer in (
        api.post(f"{PATH}/register/options"),
        api.post(f"{PATH}/register/verify", {"credential": SoftwareKey().make(options)}),
        api.delete(f"{PATH}/{key_id}"),
    ):
        assert (answer.status_code, answer.json["code"]) == (403, "step_up_required")


def test_confirming_ones_identity(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    key, key_id = add(api)
    before = api.client.get_cookie("ecopick_session")
    clock.shift(timedelta(minutes=6))
    options = api.post(f"{PATH}/confirm/options").json
    assert [line["id"] for line in options["allowCredentials"]] == [text(key.id)]
    answer = key.use(options)
    assert api.post(f"{PATH}/confirm/verify", {"credential": answer}).status_code == 200
    after = api.client.get_cookie("ecopick_session")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    again = api.post(f"{PATH}/confirm/verify", {"credential": answer})
    assert (again.status_code, again.json["code"]) == (422, "passkey_refused")
    assert api.delete(f"{PATH}/{key_id}").status_code == 204


def test_second_step(app: Flask, client: FlaskClient, world: World) -> None:
    key, _id = add(api_of(app, world, "manager"))
    foreign, _other = add(api_of(app, world, "resident"))
    pending = first_step(client, world)["pending_login_id"]
    options = ask(client, pending_login_id=pending)
    assert [line["id"] for line in options["allowCredentials"]] == [text(key.id)]
    refused = enter(client, foreign.use(options), pending_login_id=pending)
    assert (refused.status_code, refused.json["code"]) == (401, "passkey_refused")
    assert reasons(world, "passkey")[-1] == ("failure", "foreign_credential")
    options = ask(client, pending_login_id=pending)
    done = enter(client, key.use(options), pending_login_id=pending)
    assert done.status_code == 200, done.text
    assert client.get("/api/auth/me").status_code == 200
    over = client.post(f"{PATH}/login/options", json={"pending_login_id": pending})
    assert (over.status_code, over.json["code"]) == (401, "sign_in_over")


@pytest.mark.parametrize("pending", ["x", str(uuid.UUID(int=7))])
def test_unknown_second_step(client: FlaskClient, world: World, pending: str) -> None:
    asked = client.post(f"{PATH}/login/options", json={"pending_login_id": pending})
    entered = enter(client, {}, pending_login_id=pending)
    assert {asked.json["code"], entered.json["code"]} == {"sign_in_over"}


Forge = Callable[[SoftwareKey, dict[str, Any], World], dict[str, Any]]
FORGED: dict[str, Forge] = {
    "wrong_origin": lambda key, o, w: key.use(o, origin="https://ecopick.example.evil"),
    "wrong_rp_id": lambda key, o, w: key.use(o, rp_id="evil.example"),
    "not_verified": lambda key, o, w: key.use(o, verified=False),
    "cross_origin": lambda key, o, w: key.use(o, crossOrigin=True),
    "foreign_credential": lambda key, o, w: key.use(o, handle=w.people["resident"].bytes),
    "unknown_credential": lambda key, o, w: SoftwareKey().use(o),
    "unknown_challenge": lambda key, o, w: key.use({"challenge": text(b"c" * 32)}),
    "malformed": lambda key, o, w: {**key.use(o), "response": {}},
}


def stolen(key: SoftwareKey, options: dict[str, Any], world: World) -> dict[str, Any]:
    """The id of a known key, signed with another."""
    thief = SoftwareKey()
    thief.id, thief.user_handle = key.id, key.user_handle
    return thief.use(options)


@pytest.mark.parametrize("reason", [*FORGED, "wrong_signature"])
def test_forged_answers(app: Flask, client: FlaskClient, world: World, reason: str) -> None:
    """Check 6: wrong origin, wrong rpId, UV=0 and other people's keys: one answer for all."""
    key, _id = add(api_of(app, world, "manager"))
    forge = FORGED.get(reason, stolen)
    refused = enter(client, forge(key, ask(client), world))
    assert refused.status_code == 401
    told = {name: refused.json[name] for name in ("title", "code", "status")}
    nothing = enter(client, {})
    assert told == {name: nothing.json[name] for name in told}
    assert client.get("/api/auth/me").status_code == 401
    refused = enter(client, forge(key, ask(client), world))
    assert last_refusal(world) == ("failure", reason)


def test_a_challenge_is_used_once(app: Flask, client: FlaskClient, world: World) -> None:
    """Check 6: a replayed challenge is refused, after a success and after a failure."""
    key, _id = add(api_of(app, world, "manager"))
    answer = key.use(ask(client))
    assert enter(client, answer).status_code == 200
    assert enter(app.test_client(), answer).status_code == 401
    assert last_refusal(world) == ("failure", "used_challenge")
    options = ask(app.test_client())
    assert enter(app.test_client(), key.use(options, verified=False)).status_code == 401
    assert enter(app.test_client(), key.use(options)).status_code == 401
    assert last_refusal(world) == ("failure", "used_challenge")


def test_one_challenge_in_parallel(app: Flask, client: FlaskClient, world: World) -> None:
    key, _id = add(api_of(app, world, "manager"))
    answer = key.use(ask(client))
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: enter(app.test_client(), answer).status_code, range(20)))
    assert sorted(statuses) == [200] + [401] * 19
    assert live_sessions(world) == 2


def test_a_challenge_lives_five_minutes(app: Flask, client: FlaskClient, world: World) -> None:
    key, _id = add(api_of(app, world, "manager"))
    options = ask(client)
    clock.shift(timedelta(minutes=5, seconds=1))
    assert enter(client, key.use(options)).status_code == 401


def test_a_challenge_serves_one_purpose(app: Flask, client: FlaskClient, world: World) -> None:
    """Check 6: a challenge of another act, another person or another sign-in is refused."""
    api = api_of(app, world, "manager")
    key, _id = add(api)
    assert enter(client, key.use(api.post(f"{PATH}/confirm/options").json)).status_code == 401
    assert last_refusal(world) == ("failure", "wrong_purpose")
    first = first_step(client, world)["pending_login_id"]
    second = first_step(app.test_client(), world)["pending_login_id"]
    answer = key.use(ask(client, pending_login_id=first))
    assert enter(client, answer, pending_login_id=second).status_code == 401
    assert last_refusal(world) == ("failure", "foreign_challenge")
    crossed = api_of(app, world, "resident").post(f"{PATH}/register/options").json
    made = api.post(f"{PATH}/register/verify", {"credential": SoftwareKey().make(crossed)})
    assert made.status_code == 422
    assert last_refusal(world) == ("failure", "foreign_challenge")


@pytest.mark.parametrize(
    "wrong", [{"origin": "https://evil.example"}, {"rp_id": "evil.example"}, {"verified": False}]
)
def test_forged_registrations(app: Flask, world: World, wrong: dict[str, Any]) -> None:
    api = api_of(app, world, "manager")
    options = api.post(f"{PATH}/register/options").json
    body = {"credential": SoftwareKey().make(options, **wrong)}
    assert api.post(f"{PATH}/register/verify", body).status_code == 422
    assert api.get(f"{PATH}/available").json["passkeys"] == []
    body = {"credential": SoftwareKey().make(options)}
    assert api.post(f"{PATH}/register/verify", body).status_code == 422


def test_counter_that_goes_back(app: Flask, client: FlaskClient, world: World) -> None:
    """Check 6: a counter that does not grow is refused and raises an alert."""
    key, _id = add(api_of(app, world, "manager"))
    assert enter(client, key.use(ask(client), counter=7)).status_code == 200
    assert alerts(world) == 0
    for told in (7, 3, 0):
        thief = app.test_client()
        assert enter(thief, key.use(ask(thief), counter=told)).status_code == 401
        assert reasons(world, "passkey")[-1] == ("failure", "counter_went_back")
        assert alerts(world) == 1
    assert enter(client, key.use(ask(client), counter=8)).status_code == 200


def test_a_wrong_signature_raises_no_alert(app: Flask, client: FlaskClient, world: World) -> None:
    key, _id = add(api_of(app, world, "manager"))
    assert enter(client, key.use(ask(client), counter=5)).status_code == 200
    assert enter(client, stolen(key, ask(client), world)).status_code == 401
    assert alerts(world) == 0


def test_a_counter_of_nothing_is_legal(app: Flask, client: FlaskClient, world: World) -> None:
    """Check 6: keepers that do not count tell 0 each time."""
    key, _id = add(api_of(app, world, "manager"), SoftwareKey(counts=False))
    for _ in range(3):
        assert enter(client, key.use(ask(client))).status_code == 200
    assert alerts(world) == 0


def test_renaming(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    _key, key_id = add(api)
    assert api.put(f"{PATH}/{key_id}", {"name": "  Desk  "}).status_code == 204
    assert api.get(f"{PATH}/available").json["passkeys"][0]["name"] == "Desk"
    assert api.put(f"{PATH}/{key_id}", {"name": ""}).status_code == 422
    assert api.put(f"{PATH}/{key_id}", {"name": "x", "counter": 0}).status_code == 422
    assert reasons(world, "passkey_renamed") == [("success", None)]


def test_foreign_and_missing_are_the_same(app: Flask, world: World) -> None:
    """Check 15: a foreign id answers exactly as a missing one does."""
    _key, foreign = add(api_of(app, world, "resident"))
    api = api_of(app, world, "manager")
    told = set()
    for key_id in (foreign, str(uuid.uuid4()), "nonsense"):
        for answer in (api.delete(f"{PATH}/{key_id}"), api.put(f"{PATH}/{key_id}", {"name": "x"})):
            told.add((answer.status_code, answer.json["title"], answer.json["code"]))
    assert len(told) == 1
    assert next(iter(told))[0] == 404


def test_removing(app: Flask, client: FlaskClient, world: World) -> None:
    api = api_of(app, world, "manager")
    key, key_id = add(api)
    assert enter(client, key.use(ask(client))).status_code == 200
    assert api.delete(f"{PATH}/{key_id}").status_code == 204
    assert client.get("/api/auth/me").status_code == 401
    assert api.get(f"{PATH}/available").json["passkeys"] == []
    assert [mail.kind for mail in mails(world)][-1] is MailKind.FACTOR_REMOVED
    assert reasons(world, "passkey_removed") == [("success", None)]
    assert enter(client, key.use(ask(client))).status_code == 401
    body = {"email": world.emails["manager"], "password": PASSWORD}
    assert "two_factor_required" not in app.test_client().post("/api/auth/login", json=body).json


def test_the_last_strong_factor_stays(app: Flask, world: World) -> None:
    api = api_of(app, world, "manager")
    _key, key_id = add(api)
    with world.engine.begin() as connection:
        query = "update users set is_app_admin = true where id = :u"
        connection.execute(sql(query), {"u": world.people["manager"]})
    refused = api.delete(f"{PATH}/{key_id}")
    assert (refused.status_code, refused.json["code"]) == (409, "factor_needed")
    assert reasons(world, "passkey_removed") == [("denied", "factor_needed")]
    add(api)
    assert api.delete(f"{PATH}/{key_id}").status_code == 204


def test_routes_are_for_people_who_are_signed_in(client: FlaskClient, world: World) -> None:
    for method, path in (
        ("POST", "register/options"),
        ("POST", "register/verify"),
        ("POST", "confirm/options"),
        ("POST", "confirm/verify"),
        ("GET", "available"),
        ("PUT", str(uuid.uuid4())),
        ("DELETE", str(uuid.uuid4())),
    ):
        assert client.open(f"{PATH}/{path}", method=method, json={}).status_code == 401


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["id", "rawId", "response", "clientDataJSON", "signature", "type", "userHandle"]
            )
            | st.text(max_size=8),
            inner,
            max_size=6,
        )
    ),
    max_leaves=12,
)


@given(credential=JSON, place=st.sampled_from(["", "response", "rawId", "id", "type"]), value=JSON)
@tries(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_never_a_crash(app: Flask, world: World, credential: Any, place: str, value: Any) -> None:
    """Whatever a browser sends, the answer is a refusal."""
    client = app.test_client()
    if place:
        credential = {**SoftwareKey().use({"challenge": text(b"c" * 32)}), place: value}
    answer = enter(client, credential)
    assert answer.status_code in (400, 401, 422, 429)


FIELDS = ["clientDataJSON", "authenticatorData", "signature", "userHandle", "attestationObject"]


@given(field=st.sampled_from(FIELDS), content=st.binary(max_size=120) | JSON)
@tries(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_never_a_crash_on_odd_parts(app: Flask, world: World, field: str, content: Any) -> None:
    """As above, with the challenge of a real sign-in and of a real registration."""
    client = app.test_client()
    answer = SoftwareKey().use(ask(client))
    answer["response"][field] = text(content) if isinstance(content, bytes) else content
    assert enter(client, answer).status_code in (401, 422, 429)
