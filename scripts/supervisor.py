"""Several processes run as one: their output line by line behind their names, and all of them end together."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from scripts.console import say
from scripts.processes import kill_session, spawn

GRACE_SECONDS = 15
LOOK_EVERY = 0.2
COLOURS = (36, 33, 35, 32, 34)


class Ended(KeyboardInterrupt):
    """Somebody asked us to end: Ctrl-C, SIGTERM, or the terminal was closed."""


def end_on_signals() -> None:
    """Let every way of being asked to end unwind the program in order."""

    def unwind(number: int, _frame: FrameType | None) -> None:
        raise Ended(signal.Signals(number).name)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Under nohup the closing of the terminal is to be ignored: leave that as it is.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, unwind)


@dataclass
class Member:
    """One of the processes; `stop` ends it in its own way, else it gets SIGTERM with the others."""

    name: str
    process: "subprocess.Popen[bytes]"
    reader: threading.Thread | None = None
    stop: Callable[[], None] | None = None


class Supervisor:
    """Starts processes, watches them, and ends all when one ends or when asked to."""

    def __init__(self) -> None:
        self.members: list[Member] = []
        self.parent = os.getppid()
        self.writing = threading.Lock()
        self.on_terminal = sys.stdout.isatty()
        self.colour = self.on_terminal and "NO_COLOR" not in os.environ

    def start(
        self, name: str, command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> None:
        process = spawn(command, env=env, cwd=cwd, stdout=subprocess.PIPE)
        prefix = self.prefix(name, len(self.members))
        reader = threading.Thread(target=self.copy_lines, args=(process, prefix), daemon=True)
        reader.start()
        self.members.append(Member(name, process, reader))

    def watch(self, name: str, process: "subprocess.Popen[bytes]", stop: Callable[[], None]) -> None:
        """Take in a process that was started elsewhere; it ends after the started ones, which may need it."""
        self.members.append(Member(name, process, stop=stop))

    def prefix(self, name: str, index: int) -> str:
        text = f"{name:<8}| "
        return f"\033[{COLOURS[index % len(COLOURS)]}m{text}\033[0m" if self.colour else text

    def copy_lines(self, process: "subprocess.Popen[bytes]", prefix: str) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            with self.writing:
                try:
                    sys.stdout.write(prefix + line.decode(errors="replace").rstrip("\n") + "\n")
                    sys.stdout.flush()
                except OSError:  # the terminal is gone; keep reading so that nobody waits for us
                    continue

    def ended(self) -> Member | None:
        return next((member for member in self.members if member.process.poll() is not None), None)

    def run(self) -> int:
        """Watch until one member ends (its failure is ours) or somebody asks us to end."""
        try:
            while True:
                member = self.ended()
                if member:
                    self.tell(f"\n{member.name} ended by itself ({how(member.process)}); ending everything.")
                    return 1
                if self.abandoned():
                    return 1
                time.sleep(LOOK_EVERY)
        except KeyboardInterrupt:
            self.tell("\nEnding everything ...")
            return 0
        finally:
            self.stop()

    def abandoned(self) -> bool:
        """Whether the `make` that started us, or the terminal we write to, is gone without a word."""
        by_make = "MAKELEVEL" in os.environ and os.getppid() != self.parent
        return by_make or (self.on_terminal and not sys.stdout.isatty())

    def stop(self) -> None:
        """Ask all to end, wait, kill what is left; then the watched ones, last come first. Asked again, be quick."""
        began = time.monotonic()
        deadline = began + GRACE_SECONDS

        def hurry(_number: int, _frame: FrameType | None) -> None:
            nonlocal deadline
            if time.monotonic() > began + 1:  # a closing terminal may say it twice
                deadline = 0

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, hurry)
        started = [member for member in self.members if member.stop is None]
        for member in started:
            if member.process.poll() is None:
                member.process.terminate()
        while any(member.process.poll() is None for member in started) and time.monotonic() < deadline:
            time.sleep(0.05)
        for member in started:
            kill_session(member.process)
            member.process.wait()
            if member.reader:
                member.reader.join(timeout=1)
        for member in reversed(self.members):
            if member.stop:
                member.stop()
        self.members.clear()

    def tell(self, text: str) -> None:
        with self.writing:
            try:
                say(text)
            except OSError:
                return


def how(process: "subprocess.Popen[bytes]") -> str:
    status = process.returncode
    return f"killed by {signal.Signals(-status).name}" if status < 0 else f"status {status}"
