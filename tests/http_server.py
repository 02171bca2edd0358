"""The application behind a real socket, asked by many at the same moment."""

import http.client
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing of each request."""


@dataclass(frozen=True)
class Answered:
    """Status, JSON body and cookies of an answer."""

    status: int
    body: Any
    cookies: tuple[str, ...]


@dataclass(frozen=True)
class Call:
    """A POST of JSON, from one of the machine's own addresses."""

    path: str
    body: dict[str, Any]
    source: str = "127.0.0.1"
    headers: tuple[tuple[str, str], ...] = ()


@contextmanager
def serving(app: Flask) -> Iterator[int]:
    """The port at which ``app`` answers, each request in a thread of its own."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    server.socket.listen(256)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield int(server.server_port)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def post(port: int, call: Call) -> Answered:
    """Send one call and read its answer."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", port, timeout=60, source_address=(call.source, 0)
    )
    try:
        headers = {"Content-Type": "application/json", **dict(call.headers)}
        connection.request("POST", call.path, json.dumps(call.body), headers)
        answer = connection.getresponse()
        cookies = tuple(answer.headers.get_all("Set-Cookie") or ())
        return Answered(answer.status, json.loads(answer.read() or b"null"), cookies)
    finally:
        connection.close()


def at_once(port: int, calls: Sequence[Call]) -> list[Answered]:
    """All of ``calls``, begun in the same moment, each in a thread of its own."""
    start = threading.Barrier(len(calls))
    answers: list[Answered] = []

    def run(call: Call) -> None:
        start.wait()
        answers.append(post(port, call))

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == len(calls)
    return answers
