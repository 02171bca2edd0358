"""PostgreSQL and Valkey from their wheels, each in a folder of its own.

Both are reached through a Unix socket that only our own account can open.
`start()` answers when the server takes commands; `stop()` when it is gone.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from ecopick.server import processes
from ecopick.server.account import Account
from ecopick.server.binaries import postgres_folder, valkey_server
from ecopick.server.errors import StartError
from ecopick.server.locks import FolderLock
from ecopick.server.sockets import socket_folder

ADMIN = "postgres"
START_SECONDS = 60.0
STOP_SECONDS = 6.0

_FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class EmbeddedServer:
    """What both servers share: a folder, a lock, one process, a log."""

    name = ""
    stop_signal = signal.SIGTERM

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.log = self.folder / "server.log"
        self.account = Account.current()
        self.process: subprocess.Popen[bytes] | None = None
        self._lock = FolderLock(self.folder)

    @property
    def url(self) -> str:
        """The address for clients."""
        raise NotImplementedError

    def start(self) -> str:
        """Start the server and answer its address. Raises StartError."""
        try:
            self.spawn()
            self.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self.url

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start the process without waiting until it answers. Raises StartError."""
        self._lock.take()
        self.account.make_folder(self.folder)
        self._prepare()
        with self.log.open("ab") as output:
            self.process = processes.spawn(
                self._command(),
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                cwd=self.folder,
                output=output.fileno(),
                account=self.account,
                death_signal=self.stop_signal,
            )
        return self.process

    def wait_ready(self) -> None:
        """Wait until the server answers. Raises StartError when it does not."""
        if self.process is None:
            raise StartError(f"{self.name} was not started.")
        processes.wait_until(
            self._answers, self.process, seconds=START_SECONDS, what=self.name, log=self.log
        )

    def stop(self) -> None:
        """Stop the server, if it runs, and free its folder."""
        if self.process is not None:
            processes.stop(self.process, self.stop_signal, STOP_SECONDS)
            self.process = None
        self._lock.free()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _prepare(self) -> None:
        raise NotImplementedError

    def _command(self) -> list[str | Path]:
        raise NotImplementedError

    def _answers(self) -> bool:
        raise NotImplementedError


class EmbeddedPostgres(EmbeddedServer):
    """A PostgreSQL cluster that listens on a Unix socket only.

    `durable=False` trades safety after a power cut for speed: for tests.
    The administrator's password is kept in the folder, readable by its owner.
    """

    name = "PostgreSQL"
    stop_signal = signal.SIGINT

    def __init__(self, folder: Path, *, durable: bool = True, sockets: Path | None = None) -> None:
        super().__init__(folder)
        self.data = self.folder / "data"
        self._durable = durable
        self._sockets = sockets
        self._binaries = postgres_folder()

    @property
    def sockets(self) -> Path:
        """The folder with the socket."""
        if self._sockets is None:
            self._sockets = socket_folder(self.folder, self.account)
        return self._sockets

    @property
    def url(self) -> str:
        """The administrator's address, of the database `postgres`."""
        return self.url_for(ADMIN, self._password(), "postgres")

    def url_for(self, user: str, password: str, database: str) -> str:
        """The address of a database for one role."""
        host = quote(str(self.sockets), safe="/")
        return f"postgresql+psycopg://{quote(user)}:{quote(password)}@/{database}?host={host}"

    def _password(self) -> str:
        return (self.folder / "password").read_text().strip()

    def _prepare(self) -> None:
        self.account.make_folder(self.sockets)
        self.account.let_through(self._binaries)
        if not (self.data / "PG_VERSION").exists():
            self._make_cluster()
        self._remove_leftovers()

    def _make_cluster(self) -> None:
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        password = self.folder / "password"
        password.unlink(missing_ok=True)
        with os.fdopen(os.open(password, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(secrets.token_urlsafe(32))
        if self.account.switched:
            os.chown(password, self.account.uid, self.account.gid)
        log = self.folder / "initdb.log"
        command: list[str | Path] = [
            self._binaries / "initdb",
            f"--pgdata={fresh}",
            f"--username={ADMIN}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--no-instructions",
            *(() if self._durable else ("--no-sync",)),
        ]
        with log.open("wb") as output:
            process = processes.spawn(
                command,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                cwd=self.folder,
                output=output.fileno(),
                account=self.account,
                death_signal=signal.SIGKILL,
            )
            try:
                code = process.wait()
            except BaseException:
                process.kill()
                process.wait()
                raise
        if code != 0:
            raise StartError(f"initdb failed: {processes.first_error(log)}")
        fresh.rename(self.data)

    def _command(self) -> list[str | Path]:
        settings = [
            "listen_addresses=",
            f"unix_socket_directories={self.sockets}",
            "unix_socket_permissions=0700",
            "max_connections=300",
            "shared_buffers=128MB",
            "timezone=UTC",
            "log_timezone=UTC",
            "password_encryption=scram-sha-256",
            "log_line_prefix=%m [%p] %u@%d ",
            *(() if self._durable else _FORGETFUL),
        ]
        options = [part for setting in settings for part in ("-c", setting)]
        return [self._binaries / "postgres", "-D", self.data, *options]

    def _remove_leftovers(self) -> None:
        """Clear what a killed server left, once none of its processes works on the data.

        PostgreSQL itself refuses to start when the recorded process id has
        meanwhile been given to someone else.
        """
        deadline = time.monotonic() + STOP_SECONDS
        while rest := _working_in(self.data):
            patient = time.monotonic() < deadline
            for pid in rest:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGQUIT if patient else signal.SIGKILL)
            time.sleep(0.05)
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for each in self.sockets.glob(".s.PGSQL.*"):
            each.unlink(missing_ok=True)

    def _answers(self) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        process = self.process
        mine = process is not None and bool(lines) and lines[0].strip() == str(process.pid)
        return mine and len(lines) > 7 and lines[7].strip() == "ready"


class EmbeddedValkey(EmbeddedServer):
    """A Valkey server that writes every change to its append-only file."""

    name = "Valkey"

    def __init__(self, folder: Path, *, durable: bool = True, sockets: Path | None = None) -> None:
        super().__init__(folder)
        self._durable = durable
        self._sockets = sockets
        self._program = valkey_server()

    @property
    def socket(self) -> Path:
        """The server's socket."""
        if self._sockets is None:
            self._sockets = socket_folder(self.folder, self.account)
        return self._sockets / "valkey.sock"

    @property
    def url(self) -> str:
        """The address for Redis clients."""
        return f"unix://{quote(str(self.socket), safe='/')}?db=0"

    def _prepare(self) -> None:
        self.account.make_folder(self.socket.parent)
        self.account.let_through(self._program.parent)
        self.socket.unlink(missing_ok=True)

    def _command(self) -> list[str | Path]:
        return [
            self._program,
            *("--port", "0"),
            *("--unixsocket", self.socket),
            *("--unixsocketperm", "700"),
            *("--dir", self.folder),
            *("--save", ""),
            *("--appendonly", "yes" if self._durable else "no"),
            *("--maxmemory-policy", "noeviction"),
            *("--daemonize", "no"),
        ]

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(1)
            try:
                client.connect(str(self.socket))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
            except OSError:
                return False


def _working_in(folder: Path) -> list[int]:
    """The ids of live PostgreSQL processes whose working directory is `folder`."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if link.readlink() == folder and (link.parent / "comm").read_text() == "postgres\n":
                found.append(int(link.parent.name))
    return [pid for pid in found if processes.is_running(pid)]
