"""The supervisor, with small programs in the place of the product's parts."""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.platform.waiting import ROOT, Run, clean_environment, processes_of

pytestmark = pytest.mark.platform

SITE = """
    import os, signal, subprocess, sys
    from pathlib import Path
    from ecopick.server import processes
    from ecopick.server.supervisor import Part, Supervisor

    home = Path(os.environ["ECOPICK_HOME"])

    # One write a line: parts share the pipe, and print() may write in pieces.
    def say(line):
        os.write(1, (line + "\\n").encode())

    def python(text):
        return lambda: processes.spawn([sys.executable, "-c", text], cwd=home)

    WAITS = "import os, signal; os.write(1, b'{0} runs %d\\\\n' % os.getpid()); signal.pause()"
    STUBBORN = (
        "import os, signal, subprocess, sys\\n"
        "from ecopick.server import processes\\n"
        "signal.signal(signal.SIGTERM, lambda *_: os.write(1, b'stubborn hears\\\\n'))\\n"
        "processes.spawn([sys.executable, '-c', 'import signal; signal.pause()'])\\n"
        "os.write(1, b'stubborn runs\\\\n')\\n"
        "while os.getppid() == %d: signal.sigtimedwait([], 0.2)\\n" % os.getpid()
    )
    CRASHES = (
        "import os, pathlib, sys, signal\\n"
        "mark = pathlib.Path('crashed')\\n"
        "if not mark.exists(): mark.touch(); sys.exit(3)\\n"
        "os.write(1, b'crasher runs\\\\n'); signal.pause()\\n"
    )
    supervisor = Supervisor(say)
    with supervisor.signals():
        supervisor.add(Part("base", python(WAITS.format("base")), layer=0))
        fast = ((0.0, signal.SIGTERM), (0.3, signal.SIGTERM), (0.6, signal.SIGKILL))
        supervisor.add(Part("stubborn", python(STUBBORN), fast))
        supervisor.add(Part("crasher", python(CRASHES)))
        say("started")
        supervisor.run()
    say("gone")
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "site.py").write_text(textwrap.dedent(SITE))
    return clean_environment(ECOPICK_HOME=str(tmp_path), PYTHONPATH=str(ROOT))


@pytest.fixture
def site(environment: dict[str, str], tmp_path: Path) -> Iterator[Run]:
    run = Run([sys.executable, "site.py"], environment, cwd=tmp_path)
    yield run
    run.stop(signal.SIGKILL)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_crashed_part_runs_again_and_a_stop_leaves_nothing(
    site: Run, tmp_path: Path, sign: signal.Signals
) -> None:
    for part in ("base", "stubborn", "crasher"):
        site.until(f"{part} runs")
    assert "crasher ended (code 3); starting it again" in site.lines
    assert site.stop(sign) < 3
    assert site.process.returncode == 0
    assert processes_of(tmp_path) == []


def test_the_parts_end_with_a_killed_supervisor(site: Run) -> None:
    site.until("base runs")
    base = site.number_after("base runs")
    watched = os.pidfd_open(base)
    site.stop(signal.SIGKILL)
    with selectors.DefaultSelector() as selector:
        selector.register(watched, selectors.EVENT_READ)
        assert selector.select(10), "the part outlived its supervisor"
    os.close(watched)


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_only_make_gets_stops_everything(
    environment: dict[str, str], tmp_path: Path, sign: signal.Signals
) -> None:
    (tmp_path / "Makefile").write_text(f"run:\n\t@exec {sys.executable} site.py\n")
    run = Run(["make", "run"], environment, cwd=tmp_path)
    for part in ("base", "stubborn", "crasher"):
        run.until(f"{part} runs")
    assert run.stop(sign) < 4
    assert processes_of(tmp_path) == []
