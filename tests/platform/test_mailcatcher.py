"""The SMTP catcher, spoken to by a real SMTP client."""

from __future__ import annotations

import os
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from ecopick.adapters.mailcatcher import KEPT_MAILS, caught_mails, keep_mail
from ecopick.server.ports import free_port
from tests.platform.waiting import ROOT

pytestmark = pytest.mark.platform


@pytest.fixture
def catcher(tmp_path: Path) -> Iterator[int]:
    listener = free_port()
    env = os.environ | {
        "ECOPICK_HOME": str(tmp_path),
        "DATABASE_URL": "postgresql://localhost/unused",
        "REDIS_URL": "redis://localhost",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "ecopick", "mailcatcher", str(listener.fileno())],
        cwd=ROOT,
        env=env,
        pass_fds=[listener.fileno()],
    )
    yield listener.getsockname()[1]
    listener.close()
    process.terminate()
    assert process.wait(10) == 0


def mail(to: str, subject: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ecopick@example.org", to, subject
    message.set_content("Rohrbruch im 2. OG – bitte prüfen\n")
    message.add_alternative("<p>Rohrbruch</p>\n", subtype="html")
    return message


def test_mails_are_kept_newest_first_and_found_by_recipient(catcher: int, tmp_path: Path) -> None:
    with smtplib.SMTP("127.0.0.1", catcher, timeout=20) as client:
        for to, subject in (
            ("anna@example.org", "Erste"),
            ("bruno@example.org", "Été à l'atelier"),
            ("Anna@Example.org", "Dritte"),
        ):
            client.send_message(mail(to, subject))
    folder = tmp_path / "mail"
    assert [each["subject"] for each in caught_mails(folder)] == [
        "Dritte",
        "Été à l'atelier",
        "Erste",
    ]
    found = caught_mails(folder, to="ANNA@example.org")
    assert [each["subject"] for each in found] == ["Dritte", "Erste"]
    newest = found[0]
    assert set(newest) == {"to", "subject", "text", "html", "headers", "received_at"}
    assert newest["text"] == "Rohrbruch im 2. OG – bitte prüfen\n"
    assert newest["html"] == "<p>Rohrbruch</p>\n"
    assert newest["headers"]["From"] == "ecopick@example.org"
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.glob("*.eml"))


def test_only_the_newest_mails_are_kept(tmp_path: Path) -> None:
    for number in range(KEPT_MAILS + 3):
        (tmp_path / f"{number:020d}-x.eml").write_bytes(b"Subject: old\r\n\r\n")
    newest = keep_mail(tmp_path, b"Subject: new\r\n\r\nhello\r\n", ["a@example.org"])
    assert newest.exists()
    assert len(list(tmp_path.glob("*.eml"))) == KEPT_MAILS
    assert caught_mails(tmp_path, limit=1)[0]["subject"] == "new"


def test_an_empty_folder_has_no_mail(tmp_path: Path) -> None:
    assert caught_mails(tmp_path / "absent") == []
