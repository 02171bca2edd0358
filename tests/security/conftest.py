"""Worlds to attack, and every address of the product."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

Addresses = Callable[..., Iterator[tuple[str, str]]]
# Streams do not end; they have tests of their own.
ENDLESS = ("events.",)


@pytest.fixture
def addresses(app: Flask) -> Addresses:
    """Every (endpoint, address) that answers ``method``, with these ids filled in."""

    def build(method: str = "GET", **ids: Any) -> Iterator[tuple[str, str]]:
        adapter = app.url_map.bind("localhost")
        for rule in app.url_map.iter_rules():
            if method not in (rule.methods or set()) or rule.endpoint.startswith(ENDLESS):
                continue
            if rule.endpoint.startswith("dev") or rule.endpoint == "static":
                continue
            yield rule.endpoint, adapter.build(rule.endpoint, _values(rule, ids), method=method)

    return build


def _values(rule: Rule, ids: dict[str, Any]) -> dict[str, Any]:
    known = {"locale": "en", "storage_key": "none", "token": "none", **ids}
    return {name: str(known.get(name, "none")) for name in rule.arguments}
