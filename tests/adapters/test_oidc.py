"""The client of an identity provider, against one that speaks the real protocol."""

import base64
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from ecopick.adapters import fetching
from ecopick.adapters.errors import AdapterError
from ecopick.adapters.fetching import FetchError, fetch
from ecopick.adapters.id_tokens import Claims, TokenRefused
from ecopick.adapters.oidc import Attempt, OidcProvider, ProviderError
from ecopick.core import clock
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, LocalProvider, local_provider

REDIRECT = "http://localhost/en/login/with/acme/callback"


@pytest.fixture
def provider() -> Iterator[LocalProvider]:
    with local_provider() as running:
        running.redirect_uris.add(REDIRECT)
        running.person.email = "Anna@Acme.example"
        yield running


@pytest.fixture
def client(provider: LocalProvider) -> OidcProvider:
    return OidcProvider(provider.issuer, CLIENT_ID, CLIENT_SECRET)


def approve(provider: LocalProvider, address: str) -> dict[str, str]:
    status, answer = provider.authorize(dict(parse_qsl(urlsplit(address).query)))
    assert status == 302
    return answer


def walk(client: OidcProvider, provider: LocalProvider) -> Claims:
    attempt = Attempt.fresh()
    answer = approve(provider, client.authorization_url(attempt, REDIRECT))
    return client.redeem(answer["code"], attempt, REDIRECT)


def refused(client: OidcProvider, provider: LocalProvider) -> str:
    with pytest.raises(AdapterError) as caught:
        walk(client, provider)
    assert isinstance(caught.value, (ProviderError, TokenRefused))
    return caught.value.code


def test_whole_way(client: OidcProvider, provider: LocalProvider) -> None:
    claims = walk(client, provider)
    assert claims == Claims(provider.issuer, "person-1", "anna@acme.example", True)
    address = client.authorization_url(Attempt.fresh(), REDIRECT)
    query = dict(parse_qsl(urlsplit(address).query))
    assert query["code_challenge_method"] == "S256"
    assert query["scope"] == "openid email profile"
    assert "verifier" not in address and CLIENT_SECRET not in address


@pytest.mark.parametrize(
    "algorithm", ["RS256", "RS512", "PS256", "ES256", "ES384", "ES512", "EdDSA"]
)
def test_every_kind_of_key(client: OidcProvider, provider: LocalProvider, algorithm: str) -> None:
    provider.use_key_of(algorithm)
    assert walk(client, provider).subject == "person-1"


def test_secret_in_the_form(client: OidcProvider, provider: LocalProvider) -> None:
    way = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    provider.faults.discovery = lambda found: found | way
    assert walk(client, provider).subject == "person-1"
    assert provider.seen[-2][1]["client_secret"] == CLIENT_SECRET


def test_attempts_are_long_and_never_alike() -> None:
    made = {value for _ in range(50) for value in vars(Attempt.fresh()).values()}
    assert len(made) == 150
    assert min(map(len, made)) >= 43


def test_documents_are_kept_for_an_hour_then_revalidated(
    client: OidcProvider, provider: LocalProvider
) -> None:
    for _ in range(3):
        walk(client, provider)
    assert provider.count("/.well-known/openid-configuration") == 1
    assert provider.count("/keys") == 1
    clock.shift(timedelta(hours=1, minutes=1))
    walk(client, provider)
    assert provider.count("/.well-known/openid-configuration") == 2
    assert provider.count("/keys") == 2


def test_a_new_key_is_looked_for_once(client: OidcProvider, provider: LocalProvider) -> None:
    walk(client, provider)
    provider.rotate()
    assert walk(client, provider).subject == "person-1"
    assert provider.count("/keys") == 2
    provider.faults.key_id = "nobody-knows-it"
    assert refused(client, provider) == "token_key"
    assert provider.count("/keys") == 3


def test_while_it_is_away_what_is_known_counts_for_a_day(
    client: OidcProvider, provider: LocalProvider
) -> None:
    walk(client, provider)
    provider.faults.answers["/.well-known/openid-configuration"] = (503, b"{}")
    clock.shift(timedelta(hours=2))
    assert walk(client, provider).subject == "person-1"
    asked = provider.count("/.well-known/openid-configuration")
    assert asked == 2
    clock.shift(timedelta(hours=23))
    assert refused(client, provider) == "provider_away"


CLAIMS: list[tuple[str, Callable[[dict[str, Any]], dict[str, Any]]]] = [
    ("token_issuer", lambda c: c | {"iss": "https://evil.example"}),
    ("token_issuer", lambda c: c | {"iss": c["iss"] + "/"}),
    ("token_audience", lambda c: c | {"aud": "someone-else"}),
    ("token_audience", lambda c: c | {"aud": [c["aud"], "someone-else"]}),
    ("token_audience", lambda c: c | {"aud": []}),
    ("token_audience", lambda c: c | {"azp": "someone-else"}),
    ("token_expired", lambda c: c | {"exp": c["exp"] - 361}),
    ("token_time", lambda c: {k: v for k, v in c.items() if k != "exp"}),
    ("token_time", lambda c: c | {"exp": "tomorrow"}),
    ("token_time", lambda c: c | {"exp": True}),
    ("token_time", lambda c: c | {"iat": c["iat"] - 3600}),
    ("token_time", lambda c: c | {"iat": c["iat"] + 120}),
    ("token_time", lambda c: c | {"nbf": c["iat"] + 120}),
    ("token_nonce", lambda c: c | {"nonce": "another"}),
    ("token_nonce", lambda c: {k: v for k, v in c.items() if k != "nonce"}),
    ("token_access_hash", lambda c: c | {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}),
    ("token_access_hash", lambda c: c | {"at_hash": None}),
    ("token_subject", lambda c: c | {"sub": ""}),
    ("token_subject", lambda c: c | {"sub": "x" * 256}),
    ("token_subject", lambda c: c | {"sub": "a\nb"}),
]


@pytest.mark.parametrize(("code", "change"), CLAIMS)
def test_claims_that_do_not_fit(
    client: OidcProvider, provider: LocalProvider, code: str, change: Any
) -> None:
    provider.faults.claims = change
    assert refused(client, provider) == code


def test_authorized_party_may_be_named(client: OidcProvider, provider: LocalProvider) -> None:
    provider.faults.claims = lambda c: c | {"aud": [c["aud"]], "azp": c["aud"], "nbf": c["iat"]}
    assert walk(client, provider).subject == "person-1"


@pytest.mark.parametrize("word", ["true", 1, False, None])
def test_an_address_is_verified_only_by_a_plain_yes(
    client: OidcProvider, provider: LocalProvider, word: Any
) -> None:
    provider.person.email_verified = word
    assert walk(client, provider).email_verified is False


def unsigned(token: str) -> str:
    header = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    return f"{header}.{token.split('.')[1]}."


def with_hmac(key: bytes) -> Callable[[str], str]:
    def change(token: str) -> str:
        header = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"key-1"}').decode().rstrip("=")
        signed = f"{header}.{token.split('.')[1]}"
        mac = hmac.digest(key, signed.encode(), "sha256")
        return f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"

    return change


def test_unsigned_tokens(client: OidcProvider, provider: LocalProvider) -> None:
    provider.faults.token = unsigned
    assert refused(client, provider) == "token_algorithm"


@pytest.mark.parametrize("kind", ["secret", "public_key"])
def test_symmetric_signatures(client: OidcProvider, provider: LocalProvider, kind: str) -> None:
    """Nor with the client's secret, nor with what the key set shows to everybody."""
    shown = json.dumps(provider.keys()["keys"][0]).encode()
    provider.faults.token = with_hmac(CLIENT_SECRET.encode() if kind == "secret" else shown)
    assert refused(client, provider) == "token_algorithm"


def test_foreign_signature(client: OidcProvider, provider: LocalProvider) -> None:
    provider.faults.sign_with = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert refused(client, provider) == "token_signature"


def test_an_algorithm_that_the_provider_does_not_name(
    client: OidcProvider, provider: LocalProvider
) -> None:
    named = {"id_token_signing_alg_values_supported": ["ES256", "none", "HS256"]}
    provider.faults.discovery = lambda found: found | named
    assert refused(client, provider) == "token_algorithm"


def test_short_keys(client: OidcProvider, provider: LocalProvider) -> None:
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(small.public_key()))
    provider.faults.answers["/keys"] = (
        200,
        json.dumps({"keys": [{**public, "kid": "key-1"}]}).encode(),
    )
    assert refused(client, provider) == "token_key"


@pytest.mark.parametrize(
    "token", ["", "a", "a.b.c", "..", "é.é.é", "e30.e30.e30", "W10.e30.AA", "x" * 20000]
)
def test_tokens_of_any_shape(client: OidcProvider, provider: LocalProvider, token: str) -> None:
    provider.faults.token = lambda _token: token
    assert refused(client, provider).startswith("token_")


@pytest.mark.parametrize(
    "keys",
    [b"[]", b"{}", b'{"keys": 1}', b'{"keys": [1, null, {}]}', b"{" * 5000,
     b'{"keys": [{"kty": "RSA", "kid": "key-1", "n": 1, "e": []}]}',
     b'{"keys": [{"kty": "RSA", "kid": "key-1", "n": "AQAB", "e": "AA"}]}'],
)  # fmt: skip
def test_key_sets_of_any_shape(client: OidcProvider, provider: LocalProvider, keys: bytes) -> None:
    provider.faults.answers["/keys"] = (200, keys)
    assert refused(client, provider) in ("provider_malformed", "token_key")


def test_a_code_counts_once_and_with_its_verifier(
    client: OidcProvider, provider: LocalProvider
) -> None:
    attempt = Attempt.fresh()
    code = approve(provider, client.authorization_url(attempt, REDIRECT))["code"]
    with pytest.raises(ProviderError, match="code_refused"):
        client.redeem(code, Attempt(attempt.state, attempt.nonce, "stolen"), REDIRECT)
    code = approve(provider, client.authorization_url(attempt, REDIRECT))["code"]
    client.redeem(code, attempt, REDIRECT)
    with pytest.raises(ProviderError, match="code_refused"):
        client.redeem(code, attempt, REDIRECT)


def test_wrong_registration_is_told_apart(provider: LocalProvider) -> None:
    client = OidcProvider(provider.issuer, CLIENT_ID, "wrong")
    assert refused(client, provider) == "provider_refuses"


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "ftp://127.0.0.1/token"},
        {"token_endpoint": "file:///etc/passwd"},
        {"token_endpoint": None},
        {"jwks_uri": "http://user:pw@127.0.0.1/keys"},
        {"token_endpoint": "http://[::1/token"},
        {"token_endpoint_auth_methods_supported": ["private_key_jwt"]},
    ],
)
def test_discovery_that_cannot_be_used(
    client: OidcProvider, provider: LocalProvider, change: dict[str, Any]
) -> None:
    provider.faults.discovery = lambda found: found | change
    assert refused(client, provider) == "provider_malformed"


def test_an_https_issuer_names_only_https_addresses() -> None:
    client = OidcProvider("https://login.acme.example", CLIENT_ID, CLIENT_SECRET)
    assert not client._is_safe("http://login.acme.example/token")
    assert client._is_safe("https://keys.elsewhere.example/keys")


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys", "/token"])
def test_no_redirect_is_followed(client: OidcProvider, provider: LocalProvider, path: str) -> None:
    provider.faults.redirect[path] = f"{provider.issuer}/elsewhere"
    assert refused(client, provider) == "provider_malformed"
    assert provider.count("/elsewhere") == 0


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys", "/token"])
def test_too_much(client: OidcProvider, provider: LocalProvider, path: str) -> None:
    provider.faults.answers[path] = (200, b" " * (fetching.MAX_BYTES + 1))
    assert refused(client, provider) == "provider_malformed"


def test_slow_answers_end_in_time(provider: LocalProvider) -> None:
    provider.faults.hold["/keys"] = threading.Event()
    with pytest.raises(FetchError, match="slow"):
        fetch(f"{provider.issuer}/keys", seconds=0.2)


def test_nobody_there() -> None:
    client = OidcProvider("http://127.0.0.1:9", CLIENT_ID, CLIENT_SECRET)
    with pytest.raises(ProviderError, match="provider_away"):
        client.authorization_url(Attempt.fresh(), REDIRECT)


def test_the_answer_names_its_sender(client: OidcProvider, provider: LocalProvider) -> None:
    assert client.is_answer_of(provider.issuer)
    assert not client.is_answer_of("https://evil.example")
    assert not client.is_answer_of(None)  # It promised to name itself.
    provider.faults.discovery = lambda found: {
        k: v for k, v in found.items() if not k.startswith("authorization_response")
    }
    silent = OidcProvider(provider.issuer, CLIENT_ID, CLIENT_SECRET)
    assert silent.is_answer_of(None)
    assert not silent.is_answer_of("https://evil.example")
