"""Virus scanners: what is asked of one, and what stands in where there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO, Protocol

from ecopick.adapters.errors import AdapterError


@dataclass(frozen=True)
class Verdict:
    """What a scanner says; ``note`` is for the log: the threat, or why there was no scan."""

    clean: bool
    note: str = ""


class ScannerAway(AdapterError):
    """The scanner does not answer; nothing is wrong with the file. Try again soon."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("scanner_away", detail)


class ScannerStopped(AdapterError):
    """The scanner broke off or fell silent on a file that it had begun to take.

    Either it went away in this moment, or this very file brings it down.
    """

    def __init__(self, detail: str = "") -> None:
        super().__init__("scanner_stopped", detail)


class ScannerRefused(AdapterError):
    """The scanner answers but gives no verdict on this file, say because it is too large."""

    def __init__(self, detail: str = "") -> None:
        super().__init__("scanner_refused", detail)


class Scanner(Protocol):
    """Looks at the content of a file."""

    def scan(self, stream: BinaryIO) -> Verdict:
        """The verdict on the whole `stream`, read once from its beginning.

        Raises ScannerAway where the scanner does not answer, ScannerStopped where it
        breaks off, and ScannerRefused where it has no verdict on this file; the file
        then waits.
        """
        ...

    def version(self) -> str:
        """What the scanner says of itself. Raises ScannerAway where it does not answer."""
        ...


class NoScanner:
    """Trusts the type check at upload: for installations without a scanner."""

    def scan(self, stream: BinaryIO) -> Verdict:
        """Always clean, and the log says that nobody looked."""
        return Verdict(clean=True, note="no scanner is configured")

    def version(self) -> str:
        """Nothing: there is none."""
        return ""
