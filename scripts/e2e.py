"""`make e2e`: the browser tests with the machine's own Chromium. Without one they are skipped, visibly; where CI=true
that is a failure."""

import os
import shutil
import subprocess
import sys

from scripts.console import ROOT, Stop, run_command, say

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main() -> int:
    if not any(shutil.which(name) for name in NAMES):
        if os.environ.get("CI") == "true":
            raise Stop("There is no Chromium on this machine, and CI must run the browser tests.")
        say("SKIPPED: no Chromium on this machine, so no browser test was run (on Debian: apt-get install chromium).")
        return 0
    # Plain tests leave out this folder and its plugin: their options are replaced.
    options = ["-o", "addopts=-p no:valkey -p no:base_url -p no:faker --strict-markers", "tests/browser", *sys.argv[1:]]
    return subprocess.run([sys.executable, "-m", "pytest", *options], cwd=ROOT).returncode


if __name__ == "__main__":
    run_command(main)
