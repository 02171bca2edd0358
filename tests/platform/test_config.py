"""Settings: what production refuses, what is read, what is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecopick.config import (
    DEFAULT_DATA_ENCRYPTION_KEY,
    DEFAULT_SESSION_HMAC_KEY,
    AppEnv,
    ConfigError,
    Settings,
)

SERVERS = {"DATABASE_URL": "postgres://app:pw@db/ecopick", "REDIS_URL": "redis://queue"}
PRODUCTION = SERVERS | {
    "APP_ENV": "production",
    "PUBLIC_BASE_URL": "https://ecopick.example.org/",
    "SESSION_HMAC_KEY": "s" * 40,
    "DATA_ENCRYPTION_KEY": "ab" * 32,
}


def test_development_needs_only_its_servers() -> None:
    settings = Settings.from_env(SERVERS)
    assert settings.app_env is AppEnv.DEVELOPMENT
    assert settings.database_url == "postgresql+psycopg://app:pw@db/ecopick"
    assert settings.public_base_url == "http://localhost:4500"
    assert len(settings.data_encryption_key) == 32


def test_the_keys_before_are_read_too() -> None:
    older = {"DATA_ENCRYPTION_KEY_PREVIOUS": "cd" * 32, "SESSION_HMAC_KEY_PREVIOUS": "p" * 40}
    settings = Settings.from_env(PRODUCTION | older)
    assert settings.data_encryption_key_previous == bytes.fromhex("cd" * 32)
    assert settings.session_hmac_key_previous == b"p" * 40
    assert Settings.from_env(PRODUCTION).data_encryption_key_previous is None


def test_production_reads_its_own_keys() -> None:
    settings = Settings.from_env(PRODUCTION)
    assert settings.is_production
    assert settings.public_base_url == "https://ecopick.example.org"
    assert settings.data_encryption_key == bytes.fromhex("ab" * 32)
    assert settings.webauthn_rp_id == "ecopick.example.org"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SESSION_HMAC_KEY", ""),
        ("SESSION_HMAC_KEY", DEFAULT_SESSION_HMAC_KEY),
        ("SESSION_HMAC_KEY", "short"),
        ("DATA_ENCRYPTION_KEY", ""),
        ("DATA_ENCRYPTION_KEY", DEFAULT_DATA_ENCRYPTION_KEY),
        ("DATA_ENCRYPTION_KEY", "bm90IDMyIGJ5dGVz"),
        ("DATA_ENCRYPTION_KEY_PREVIOUS", "bm90IDMyIGJ5dGVz"),
        ("DATA_ENCRYPTION_KEY_PREVIOUS", DEFAULT_DATA_ENCRYPTION_KEY),
        ("SESSION_HMAC_KEY_PREVIOUS", DEFAULT_SESSION_HMAC_KEY),
        ("PUBLIC_BASE_URL", ""),
        ("PUBLIC_BASE_URL", "http://ecopick.example.org"),
        ("ECOPICK_CLOCK_OFFSET", "3600"),
        ("DATABASE_URL", ""),
        ("PORT", "eighty"),
        ("APP_ENV", "staging"),
        ("STORAGE_BACKEND", "s3"),
    ],
)
def test_a_wrong_setting_is_named_in_one_sentence(name: str, value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Settings.from_env(PRODUCTION | {name: value})
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert name in sentence or name == "STORAGE_BACKEND"


def test_secrets_are_absent_from_the_representation() -> None:
    settings = Settings.from_env(PRODUCTION | {"SMTP_PASSWORD": "hunter2", "S3_SECRET_KEY": "s3cr"})
    shown = repr(settings)
    for secret in ("hunter2", "s3cr", "s" * 40, "app:pw"):
        assert secret not in shown


def test_the_file_of_places_must_be_there(tmp_path: Path) -> None:
    assert Settings.from_env(SERVERS).location_file is None
    file = tmp_path / "places.csv"
    with pytest.raises(ConfigError, match="LOCATION_FILE"):
        Settings.from_env(SERVERS | {"LOCATION_FILE": str(file)})
    file.touch()
    assert Settings.from_env(SERVERS | {"LOCATION_FILE": str(file)}).location_file == file


def test_mail_in_and_the_scanner() -> None:
    assert Settings.from_env(SERVERS).inbound.domain == ""
    env = {"INBOUND_DOMAIN": "In.Example.org", "LMTP_ADDRESS": "127.0.0.1:2424"}
    found = Settings.from_env(SERVERS | env | {"CLAMD_ADDRESS": "/run/clamav/clamd.ctl"})
    assert found.inbound.domain == "in.example.org"
    assert found.inbound.lmtp is not None and found.inbound.lmtp.port == 2424
    assert found.clamd is not None and found.clamd.path == "/run/clamav/clamd.ctl"


@pytest.mark.parametrize(
    "env",
    [
        {"LMTP_ADDRESS": "127.0.0.1:2424"},
        {"IMAP_HOST": "mail.example.org"},
        {"INBOUND_DOMAIN": "not a domain"},
        {"INBOUND_DOMAIN": "in.example.org", "IMAP_PORT": "x"},
        {"CLAMD_ADDRESS": "host:99999"},
    ],
)
def test_wrong_settings_of_mail_in_are_told(env: dict[str, str]) -> None:
    with pytest.raises(ConfigError):
        Settings.from_env(SERVERS | env)
