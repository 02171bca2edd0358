"""The whole check with its full counts and its figures, written to docs/proof.md.

`python -m bench.proof --only tests/platform` runs a part of the tests and writes the
page elsewhere. Ends with 1 when anything failed or a limit was missed; the page says what.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from bench import figures, imports, lighthouse, scanner, site
from bench.figures import Figure
from bench.page import Step, page, read_outcomes

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "proof.md"
WORKERS = os.environ.get("WORKERS", "2")
BIN = Path(sys.executable).parent
CHECKS: dict[str, list[list[str | Path]]] = {
    "lint": [[BIN / "ruff", "check", "."], [BIN / "ruff", "format", "--check", "."]],
    "types": [[BIN / "mypy"]],
    "import contracts": [[BIN / "lint-imports"]],
}


def main() -> int:
    """Run everything and write the page; the exit code."""
    options = _options()
    steps: list[Step] = []
    measured: list[Figure] = []

    def step(name: str, act: Callable[[], bool]) -> None:
        print(f"== {name}", flush=True)
        begun = time.monotonic()
        ok = act()
        steps.append(Step(name, ok, time.monotonic() - begun))

    def measure(source: Iterable[Figure]) -> bool:
        """Collect figures as they come; what breaks off is one that was missed."""
        before = len(measured)
        try:
            for each in source:
                print(f"{each.what}: {each.value}", flush=True)
                measured.append(each)
        except Exception as error:
            # The terminal gets the whole story, the page only its kind: no path gets there.
            traceback.print_exc()
            measured.append(Figure("start", "broke off", type(error).__name__, "", kept=False))
        return all(each.kept for each in measured[before:])

    with tempfile.TemporaryDirectory(prefix="ecopick-proof-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        written = folder / "figures"
        written.mkdir()
        if options.starts:
            step("fresh clones", lambda: measure(site.starts(folder, partial(_visit, folder))))
        step("weights", lambda: measure(site.weights()))
        if not options.only:
            step("imports", lambda: measure(imports.measured()))
        step("virus scanner", lambda: measure(scanner.present()))
        for check, commands in CHECKS.items():
            step(check, partial(_run_all, commands))
        junit = folder / "junit.xml"
        step("tests", lambda: _run_tests(options.only, junit, written))
        measured += figures.read(written)
        outcomes = read_outcomes(junit)
    text = page(steps, measured, outcomes, whole=not options.only and options.starts)
    options.page.write_text(text)
    print(f"{options.page} is written.")
    return 0 if all(each.ok for each in steps) else 1


def _visit(folder: Path, url: str) -> Iterator[Figure]:
    """What is measured on a running site."""
    yield from site.use(url)
    yield from lighthouse.marks(url, folder)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.proof", description=__doc__)
    parser.add_argument("--only", nargs="*", default=[], help="folders or files of tests")
    parser.add_argument("--no-starts", dest="starts", action="store_false", help="no fresh clones")
    parser.add_argument("--page", type=Path, help="where to write (docs/proof.md)")
    options = parser.parse_args()
    if options.page is None:
        whole = options.starts and not options.only
        options.page = PAGE if whole else Path(tempfile.gettempdir()) / "ecopick-proof.md"
    return options


def _run_all(commands: list[list[str | Path]]) -> bool:
    return all(_run(command) for command in commands)


def _run(command: list[str | Path], **extra: str) -> bool:
    done = subprocess.run(
        [str(part) for part in command], cwd=ROOT, env=os.environ | extra, check=False
    )
    return done.returncode == 0


def _run_tests(only: list[str], junit: Path, written: Path) -> bool:
    command = [sys.executable, "-m", "pytest", "-n", WORKERS, *only]
    return _run(
        [*command, f"--junit-xml={junit}"], ECOPICK_FULL="1", ECOPICK_PROOF_DIR=str(written)
    )


if __name__ == "__main__":
    raise SystemExit(main())
