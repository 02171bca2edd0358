"""What every path of the API has in common: identifiers, bodies, names, refusals."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.factories import World
from tests.signing_in import Api, api_of

PROBLEM = "application/problem+json"


@pytest.fixture
def manager(app: Flask, world: World) -> Api:
    return api_of(app, world, "manager")


@pytest.mark.parametrize("path", ["/healthz", "/api/tickets", "/api/nowhere"])
def test_a_well_formed_request_id_comes_back(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers={"X-Request-Id": "order-7.a_B"})
    assert answer.headers["X-Request-Id"] == "order-7.a_B"
    if answer.content_type == PROBLEM:
        assert answer.get_json()["request_id"] == "order-7.a_B"


@pytest.mark.parametrize("sent", ["", "-x", "a b", "x" * 65, "<script>", "ä", "a;b"])
def test_any_other_request_id_is_replaced(client: FlaskClient, sent: str) -> None:
    answer = client.get("/healthz", headers={"X-Request-Id": sent})
    assert len(answer.headers["X-Request-Id"]) == 32


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b'{"title": "\xff"}', b"[" * 50_000])
def test_unreadable_json_is_400(manager: Api, body: bytes) -> None:
    answer = manager.client.post(
        "/api/tickets",
        data=body,
        headers={"Content-Type": "application/json", "X-CSRF-Token": manager.csrf},
    )
    assert (answer.status_code, answer.content_type) == (400, PROBLEM)
    assert answer.get_json()["code"] == "malformed"


def test_an_empty_json_body_has_no_fields(manager: Api) -> None:
    headers = {"Content-Type": "application/json", "X-CSRF-Token": manager.csrf}
    answer = manager.client.post("/api/tickets", data=b"", headers=headers)
    assert answer.status_code == 422
    assert set(answer.get_json()["errors"]) == {"building_id", "title", "category"}


def test_other_content_is_415(manager: Api) -> None:
    headers = {"Content-Type": "text/plain", "X-CSRF-Token": manager.csrf}
    answer = manager.client.post("/api/tickets", data=b'{"title": "A"}', headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (415, "unsupported_media_type")


def test_a_wrong_method_names_the_right_ones(manager: Api) -> None:
    answer = manager.delete("/api/tickets")
    assert (answer.status_code, answer.get_json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_forms_and_queries_take_camel_case_too(manager: Api, world: World) -> None:
    building = str(world.building_id)
    form: dict[str, Any] = {
        "buildingId": building,
        "title": "A",
        "category": "general",
        "autoRoute": "false",
        "csrf_token": manager.csrf,
    }
    answer = manager.client.post("/api/tickets", data=form)
    assert (answer.status_code, answer.get_json()["building_id"]) == (201, building)
    found = manager.get(f"/api/tickets?buildingId={building}").get_json()["items"]
    assert [item["title"] for item in found] == ["A"]
    nothing = manager.get(f"/api/tickets?buildingId={world.second_building_id}")
    assert nothing.get_json()["items"] == []


def test_errors_are_keyed_by_the_field_as_it_was_sent(manager: Api, world: World) -> None:
    answer = manager.get("/api/tickets?status=NEW&status=NO")
    assert set(answer.get_json()["errors"]) == {"status"}
    body = {"building_id": str(world.building_id), "title": " ", "category": "general"}
    blank = manager.post("/api/tickets", body).get_json()["errors"]["title"]
    absent = manager.post("/api/tickets", {**body, "title": None}).get_json()["errors"]["title"]
    number = manager.post("/api/tickets", {**body, "title": 5}).get_json()["errors"]["title"]
    assert blank == absent == "This field is needed."
    assert number == "This value is not valid."


def test_an_owner_that_is_none_is_as_foreign_as_any(
    manager: Api, world: World, other_world: World
) -> None:
    own = manager.get("/api/tickets", headers={"X-Property-Owner": str(world.owner_id)})
    assert own.status_code == 200
    for asked in (str(other_world.owner_id), "nonsense"):
        answer = manager.get("/api/tickets", headers={"X-Property-Owner": asked})
        assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")
