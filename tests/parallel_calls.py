"""Calls over HTTP from several of the machine's addresses, begun in the same moment."""

import http.client
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


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


def post(url: str, call: Call) -> Answered:
    """Send one call and read its answer."""
    connection = http.client.HTTPConnection(
        url.removeprefix("http://"), timeout=60, source_address=(call.source, 0)
    )
    try:
        headers = {"Content-Type": "application/json", **dict(call.headers)}
        connection.request("POST", call.path, json.dumps(call.body), headers)
        answer = connection.getresponse()
        cookies = tuple(answer.headers.get_all("Set-Cookie") or ())
        return Answered(answer.status, json.loads(answer.read() or b"null"), cookies)
    finally:
        connection.close()


def at_once(url: str, calls: Sequence[Call]) -> list[Answered]:
    """All of ``calls``, begun in the same moment, each in a thread of its own."""
    start = threading.Barrier(len(calls))
    answers: list[Answered] = []

    def run(call: Call) -> None:
        start.wait()
        answers.append(post(url, call))

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == len(calls)
    return answers
