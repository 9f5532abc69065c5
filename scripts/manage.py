"""Django's commands on the data of `make run`, whether it runs or not: scripts/manage createsuperuser."""

import json
import subprocess
import sys
from contextlib import ExitStack

from scripts.console import ROOT, run_command
from scripts.run import RUNNING, alone, settings_environment, start_services
from scripts.supervisor import Supervisor, end_on_signals


def main() -> int:
    end_on_signals()
    command = [sys.executable, "manage.py", *sys.argv[1:]]
    environment = settings_environment(8000)
    with ExitStack() as stack:
        if RUNNING.exists():
            environment |= json.loads(RUNNING.read_text())
        else:
            stack.enter_context(alone())
            supervisor = Supervisor()
            stack.callback(supervisor.stop)
            start_services(stack, supervisor, environment)
        return subprocess.run(command, cwd=ROOT, env=environment).returncode


if __name__ == "__main__":
    run_command(main)
