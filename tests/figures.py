"""Figures that tests measure; `make proof` shows them in docs/proof.md."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def figure(check: str, what: str, value: object, limit: str = "") -> None:
    """Write down what was measured, with its unit, and the limit that the test asserts.

    Outside of `make proof`, which names a folder in ECOPICK_PROOF_DIR, nothing is written.
    """
    if folder := os.environ.get("ECOPICK_PROOF_DIR"):
        line = json.dumps({"check": check, "what": what, "value": str(value), "limit": limit})
        with (Path(folder) / f"{os.getpid()}.jsonl").open("a") as file:
            file.write(line + "\n")


@contextmanager
def timed(check: str, what: str, limit: str = "") -> Iterator[None]:
    """Write down how long the block took, unless it failed."""
    begun = time.perf_counter()
    yield
    figure(check, what, f"{time.perf_counter() - begun:.2f} s", limit)
