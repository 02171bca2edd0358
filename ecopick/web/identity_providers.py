"""The identity providers that the settings name, ready to be asked."""

from dataclasses import dataclass
from typing import cast

from flask import current_app

from ecopick.adapters.oidc import OidcProvider
from ecopick.config import IdentityProvider, Settings


@dataclass(frozen=True)
class Provider:
    """A provider: what the operator set, and the one connection of this process."""

    settings: IdentityProvider
    client: OidcProvider

    @property
    def key(self) -> str:
        """Its name in addresses."""
        return self.settings.key

    @property
    def name(self) -> str:
        """Its name for people."""
        return self.settings.name

    def counts_for(self, email: str | None) -> bool:
        """Whether the provider's word on this address is believed."""
        domain = (email or "").rpartition("@")[2].lower()
        return bool(domain) and domain in self.settings.email_domains


def open_identity_providers(settings: Settings) -> dict[str, Provider]:
    """Every configured provider by its key; nothing is asked of them yet."""
    return {
        each.key: Provider(
            each,
            OidcProvider(each.issuer, each.client_id, each.client_secret, scopes=each.scopes),
        )
        for each in settings.identity_providers
    }


def identity_providers() -> dict[str, Provider]:
    """The providers of this process."""
    return cast(dict[str, Provider], current_app.extensions["identity_providers"])
