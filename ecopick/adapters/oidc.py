"""An OpenID Connect provider: authorization code flow with PKCE.

Only the configured issuer is asked for its discovery document; the addresses
in it may stand on other hosts but must be as safe as the issuer's own.
"""

import base64
import hashlib
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from ecopick.adapters.errors import AdapterError
from ecopick.adapters.fetching import FetchError, fetch, json_object
from ecopick.adapters.id_tokens import DIGESTS, Claims, Expected, Keys, TokenRefused, verify
from ecopick.core import clock

FRESH = timedelta(hours=1)
ASK_AGAIN = timedelta(minutes=1)
# While the provider is away, what it said before counts for so long.
USABLE = timedelta(hours=24)
MAX_CODE_CHARACTERS = 4096


class ProviderError(AdapterError):
    """The provider cannot be used now.

    Codes: `provider_away`, `provider_slow`, `provider_malformed`, `provider_refuses`
    (our registration there), `code_refused` (the code, used or foreign).
    """


@dataclass(frozen=True)
class Attempt:
    """The three secrets of one sign-in; they stay with the browser that began it."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)

    @staticmethod
    def fresh() -> "Attempt":
        """New secrets of 256 bits each."""
        return Attempt(*(secrets.token_urlsafe(32) for _ in range(3)))

    @property
    def challenge(self) -> str:
        """PKCE: what the provider is shown of the verifier (S256)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@dataclass(frozen=True)
class _Document:
    """A JSON document of the provider, and its version there.

    ``fetched_at`` is when it was last known to be true, ``asked_at`` when that was
    last asked, in vain or not.
    """

    body: dict[str, Any]
    fetched_at: datetime
    asked_at: datetime
    etag: str | None


class OidcProvider:
    """One provider, shared by all threads; documents are kept for an hour, then revalidated."""

    def __init__(
        self,
        issuer: str,
        client_id: str,
        client_secret: str,
        *,
        scopes: tuple[str, ...] = ("openid", "email", "profile"),
    ) -> None:
        self.issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._scopes = scopes
        self._documents: dict[str, _Document] = {}
        self._lock = threading.Lock()

    def authorization_url(self, attempt: Attempt, redirect_uri: str) -> str:
        """Where the browser goes to sign in. Raises ProviderError."""
        endpoint = self._endpoint("authorization_endpoint")
        query = urlencode(
            {
                "response_type": "code",
                "client_id": self._client_id,
                "redirect_uri": redirect_uri,
                "scope": " ".join(self._scopes),
                "state": attempt.state,
                "nonce": attempt.nonce,
                "code_challenge": attempt.challenge,
                "code_challenge_method": "S256",
            }
        )
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"

    def is_answer_of(self, issuer: str | None) -> bool:
        """Whether an answer that names ``issuer`` is this provider's (RFC 9207).

        A provider that promises to name itself must do so. Raises ProviderError.
        """
        if issuer is None:
            promised = self._metadata().get("authorization_response_iss_parameter_supported")
            return promised is not True
        return issuer == self.issuer

    def redeem(self, code: str, attempt: Attempt, redirect_uri: str) -> Claims:
        """Exchange the code, and check the ID token. Raises ProviderError, TokenRefused."""
        if not 0 < len(code) <= MAX_CODE_CHARACTERS:
            raise ProviderError("code_refused", "length")
        tokens = self._exchange(code, attempt, redirect_uri)
        access_token = tokens.get("access_token")
        expected = Expected(
            issuer=self.issuer,
            client_id=self._client_id,
            nonce=attempt.nonce,
            access_token=access_token if isinstance(access_token, str) else None,
            algorithms=self._algorithms(),
        )
        return verify(tokens["id_token"], self._keys, expected, clock.now())

    def _exchange(self, code: str, attempt: Attempt, redirect_uri: str) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": attempt.verifier,
        }
        headers: dict[str, str] = {}
        if self._takes("client_secret_basic"):
            pair = f"{quote_plus(self._client_id)}:{quote_plus(self._client_secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        elif self._takes("client_secret_post"):
            form |= {"client_id": self._client_id, "client_secret": self._client_secret}
        else:
            raise ProviderError("provider_malformed", "no way to show the client secret")
        status, found = self._ask(self._endpoint("token_endpoint"), form=form, headers=headers)
        if status in (400, 401) and found.get("error") == "invalid_grant":
            raise ProviderError("code_refused")
        if status in (400, 401, 403):
            raise ProviderError("provider_refuses", str(found.get("error"))[:80])
        if status != 200:
            raise ProviderError("provider_away", f"token endpoint: {status}")
        if not isinstance(found.get("id_token"), str):
            raise TokenRefused("token_missing")
        if str(found.get("token_type", "Bearer")).lower() != "bearer":
            raise TokenRefused("token_malformed", "token_type")
        return found

    def _takes(self, method: str) -> bool:
        offered = self._metadata().get("token_endpoint_auth_methods_supported")
        return method in (offered if isinstance(offered, list) else ["client_secret_basic"])

    def _algorithms(self) -> frozenset[str]:
        """The asymmetric algorithms that the provider says it uses; all where it is silent."""
        offered = self._metadata().get("id_token_signing_alg_values_supported")
        if not isinstance(offered, list):
            return frozenset(DIGESTS)
        return frozenset(DIGESTS) & {each for each in offered if isinstance(each, str)}

    def _metadata(self) -> dict[str, Any]:
        address = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
        found = self._document(address)
        if found.get("issuer") != self.issuer:
            with self._lock:
                self._documents.pop(address, None)
            raise ProviderError("provider_malformed", "discovery names another issuer")
        return found

    def _endpoint(self, name: str) -> str:
        address = self._metadata().get(name)
        if not isinstance(address, str) or not self._is_safe(address):
            raise ProviderError("provider_malformed", name)
        return address

    def _is_safe(self, address: str) -> bool:
        """HTTPS, or plain HTTP where the issuer itself is plain (never in production)."""
        try:
            parts = urlsplit(address)
            host = parts.hostname
        except ValueError:
            return False
        schemes = {"https", urlsplit(self.issuer).scheme}
        odd = parts.username is not None or parts.fragment or not address.isprintable()
        return parts.scheme in schemes and bool(host) and not odd

    def _keys(self, key_id: str | None) -> Keys:
        """The provider's keys; a key id that is not among them is looked for once more."""
        address = self._endpoint("jwks_uri")
        keys = _listed(self._document(address))
        if key_id is not None and all(key.get("kid") != key_id for key in keys):
            keys = _listed(self._document(address, anew=True))
        return keys

    def _document(self, address: str, *, anew: bool = False) -> dict[str, Any]:
        known, now = self._documents.get(address), clock.now()
        if known is not None and not anew and _is_fresh(known, now):
            return known.body
        try:
            found = self._fetch_document(address, None if anew else known)
        except ProviderError:
            if known is None or anew or now - known.fetched_at >= USABLE:
                raise
            found = replace(known, asked_at=now)
        with self._lock:
            self._documents[address] = found
        return found.body

    def _fetch_document(self, address: str, known: _Document | None) -> _Document:
        condition = {"If-None-Match": known.etag} if known is not None and known.etag else {}
        try:
            answer = fetch(address, headers=condition)
            now = clock.now()
            if answer.status == 304 and known is not None:
                return _Document(known.body, now, now, known.etag)
            if answer.status != 200:
                raise ProviderError("provider_away", f"{address}: {answer.status}")
            return _Document(json_object(answer.body), now, now, answer.headers.get("etag"))
        except FetchError as error:
            raise _told(error) from error

    def _ask(
        self, address: str, *, form: Mapping[str, str], headers: Mapping[str, str]
    ) -> tuple[int, dict[str, Any]]:
        try:
            answer = fetch(address, form=form, headers=headers)
            return answer.status, json_object(answer.body) if answer.status < 500 else {}
        except FetchError as error:
            raise _told(error) from error


def _is_fresh(known: _Document, now: datetime) -> bool:
    """Whether it need not be asked for: an hour after a success, a minute after a failure."""
    return now - known.fetched_at < FRESH or (
        known.asked_at > known.fetched_at and now - known.asked_at < ASK_AGAIN
    )


def _listed(document: Mapping[str, Any]) -> Keys:
    keys = document.get("keys")
    if not isinstance(keys, list):
        raise ProviderError("provider_malformed", "keys")
    return [key for key in keys if isinstance(key, dict)]


def _told(error: FetchError) -> ProviderError:
    code = {"unreachable": "provider_away", "slow": "provider_slow"}.get(error.code)
    return ProviderError(code or "provider_malformed", f"{error.code}: {error.detail}")
