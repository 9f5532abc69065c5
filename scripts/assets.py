"""Fetch the front-end assets named in package.json into static/vendor/, without Node.

Each package is downloaded from the configured npm registry, checked against the sha512 of package-lock.json, and only
the files listed under "assets" are kept. The icons named in static/icons.txt are cut out of @tabler/icons into one
sprite. The files under "fonts" are set into PDF and never served: they are kept in crm/documents/fonts/. Downloads are
kept in var/cache/, so a new icon needs no network.
"""

import base64
import hashlib
import io
import json
import os
import re
import shutil
import ssl
import subprocess
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from scripts.console import ROOT, VAR, Stop, run_command, say

VENDOR = ROOT / "static/vendor"
FONTS = "crm/documents/fonts"
CACHE = VAR / "cache/npm"
ICONS = "@tabler/icons"
PUBLIC_REGISTRY = "https://registry.npmjs.org"
TRIES = 3
SOURCE_MAP = re.compile(rb"\n?(//|/\*)[#@] ?sourceMappingURL=[^\n*]*(\*/)?\s*$")
CERTIFICATES = ("NODE_EXTRA_CA_CERTS", "NPM_CONFIG_CAFILE", "npm_config_cafile", "REQUESTS_CA_BUNDLE", "PIP_CERT")


def fetch_assets(root: Path = ROOT, vendor: Path = VENDOR, cache: Path = CACHE) -> bool:
    """Bring static/vendor/ and the fonts up to date; False when they already were."""
    package = json.loads((root / "package.json").read_text())
    lock = json.loads((root / "package-lock.json").read_text())["packages"]
    icons = icon_names((root / "static/icons.txt").read_text())
    registry = Once(npm_registry)

    def fill(draft: Path, packages: dict[str, dict[str, str]]) -> None:
        for name, files in sorted(packages.items()):
            with tarfile.open(fileobj=io.BytesIO(tarball(name, lock, registry, cache))) as archive:
                for target, source in files.items():
                    write(draft / target, SOURCE_MAP.sub(b"\n", member(archive, name, source)))

    def fill_vendor(draft: Path) -> None:
        fill(draft, package["assets"])
        if icons:
            with tarfile.open(fileobj=io.BytesIO(tarball(ICONS, lock, registry, cache))) as archive:
                write(draft / "icons.svg", sprite(archive, icons))

    fonts = package.get("fonts", {})
    locked = json.dumps([fonts, *(lock.get(f"node_modules/{name}") for name in sorted(fonts))])
    changed = renew(vendor, fingerprint(root), cache, fill_vendor)
    if fonts:
        stamp = hashlib.sha256(locked.encode()).hexdigest()
        changed = renew(root / FONTS, stamp, cache, lambda draft: fill(draft, fonts)) or changed
    return changed


def renew(home: Path, stamp: str, cache: Path, fill: Callable[[Path], None]) -> bool:
    """Fill a folder anew, whole or not at all, unless it bears this stamp already."""
    stamp_file = home / ".stamp"
    if stamp_file.exists() and stamp_file.read_text() == stamp:
        return False
    draft = cache / "draft"
    shutil.rmtree(draft, ignore_errors=True)
    fill(draft)
    write(draft / ".stamp", stamp.encode())
    shutil.rmtree(home, ignore_errors=True)
    home.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(draft, home)
    return True


class Once:
    """A question asked at most once, and only when somebody needs the answer."""

    def __init__(self, ask: Callable[[], str]) -> None:
        self.ask = ask
        self.answer: str | None = None

    def __call__(self) -> str:
        if self.answer is None:
            self.answer = self.ask()
        return self.answer


def fingerprint(root: Path) -> str:
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for name in ("package.json", "package-lock.json", "static/icons.txt"):
        digest.update((root / name).read_bytes())
    return digest.hexdigest()


def npm_registry() -> str:
    """The registry this machine is configured for: the environment, npm itself, its user file, else the public one."""
    for variable in ("NPM_CONFIG_REGISTRY", "npm_config_registry"):
        if os.environ.get(variable):
            return os.environ[variable].rstrip("/")
    npm = shutil.which("npm")
    if npm:
        answer = subprocess.run([npm, "config", "get", "registry"], capture_output=True, text=True, check=False)
        if answer.returncode == 0 and answer.stdout.strip().startswith("http"):
            return answer.stdout.strip().rstrip("/")
    user_file = Path.home() / ".npmrc"
    if user_file.exists():
        found = re.search(r"^\s*registry\s*=\s*(\S+)", user_file.read_text(), re.MULTILINE)
        if found:
            return found[1].rstrip("/")
    return PUBLIC_REGISTRY


def tarball(name: str, lock: dict[str, Any], registry: Once, cache: Path) -> bytes:
    """The package's archive, from the cache or the registry, never without the right sha512."""
    entry = lock.get(f"node_modules/{name}")
    if entry is None:
        raise Stop(f"package-lock.json does not know {name}: run 'make lock'.")
    version, integrity = entry["version"], entry["integrity"]
    kept = cache / f"{name.replace('/', '+')}-{version}.tgz"
    if kept.exists() and integrity_of(kept.read_bytes()) == integrity:
        return kept.read_bytes()
    url = f"{registry()}/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
    problem = ""
    for attempt in range(TRIES):
        if attempt:
            time.sleep(attempt)
        try:
            content = download(url)
        except (OSError, urllib.error.URLError) as error:
            problem = f"{getattr(error, 'reason', None) or error}"
            continue
        if integrity_of(content) == integrity:
            write(kept, content)
            return content
        problem = "what arrived is not what package-lock.json promises (sha512 differs)"
    raise Stop(f"The front-end package {name} {version} could not be downloaded from {registry()}: {problem}.")


def download(url: str) -> bytes:
    context = ssl.create_default_context()
    for variable in CERTIFICATES:
        if os.environ.get(variable) and Path(os.environ[variable]).is_file():
            context.load_verify_locations(os.environ[variable])
    with urllib.request.urlopen(url, timeout=60, context=context) as response:
        return bytes(response.read())


def integrity_of(content: bytes) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()


def member(archive: tarfile.TarFile, package: str, path: str) -> bytes:
    try:
        file = archive.extractfile(f"package/{path}")
    except KeyError:
        file = None
    if file is None:
        raise Stop(f"{package} has no file {path}.")
    return file.read()


def icon_names(text: str) -> list[str]:
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return sorted({line for line in lines if line})


def sprite(archive: tarfile.TarFile, names: list[str]) -> bytes:
    """One SVG with a <symbol> per icon; 'star-filled' means the filled form of 'star'."""
    lines = ["<!-- Tabler Icons, MIT licence -->", '<svg xmlns="http://www.w3.org/2000/svg">']
    wanted = {f"package/{icon_path(name)}": name for name in names}
    found: dict[str, str] = {}
    for entry in archive:
        if entry.name in wanted:
            file = archive.extractfile(entry)
            found[wanted[entry.name]] = symbol(wanted[entry.name], file.read().decode() if file else "")
    missing = [name for name in names if name not in found]
    if missing:
        raise Stop(f"static/icons.txt names icons that {ICONS} does not have: {', '.join(missing)}.")
    return "\n".join([*lines, *(found[name] for name in names), "</svg>", ""]).encode()


def icon_path(name: str) -> str:
    if name.endswith("-filled"):
        return f"icons/filled/{name.removesuffix('-filled')}.svg"
    return f"icons/outline/{name}.svg"


def symbol(name: str, svg: str) -> str:
    inner = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
    inner = re.sub(r'<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>', "", inner)
    inner = " ".join(inner.split())
    if name.endswith("-filled"):
        paint = 'fill="currentColor"'
    else:
        paint = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
    return f'<symbol id="{name}" viewBox="0 0 24 24" {paint}>{inner}</symbol>'


def write(path: Path, content: bytes) -> None:
    """Write whole or not at all: a half-written file must not pass for a good one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".part")
    draft.write_bytes(content)
    draft.replace(path)


def main() -> None:
    say("Front-end assets fetched." if fetch_assets() else "Front-end assets are up to date.")


if __name__ == "__main__":
    run_command(main)
