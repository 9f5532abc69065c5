"""Remove what the other commands made: the data of try-outs and development, or everything."""

import shutil
import sys

from scripts.assets import FONTS, VENDOR
from scripts.console import ROOT, VAR, Stop, run_command, say
from scripts.postgres import lasting_home

DATA = ("run", "development", "test")
CACHES = (".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache", ".hypothesis")


def main() -> None:
    what = sys.argv[1] if len(sys.argv) > 1 else "data"
    for name in DATA:
        home = lasting_home(name)
        if (home / "pg/data/postmaster.pid").exists():
            raise Stop(f"A server is using {home}: end it first.")
        shutil.rmtree(home, ignore_errors=True)
    for folder in ("media", "private"):
        shutil.rmtree(VAR / folder, ignore_errors=True)
    if what == "all":
        for path in (VAR, ROOT / ".venv", VENDOR, ROOT / FONTS, *(ROOT / name for name in CACHES)):
            shutil.rmtree(path, ignore_errors=True)
        for compiled in ROOT.glob("locale/*/LC_MESSAGES/*.mo"):
            compiled.unlink()
    say("Removed.")


if __name__ == "__main__":
    run_command(main)
