"""docs/proof.md: what was run, what was measured, what was tested."""

from __future__ import annotations

import os
import platform
import subprocess
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bench.figures import Figure

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Step:
    """A command of the proof and how it went."""

    name: str
    ok: bool
    seconds: float


@dataclass
class Outcomes:
    """Tests by module, and the names of those that failed."""

    modules: dict[str, Counter[str]] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    @property
    def total(self) -> Counter[str]:
        """All modules together."""
        return sum(self.modules.values(), Counter())


def read_outcomes(junit: Path) -> Outcomes:
    """What pytest wrote in JUnit's form; empty when it wrote nothing."""
    found = Outcomes()
    if not junit.exists():
        return found
    for case in ElementTree.parse(junit).iter("testcase"):
        module = case.get("classname", "").removeprefix("tests.") or "(collection)"
        kinds = {child.tag for child in case}
        failed = kinds & {"failure", "error"}
        kind = "failed" if failed else "skipped" if "skipped" in kinds else "passed"
        if failed:
            found.failed.append(f"{module}: {case.get('name', '?')}")
        counter = found.modules.setdefault(module, Counter())
        counter[kind] += 1
        counter["ms"] += round(float(case.get("time", "0")) * 1000)
    return found


def page(
    steps: Sequence[Step], figures: Sequence[Figure], outcomes: Outcomes, *, whole: bool
) -> str:
    """The page."""
    total = outcomes.total
    missed = [each for each in figures if not each.kept]
    passed = all(step.ok for step in steps) and not missed
    lines = [
        "# Proof",
        "",
        f"`make proof` on {datetime.now(UTC):%d %B %Y, %H:%M} UTC, commit {_commit()}, "
        f"Python {platform.python_version()}, {platform.system()} on {platform.machine()}, "
        f"{os.cpu_count()} cores, {_memory()}."
        + ("" if whole else " Only a part of the tests was run."),
        "",
        f"**{'Everything passed' if passed else 'Something failed'}**: "
        f"{total['passed']} tests passed, {total['failed']} failed, {total['skipped']} skipped.",
    ]
    if not passed:
        lines += ["", "## Failed", ""]
        lines += [f"- {step.name}" for step in steps if not step.ok]
        lines += [f"- {each.check}: {each.what} is {each.value}" for each in missed]
        lines += [f"- {name}" for name in outcomes.failed]
    lines += ["", "## Steps", ""]
    lines += _table(
        ("Step", "Outcome", "Seconds"),
        (
            (step.name, "passed" if step.ok else "**failed**", f"{step.seconds:.0f}")
            for step in steps
        ),
    )
    lines += ["", "## Measured", ""]
    lines += _table(
        ("Check", "What", "Measured", "Limit"),
        (
            (each.check, each.what, each.value if each.kept else f"**{each.value}**", each.limit)
            for each in figures
        ),
    )
    lines += ["", "## Tests, with their full counts", ""]
    lines += _table(
        ("Module", "Passed", "Failed", "Skipped", "Seconds"),
        (
            (module, str(n["passed"]), str(n["failed"]), str(n["skipped"]), f"{n['ms'] / 1000:.1f}")
            for module, n in sorted(outcomes.modules.items())
        ),
    )
    return "\n".join(lines) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += [
        "| " + " | ".join(each.replace("|", "\\|").strip() for each in row) + " |" for row in rows
    ]
    return lines


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


def _memory() -> str:
    size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return f"{size / 2**30:.0f} GiB of memory"
