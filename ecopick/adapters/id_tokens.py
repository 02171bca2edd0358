"""What an identity provider says of a person, believed only after every check.

The checks are those of OpenID Connect Core 3.1.3.7, with the stricter choice
wherever it leaves one: this client is the only audience, and only asymmetric
algorithms count, so that nobody can sign with what everybody may read.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import jwt
from jwt.api_jws import PyJWS

from ecopick.adapters.errors import AdapterError
from ecopick.adapters.fetching import FetchError, json_object

# Which digest at_hash is made with, for each algorithm that is accepted.
DIGESTS = {
    "RS256": "sha256",
    "RS384": "sha384",
    "RS512": "sha512",
    "PS256": "sha256",
    "PS384": "sha384",
    "PS512": "sha512",
    "ES256": "sha256",
    "ES384": "sha384",
    "ES512": "sha512",
    "EdDSA": "sha512",
}
KEY_TYPES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
PUBLIC_PARTS = ("kty", "n", "e", "crv", "x", "y")
LEEWAY = timedelta(seconds=60)
MAX_AGE = timedelta(minutes=10)
MAX_TOKEN_CHARACTERS = 16 * 1024
MAX_SUBJECT_CHARACTERS = 255
MAX_KEYS = 50

Keys = list[dict[str, Any]]


class TokenRefused(AdapterError):
    """The token proves nothing; the code says which check failed."""


@dataclass(frozen=True)
class Claims:
    """Who came in at the provider. ``email_verified`` is the provider's word."""

    issuer: str
    subject: str
    email: str | None = field(default=None, repr=False)
    email_verified: bool = False


@dataclass(frozen=True)
class Expected:
    """What the token must fit."""

    issuer: str
    client_id: str
    nonce: str = field(repr=False)
    access_token: str | None = field(default=None, repr=False)
    algorithms: frozenset[str] = frozenset(DIGESTS)


def verify(
    token: str, keys_of: Callable[[str | None], Keys], expected: Expected, now: datetime
) -> Claims:
    """Check signature and claims; TokenRefused names the first check that fails.

    ``keys_of`` answers the provider's present keys and is given the key id that
    the token names, so that it can look again for one that it does not know.
    """
    header = _header(token)
    algorithm = header.get("alg")
    if algorithm not in DIGESTS or algorithm not in expected.algorithms:
        raise TokenRefused("token_algorithm", repr(algorithm)[:40])
    if "crit" in header or "b64" in header:
        raise TokenRefused("token_malformed", "crit")
    claims = _signed_claims(token, header, algorithm, keys_of)
    _check_party(claims, expected)
    _check_times(claims, now)
    _check_nonce(claims, expected.nonce)
    _check_access_token(claims, expected.access_token, algorithm)
    return _claims(claims)


def _header(token: str) -> dict[str, Any]:
    if len(token) > MAX_TOKEN_CHARACTERS or token.count(".") != 2 or not token.isascii():
        raise TokenRefused("token_malformed", "shape")
    first = token.split(".", 1)[0]
    try:
        return json_object(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
    except (ValueError, FetchError) as error:
        raise TokenRefused("token_malformed", "header") from error


def _signed_claims(
    token: str,
    header: Mapping[str, Any],
    algorithm: str,
    keys_of: Callable[[str | None], Keys],
) -> dict[str, Any]:
    key_id = header.get("kid")
    if key_id is not None and not isinstance(key_id, str):
        raise TokenRefused("token_malformed", "kid")
    key = _key(keys_of(key_id), key_id, algorithm)
    try:
        payload = PyJWS().decode(token, key=key, algorithms=[algorithm])
    except jwt.InvalidSignatureError as error:
        raise TokenRefused("token_signature") from error
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise TokenRefused("token_malformed", type(error).__name__) from error
    try:
        return json_object(payload)
    except FetchError as error:
        raise TokenRefused("token_malformed", "payload") from error


def _key(keys: Keys, key_id: str | None, algorithm: str) -> jwt.PyJWK:
    """The one key that the token means; without an id there must be only one that fits."""
    fitting = [
        key
        for key in keys[:MAX_KEYS]
        if key.get("kty") == KEY_TYPES[algorithm[:2]]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (key_id is None or key.get("kid") == key_id)
    ]
    if len(fitting) != 1:
        raise TokenRefused("token_key", f"{len(fitting)} keys fit")
    public = {name: fitting[0][name] for name in PUBLIC_PARTS if name in fitting[0]}
    try:
        key = jwt.PyJWK(public, algorithm=algorithm)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise TokenRefused("token_key", type(error).__name__) from error
    if public["kty"] == "RSA" and not 2048 <= key.key.key_size <= 8192:
        raise TokenRefused("token_key", "size")
    return key


def _check_party(claims: Mapping[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise TokenRefused("token_issuer")
    if claims.get("aud") not in (expected.client_id, [expected.client_id]):
        raise TokenRefused("token_audience")
    if claims.get("azp", expected.client_id) != expected.client_id:
        raise TokenRefused("token_audience", "azp")


def _check_times(claims: Mapping[str, Any], now: datetime) -> None:
    moment = now.timestamp()
    expires, issued = _seconds(claims, "exp"), _seconds(claims, "iat")
    leeway = LEEWAY.total_seconds()
    if moment >= expires + leeway:
        raise TokenRefused("token_expired")
    if issued > moment + leeway or moment > issued + MAX_AGE.total_seconds() + leeway:
        raise TokenRefused("token_time", "iat")
    if "nbf" in claims and _seconds(claims, "nbf") > moment + leeway:
        raise TokenRefused("token_time", "nbf")


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or abs(value) > 10**11:
        raise TokenRefused("token_time", name)
    return float(value)


def _check_nonce(claims: Mapping[str, Any], nonce: str) -> None:
    told = claims.get("nonce")
    if not isinstance(told, str) or not hmac.compare_digest(told.encode(), nonce.encode()):
        raise TokenRefused("token_nonce")


def _check_access_token(
    claims: Mapping[str, Any], access_token: str | None, algorithm: str
) -> None:
    if "at_hash" not in claims:
        return
    digest = hashlib.new(DIGESTS[algorithm], (access_token or "").encode()).digest()
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")
    told = claims["at_hash"]
    if (
        access_token is None
        or not isinstance(told, str)
        or not hmac.compare_digest(told.encode(), half.encode())
    ):
        raise TokenRefused("token_access_hash")


def _claims(claims: Mapping[str, Any]) -> Claims:
    subject, email = claims.get("sub"), claims.get("email")
    if (
        not isinstance(subject, str)
        or not 0 < len(subject) <= MAX_SUBJECT_CHARACTERS
        or not subject.isascii()
        or not subject.isprintable()
    ):
        raise TokenRefused("token_subject")
    usable = isinstance(email, str) and 3 <= len(email) <= 254 and email.isprintable()
    return Claims(
        issuer=claims["iss"],
        subject=subject,
        email=email.lower() if usable and isinstance(email, str) else None,
        email_verified=usable and claims.get("email_verified") is True,
    )
