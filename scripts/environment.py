"""Make the virtual environment in .venv and bring it in line with a hash-pinned requirements file.

    python3.11 -m scripts.environment run|test|dev [assets]

Plain pip does the work, so the machine's own configuration of pip (index, proxy, certificates) holds. With `assets`
the front-end assets are fetched meanwhile.
"""

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from scripts.assets import fetch_assets
from scripts.console import ROOT, VAR, Stop, run_command, step
from scripts.processes import end, spawn

VENV = ROOT / ".venv"
PYTHON = VENV / "bin/python"
STAMP = VENV / ".installed.json"
LOG = VAR / "log/install.log"
# Each file holds all of the ones before it, in the same versions.
FILES = {"run": "requirements.txt", "test": "requirements-test.txt", "dev": "requirements-dev.txt"}
ROOM_NEEDED = 1_500_000_000
PIPS = 2


def ensure_environment_and_assets(kind: str) -> None:
    """Both side by side: neither needs the other."""
    failures: list[Exception] = []

    def assets() -> None:
        try:
            fetch_assets()
        except (Stop, OSError) as error:
            failures.append(error)

    fetching = threading.Thread(target=assets, daemon=True)
    fetching.start()
    ensure_environment(kind)
    fetching.join()
    if failures:
        raise failures[0]


def ensure_environment(kind: str) -> bool:
    """Make or renew the environment if anything it is made from has changed; False when nothing had to be done."""
    wanted = fingerprints()
    have = installed()
    kinds = list(FILES)
    if PYTHON.exists() and any(have.get(name) == wanted[name] for name in kinds[kinds.index(kind) :]):
        return False
    check_room()
    with step("Installing the Python packages (a minute or so, the first time)"):
        if not works(PYTHON):
            make_venv()
        with suppress(FileNotFoundError):
            STAMP.unlink()
        install(FILES[kind])
        # What a larger file added stays, so a smaller one is in place as well.
        done = {name: wanted[name] for name in kinds[: kinds.index(kind) + 1]}
        STAMP.write_text(json.dumps(done))
    return True


def fingerprints() -> dict[str, str]:
    version = f"{sys.version_info[:2]}"
    return {
        kind: hashlib.sha256(version.encode() + (ROOT / name).read_bytes()).hexdigest() for kind, name in FILES.items()
    }


def installed() -> dict[str, str]:
    try:
        return dict(json.loads(STAMP.read_text()))
    except (OSError, ValueError):
        return {}


def check_room() -> None:
    free = shutil.disk_usage(ROOT).free
    if free < ROOM_NEEDED:
        raise Stop(
            f"No space left on the disk: the packages and data need about {ROOM_NEEDED / 1e9:.1f} GB in {ROOT}, "
            f"and {free / 1e9:.1f} GB are free."
        )


def works(python: Path) -> bool:
    """Whether the environment has a Python of our version with pip: a moved or half-made one has not."""
    probe = "import sys, pip; print(sys.version_info[:2])"
    try:
        answer = subprocess.run([str(python), "-c", probe], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return answer.returncode == 0 and answer.stdout.strip() == f"{sys.version_info[:2]}"


def make_venv() -> None:
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            version = f"{sys.version_info[0]}.{sys.version_info[1]}"
            raise Stop(
                f"This Python has no module '{module}', which makes virtual environments. Install it "
                f"(on Debian or Ubuntu: apt-get install python{version}-venv) and run the command again."
            )
    logged([[sys.executable, "-m", "venv", "--clear", VENV]], "The virtual environment could not be made")


def install(requirements: str) -> None:
    """Several pips at once, each with its share of the packages: one alone leaves half of two cores idle."""
    pip: list[str | Path] = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--progress-bar",
        "off",
    ]
    # Every package is named with its hash, so pip need not resolve; bytecode is made when a module is first used.
    pip += ["--require-hashes", "--no-deps", "--no-compile", "-r"]
    packages = re.split(r"\n(?=\S)", (ROOT / requirements).read_text().strip())
    with tempfile.TemporaryDirectory() as folder:
        shares = [Path(folder) / f"{number}-{requirements}" for number in range(PIPS)]
        for number, share in enumerate(shares):
            share.write_text("\n".join(packages[number::PIPS]) + "\n")
        logged([[*pip, share] for share in shares], "pip could not install")


def logged(commands: list[list[str | Path]], failure: str) -> None:
    """Run commands side by side with their output in the log; when one fails, end all and say why in one sentence."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
    processes: list[subprocess.Popen[bytes]] = []
    with LOG.open("wb") as log:
        try:
            for command in commands:
                processes.append(spawn(command, env=environment, stdout=log))  # noqa: PERF401 - one by one, to end them
            status = any(process.wait() for process in processes)
        finally:
            for process in processes:
                end(process, within=2)
    if status:
        raise Stop(f"{failure}: {reason(LOG.read_text(errors='replace'))} The whole story: {LOG.relative_to(ROOT)}")


def reason(log: str) -> str:
    """The cause of a failed installation in words."""
    if "No space left on device" in log or "Disk quota exceeded" in log:
        return "no space left on the disk."
    if "DO NOT MATCH THE HASHES" in log:
        return "a downloaded package is not the one the requirements file promises (its hash differs)."
    if re.search(r"ConnectionError|NewConnectionError|name resolution|ReadTimeout|ConnectTimeout|ProxyError", log):
        return "the package index could not be reached. Check the network and pip's configuration (pip config list)."
    errors = [line.strip() for line in log.splitlines() if re.match(r"\s*(error|fatal)\b", line, re.IGNORECASE)]
    lines = errors or [line.strip() for line in log.splitlines() if line.strip()] or ["it gave no reason"]
    return lines[-1].removeprefix("ERROR: ").rstrip(".") + "."


def main() -> None:
    kind = sys.argv[1] if len(sys.argv) > 1 else "run"
    if kind not in FILES:
        raise Stop(f"Say one of: {', '.join(FILES)}.")
    if "assets" in sys.argv[2:]:
        ensure_environment_and_assets(kind)
    else:
        ensure_environment(kind)


if __name__ == "__main__":
    run_command(main)
