"""Garbage for every input of accounts: the addresses come from the routes themselves."""

import inspect
import json
import re
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from hypothesis import strategies as st
from pydantic import BaseModel
from werkzeug.routing import Rule

# Accounts and the rights of people; a new address below these is fuzzed by itself.
API = (
    "/api/auth/",
    "/api/invitations",
    "/api/memberships",
    "/api/privacy",
    "/api/app/check-block",
    "/api/audit",
    "/api/permissions",
    "/api/admin/approvals",
    "/api/admin/support",
    "/api/admin/privacy",
)
FORMS = ("auth.",)
PAGES = ("/<locale>/invitations/",)
COOKIES = (
    "ecopick_session",
    "ecopick_refresh",
    "ecopick_device",
    "ecopick_csrf",
    "ecopick_pending",
    "ecopick_registration",
    "ecopick_link",
    "ecopick_provider",
    "ecopick_toasts",
)
HOSTILE = (
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ud800",
    "\udfff\ud800",
    "\u202e\u200b",
    "'; drop table users; --",
    "{{7*7}}%(name)s{0}%s%",
    "../../etc/passwd",
    "a\r\nBcc: x@example.org",
    "9" * 400,
    "1e999",
    "-1",
    "٣٤٥٦٧٨",
    "00000000-0000-0000-0000-000000000000",
    "x" * 9000,
    "ü" * 300,
    "//evil.example",
    "a@b",
    "@",
    "a@@example.org",
    "a@example..org",
    "a@.example.org.",
    '"a b"@example.org',
    "a@[127.0.0.1]",
    "jürgen@exämple.org",
    "ａ＠ｅｘａｍｐｌｅ．ｏｒｇ",
    "İ@example.org",
    "a\u200b@example.org",
    "a" * 245 + "@example.org",
    "a@example.org,b@example.org",
)
BODIES = (
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"0",
    b"{",
    b'{"email": "a@example.org", "email": ["b@example.org"]}',
    b'{"email": NaN, "code": Infinity}',
    b'{"email": "\\ud800@example.org"}',
    b'{"code": ' + b"9" * 5000 + b"}",
    b"\xff\xfe\x00{",
    b"[" * 20000,
    b'{"a":' * 5000,
    b"email=%ff%00&email[]=a&email[]=b&password=%ud800",
    b"email=a%40example.org&email=b%40example.org",
    b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\na',
    b"\x00" * 100,
)
TYPES = (
    "application/json",
    "application/json; charset=utf-7",
    "application/problem+json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "text/plain",
    "application/xml",
    "",
    ";;;",
)


@dataclass(frozen=True)
class Route:
    """One method of one address, and the inputs that its view binds."""

    method: str
    rule: str
    endpoint: str
    arguments: tuple[str, ...]
    models: tuple[type[BaseModel], ...]

    @property
    def is_api(self) -> bool:
        return self.rule.startswith("/api/")

    @property
    def names(self) -> tuple[str, ...]:
        """Every field that the view knows, in both spellings."""
        known = [name for model in self.models for name in model.model_fields]
        return tuple(dict.fromkeys([*known, *map(_camel, known), "next", "csrf_token"]))

    @property
    def address_field(self) -> str | None:
        """The field that takes an e-mail address, if there is one."""
        return next((name for name in self.names if name in ("email", "new_email")), None)


def routes_of(app: Flask) -> list[Route]:
    """Every route of accounts and rights, from the URL map."""
    found = []
    for rule in app.url_map.iter_rules():
        if not (rule.rule.startswith((*API, *PAGES)) or rule.endpoint.startswith(FORMS)):
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            found.append(_route(app, rule, method))
    return sorted(found, key=lambda route: (route.rule, route.method))


def _route(app: Flask, rule: Rule, method: str) -> Route:
    view = inspect.unwrap(app.view_functions[rule.endpoint])
    names = re.findall(r"\bbind\(\s*(\w+)", inspect.getsource(view))
    models = tuple(view.__globals__[name] for name in dict.fromkeys(names))
    return Route(method, rule.rule, rule.endpoint, tuple(sorted(rule.arguments)), models)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


@dataclass(frozen=True)
class Shot:
    """One request of garbage."""

    values: dict[str, str]
    query: str = ""
    data: bytes = b""
    content_type: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)


def _visible(text: str) -> bool:
    return all(32 <= ord(char) < 127 and char not in ";,\\" for char in text)


def scalars(known: list[str]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.sampled_from(HOSTILE),
        st.sampled_from(known),
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(st.characters(), max_size=30),
        st.uuids().map(str),
        st.emails(),
        st.from_regex(r"[0-9]{6}", fullmatch=True),
    )


def values(known: list[str]) -> st.SearchStrategy[Any]:
    """Scalars, and what stands where a scalar should."""
    scalar = scalars(known)
    return st.one_of(
        scalar,
        scalar,
        st.recursive(
            st.lists(scalar, max_size=3),
            lambda inner: st.one_of(
                st.lists(inner, max_size=2),
                st.dictionaries(st.text(max_size=5), inner, max_size=2),
            ),
            max_leaves=5,
        ),
    )


def shots(route: Route, known: list[str], signed: dict[str, str]) -> st.SearchStrategy[Shot]:
    """Requests to one route: rightly shaped, wrongly shaped, and no shape at all."""
    names = st.one_of(
        st.sampled_from(route.names), st.sampled_from(route.names), st.text(max_size=9)
    )
    fields = st.dictionaries(names, values(known), max_size=len(route.names) + 1)
    body = st.one_of(
        fields.map(as_json),
        fields.map(as_json),
        fields.map(as_form_data),
        fields.map(as_form_data),
        st.tuples(st.sampled_from(BODIES), st.sampled_from(TYPES)),
    )
    words = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60)
    cookie = st.one_of(words.filter(_visible), st.sampled_from([f"{uuid.uuid4()}.AAAA", "."]))
    cookies = st.dictionaries(
        st.sampled_from(COOKIES),
        st.one_of(cookie, st.sampled_from(list(signed.values()) or ["x"])),
        max_size=4,
    )
    headers = st.dictionaries(
        st.sampled_from(["X-CSRF-Token", "X-Property-Owner", "Idempotency-Key", "Accept", "Range"]),
        words,
        max_size=2,
    )
    part = st.one_of(
        st.sampled_from(["none", *filter(_visible, known)]),
        st.uuids().map(str),
        st.text(st.characters(min_codepoint=33, exclude_categories=("C", "Z")), min_size=1),
    ).filter(lambda text: "/" not in text)
    return st.builds(
        lambda found, query, made, head, jar: Shot(
            found, query, made[0], made[1], head, {**signed, **jar}
        ),
        st.fixed_dictionaries({name: part for name in route.arguments if name != "locale"}),
        fields.map(lambda pairs: as_form_data(pairs)[0].decode()),
        body,
        headers,
        cookies,
    )


def as_json(pairs: dict[str, Any]) -> tuple[bytes, str]:
    """A JSON body and its type."""
    return json.dumps(pairs).encode(), "application/json"


def as_form_data(pairs: dict[str, Any]) -> tuple[bytes, str]:
    """A form and its type; lists repeat their field."""
    plain = []
    for name, value in pairs.items():
        each = value if isinstance(value, list) else [value]
        plain.extend((_text(name), _text(item)) for item in each)
    return urlencode(plain).encode(), "application/x-www-form-urlencoded"


def _text(value: Any) -> bytes:
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", "surrogatepass")
