"""`ecopick up` for real: ready, told when it cannot start, stopped without a trace."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecopick.server.ports import free_port
from tests.platform.waiting import ROOT, Run, clean_environment, ecopick, processes_of

pytestmark = pytest.mark.platform

UP = [sys.executable, "-m", "ecopick", "up"]
GREETED = "Ctrl-C stops everything."


def a_free_port() -> int:
    with free_port() as taken:
        return int(taken.getsockname()[1])


@pytest.fixture(scope="module")
def site(shared_home: Path) -> Iterator[tuple[Run, dict[str, str]]]:
    home = shared_home
    env = clean_environment(ECOPICK_HOME=str(home), PORT=str(a_free_port()), ECOPICK_DEMO="0")
    run = Run(UP, env)
    try:
        run.until(GREETED)
        yield run, env
    finally:
        run.stop(signal.SIGKILL)


def test_everything_is_ready_once_it_says_so(site: tuple[Run, dict[str, str]]) -> None:
    run, env = site
    assert f"Ecopick is ready at http://localhost:{env['PORT']}" in run.lines
    with urllib.request.urlopen(f"http://localhost:{env['PORT']}/readyz", timeout=10) as answer:
        assert json.load(answer) == {"database": "ok", "redis": "ok", "worker": "ok"}
    with urllib.request.urlopen(f"http://localhost:{env['PORT']}/healthz", timeout=10) as answer:
        assert json.load(answer) == {"status": "ok"}


def test_no_secret_stands_on_a_command_line(site: tuple[Run, dict[str, str]]) -> None:
    home = Path(site[1]["ECOPICK_HOME"])
    secrets = json.loads((home / "secrets.json").read_text()).values()
    lines = processes_of(home)
    assert len(lines) > 5
    assert not [line for line in lines for secret in secrets if secret in line]
    assert (home / "secrets.json").stat().st_mode & 0o077 == 0


def test_a_taken_port_is_told_in_one_sentence(site: tuple[Run, dict[str, str]], home: Path) -> None:
    found = ecopick("up", env=site[1] | {"ECOPICK_HOME": str(home / "other")})
    assert found.returncode == 1
    assert found.stderr.count("\n") == 1
    assert f"Port {site[1]['PORT']} is already in use" in found.stderr


def test_a_locked_folder_is_told_in_one_sentence(site: tuple[Run, dict[str, str]]) -> None:
    found = ecopick("up", env=site[1] | {"PORT": str(a_free_port())})
    assert found.returncode == 1
    assert found.stderr.count("\n") == 1
    assert "is in use by another Ecopick" in found.stderr


def test_a_missing_library_is_told_in_one_sentence(home: Path) -> None:
    program = "import sys; sys.path[:] = [p for p in sys.path if 'site-packages' not in p]; "
    program += "from ecopick.cli import main; sys.exit(main(['up']))"
    found = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=clean_environment(ECOPICK_HOME=str(home)),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert found.returncode == 1
    assert found.stderr == (
        "ecopick: The library `flask` is missing;"
        " install requirements/base.txt or run `make run`.\n"
    )


def test_commands_beside_the_running_site_find_its_servers(
    site: tuple[Run, dict[str, str]],
) -> None:
    found = ecopick("verify", env=site[1])
    assert found.returncode == 0, found.stderr
    assert "database role: ok" in found.stdout
    assert "queue: ok" in found.stdout


def test_a_stop_leaves_nothing_and_a_second_start_keeps_the_data(home: Path) -> None:
    env = clean_environment(ECOPICK_HOME=str(home), PORT=str(a_free_port()), ECOPICK_DEMO="0")
    run = Run(UP, env)
    run.until(GREETED)
    keys = (home / "secrets.json").read_bytes()
    assert run.stop(signal.SIGINT) < 10
    assert run.process.returncode == 0
    assert processes_of(home) == []
    revision = ecopick("db", "current", env=env).stdout
    again = Run(UP, env)
    again.until(GREETED)
    assert (home / "secrets.json").read_bytes() == keys
    assert ecopick("db", "current", env=env).stdout == revision
    assert again.stop(signal.SIGTERM) < 10
    assert processes_of(home) == []
