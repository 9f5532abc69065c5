"""Compile locale/*/LC_MESSAGES/*.po with Babel: gettext's own tools need not be on the machine, and the compiled files
are not committed."""

import contextlib
import io

from scripts.console import ROOT, Stop, run_command, say


def compile_translations() -> int:
    """Compile what is newer than its compiled form; the number of files written."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import PoFileError, read_po

    written = 0
    for source in sorted(ROOT.glob("locale/*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
            continue
        try:
            # What is odd in a catalogue Babel says on standard output; `make check` says it better.
            with source.open("rb") as file, contextlib.redirect_stdout(io.StringIO()):
                catalog = read_po(file, locale=source.parent.parent.name)
        except (PoFileError, ValueError) as error:
            raise Stop(f"{source.relative_to(ROOT)} cannot be read: {error}") from None
        draft = target.with_suffix(".mo.part")
        with draft.open("wb") as file:
            write_mo(file, catalog)
        draft.replace(target)
        written += 1
    return written


def main() -> None:
    say(f"{compile_translations()} translation files compiled.")


if __name__ == "__main__":
    run_command(main)
