"""Unix sockets: where they can live. Their path may have 107 characters."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from ecopick.server.account import Account
from ecopick.server.errors import StartError

LONGEST_SOCKET_PATH = 103
LONGEST_SOCKET_NAME = len("/.s.PGSQL.65535.lock")


def socket_folder(home: Path, account: Account) -> Path:
    """A private folder for sockets: inside `home`, or a short one when that is too deep.

    Raises StartError when the short folder belongs to someone else.
    """
    inside = home / "run"
    if len(os.fsencode(inside)) + LONGEST_SOCKET_NAME <= LONGEST_SOCKET_PATH:
        account.make_folder(inside)
        return inside
    mark = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    short = Path("/tmp" if os.access("/tmp", os.W_OK) else tempfile.gettempdir())
    folder = short / f"ecopick-{account.uid}-{mark}"
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        owner = folder.lstat()
        if folder.is_symlink() or owner.st_uid not in {account.uid, os.geteuid()}:
            raise StartError(f"{folder} belongs to someone else; remove it.") from None
    account.make_folder(folder)
    return folder
