"""The whole check with its full counts, and its figures in docs/proof.md.

Tests that measure something append JSON lines to files in ECOPICK_PROOF_DIR:
`{"check": "tenancy", "what": "foreign rows in 10,000 requests", "value": 0, "limit": "0"}`.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "docs" / "proof.md"
WORKERS = os.environ.get("WORKERS", "2")
COLD_LIMIT_SECONDS = 180
WARM_LIMIT_SECONDS = 15


def main() -> int:
    """Run everything and write the report; the exit code is that of the tests."""
    with tempfile.TemporaryDirectory(prefix="ecopick-proof-") as name:
        folder = Path(name)
        figures = [] if os.environ.get("ECOPICK_PROOF_STARTS") == "0" else measure_starts(folder)
        measured = folder / "figures"
        measured.mkdir()
        begun = time.monotonic()
        code = run_tests(folder / "junit.xml", measured)
        minutes = (time.monotonic() - begun) / 60
        figures += read_figures(measured)
        outcomes = read_outcomes(folder / "junit.xml")
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(report(figures, outcomes, minutes, code))
    print(f"{REPORT.relative_to(ROOT)} is written.")
    return code


def run_tests(junit: Path, measured: Path) -> int:
    """The suite with full counts."""
    env = os.environ | {"ECOPICK_FULL": "1", "ECOPICK_PROOF_DIR": str(measured)}
    command = [sys.executable, "-m", "pytest", "-n", WORKERS, "--dist", "loadgroup"]
    command.append(f"--junit-xml={junit}")
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode


def measure_starts(folder: Path) -> list[dict[str, object]]:
    """Seconds from `make run` to ready in a fresh clone: warm package cache, then cold."""
    figures = []
    for kind, limit in (("warm", WARM_LIMIT_SECONDS), ("cold", COLD_LIMIT_SECONDS)):
        clone = folder / kind
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        env = os.environ | {
            "PORT": "4788",
            "ECOPICK_HOME": str(clone / ".ecopick"),
        }
        env.pop("VIRTUAL_ENV", None)
        if kind == "cold":
            env |= {
                "UV_CACHE_DIR": str(folder / "uv-cache"),
                "PIP_CACHE_DIR": str(folder / "pip-cache"),
            }
        seconds, stopped = start_and_stop(clone, env)
        what = f"`make run` in a fresh clone, {kind} package cache"
        figures += [
            {"check": "start", "what": what, "value": f"{seconds:.1f} s", "limit": f"≤ {limit} s"},
            {
                "check": "start",
                "what": f"SIGTERM until everything is gone ({kind})",
                "value": f"{stopped:.1f} s",
                "limit": "≤ 10 s",
            },
        ]
        shutil.rmtree(clone, ignore_errors=True)
    return figures


def start_and_stop(clone: Path, env: dict[str, str]) -> tuple[float, float]:
    """Seconds until the line that says ready, and from SIGTERM to the end."""
    begun = time.monotonic()
    process = subprocess.Popen(
        ["make", "run"], cwd=clone, env=env, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    ready = 0.0
    for line in process.stdout:
        if line.startswith("Ecopick is ready"):
            ready = time.monotonic() - begun
            break
    begun = time.monotonic()
    process.terminate()
    process.communicate()
    if not ready:
        raise SystemExit("`make run` ended without getting ready.")
    return ready, time.monotonic() - begun


def read_figures(folder: Path) -> list[dict[str, object]]:
    """What the tests measured."""
    lines = [line for path in sorted(folder.iterdir()) for line in path.read_text().splitlines()]
    return [json.loads(line) for line in lines if line.strip()]


def read_outcomes(junit: Path) -> dict[str, Counter[str]]:
    """For each test module, how many tests passed, failed or were skipped."""
    outcomes: dict[str, Counter[str]] = {}
    if not junit.exists():
        return outcomes
    for case in ElementTree.parse(junit).iter("testcase"):
        kinds = {child.tag for child in case}
        failed = kinds & {"failure", "error"}
        kind = "failed" if failed else "skipped" if "skipped" in kinds else "passed"
        counter = outcomes.setdefault(case.get("classname", "?"), Counter())
        counter[kind] += 1
        counter["ms"] += round(float(case.get("time", "0")) * 1000)
    return outcomes


def report(
    figures: list[dict[str, object]],
    outcomes: dict[str, Counter[str]],
    minutes: float,
    code: int,
) -> str:
    """The page: what was measured, then what was checked."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    total: Counter[str] = Counter()
    for counter in outcomes.values():
        total += counter
    lines = [
        "# Proof",
        "",
        f"Made by `make proof` on {datetime.now(UTC):%Y-%m-%d %H:%M} UTC at commit {commit}, "
        f"Python {platform.python_version()}, {os.cpu_count()} cores. "
        f"{'Everything passed' if code == 0 else 'Something failed'}: "
        f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped "
        f"in {minutes:.1f} min with full counts.",
        "",
        "## Measured",
        "",
        "| Check | What | Measured | Limit |",
        "|---|---|---|---|",
    ]
    for each in figures:
        cells = (str(each.get(name, "")) for name in ("check", "what", "value", "limit"))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    lines += [
        "",
        "## Checked",
        "",
        "| Tests | Passed | Failed | Skipped | Seconds |",
        "|---|---|---|---|---|",
    ]
    for module, counter in sorted(outcomes.items()):
        lines.append(
            f"| {module.removeprefix('tests.')} | {counter['passed']} | {counter['failed']} "
            f"| {counter['skipped']} | {counter['ms'] / 1000:.1f} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
