"""Every route × every role × an own and a foreign object.

The cells come from the URL map. What a route lets in is declared in audiences.py by
blueprint, by the kind of object in its address and, where they differ, by
endpoint; a route for which nothing is declared fails. Nobody may get through on
an object of another owner, and only the declared roles on one of their own.
Acts that somebody declared could carry out are not sent: they would change the
world under test. In short, each route is tried by a third of the roles, always the
same ones.
"""

import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.architecture.audiences import (
    AUDIENCE,
    BODIES,
    EVERYONE,
    LEFT_OUT,
    NAMES_OBJECT,
    OBJECTS,
    OTHERWISE,
)
from tests.architecture.things import things
from tests.factories import World
from tests.figures import figure
from tests.signing_in import Api, api_of

FULL = os.environ.get("ECOPICK_FULL") == "1"


@dataclass(frozen=True)
class Route:
    """One method of one private route."""

    rule: Rule
    method: str

    @property
    def endpoint(self) -> str:
        """The name of the view."""
        return str(self.rule.endpoint)

    @property
    def arguments(self) -> set[str]:
        """What its address names, but for the language."""
        return set(self.rule.arguments) - {"locale"}

    @property
    def audience(self) -> frozenset[str]:
        """Who may get in on an object of their own."""
        found = AUDIENCE[self.endpoint.partition(".")[0]]
        found = OTHERWISE.get(self.endpoint, found)
        for name in self.arguments:
            found &= OBJECTS[name]
        return found

    @property
    def has_object(self) -> bool:
        """Whether it is about something that can be foreign."""
        return bool(self.arguments) or self.endpoint in NAMES_OBJECT


def routes(app: Flask) -> Iterator[Route]:
    """Every method of every private route."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda each: (each.endpoint, each.rule)):
        view = app.view_functions[rule.endpoint]
        if rule.endpoint in LEFT_OUT or getattr(view, "is_public", False):
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Route(rule, method)


def test_every_route_says_whom_it_is_for(app: Flask) -> None:
    """Check 14: a new route without a declared audience fails here."""
    unknown = [
        route.endpoint
        for route in routes(app)
        if route.endpoint.partition(".")[0] not in AUDIENCE or route.arguments - set(OBJECTS)
    ]
    assert unknown == []
    known = {route.endpoint for route in routes(app)}
    assert set(OTHERWISE) - known == set(), "declared, but there is no such route"
    assert set(BODIES) - known == set(), "declared, but there is no such route"


def send(api: Api, app: Flask, route: Route, objects: dict[str, str]) -> int:
    """The status that this person gets; a redirect after a change counts as done."""
    values: dict[str, Any] = {name: objects[name] for name in route.arguments}
    if "locale" in route.rule.arguments:
        values["locale"] = "en"
    path = app.url_map.bind("localhost").build(route.endpoint, values, method=route.method)
    body = {
        name: objects.get(value, value) if isinstance(value, str) else value
        for name, value in BODIES.get(route.endpoint, {}).items()
    }
    headers = {"X-CSRF-Token": api.csrf}
    if route.method == "GET":
        extra = {"user_id": objects["user_id"]} if route.endpoint.endswith("_access") else None
        answer = api.client.get(path, query_string=extra)
    elif path.startswith("/api/"):
        answer = api.client.open(path, method=route.method, json=body, headers=headers)
    else:
        answer = api.client.open(path, method=route.method, data=body, headers=headers)
    status, where = answer.status_code, answer.headers.get("Location", "")
    answer.close()
    if status == 303 and route.method != "GET" and "/login" not in where:
        return 200
    return status


def is_through(status: int) -> bool:
    """Whether the act was done or the object shown."""
    return 200 <= status < 300


@pytest.mark.parametrize("who", sorted(EVERYONE))
def test_nobody_gets_through_unexpectedly(
    app: Flask, world: World, other_world: World, who: str
) -> None:
    """Check 14: 0 unexpected successes over all routes, for this role."""
    own, foreign = things(world), things(other_world)
    api = api_of(app, world, who)
    unexpected: list[tuple[str, ...]] = []
    cells = through = 0
    for route in routes(app):
        label = f"{route.method} {route.rule.rule}"
        if not FULL and zlib.crc32(f"{label} {who}".encode()) % 3:
            continue
        if route.has_object:
            cells += 1
            status = send(api, app, route, foreign)
            if is_through(status):
                unexpected.append((label, "foreign", str(status)))
        may = who in route.audience
        if may and route.method != "GET":
            continue
        cells += 1
        status = send(api, app, route, own)
        through += is_through(status)
        if is_through(status) and not may:
            unexpected.append((label, "own", str(status)))
    print(f"{who}: {cells} cells, {through} reads allowed")
    figure("14", f"cells of the route matrix for {who}, unexpected successes: 0", cells)
    assert not unexpected, "\n".join(" ".join(each) for each in unexpected)
    assert cells > 150
    assert through > 5
