"""Texts of the product and their translations: `make messages` extracts them with gettext and keeps what is translated;
`make check` says what is missing, fuzzy or broken.

English is the language of the source, so locale/en holds only what a translator wants said otherwise.
"""

import contextlib
import datetime as dt
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.console import ROOT, Stop, run_command, say

LANGUAGE = "zh_Hans"
CATALOG = ROOT / f"locale/{LANGUAGE}/LC_MESSAGES/django.po"
SOURCES = ("crm", "customers", "credit", "contracts", "receivables", "analytics", "templates")
HEADER = "# Simplified Chinese of OpenAccount; `make messages` brings it in line with the code."
# A date of the last run would make every two branches conflict.
EPOCH = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
PLACEHOLDER = re.compile(r"%\(\w+\)[sdfr]|%[sdfr]|\{\w*\}")


def extracted() -> Any:
    """Every text of the code and the templates, as a catalogue."""
    from babel.messages.pofile import read_po

    if not shutil.which("xgettext"):
        raise Stop("xgettext is missing: install gettext (on Debian or Ubuntu: apt-get install gettext).")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name in SOURCES:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, work / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        (work / "locale").mkdir()
        command = [sys.executable, "-m", "django", "makemessages", "--locale", LANGUAGE, "--no-location", "--no-wrap"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "", "LC_ALL": "C.UTF-8"}
        ran = subprocess.run([*command, "-v0"], cwd=work, env=environment, capture_output=True, text=True)
        made = work / f"locale/{LANGUAGE}/LC_MESSAGES/django.po"
        if ran.returncode or not made.exists():
            raise Stop(f"The texts could not be extracted: {(ran.stderr or ran.stdout).strip().splitlines()[-1:]}")
        # xgettext writes two forms before it knows the language; Babel grumbles about each on standard output.
        with made.open("rb") as file, contextlib.redirect_stdout(io.StringIO()):
            return read_po(file, locale=LANGUAGE)


def catalog() -> Any:
    from babel.messages.pofile import read_po

    if not CATALOG.exists():
        raise Stop(f"{CATALOG.relative_to(ROOT)} is missing.")
    with CATALOG.open("rb") as file, contextlib.redirect_stdout(io.StringIO()):
        return read_po(file, locale=LANGUAGE)


def key_of(message: Any) -> tuple[str | None, str]:
    return message.context, message.id[0] if isinstance(message.id, tuple) else message.id


def problems() -> Iterator[str]:
    """What a reader of Chinese would see in English, or broken."""
    known = {key_of(message): message for message in catalog() if message.id}
    for message in extracted():
        if not message.id:
            continue
        found = known.get(key_of(message))
        text = key_of(message)[1]
        if found is None or not strings(found)[0]:
            yield f"untranslated: {text!r}"
        elif found.fuzzy:
            yield f"fuzzy: {text!r}"
        else:
            # Chinese has one form for both: it may use what either of the English forms uses.
            wanted = set(PLACEHOLDER.findall(" ".join(message.id) if message.pluralizable else text))
            for string in strings(found)[:1]:
                strange = set(PLACEHOLDER.findall(string)) - wanted
                lost = wanted - set(PLACEHOLDER.findall(string)) if not message.pluralizable else set()
                if strange or lost:
                    yield f"placeholders differ ({', '.join(sorted(strange | lost))}): {text!r}"


def strings(message: Any) -> list[str]:
    return list(message.string) if isinstance(message.string, (tuple, list)) else [message.string]


def renew() -> int:
    """Write the catalogue anew: texts that are gone leave, new ones come untranslated, nothing is guessed."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import write_po

    known = {key_of(message): message for message in catalog() if message.id} if CATALOG.exists() else {}
    written = Catalog(locale=LANGUAGE, project="OpenAccount", header_comment=HEADER, fuzzy=False, creation_date=EPOCH)
    written.revision_date = EPOCH
    missing = 0
    for message in extracted():
        if not message.id:
            continue
        found = known.get(key_of(message))
        string = strings(found)[0] if found is not None and not found.fuzzy else ""
        missing += not string
        written.add(
            message.id,
            (string,) if message.pluralizable else string,
            flags=message.flags - {"fuzzy"},
            context=message.context,
            auto_comments=message.auto_comments,
        )
    CATALOG.parent.mkdir(parents=True, exist_ok=True)
    with CATALOG.open("wb") as file:
        write_po(file, written, width=0, sort_output=True, no_location=True, ignore_obsolete=True)
    return missing


def main() -> None:
    missing = renew()
    say(f"{CATALOG.relative_to(ROOT)}: {missing} texts to translate." if missing else "Every text is translated.")


if __name__ == "__main__":
    run_command(main)
