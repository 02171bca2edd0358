"""`ecopick up`: everything that Ecopick consists of, in the foreground."""

from __future__ import annotations

import contextlib
import json
import math
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from ecopick import demo
from ecopick.config import ConfigError, Settings, home_folder
from ecopick.server import ports, processes
from ecopick.server.embedded import EmbeddedPostgres, EmbeddedValkey
from ecopick.server.errors import StartError
from ecopick.server.home import Home, let_servers_in
from ecopick.server.preparation import Preparation
from ecopick.server.roles import APP, MIGRATOR
from ecopick.server.supervisor import Part, Supervisor

DATABASE: Final = "ecopick"
ROOT: Final = Path(__file__).resolve().parent.parent.parent
READY_SECONDS: Final = 60.0
WORKER_SECONDS: Final = 15.0
UNPREPARED: Final = "The database could not be prepared; the reason stands above."
LARGEST_LOG_BYTES: Final = 20 * 1024 * 1024


class Up:
    """One run of the product: what it starts, in order."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.env = dict(environ)
        self.home = Home(home_folder(environ))
        self.supervisor = Supervisor(say)
        self.embedded = not environ.get("DATABASE_URL", "").strip()
        self.production = environ.get("APP_ENV", "").strip() == "production"
        self.listeners: list[socket.socket] = []
        self.mail: socket.socket | None = None
        self.preparation: Preparation

    def run(self) -> int:
        """Start everything and stay until stopped. Raises StartError or ConfigError."""
        port = self._port()
        host = self.env.get("ECOPICK_BIND", "").strip() or (
            "0.0.0.0" if self.production else ports.LOOPBACK
        )
        self.env.setdefault("PUBLIC_BASE_URL", f"http://localhost:{port}")
        self._check_settings()
        self.home.open()
        try:
            self.listeners = ports.listen(host, port)
            with self.supervisor.signals():
                self._take_mail_port()
                self._start_servers()
                self._finish_schema()
                self._start_applications()
                self._wait_until_ready(port)
                self._finish_demo()
                self._start_rest()
                self._greet(port)
                self.supervisor.run()
        finally:
            for listener in self.listeners:
                listener.close()
            self.home.close()
        return 0

    def _port(self) -> int:
        text = self.env.get("PORT", "").strip() or "4500"
        if not text.isdigit() or not 0 < int(text) < 65536:
            raise StartError(f"PORT must be a number between 1 and 65535, not {text!r}.")
        self.env["PORT"] = text
        return int(text)

    def _check_settings(self) -> None:
        """Refuse wrong settings before anything is started."""
        probe = {"DATABASE_URL": "postgresql://localhost/x", "REDIS_URL": "redis://localhost"}
        Settings.from_env(probe | {name: value for name, value in self.env.items() if value})

    def _start_servers(self) -> None:
        """PostgreSQL and Valkey; the preparation of the database begins beside them."""
        self.env["ECOPICK_HOME"] = str(self.home.folder)
        for name in ("SESSION_HMAC_KEY", "DATA_ENCRYPTION_KEY"):
            if not self.env.get(name) and not self.production:
                self.env[name] = self.home.secrets()[name]
        let_servers_in(self.home.folder)
        postgres = EmbeddedPostgres(self.home.folder / "postgres") if self.embedded else None
        if postgres:
            known = self.home.secrets()
            self.env["DATABASE_URL"] = postgres.url_for(APP, known["APP_PASSWORD"], DATABASE)
            self.env["MIGRATION_DATABASE_URL"] = postgres.url_for(
                MIGRATOR, known["MIGRATOR_PASSWORD"], DATABASE
            )
        valkey = None
        if not self.env.get("REDIS_URL", "").strip():
            valkey = EmbeddedValkey(self.home.folder / "valkey")
            self.env["REDIS_URL"] = valkey.url
        self.preparation = Preparation(self.env)
        self.supervisor.expect(self.preparation.process)
        if valkey:
            patience = ((0.0, signal.SIGTERM), (3.0, signal.SIGKILL))
            self.supervisor.add(Part("Valkey", valkey.spawn, patience, layer=0))
        if postgres:
            stop = ((0.0, signal.SIGINT), (2.0, signal.SIGQUIT), (3.5, signal.SIGKILL))
            self.supervisor.add(Part("PostgreSQL", postgres.spawn, stop, layer=0))
            postgres.wait_ready()
            self.env["ADMIN_DATABASE_URL"] = postgres.url
        if valkey:
            valkey.wait_ready()

    def _take_mail_port(self) -> None:
        if self.env.get("SMTP_HOST", "").strip() or self.production:
            return
        self.mail = ports.free_port()
        self.listeners.append(self.mail)
        self.env["SMTP_HOST"], self.env["SMTP_PORT"] = "127.0.0.1", str(self.mail.getsockname()[1])

    def _finish_schema(self) -> None:
        """Let the preparation go on, and wait until the schema is there."""
        self.home.announce({name: value for name, value in self.env.items() if name in _ANNOUNCED})
        administrator = self.env.get("ADMIN_DATABASE_URL", "")
        self.preparation.tell({"ADMIN_DATABASE_URL": administrator} if administrator else {})
        self.supervisor.wait_for(self.preparation.has_answered, math.inf)
        if not self.preparation.made_schema:
            raise StartError(UNPREPARED)

    def _finish_demo(self) -> None:
        if self.supervisor.wait(self.preparation.process) != 0:
            raise StartError(UNPREPARED)

    def _start_applications(self) -> None:
        # What serves people has no business with the administrator's addresses.
        for name in ("MIGRATION_DATABASE_URL", "ADMIN_DATABASE_URL"):
            self.env.pop(name, None)
        web = [listener for listener in self.listeners if listener is not self.mail]
        self._add_python("web", _gunicorn(self.env, web), fds=[each.fileno() for each in web])
        impatient = ((0.0, signal.SIGTERM), (3.0, signal.SIGTERM), (4.5, signal.SIGKILL))
        self._add_python("worker", ["-m", "ecopick", "worker"], signals=impatient)

    def _start_rest(self) -> None:
        """What nobody waits for at the start: mails meanwhile stay in the listening socket."""
        self._add_python("scheduler", ["-m", "ecopick", "scheduler"])
        if self.env.get("LMTP_ADDRESS", "").strip():
            self._add_python("lmtp", ["-m", "ecopick", "lmtp"])
        if self.mail:
            mail = self.mail.fileno()
            self._add_python("mail", ["-m", "ecopick", "mailcatcher", str(mail)], fds=[mail])

    def _add_python(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        fds: Sequence[int] = (),
        signals: tuple[tuple[float, signal.Signals], ...] = (
            (0.0, signal.SIGTERM),
            (4.5, signal.SIGKILL),
        ),
    ) -> None:
        log = self.home.logs / f"{name}.log"
        env = self.env | {"PYTHONUNBUFFERED": "1"}

        def start() -> subprocess.Popen[bytes]:
            command = [sys.executable, *arguments]
            if self.production:
                return processes.spawn(command, env=env, cwd=ROOT, pass_fds=fds)
            if log.exists() and log.stat().st_size > LARGEST_LOG_BYTES:
                log.replace(log.with_suffix(".log.old"))
            with log.open("ab") as output:
                return processes.spawn(
                    command, env=env, cwd=ROOT, output=output.fileno(), pass_fds=fds
                )

        self.supervisor.add(Part(name, start, signals))

    def _wait_until_ready(self, port: int) -> None:
        """Wait for the site, then a little for what it could do without."""
        web = next(part for part in self.supervisor.parts if part.name == "web")
        self.supervisor.wait_for(
            lambda: _readiness(port) is not None or web.total_crashes > 2, READY_SECONDS
        )
        state = _readiness(port)
        if state is None:
            raise StartError(
                f"The site does not answer: {processes.last_line(self.home.logs / 'web.log')}"
            )
        self.supervisor.wait_for(
            lambda: "degraded" not in (_readiness(port) or {"degraded": ""}), WORKER_SECONDS
        )

    def _greet(self, port: int) -> None:
        say(f"Ecopick is ready at http://localhost:{port}")
        if self.production:
            return
        if (self.home.folder / "demo").exists():
            say(f"\nDemo accounts, all with the password {demo.PASSWORD}:")
            for account in demo.ACCOUNTS:
                say(f"  {account.email:<32} {account.about}")
        else:
            say(
                "\nThere is no demo data; `.venv/bin/ecopick create-admin` makes the first account."
            )
        say(f"\nCaught mails: http://localhost:{port}/dev/mail · Logs: {self.home.logs}")
        say("Ctrl-C stops everything.")


_ANNOUNCED: Final = frozenset(
    {
        "DATABASE_URL",
        "MIGRATION_DATABASE_URL",
        "ADMIN_DATABASE_URL",
        "REDIS_URL",
        "SESSION_HMAC_KEY",
        "DATA_ENCRYPTION_KEY",
        "DATA_ENCRYPTION_KEY_PREVIOUS",
        "SMTP_HOST",
        "SMTP_PORT",
        "PORT",
        "PUBLIC_BASE_URL",
        "ECOPICK_CLOCK_OFFSET",
    }
)


def _gunicorn(env: Mapping[str, str], listeners: Sequence[socket.socket]) -> list[str]:
    """The web server: threads enough for open event streams beside the pages."""
    temporary = Path("/dev/shm")
    usable = temporary.is_dir() and os.access(temporary, os.W_OK)
    return [
        *("-m", "gunicorn"),
        *("--config", "python:ecopick.server.preload"),
        *(part for each in listeners for part in ("--bind", f"fd://{each.fileno()}")),
        *("--worker-class", "gthread"),
        *("--workers", env.get("WEB_WORKERS", "").strip() or "2"),
        *("--threads", env.get("WEB_THREADS", "").strip() or "150"),
        *("--worker-connections", "1000"),
        *("--timeout", "60"),
        *("--graceful-timeout", "3"),
        *("--keep-alive", "5"),
        *("--worker-tmp-dir", str(temporary if usable else env["ECOPICK_HOME"])),
        *("--forwarded-allow-ips", ""),
        *("--log-level", "warning"),
        "--no-control-socket",
        "wsgi:app",
    ]


def _readiness(port: int) -> dict[str, object] | None:
    """What /readyz says; None while it does not answer 200."""
    with contextlib.suppress(OSError, urllib.error.URLError, ValueError):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{port}/readyz", timeout=3) as answer:
            found: dict[str, object] = json.load(answer)
            return found
    return None


def say(line: str) -> None:
    """Say something on the terminal at once."""
    with contextlib.suppress(BrokenPipeError):
        print(line, flush=True)


def up(environ: Mapping[str, str]) -> int:
    """Run everything; the exit code. One clear sentence on stderr when it cannot start."""
    try:
        return Up(environ).run()
    except (StartError, ConfigError) as error:
        print(f"ecopick: {error}", file=sys.stderr, flush=True)
        return 1
