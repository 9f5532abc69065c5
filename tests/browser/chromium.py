"""Finding a browser: Playwright's own if it was downloaded, else the Chromium of the machine."""

import os
import shutil
from typing import Any

from playwright.sync_api import Browser, Error, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ["--font-render-hinting=none", "--disable-dev-shm-usage"]


def launch(playwright: Playwright) -> Browser | None:
    """A headless browser, or None where the machine has none."""
    arguments = [*ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    options: dict[str, Any] = {"args": arguments}
    for name in NAMES:
        if path := shutil.which(name):
            return playwright.chromium.launch(executable_path=path, **options)
    try:
        return playwright.chromium.launch(**options)
    except Error:
        return None
