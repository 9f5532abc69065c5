"""Several processes as one: however it ends, nobody stays behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from scripts.console import ROOT

pytestmark = pytest.mark.thorough

PROGRAM = """
import sys
from scripts.supervisor import Supervisor, end_on_signals

end_on_signals()
supervisor = Supervisor()
for number, code in enumerate(sys.argv[1:]):
    supervisor.start(f"child{number}", [sys.executable, "-u", "-c", code])
sys.exit(supervisor.run())
"""
# Says its process id, and that of a grandchild, then waits.
PARENT = (
    "import os, subprocess, sys, time\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    "print('pids', os.getpid(), child.pid, flush=True)\n"
    "time.sleep(60)\n"
)
STUBBORN = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + PARENT
SHORT = "import time; time.sleep(0.5); raise SystemExit(3)"

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def run(*codes: str, before: str = "") -> "subprocess.Popen[str]":
        environment = {key: value for key, value in os.environ.items() if key != "MAKELEVEL"}
        process = subprocess.Popen(
            [sys.executable, "-c", before + PROGRAM, *codes],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def pids(process: "subprocess.Popen[str]", lines: int = 1) -> list[int]:
    """The process ids that the children named."""
    assert process.stdout is not None
    found: list[int] = []
    while lines:
        line = process.stdout.readline()
        assert line, "the supervisor ended early"
        if "pids" in line:
            found += [int(part) for part in line.split("pids")[1].split()]
            lines -= 1
    return found


def alive(pid: int) -> bool:
    """Whether a process runs; one that is dead and not yet buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return False


def all_end(processes: list[int], within: float = 8) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if not any(alive(pid) for pid in processes):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_being_asked_to_end_ends_all_and_is_no_failure(start: Start, number: signal.Signals) -> None:
    process = start(PARENT, PARENT)
    children = pids(process, lines=2)
    process.send_signal(number)
    output, _ = process.communicate(timeout=15)
    assert process.returncode == 0
    assert "Ending everything" in output
    assert all_end(children)


def test_the_end_of_one_ends_all_and_is_told(start: Start) -> None:
    process = start(PARENT, SHORT)
    children = pids(process)
    output, _ = process.communicate(timeout=15)
    assert process.returncode == 1
    assert "child1 ended by itself (status 3)" in output
    assert all_end(children)


def test_a_killed_child_ends_all_with_its_own_children(start: Start) -> None:
    process = start(PARENT, PARENT)
    children = pids(process, lines=2)
    os.kill(children[0], signal.SIGKILL)
    output, _ = process.communicate(timeout=15)
    assert process.returncode == 1
    assert "killed by SIGKILL" in output
    assert all_end(children)


def test_who_does_not_listen_is_killed(start: Start) -> None:
    process = start(STUBBORN, before="import scripts.supervisor\nscripts.supervisor.GRACE_SECONDS = 0.5\n")
    children = pids(process)
    process.terminate()
    process.communicate(timeout=15)
    assert all_end(children)


def test_a_closed_terminal_ends_all() -> None:
    """Also when the shell in between says nothing: the terminal we write to is no terminal any more."""
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, PARENT],
        cwd=ROOT,
        stdout=theirs,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(theirs)
    told = ""
    while "pids" not in told or not told.endswith("\n"):
        told += os.read(ours, 1000).decode()
    children = [int(part) for part in told.split("pids")[1].split()[:2]]
    os.close(ours)
    assert process.wait(timeout=15) == 1
    assert all_end(children)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_children_end_with_a_killed_supervisor(start: Start) -> None:
    process = start(PARENT)
    children = pids(process)
    process.kill()
    process.wait()
    assert all_end(children[:1])
    os.kill(children[1], signal.SIGKILL)  # the grandchild of this test has nobody to watch over it


def test_each_line_stands_behind_its_name(start: Start) -> None:
    process = start("print('one'); print('two'); raise SystemExit(0)")
    output, _ = process.communicate(timeout=15)
    assert "child0  | one\nchild0  | two\n" in output
