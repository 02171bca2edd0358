"""The application behind a real HTTP server in this process, whose clock tests can move."""

import http.client
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from werkzeug.serving import make_server


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve ``app`` with a thread for each request; answers its address."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass(frozen=True)
class Answer:
    """What came back over the wire."""

    status: int
    body: Any
    set_cookies: dict[str, str]


@dataclass
class Wire:
    """A client with a cookie jar of its own, over a real connection."""

    url: str
    cookies: dict[str, str] = field(default_factory=dict)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request; cookies that are set are kept."""
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=60)
        sent = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()), **headers}
        if "ecopick_csrf" in self.cookies:
            sent.setdefault("X-CSRF-Token", self.cookies["ecopick_csrf"])
        data = None
        if body is not None:
            data, sent["Content-Type"] = json.dumps(body), "application/json"
        connection.request(method, path, data, sent)
        answer = connection.getresponse()
        text = answer.read().decode()
        kept = dict(
            line.split(";", 1)[0].split("=", 1) for line in answer.headers.get_all("Set-Cookie", [])
        )
        connection.close()
        self.cookies.update(kept)
        is_json = "json" in answer.headers.get("Content-Type", "")
        return Answer(answer.status, json.loads(text) if is_json and text else text, kept)

    def copy(self) -> "Wire":
        """The same browser in another window: the same cookies now, its own jar from here on."""
        return Wire(self.url, dict(self.cookies))


def at_once(count: int, act: Any) -> list[Any]:
    """``act(i)`` in ``count`` threads, begun in the same moment."""
    start, found = threading.Barrier(count), [None] * count

    def run(place: int) -> None:
        start.wait()
        found[place] = act(place)

    threads = [threading.Thread(target=run, args=(place,)) for place in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
