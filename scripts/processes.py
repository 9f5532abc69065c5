"""Starting a child process so that it can never outlive its parent."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def spawn(
    command: Sequence[str | Path],
    *,
    last_signal: int | None = signal.SIGTERM,
    user: "pwd.struct_passwd | None" = None,
    env: Mapping[str, str] | None = None,
    stdin: int | IO[Any] = subprocess.DEVNULL,
    stdout: int | IO[Any] | None = None,
    cwd: Path | None = None,
) -> "subprocess.Popen[bytes]":
    """Start a process in a session of its own, so that Ctrl-C reaches only us and we end it in order.

    `last_signal` is what the kernel sends it should we die without a word (Linux); None lets it live on.
    Must be called from the main thread: the kernel takes the end of the calling thread for our death.
    """

    def bind_to_parent() -> None:
        if libc is not None and last_signal is not None:
            libc.prctl(PR_SET_PDEATHSIG, last_signal)
            if os.getppid() != ours:
                os._exit(1)

    ours = os.getpid()
    drop: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    return subprocess.Popen(
        [str(part) for part in command],
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.STDOUT if stdout is not None else None,
        env=env,
        cwd=cwd,
        start_new_session=True,
        preexec_fn=bind_to_parent,
        **drop,
    )


def end(process: "subprocess.Popen[bytes]", *, by: int = signal.SIGTERM, within: float = 10) -> None:
    """Ask a process to end, then make it; whatever it left in its session goes with it."""
    if process.poll() is None:
        process.send_signal(by)
        try:
            process.wait(within)
        except subprocess.TimeoutExpired:
            kill_session(process)
            process.wait()
    kill_session(process)


def kill_session(process: "subprocess.Popen[bytes]") -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
