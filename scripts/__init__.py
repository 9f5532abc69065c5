"""Commands for the people who run and develop OpenAccount. Those that come before the virtual environment use only
the standard library; `make` calls all of them."""

import sys

if sys.version_info < (3, 11):  # written so that an old Python can still read it
    sys.exit(
        "OpenAccount needs Python 3.11 or newer and found %d.%d. Install python3.11 (on Debian: apt-get install "
        "python3.11 python3.11-venv), or name one: make run PYTHON=/path/to/python3.11" % sys.version_info[:2]
    )
