"""How our commands speak: one line per step, one sentence when something is wrong, never a traceback."""

import errno
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"


class Stop(Exception):
    """The command cannot go on; the message is the sentence its reader gets."""


def say(text: str) -> None:
    print(text, flush=True)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Name a step before it begins and say how long it took."""
    started = time.monotonic()
    say(f"- {title} ...")
    yield
    seconds = time.monotonic() - started
    if seconds >= 1:
        say(f"  done in {seconds:.0f} s")


def sentence_of(error: OSError) -> str:
    """What a failed system call means for the reader."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"No space left on the disk ({error.filename or ROOT}). Make room and run the command again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"No permission for {error.filename}: {error.strerror}."
    where = f" ({error.filename})" if error.filename else ""
    return f"{error.strerror or error}{where}."


def run_command(main: Callable[[], int | None]) -> None:
    """Run a command's `main` and leave with its status; a failure is told in one sentence."""
    try:
        status = main() or 0
    except Stop as stop:
        status, message = 1, str(stop)
    except KeyboardInterrupt:
        status, message = 130, "Stopped."
    except OSError as error:
        if os.environ.get("OPENACCOUNT_TRACEBACK"):
            raise
        status, message = 1, sentence_of(error)
    else:
        message = ""
    if message:
        sys.stdout.flush()
        print(f"\n{message}", file=sys.stderr, flush=True)
    sys.exit(status)
