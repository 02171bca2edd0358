"""Asking another house over HTTP: bounded in time and size, never led elsewhere."""

import asyncio
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx2

from ecopick.adapters.errors import AdapterError

# For the whole exchange, however slowly single bytes arrive.
TOTAL_SECONDS = 6.0
MAX_BYTES = 256 * 1024


class FetchError(AdapterError):
    """No usable answer. Codes: `unreachable`, `slow`, `too_large`, `redirected`, `malformed`."""


@dataclass(frozen=True)
class Answer:
    """What came back; header names are in small letters."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str]


def fetch(
    url: str,
    *,
    form: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float | None = None,
) -> Answer:
    """GET, or POST where there is a `form`; redirects are refused, not followed.

    Raises FetchError. `seconds` bounds everything from the name look-up to the last byte.
    """
    limit = TOTAL_SECONDS if seconds is None else seconds
    # In a thread of its own: the caller's may already run a loop.
    with ThreadPoolExecutor(1) as thread:
        try:
            return thread.submit(_run, limit, url, form, headers or {}).result()
        except TimeoutError as error:
            raise FetchError("slow", url) from error


def _run(
    seconds: float, url: str, form: Mapping[str, str] | None, headers: Mapping[str, str]
) -> Answer:
    return asyncio.run(_within(seconds, url, form, headers))


async def _within(
    seconds: float, url: str, form: Mapping[str, str] | None, headers: Mapping[str, str]
) -> Answer:
    async with asyncio.timeout(seconds):
        return await _exchange(url, form, headers)


async def _exchange(url: str, form: Mapping[str, str] | None, headers: Mapping[str, str]) -> Answer:
    sent = {"Accept": "application/json", "Accept-Encoding": "identity", **headers}
    body = bytearray()
    try:
        async with (
            httpx2.AsyncClient(follow_redirects=False, timeout=None) as client,
            client.stream(
                "GET" if form is None else "POST",
                url,
                headers=sent,
                data=dict(form) if form is not None else None,
            ) as response,
        ):
            if 300 <= response.status_code < 400 and response.status_code != 304:
                raise FetchError("redirected", f"{url}: {response.status_code}")
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MAX_BYTES:
                    raise FetchError("too_large", url)
            found = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status_code, bytes(body), found)
    except httpx2.TimeoutException as error:
        raise FetchError("slow", url) from error
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
        raise FetchError("unreachable", f"{url}: {type(error).__name__}") from error


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`; FetchError `malformed` for anything else."""
    try:
        found = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise FetchError("malformed", type(error).__name__) from error
    if not isinstance(found, dict):
        raise FetchError("malformed", "not an object")
    return found


def _no_number(text: str) -> Any:
    raise ValueError(text)
