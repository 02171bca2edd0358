"""Settings of identity providers: none by default, each fault told in one sentence."""

from __future__ import annotations

import pytest

from ecopick.config import ConfigError, Settings
from tests.platform.test_config import PRODUCTION, SERVERS

ACME = {
    "OIDC_PROVIDERS": "acme",
    "OIDC_ACME_ISSUER": "https://login.acme.example",
    "OIDC_ACME_CLIENT_ID": "ecopick",
    "OIDC_ACME_CLIENT_SECRET": "very-secret",
}


def test_none_by_default() -> None:
    assert Settings.from_env(SERVERS).identity_providers == ()


def test_several_with_their_own_words() -> None:
    settings = Settings.from_env(
        PRODUCTION
        | ACME
        | {
            "OIDC_PROVIDERS": "acme, big-house",
            "OIDC_BIG_HOUSE_ISSUER": "https://id.big.example/tenant/",
            "OIDC_BIG_HOUSE_CLIENT_ID": "c",
            "OIDC_BIG_HOUSE_CLIENT_SECRET": "s",
            "OIDC_BIG_HOUSE_NAME": "The Big House",
            "OIDC_BIG_HOUSE_SCOPES": "openid email",
            "OIDC_BIG_HOUSE_EMAIL_DOMAINS": "Big.example, @house.example",
        }
    )
    acme, big = settings.identity_providers
    assert (acme.key, acme.name, acme.email_domains) == ("acme", "Acme", ())
    assert acme.scopes == ("openid", "email", "profile")
    assert (big.name, big.issuer) == ("The Big House", "https://id.big.example/tenant/")
    assert big.scopes == ("openid", "email")
    assert big.email_domains == ("big.example", "house.example")
    assert "very-secret" not in repr(settings)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"OIDC_ACME_ISSUER": ""}, "OIDC_ACME_ISSUER"),
        ({"OIDC_ACME_ISSUER": "http://login.acme.example"}, "OIDC_ACME_ISSUER"),
        ({"OIDC_ACME_ISSUER": "login.acme.example"}, "OIDC_ACME_ISSUER"),
        ({"OIDC_ACME_ISSUER": "https://acme.example?tenant=1"}, "OIDC_ACME_ISSUER"),
        ({"OIDC_ACME_ISSUER": "https://me:pw@acme.example"}, "OIDC_ACME_ISSUER"),
        ({"OIDC_ACME_CLIENT_ID": " "}, "OIDC_ACME_CLIENT_ID"),
        ({"OIDC_ACME_CLIENT_SECRET": ""}, "OIDC_ACME_CLIENT_SECRET"),
        ({"OIDC_ACME_SCOPES": "email"}, "OIDC_ACME_SCOPES"),
        ({"OIDC_PROVIDERS": "acme,acme"}, "OIDC_PROVIDERS"),
        ({"OIDC_PROVIDERS": "Acme"}, "OIDC_PROVIDERS"),
        ({"OIDC_PROVIDERS": "acme,../x"}, "OIDC_PROVIDERS"),
    ],
)
def test_a_fault_is_named_in_one_sentence(changes: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Settings.from_env(PRODUCTION | ACME | changes)
    assert named in str(caught.value)
    assert str(caught.value).endswith(".")
    assert "very-secret" not in str(caught.value)


def test_plain_http_only_outside_production() -> None:
    local = ACME | {"OIDC_ACME_ISSUER": "http://127.0.0.1:9000"}
    assert Settings.from_env(SERVERS | local).identity_providers[0].issuer.startswith("http:")


def test_one_issuer_is_one_provider() -> None:
    twice = {key.replace("ACME", "TWO"): value for key, value in ACME.items()}
    with pytest.raises(ConfigError, match="same issuer"):
        Settings.from_env(PRODUCTION | twice | ACME | {"OIDC_PROVIDERS": "acme,two"})
