"""An identity provider on this machine that speaks OpenID Connect over real HTTP.

Discovery, keys, the authorization page (it approves at once, or shows a page
with a button), and a token endpoint that checks the client, the code and PKCE.
Faults are switched on by name; see ``Faults``.
"""

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from ecopick.core import clock

CLIENT_ID, CLIENT_SECRET = "ecopick & co", "s3cret:+ /%"
_RSA = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]


@dataclass
class Person:
    """Who is signed in at the provider."""

    subject: str = "person-1"
    email: str | None = None
    email_verified: Any = True


@dataclass
class Faults:
    """What goes wrong. ``claims`` and ``header`` change the ID token before it is signed.

    ``hold`` keeps every answer back until it is set; ``redirect`` sends an
    endpoint's caller elsewhere; ``answers`` replaces an endpoint's answer.
    """

    claims: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
    token: Callable[[str], str] = lambda token: token
    discovery: Callable[[dict[str, Any]], dict[str, Any]] = lambda found: found
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    redirect: dict[str, str] = field(default_factory=dict)
    hold: dict[str, threading.Event] = field(default_factory=dict)
    error: str = ""
    state: str | None = None
    iss: str | None = None
    algorithm: str = "RS256"
    sign_with: Any = None
    key_id: Any = ...


@dataclass
class _Code:
    client_id: str
    redirect_uri: str
    challenge: str
    nonce: str | None
    person: Person


class LocalProvider:
    """The provider; ``issuer`` is its address while it runs."""

    def __init__(self, *, auto_approve: bool = True) -> None:
        self.auto_approve = auto_approve
        self.person = Person()
        self.faults = Faults()
        self.redirect_uris: set[str] = set()
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.codes: dict[str, _Code] = {}
        self.issuer = ""
        self._generation = 1
        self._key: Any = _RSA[0]

    def rotate(self) -> None:
        """Sign with a new key, and forget the one before."""
        self._generation += 1
        self._key = _RSA[self._generation % 2]

    def use_key_of(self, algorithm: str) -> None:
        """Sign with another kind of key."""
        self.faults.algorithm = algorithm
        self._generation += 1
        curves = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
        if algorithm in curves:
            self._key = ec.generate_private_key(curves[algorithm])
        elif algorithm == "EdDSA":
            self._key = ed25519.Ed25519PrivateKey.generate()
        else:
            self._key = _RSA[0]

    def count(self, path: str) -> int:
        """How often an endpoint was asked."""
        return sum(1 for each, _query in self.seen if each == path)

    @property
    def key_id(self) -> str:
        """The name of the present key."""
        return f"key-{self._generation}"

    def discovery(self) -> dict[str, Any]:
        """The discovery document."""
        return self.faults.discovery(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    def keys(self) -> dict[str, Any]:
        """The key set."""
        family = self.faults.algorithm[:2]
        kinds = {"ES": jwt.algorithms.ECAlgorithm, "Ed": jwt.algorithms.OKPAlgorithm}
        kind = kinds.get(family, jwt.algorithms.RSAAlgorithm)
        public = json.loads(kind.to_jwk(self._key.public_key()))
        return {"keys": [{**public, "kid": self.key_id, "use": "sig"}]}

    def authorize(self, query: dict[str, str]) -> tuple[int, dict[str, str]]:
        """Where the browser goes with its code: status and answer parameters."""
        if (
            query.get("response_type") != "code"
            or query.get("client_id") != CLIENT_ID
            or query.get("redirect_uri") not in self.redirect_uris
            or "openid" not in query.get("scope", "").split()
            or query.get("code_challenge_method") != "S256"
            or len(query.get("code_challenge", "")) != 43
        ):
            return 400, {}
        answer = {"state": query.get("state", ""), "iss": self.issuer}
        if self.faults.state is not None:
            answer["state"] = self.faults.state
        if self.faults.iss is not None:
            answer["iss"] = self.faults.iss
        if self.faults.error:
            return 302, {**answer, "error": self.faults.error}
        code = secrets.token_urlsafe(16)
        self.codes[code] = _Code(
            query["client_id"],
            query["redirect_uri"],
            query["code_challenge"],
            query.get("nonce"),
            Person(**vars(self.person)),
        )
        return 302, {**answer, "code": code}

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """The token endpoint: client authentication, the code (once), PKCE."""
        if not self._is_client(form, authorization):
            return 401, {"error": "invalid_client"}
        found = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (
            found is None
            or form.get("grant_type") != "authorization_code"
            or form.get("redirect_uri") != found.redirect_uri
            or challenge != found.challenge
        ):
            return 400, {"error": "invalid_grant"}
        access_token = secrets.token_urlsafe(16)
        return 200, {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": self.id_token(found, access_token),
        }

    def id_token(self, code: _Code, access_token: str) -> str:
        """The signed ID token, with the faults that are switched on."""
        moment = int(clock.now().timestamp())
        digests = {"256": "sha256", "384": "sha384"}
        digest = hashlib.new(
            digests.get(self.faults.algorithm[2:], "sha512"), access_token.encode()
        ).digest()
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": code.person.subject,
            "aud": code.client_id,
            "exp": moment + 300,
            "iat": moment,
            "nonce": code.nonce,
            "at_hash": base64.urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("="),
        }
        if code.person.email is not None:
            claims |= {"email": code.person.email, "email_verified": code.person.email_verified}
        key_id = self.key_id if self.faults.key_id is ... else self.faults.key_id
        token = jwt.encode(
            self.faults.claims(claims),
            self._key if self.faults.sign_with is None else self.faults.sign_with,
            algorithm=self.faults.algorithm,
            headers={"kid": key_id} if key_id is not None else {},
        )
        return self.faults.token(token)

    def _is_client(self, form: dict[str, str], authorization: str) -> bool:
        if "client_secret_basic" in self.discovery().get(
            "token_endpoint_auth_methods_supported", ["client_secret_basic"]
        ):
            pair = base64.b64decode(authorization.removeprefix("Basic ")).decode()
            name, _colon, secret = pair.partition(":")
            return (unquote_plus(name), unquote_plus(secret)) == (CLIENT_ID, CLIENT_SECRET)
        return (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)


class _Handler(BaseHTTPRequestHandler):
    provider: LocalProvider
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Documents and the authorization page."""
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self._serve(parts.path, query)

    def do_POST(self) -> None:
        """The token endpoint, and the button of the authorization page."""
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        form = {name: values[0] for name, values in parse_qs(raw).items()}
        self._serve(urlsplit(self.path).path, form)

    def _serve(self, path: str, given: dict[str, str]) -> None:
        provider, faults = self.provider, self.provider.faults
        provider.seen.append((path, given))
        if path in faults.hold:
            faults.hold[path].wait(30)
        if path in faults.redirect:
            return self._send(302, b"", {"Location": faults.redirect[path]})
        if path in faults.answers:
            return self._send(*faults.answers[path], {})
        if path == "/.well-known/openid-configuration":
            return self._document(provider.discovery())
        if path == "/keys":
            return self._document(provider.keys())
        if path == "/authorize":
            return self._authorize(given)
        if path == "/token" and self.command == "POST":
            status, body = provider.token(given, self.headers.get("Authorization", ""))
            return self._send(status, json.dumps(body).encode(), {})
        return self._send(404, b"{}", {})

    def _authorize(self, query: dict[str, str]) -> None:
        if not self.provider.auto_approve and self.command == "GET":
            fields = "".join(
                f'<input type="hidden" name="{name}" value="{value.replace("&", "&amp;")}">'
                for name, value in query.items()
            )
            page = (
                "<!doctype html><html lang=en><title>Acme</title><h1>Acme</h1>"
                f'<form method="post" action="/authorize">{fields}<button>Allow</button></form>'
            )
            return self._send(200, page.encode(), {"Content-Type": "text/html"})
        status, answer = self.provider.authorize(query)
        if status != 302:
            return self._send(status, b"refused", {})
        target = f"{query['redirect_uri']}?{urlencode(answer)}"
        return self._send(303, b"", {"Location": target})

    def _document(self, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        tag = f'"{hashlib.sha256(raw).hexdigest()[:16]}"'
        if self.headers.get("If-None-Match") == tag:
            return self._send(304, b"", {"ETag": tag})
        return self._send(200, raw, {"ETag": tag})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""


@contextmanager
def local_provider(*, auto_approve: bool = True) -> Iterator[LocalProvider]:
    """A provider that runs until the block ends."""
    provider = LocalProvider(auto_approve=auto_approve)
    handler = type("Handler", (_Handler,), {"provider": provider})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.block_on_close = False
    provider.issuer = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        for event in provider.faults.hold.values():
            event.set()
        server.shutdown()
        server.server_close()
        thread.join()
