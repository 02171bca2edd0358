"""The system account under which the embedded servers run.

PostgreSQL refuses to run as root. As root the servers therefore run as
`nobody`, and the folders above what they read get the right to be walked
through by others (o+x), nothing more.
"""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from ecopick.server.errors import StartError


@dataclass(frozen=True, slots=True)
class Account:
    """A user and group id, and whether they differ from our own."""

    uid: int
    gid: int
    switched: bool

    @classmethod
    def current(cls) -> Account:
        """Our own account, or `nobody` when we are root. Raises StartError without `nobody`."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid(), switched=False)
        try:
            nobody = pwd.getpwnam("nobody")
        except KeyError:
            raise StartError(
                "PostgreSQL does not run as root and this machine has no user `nobody`; "
                "start Ecopick as another user."
            ) from None
        return cls(nobody.pw_uid, nobody.pw_gid, switched=True)

    def make_folder(self, folder: Path) -> None:
        """Make a folder that belongs to this account alone and can be reached by it."""
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        if self.switched:
            os.chown(folder, self.uid, self.gid)
            self.let_through(folder.parent)

    def let_through(self, folder: Path) -> None:
        """Give others the right to walk through `folder` and all folders above it."""
        if not self.switched:
            return
        for each in (folder, *folder.parents):
            mode = each.stat().st_mode
            if not mode & stat.S_IXOTH:
                each.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
