"""Clients that are signed in, as a program or a browser would be."""

from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.factories import PASSWORD, World


class Api:
    """A signed-in client that sends the CSRF header with every change."""

    def __init__(self, app: Flask, email: str) -> None:
        self.client: FlaskClient = app.test_client()
        answer = self.client.post("/api/auth/login", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        cookie = self.client.get_cookie("ecopick_csrf")
        assert cookie is not None
        self.csrf = cookie.value

    def get(self, path: str, **options: Any) -> TestResponse:
        """GET a path."""
        return self.client.get(path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        """POST JSON."""
        return self._send("POST", path, body, options)

    def put(self, path: str, body: Any) -> TestResponse:
        """PUT JSON."""
        return self._send("PUT", path, body, {})

    def delete(self, path: str) -> TestResponse:
        """DELETE a path."""
        return self._send("DELETE", path, None, {})

    def upload(self, path: str, **fields: Any) -> TestResponse:
        """POST a multipart form."""
        return self.client.post(path, data=fields, headers={"X-CSRF-Token": self.csrf})

    def _send(self, method: str, path: str, body: Any, options: dict[str, Any]) -> TestResponse:
        headers = {"X-CSRF-Token": self.csrf, **options.pop("headers", {})}
        if body is not None:
            options["json"] = body
        return self.client.open(path, method=method, headers=headers, **options)


def api_of(app: Flask, world: World, nickname: str) -> Api:
    """The API as one of the world's people uses it."""
    return Api(app, world.emails[nickname])
