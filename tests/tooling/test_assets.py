"""Front-end assets: only what the lock promises gets in, and only the files that were named."""

import io
import json
import tarfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from scripts import assets
from scripts.console import Stop

pytestmark = pytest.mark.thorough

Checkout = Callable[..., Path]
ICON = """<svg
 xmlns="http://www.w3.org/2000/svg"
>
 <path stroke="none" d="M0 0h24v24H0z" fill="none"/>
 <path d="M1 2" />
</svg>"""


def archive(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()


PACKAGES = {
    "/@field/kit/-/kit-1.2.0.tgz": archive(
        {"dist/kit.js": "go()\n//# sourceMappingURL=kit.js.map\n", "src/secret.js": ""}
    ),
    "/@tabler/icons/-/icons-3.0.0.tgz": archive(
        {"icons/outline/star.svg": ICON, "icons/filled/star.svg": ICON, "icons/outline/sun.svg": ICON}
    ),
}


class Registry(BaseHTTPRequestHandler):
    asked: list[str]
    broken: bool

    def do_GET(self) -> None:
        self.asked.append(self.path)
        content = PACKAGES.get(self.path)
        self.send_response(200 if content else 404)
        self.end_headers()
        if content:
            self.wfile.write(content[:-7] if self.broken else content)

    def log_message(self, *arguments: object) -> None:
        """Quiet: the tests look at `asked`."""


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Registry]]:
    handler = type("Registry", (Registry,), {"asked": [], "broken": False})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", f"http://127.0.0.1:{server.server_port}/")
    monkeypatch.setattr(assets.time, "sleep", lambda seconds: None)
    yield handler
    server.shutdown()
    server.server_close()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    def make(*, icons: str = "", integrity: str = "") -> Path:
        kit, tabler = PACKAGES.values()
        package = {"assets": {"@field/kit": {"kit/kit.js": "dist/kit.js"}}}
        lock = {
            "node_modules/@field/kit": {"version": "1.2.0", "integrity": integrity or assets.integrity_of(kit)},
            "node_modules/@tabler/icons": {"version": "3.0.0", "integrity": assets.integrity_of(tabler)},
        }
        (tmp_path / "static").mkdir(exist_ok=True)
        (tmp_path / "package.json").write_text(json.dumps(package))
        (tmp_path / "package-lock.json").write_text(json.dumps({"packages": lock}))
        (tmp_path / "static/icons.txt").write_text(icons)
        return tmp_path

    return make


def fetch(root: Path) -> bool:
    return assets.fetch_assets(root, root / "static/vendor", root / "cache")


def test_keeps_only_the_named_files_without_their_source_maps(registry: type[Registry], checkout: Checkout) -> None:
    root = checkout()
    assert fetch(root) is True
    kept = sorted(path.relative_to(root / "static/vendor").as_posix() for path in (root / "static/vendor").rglob("*.*"))
    assert kept == [".stamp", "kit/kit.js"]
    assert (root / "static/vendor/kit/kit.js").read_text() == "go()\n"


def test_second_time_asks_nobody(registry: type[Registry], checkout: Checkout) -> None:
    root = checkout()
    fetch(root)
    registry.asked.clear()
    assert fetch(root) is False
    assert registry.asked == []


def test_a_new_icon_needs_no_second_download(registry: type[Registry], checkout: Checkout) -> None:
    fetch(checkout(icons="star\n"))
    registry.asked.clear()
    root = checkout(icons="star\nsun  # weather\n")
    assert fetch(root) is True
    assert registry.asked == []
    assert (root / "static/vendor/icons.svg").read_text().count("<symbol") == 2


def test_fonts_are_kept_apart_from_what_is_served_and_not_fetched_again_for_an_icon(
    registry: type[Registry], checkout: Checkout
) -> None:
    root = checkout()
    package = json.loads((root / "package.json").read_text())
    package["fonts"] = {"@field/kit": {"Kit.ttf": "dist/kit.js"}}
    (root / "package.json").write_text(json.dumps(package))
    assert fetch(root) is True
    font = root / assets.FONTS / "Kit.ttf"
    assert font.exists()
    assert not (root / "static/vendor/Kit.ttf").exists()
    written = font.stat().st_mtime_ns
    (root / "static/icons.txt").write_text("star\n")
    assert fetch(root) is True
    assert font.stat().st_mtime_ns == written
    font.with_name(".stamp").unlink()
    assert fetch(root) is True
    assert fetch(root) is False


def test_refuses_a_package_whose_hash_differs_and_leaves_nothing(registry: type[Registry], checkout: Checkout) -> None:
    root = checkout(integrity=assets.integrity_of(b"something else"))
    with pytest.raises(Stop, match=r"@field/kit 1\.2\.0 .*sha512 differs"):
        fetch(root)
    assert not (root / "static/vendor").exists()
    assert len(registry.asked) == assets.TRIES


def test_a_broken_download_keeps_what_was_there(registry: type[Registry], checkout: Checkout) -> None:
    root = checkout()
    fetch(root)
    (root / "cache/@field+kit-1.2.0.tgz").write_bytes(b"half a file")
    (root / "static/icons.txt").write_text("star\n")
    registry.broken = True
    with pytest.raises(Stop, match="sha512 differs"):
        fetch(root)
    assert (root / "static/vendor/kit/kit.js").read_text() == "go()\n"


def test_a_registry_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch, checkout: Checkout) -> None:
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "http://127.0.0.1:9")
    monkeypatch.setattr(assets.time, "sleep", lambda seconds: None)
    with pytest.raises(Stop, match=r"could not be downloaded from http://127\.0\.0\.1:9: .*refused"):
        fetch(checkout())


def test_an_unknown_icon_is_named(registry: type[Registry], checkout: Checkout) -> None:
    with pytest.raises(Stop, match="moon"):
        fetch(checkout(icons="star\nmoon\n"))


def test_icons_become_symbols_in_the_text_colour() -> None:
    outline = assets.symbol("star", ICON)
    assert outline.startswith('<symbol id="star" viewBox="0 0 24 24" fill="none" stroke="currentColor"')
    assert outline.endswith('><path d="M1 2" /></symbol>')
    assert 'fill="currentColor"' in assets.symbol("star-filled", ICON)


def test_registry_of_the_user_file_is_used_without_npm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("NPM_CONFIG_REGISTRY", raising=False)
    monkeypatch.delenv("npm_config_registry", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(assets.shutil, "which", lambda name: None)
    assert assets.npm_registry() == assets.PUBLIC_REGISTRY
    (tmp_path / ".npmrc").write_text("strict-ssl=true\nregistry = https://npm.company.example/\n")
    assert assets.npm_registry() == "https://npm.company.example"


def test_the_lock_holds_a_hash_for_every_asset_of_the_product() -> None:
    package = json.loads((assets.ROOT / "package.json").read_text())
    lock = json.loads((assets.ROOT / "package-lock.json").read_text())["packages"]
    for name in [*package["assets"], assets.ICONS]:
        entry = lock[f"node_modules/{name}"]
        assert entry["version"] == package["dependencies"][name]
        assert entry["integrity"].startswith("sha512-")
        assert "resolved" not in entry
