"""The command line: `ecopick up` and the commands beside it.

Every failure that an operator can cause is one sentence on stderr and a
non-zero exit. Secrets come from the environment or a prompt, never from
arguments.
"""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec

from ecopick.config import ConfigError
from ecopick.server.errors import StartError

_NEEDED = ("flask", "sqlalchemy", "psycopg", "alembic", "redis", "rq", "gunicorn", "aiosmtpd")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int | None] = options.command
    try:
        _check_libraries()
        return command(options) or 0
    except (StartError, ConfigError) as error:
        print(f"ecopick: {error}", file=sys.stderr, flush=True)
        return 1
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in {"ecopick", "jobs"}:
            raise
        print(f"ecopick: {_missing(str(error.name))}", file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        return 130


def _missing(name: str) -> str:
    return f"The library `{name}` is missing; install requirements/base.txt or run `make run`."


def _check_libraries() -> None:
    for name in _NEEDED:
        if find_spec(name) is None:
            raise StartError(_missing(name))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ecopick", description="Building operations.")
    commands = parser.add_subparsers(required=True, metavar="command")

    def add(
        name: str, command: Callable[[argparse.Namespace], int | None], about: str
    ) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=about, description=about)
        made.set_defaults(command=command)
        return made

    add("up", _up, "Start everything in the foreground")
    add("demo", _demo, "Load the demo data into an empty database")
    admin = add("create-admin", _create_admin, "Make the first account; asks for its password")
    admin.add_argument("--email", required=True)
    admin.add_argument("--name", required=True)
    admin.add_argument("--owner", required=True, help="name of the property owner to begin with")
    admin.add_argument("--language", default="en", choices=["en", "de", "fr", "it"])
    add("worker", _worker, "Work on background jobs")
    add("scheduler", _scheduler, "Start the sweeps at their times")
    add("lmtp", _lmtp, "Take mail for buildings and replies over LMTP")
    prepare = add("prepare", _prepare, "Make roles, schema and demo data where they are missing")
    prepare.add_argument("--pipes", type=int, nargs=2, help=argparse.SUPPRESS)
    catcher = add("mailcatcher", _mail_catcher, "Catch mails on an inherited socket")
    catcher.add_argument("descriptor", type=int)
    add("verify", _verify, "Check the settings, the database and its schema")
    add("rotate-keys", _rotate_keys, "Bring stored secrets under the present data key")
    add("verify-audit", _verify_audit, "Prove that the audit streams are whole")
    database = commands.add_parser("db", help="Manage the database").add_subparsers(
        required=True, metavar="action"
    )
    for name, command, about in (
        ("upgrade", _db_upgrade, "Apply migrations up to a revision (head)"),
        ("downgrade", _db_downgrade, "Take migrations back to a revision (base)"),
    ):
        made = database.add_parser(name, help=about)
        made.add_argument("revision", nargs="?")
        made.set_defaults(command=command)
    roles = database.add_parser("init-roles", help="Make the four roles and the database")
    roles.set_defaults(command=_db_init_roles)
    current = database.add_parser("current", help="Tell the revision of the schema")
    current.set_defaults(command=_db_current)
    return parser


def _up(_options: argparse.Namespace) -> int:
    from ecopick.server.up import up

    return up(os.environ)


def _prepare(options: argparse.Namespace) -> None:
    from ecopick.server.prepare import prepare, prepare_when_told

    if options.pipes:
        prepare_when_told(os.environ, *options.pipes)
    else:
        prepare(os.environ)


def _demo(_options: argparse.Namespace) -> None:
    from ecopick.server.attach import surroundings
    from ecopick.server.prepare import load_demo, prepare_schema

    with surroundings():
        prepare_schema(os.environ)
        load_demo(os.environ)


def _create_admin(options: argparse.Namespace) -> None:
    from ecopick.server.administrator import create_administrator
    from ecopick.server.attach import surroundings
    from ecopick.server.prepare import prepare_schema

    with surroundings():
        prepare_schema(os.environ)
        create_administrator(
            email=options.email,
            name=options.name,
            owner_name=options.owner,
            language=options.language,
            password=_new_password(),
        )
    print(f"{options.email} can now sign in.")


def _new_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password (15 characters or more): ")
    if getpass.getpass("Once more: ") != password:
        raise StartError("The two passwords differ.")
    return password


def _worker(_options: argparse.Namespace) -> None:
    from ecopick.server.attach import surroundings
    from ecopick.server.background import run_worker

    with surroundings():
        run_worker()


def _scheduler(_options: argparse.Namespace) -> None:
    from ecopick.server.attach import surroundings
    from ecopick.server.background import run_scheduler

    with surroundings():
        run_scheduler()


def _lmtp(_options: argparse.Namespace) -> None:
    from ecopick.server.attach import surroundings
    from ecopick.server.background import run_lmtp

    with surroundings():
        run_lmtp()


def _mail_catcher(options: argparse.Namespace) -> None:
    from ecopick.server.background import run_mail_catcher

    run_mail_catcher(options.descriptor)


def _verify(_options: argparse.Namespace) -> None:
    from ecopick.server.attach import surroundings
    from ecopick.server.verify import verify

    with surroundings():
        for line in verify(os.environ):
            print(line)


def _verify_audit(_options: argparse.Namespace) -> None:
    from ecopick.server.attach import surroundings
    from ecopick.server.audit_check import verify_audit

    with surroundings():
        for line in verify_audit():
            print(line)


def _rotate_keys(_options: argparse.Namespace) -> None:
    from ecopick.server.attach import surroundings
    from ecopick.server.rotate_keys import rotate_keys

    with surroundings():
        rotate_keys(os.environ, lambda line: print(line, flush=True))


def _db_upgrade(options: argparse.Namespace) -> None:
    from ecopick.server import migrate
    from ecopick.server.attach import surroundings
    from ecopick.server.prepare import migration_url, prepare_roles

    with surroundings():
        prepare_roles(os.environ)
        migrate.upgrade(migration_url(os.environ), options.revision or "head")


def _db_downgrade(options: argparse.Namespace) -> None:
    from ecopick.server import demo_marker, migrate
    from ecopick.server.attach import surroundings
    from ecopick.server.prepare import migration_url

    with surroundings():
        migrate.downgrade(migration_url(os.environ), options.revision or "base")
        demo_marker.forget(os.environ)


def _db_current(_options: argparse.Namespace) -> None:
    from ecopick.server import migrate
    from ecopick.server.attach import surroundings
    from ecopick.server.prepare import migration_url

    with surroundings():
        print(migrate.current(migration_url(os.environ)) or "base")


def _db_init_roles(_options: argparse.Namespace) -> None:
    from ecopick.server.attach import surroundings
    from ecopick.server.prepare import external_roles

    with surroundings():
        external_roles(os.environ)
