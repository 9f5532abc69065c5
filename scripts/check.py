"""`make check`: everything a machine can say about the code before a person reads it.

Each check runs to its end and all failures are told together. Names of checks as arguments run only those.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from scripts.console import ROOT, Stop, run_command, say

BIN = ROOT / ".venv/bin"
# Django only has to be loaded for these: no server is asked.
SETTINGS = {
    "SECRET_KEY": "of the checks, worth nothing elsewhere, but long enough to pass them: 0123456789",
    "DATABASE_URL": "postgres://nobody@localhost/nowhere",
    "HTTPS": "1",
    "PYTHONWARNINGS": "ignore::RuntimeWarning",
}
INLINE = {
    "style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "inline <style>": re.compile(r"<style\b", re.IGNORECASE),
    "inline script": re.compile(r"<script\b(?![^>]*\ssrc\s*=)(?![^>]*type=\"application/json\")[^>]*>", re.IGNORECASE),
    "on* handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "hx-on": re.compile(r"\bhx-on\b", re.IGNORECASE),
    "script in an htmx attribute": re.compile(r"=\s*[\"'](js|javascript):", re.IGNORECASE),
}
# Left out of the search for tags, with the lines kept.
COMMENT = re.compile(r"{#.*?#}|{% comment %}.*?{% endcomment %}|<!--.*?-->", re.DOTALL)
VENDORED = re.compile(r"(^|/)(vendor|node_modules|site-packages|\.venv)/|\.min\.(js|css)$|\.(whl|tgz|ttf|otf|woff2?)$")
LARGEST_FILE = 1_000_000
LOCKS = re.compile(r"^(requirements.*\.txt|package-lock\.json)$")
REGISTRY_ADDRESS = re.compile(r"--(extra-)?index-url|--find-links|\"resolved\":|https?://[^\s\"]*(simple/|\.tgz|\.whl)")


def ruff() -> str | None:
    return tool("ruff", "check", "--quiet", "--output-format", "concise", ".")


def formatted() -> str | None:
    return tool("ruff", "format", "--check", "--quiet", ".")


def types() -> str | None:
    return tool("mypy", "--no-error-summary")


def layers() -> str | None:
    return tool("lint-imports", "--no-logo") or None


def templates() -> str | None:
    return tool("djlint", "--lint", "--quiet", "templates")


def migrations() -> str | None:
    return tool("python", "manage.py", "makemigrations", "--check", "--dry-run", "--skip-checks")


def django() -> str | None:
    return tool("python", "manage.py", "check", "--deploy", "--fail-level", "WARNING")


def inline_code() -> str | None:
    """The content security policy forbids inline styles, scripts and handlers: better seen here than in a browser."""
    found: list[str] = []
    for path in sorted([*ROOT.glob("templates/**/*.html"), *ROOT.glob("templates/**/*.svg")]):
        text = COMMENT.sub(lambda match: "\n" * match[0].count("\n"), path.read_text())
        for what, pattern in INLINE.items():
            found += [
                f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, m.start()) + 1}: {what}"
                for m in pattern.finditer(text)
            ]
    return "\n".join(found) or None


def template_heads() -> str | None:
    """Each template starts with a comment that names its blocks and context."""
    return (
        "\n".join(
            f"{path.relative_to(ROOT)}: does not start with a {{# comment #}}"
            for path in sorted(ROOT.glob("templates/**/*.html"))
            if not re.match(r"({% extends [^%]*%}\s*)?({% load [^%]*%}\s*)*({#|{% comment)", path.read_text().lstrip())
        )
        or None
    )


def icons() -> str | None:
    """Every icon a template or module asks for by name is in the sprite."""
    listed = {line.strip() for line in (ROOT / "static/icons.txt").read_text().splitlines()}
    asked = re.compile(r"{%\s*icon\s+\"([a-z0-9-]+)\"|\bicon=\"([a-z0-9-]+)\"")
    missing = [
        f"{path.relative_to(ROOT)}: icon {match[1] or match[2]!r} is not in static/icons.txt"
        for path in [*ROOT.glob("templates/**/*.html"), *sources()]
        for match in asked.finditer(path.read_text())
        if (match[1] or match[2]) not in listed
    ]
    return "\n".join(missing) or None


def vendored() -> str | None:
    """Nobody else's code, and nothing large, is in the repository; lock files name no address."""
    found: list[str] = []
    for name in committed():
        path = ROOT / name
        if not path.is_file():
            continue
        if VENDORED.search(name):
            found.append(f"{name}: third-party or built files are fetched, never committed")
        elif path.stat().st_size > LARGEST_FILE:
            found.append(f"{name}: larger than {LARGEST_FILE // 1000} kB")
        if LOCKS.match(name) and REGISTRY_ADDRESS.search(path.read_text()):
            found.append(f"{name}: names the address of a registry")
    return "\n".join(found) or None


def translations() -> str | None:
    from scripts.messages import problems

    return "\n".join(problems()) or None


def compose() -> str | None:
    from scripts.compose import problems

    return "\n".join(problems()) or None


CHECKS: dict[str, Callable[[], str | None]] = {
    "ruff": ruff,
    "format": formatted,
    "types": types,
    "layers": layers,
    "django": django,
    "migrations": migrations,
    "templates": templates,
    "template-heads": template_heads,
    "inline-code": inline_code,
    "icons": icons,
    "translations": translations,
    "compose": compose,
    "vendored": vendored,
}


def tool(name: str, *arguments: str) -> str | None:
    """Run a tool of the environment; what it says if it fails."""
    environment = {**os.environ, **SETTINGS, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        [str(BIN / name), *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return None if ran.returncode == 0 else ran.stdout.strip() or f"{name} ended with status {ran.returncode}"


def sources() -> Iterator[Path]:
    for name in ("crm", "customers", "credit", "contracts", "receivables", "analytics"):
        yield from sorted((ROOT / name).rglob("*.py"))


def committed() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        raise Stop("This is not a git checkout: the check for vendored files needs one.")
    return [name for name in listed.stdout.split("\0") if name]


def main() -> int:
    wanted = sys.argv[1:] or list(CHECKS)
    unknown = [name for name in wanted if name not in CHECKS]
    if unknown:
        raise Stop(f"There is no check {unknown[0]!r}; there are: {', '.join(CHECKS)}.")
    failed: list[str] = []
    for name in wanted:
        started = time.monotonic()
        problem = CHECKS[name]()
        say(f"{'FAILED' if problem else 'ok':<7} {name} ({time.monotonic() - started:.1f} s)")
        if problem:
            failed.append(name)
            say(problem + "\n")
    say(
        f"{len(wanted) - len(failed)} checks passed, {len(failed)} failed"
        + (f": {', '.join(failed)}" if failed else "")
    )
    return 1 if failed else 0


if __name__ == "__main__":
    run_command(main)
