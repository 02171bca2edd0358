"""Settings, read once from the environment and checked at start."""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from ecopick.inbound_settings import CLAMD_PORT, InboundSettings, SocketAddress, address

DEFAULT_SESSION_HMAC_KEY: Final = "ecopick-development-session-key-not-for-production"
DEFAULT_DATA_ENCRYPTION_KEY: Final = base64.b64encode(b"ecopick-development-only-32-byte").decode()
DEFAULT_PORT: Final = 4500
DEFAULT_SENDER: Final = "Ecopick <no-reply@ecopick.example>"
DEFAULT_S3_REGION: Final = "eu-central-1"
MIN_SESSION_KEY_CHARACTERS: Final = 32
DATA_KEY_BYTES: Final = 32
PROVIDER_KEY: Final = re.compile(r"[a-z][a-z0-9]{0,30}(?:-[a-z0-9]{1,30})*")


class ConfigError(Exception):
    """A setting is missing or malformed; the message is one sentence for the operator."""


class AppEnv(StrEnum):
    """Where the product runs."""

    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


class StorageBackend(StrEnum):
    """Where files are kept."""

    LOCAL = "local"
    S3 = "s3"


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """The outgoing mail server; an empty `host` means that no mail can leave."""

    host: str = ""
    port: int = 25
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str = DEFAULT_SENDER


@dataclass(frozen=True, slots=True)
class S3Settings:
    """The S3-compatible store, used when the storage backend is `s3`.

    `public_endpoint` is its address for browsers where that is another; with `direct`
    they are sent there for uploads and downloads.
    """

    endpoint: str = ""
    public_endpoint: str = ""
    direct: bool = True
    bucket: str = ""
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    region: str = DEFAULT_S3_REGION


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """A house whose accounts may open accounts here (OpenID Connect).

    ``email_domains`` are those for which its word on addresses counts.
    """

    key: str
    name: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    email_domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the processes need to know about their surroundings."""

    app_env: AppEnv
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    home: Path
    public_base_url: str
    session_hmac_key: bytes = field(repr=False)
    data_encryption_key: bytes = field(repr=False)
    migration_database_url: str = field(default="", repr=False)
    session_hmac_key_previous: bytes | None = field(default=None, repr=False)
    data_encryption_key_previous: bytes | None = field(default=None, repr=False)
    port: int = DEFAULT_PORT
    smtp: SmtpSettings = field(default_factory=SmtpSettings)
    storage_backend: StorageBackend = StorageBackend.LOCAL
    storage_dir: Path = Path(".ecopick/files")
    s3: S3Settings = field(default_factory=S3Settings)
    webauthn_rp_id: str = "localhost"
    webauthn_origin: str = "http://localhost:4500"
    anthropic_api_key: str = field(default="", repr=False)
    trusted_proxies: int = 0
    location_file: Path | None = None
    clock_offset: int = 0
    demo: bool = True
    identity_providers: tuple[IdentityProvider, ...] = ()
    inbound: InboundSettings = field(default_factory=InboundSettings)
    clamd: SocketAddress | None = None

    @property
    def is_production(self) -> bool:
        """True where real people's data lives; development aids are then absent."""
        return self.app_env is AppEnv.PRODUCTION

    @property
    def mail_dir(self) -> Path:
        """The folder into which the local SMTP catcher writes mails."""
        return self.home / "mail"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings.

        Production refuses to start with missing or default keys, without a
        public https address, or with a shifted clock. Raises ConfigError.
        """
        env = os.environ if environ is None else environ
        app_env = _app_env(env)
        production = app_env is AppEnv.PRODUCTION
        port = _integer(env, "PORT", DEFAULT_PORT, 1, 65535)
        base_url = _text(env, "PUBLIC_BASE_URL") or f"http://localhost:{port}"
        home = home_folder(env)
        offset = _integer(env, "ECOPICK_CLOCK_OFFSET", 0, -(10**9), 10**9)
        if production:
            _refuse_unsafe_production(env, offset)
        previous = _text(env, "SESSION_HMAC_KEY_PREVIOUS")
        older = _text(env, "DATA_ENCRYPTION_KEY_PREVIOUS")
        storage = _storage_backend(env)
        try:
            inbound, clamd = (
                InboundSettings.from_env(env),
                address(env, "CLAMD_ADDRESS", CLAMD_PORT),
            )
        except ValueError as error:
            raise ConfigError(str(error)) from error
        return cls(
            app_env=app_env,
            database_url=sqlalchemy_url(_required(env, "DATABASE_URL")),
            migration_database_url=sqlalchemy_url(_text(env, "MIGRATION_DATABASE_URL")),
            redis_url=_required(env, "REDIS_URL"),
            home=home,
            public_base_url=_base_url(base_url),
            session_hmac_key=_session_key(env),
            session_hmac_key_previous=previous.encode() if previous else None,
            data_encryption_key=_data_key(
                "DATA_ENCRYPTION_KEY",
                _text(env, "DATA_ENCRYPTION_KEY") or DEFAULT_DATA_ENCRYPTION_KEY,
            ),
            data_encryption_key_previous=_data_key("DATA_ENCRYPTION_KEY_PREVIOUS", older)
            if older
            else None,
            port=port,
            smtp=SmtpSettings(
                host=_text(env, "SMTP_HOST"),
                port=_integer(env, "SMTP_PORT", 25, 1, 65535),
                user=_text(env, "SMTP_USER"),
                password=_text(env, "SMTP_PASSWORD"),
                sender=_text(env, "SMTP_FROM") or DEFAULT_SENDER,
            ),
            storage_backend=storage,
            storage_dir=Path(_text(env, "STORAGE_DIR") or home / "files").absolute(),
            s3=_s3(env, storage),
            webauthn_rp_id=_text(env, "WEBAUTHN_RP_ID")
            or urlsplit(base_url).hostname
            or "localhost",
            webauthn_origin=_text(env, "WEBAUTHN_ORIGIN") or _base_url(base_url),
            anthropic_api_key=_text(env, "ANTHROPIC_API_KEY"),
            trusted_proxies=_integer(env, "TRUSTED_PROXIES", 0, 0, 10),
            location_file=_file(env, "LOCATION_FILE"),
            clock_offset=offset,
            demo=_text(env, "ECOPICK_DEMO") != "0",
            identity_providers=_identity_providers(env, production=production),
            inbound=inbound,
            clamd=clamd,
        )


def home_folder(environ: Mapping[str, str]) -> Path:
    """The data folder as an absolute path: ECOPICK_HOME, else `.ecopick` here."""
    return Path(environ.get("ECOPICK_HOME", "").strip() or ".ecopick").expanduser().absolute()


def sqlalchemy_url(url: str) -> str:
    """`postgres://` and `postgresql://` addresses in the form that names our driver."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    return url


def libpq_url(url: str) -> str:
    """The address without SQLAlchemy's driver name, as libpq and psycopg read it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _text(env: Mapping[str, str], name: str) -> str:
    return env.get(name, "").strip()


def _required(env: Mapping[str, str], name: str) -> str:
    value = _text(env, name)
    if not value:
        raise ConfigError(
            f"{name} is not set; `ecopick up` sets it, or give it in the environment."
        )
    return value


def _file(env: Mapping[str, str], name: str) -> Path | None:
    text = _text(env, name)
    if not text:
        return None
    path = Path(text).expanduser().absolute()
    if not path.is_file():
        raise ConfigError(f"{name} must name a file; there is none at {text!r}.")
    return path


def _integer(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = _text(env, name)
    if not text:
        return default
    try:
        value = int(text)
    except ValueError:
        raise ConfigError(f"{name} must be a whole number, not {text!r}.") from None
    if not low <= value <= high:
        raise ConfigError(f"{name} must lie between {low} and {high}, not {value}.")
    return value


def _app_env(env: Mapping[str, str]) -> AppEnv:
    text = _text(env, "APP_ENV") or AppEnv.DEVELOPMENT
    try:
        return AppEnv(text)
    except ValueError:
        raise ConfigError(
            f"APP_ENV must be development, test or production, not {text!r}."
        ) from None


def _storage_backend(env: Mapping[str, str]) -> StorageBackend:
    text = _text(env, "STORAGE_BACKEND") or StorageBackend.LOCAL
    try:
        return StorageBackend(text)
    except ValueError:
        raise ConfigError(f"STORAGE_BACKEND must be local or s3, not {text!r}.") from None


def _base_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ConfigError(f"PUBLIC_BASE_URL must look like https://host, not {url!r}.")
    return url.rstrip("/")


def _session_key(env: Mapping[str, str]) -> bytes:
    key = _text(env, "SESSION_HMAC_KEY") or DEFAULT_SESSION_HMAC_KEY
    if len(key) < MIN_SESSION_KEY_CHARACTERS:
        raise ConfigError(
            f"SESSION_HMAC_KEY must have at least {MIN_SESSION_KEY_CHARACTERS} characters."
        )
    return key.encode()


def _data_key(name: str, text: str) -> bytes:
    try:
        if len(text) == 2 * DATA_KEY_BYTES:
            key = bytes.fromhex(text)
        else:
            key = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != DATA_KEY_BYTES:
        raise ConfigError(f"{name} must be 32 bytes in base64 or hex.")
    return key


def _s3(env: Mapping[str, str], backend: StorageBackend) -> S3Settings:
    settings = S3Settings(
        endpoint=_text(env, "S3_ENDPOINT"),
        public_endpoint=_text(env, "S3_PUBLIC_ENDPOINT"),
        direct=_text(env, "S3_DIRECT") != "0",
        bucket=_text(env, "S3_BUCKET"),
        access_key=_text(env, "S3_ACCESS_KEY"),
        secret_key=_text(env, "S3_SECRET_KEY"),
        region=_text(env, "S3_REGION") or DEFAULT_S3_REGION,
    )
    if backend is StorageBackend.S3 and not settings.bucket:
        raise ConfigError("STORAGE_BACKEND is s3, so S3_BUCKET must be set.")
    return settings


def _identity_providers(
    env: Mapping[str, str], *, production: bool
) -> tuple[IdentityProvider, ...]:
    """Those that OIDC_PROVIDERS names, in that order; each key and issuer once."""
    keys = [key.strip() for key in _text(env, "OIDC_PROVIDERS").split(",") if key.strip()]
    found = tuple(_identity_provider(env, key, production=production) for key in keys)
    for what, values in (("key", keys), ("issuer", [each.issuer for each in found])):
        if len(set(values)) < len(values):
            raise ConfigError(f"OIDC_PROVIDERS names the same {what} twice.")
    return found


def _identity_provider(env: Mapping[str, str], key: str, *, production: bool) -> IdentityProvider:
    if PROVIDER_KEY.fullmatch(key) is None:
        raise ConfigError(
            f"OIDC_PROVIDERS must hold short names in small letters, such as acme, not {key!r}."
        )
    prefix = f"OIDC_{key.upper().replace('-', '_')}_"
    for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET"):
        if not _text(env, prefix + name):
            raise ConfigError(f"OIDC_PROVIDERS names {key}, so {prefix}{name} must be set.")
    issuer = _text(env, prefix + "ISSUER")
    parts = urlsplit(issuer)
    schemes = ("https",) if production else ("https", "http")
    if parts.scheme not in schemes or not parts.hostname or set("?#@\\") & set(issuer):
        raise ConfigError(f"{prefix}ISSUER must look like https://host, not {issuer!r}.")
    scopes = tuple((_text(env, prefix + "SCOPES") or "openid email profile").split())
    if "openid" not in scopes:
        raise ConfigError(f"{prefix}SCOPES must contain openid.")
    domains = _text(env, prefix + "EMAIL_DOMAINS").lower().replace(",", " ").split()
    return IdentityProvider(
        key=key,
        name=_text(env, prefix + "NAME") or key.replace("-", " ").title(),
        issuer=issuer,
        client_id=_text(env, prefix + "CLIENT_ID"),
        client_secret=_text(env, prefix + "CLIENT_SECRET"),
        scopes=scopes,
        email_domains=tuple(domain.removeprefix("@") for domain in domains),
    )


def _refuse_unsafe_production(env: Mapping[str, str], offset: int) -> None:
    for name, default in (
        ("SESSION_HMAC_KEY", DEFAULT_SESSION_HMAC_KEY),
        ("DATA_ENCRYPTION_KEY", DEFAULT_DATA_ENCRYPTION_KEY),
    ):
        value = _text(env, name)
        if not value or value == default:
            raise ConfigError(f"{name} must be set to a key of its own in production.")
        if _text(env, f"{name}_PREVIOUS") == default:
            raise ConfigError(f"{name}_PREVIOUS must not be the default key in production.")
    if not _text(env, "PUBLIC_BASE_URL").startswith("https://"):
        raise ConfigError("PUBLIC_BASE_URL must be set to an https address in production.")
    if offset:
        raise ConfigError("ECOPICK_CLOCK_OFFSET must not be set in production.")
