"""Health, readiness and the aids for development."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine

from ecopick.adapters.mailcatcher import keep_mail
from ecopick.blueprints import register_blueprints
from ecopick.config import AppEnv, Settings
from ecopick.core.uow import Database
from ecopick.web.queue import WorkQueue


def test_the_process_answers(app: Flask) -> None:
    answer = app.test_client().get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})


def test_ready_names_what_is_missing(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.extensions, "queue", WorkQueue("redis://127.0.0.1:1/0"))
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 200
    assert answer.get_json() == {
        "database": "ok",
        "redis": "away",
        "worker": "unknown",
        "degraded": ["redis", "worker"],
    }


def test_ready_is_503_only_without_the_database(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = Database(create_engine("postgresql+psycopg://nobody@/none?host=/nonexistent"))
    monkeypatch.setitem(app.extensions, "database", away)
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["database"] == "away"


def test_caught_mails_are_answered_newest_first(app: Flask, settings: Settings) -> None:
    for index in (1, 2):
        raw = f"To: a@example.org\r\nSubject: Number {index}\r\n\r\nhttp://localhost/x{index}\r\n"
        keep_mail(settings.mail_dir, raw.encode(), ["a@example.org"])
    keep_mail(settings.mail_dir, b"Subject: Other\r\n\r\n<b>x</b>\r\n", ["b@example.org"])
    mails = app.test_client().get("/api/dev/mail?to=A@example.org").get_json()
    assert [mail["subject"] for mail in mails] == ["Number 2", "Number 1"]
    assert set(mails[0]) == {"to", "subject", "text", "html", "headers", "received_at"}
    page = app.test_client().get("/dev/mail").text
    assert 'href="http://localhost/x2"' in page and "&lt;b&gt;x" in page
    assert app.test_client().get("/dev/components").status_code == 200


def test_no_aid_for_development_exists_in_production() -> None:
    """Security bar 50."""
    bare = Flask("bare")
    bare.extensions["settings"] = Settings(
        app_env=AppEnv.PRODUCTION,
        database_url="",
        redis_url="redis://127.0.0.1:1/0",
        home=Path("/nonexistent"),
        public_base_url="https://x",
        session_hmac_key=b"",
        data_encryption_key=b"",
    )
    register_blueprints(bare, production=True)
    rules = [rule.rule for rule in bare.url_map.iter_rules()]
    assert rules and not [rule for rule in rules if "/dev" in rule]
