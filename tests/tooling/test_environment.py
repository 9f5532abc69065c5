"""The virtual environment: pinned by hash, and failures told in a sentence."""

import re
import time
from pathlib import Path

import pytest

from scripts import environment
from scripts.console import ROOT, Stop


def pins(name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for package, version in re.findall(
        r"^([a-z0-9-]+)(?:\[.*\])?==([^\s;\\]+)", (ROOT / name).read_text(), re.MULTILINE
    ):
        found.setdefault(package, set()).add(version)
    return found


@pytest.mark.parametrize("name", environment.FILES.values())
def test_every_package_is_pinned_by_hash(name: str) -> None:
    entries = re.split(r"\n(?=\S)", (ROOT / name).read_text().strip())
    assert len(entries) > 30
    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)


@pytest.mark.parametrize(("smaller", "larger"), [("run", "test"), ("test", "dev")])
def test_a_larger_file_holds_the_same_versions(smaller: str, larger: str) -> None:
    below, above = pins(environment.FILES[smaller]), pins(environment.FILES[larger])
    assert below
    assert {name: above.get(name) for name in below} == below


@pytest.mark.parametrize(
    ("log", "sentence"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "no space left"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "its hash differs"),
        ("WARNING: Retrying after connection broken by 'NewConnectionError(...)'", "could not be reached"),
        ("Collecting x\nERROR: No matching distribution found for x==1", "No matching distribution found for x==1."),
        ("", "it gave no reason."),
    ],
)
def test_the_cause_of_a_failed_installation_is_told(log: str, sentence: str) -> None:
    assert sentence in environment.reason(log)


def test_a_failed_installation_names_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "LOG", tmp_path / "install.log")
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    with pytest.raises(Stop, match=r"pip could not install: broken\. The whole story: install\.log"):
        environment.logged([["sh", "-c", "echo 'ERROR: broken'; exit 1"]], "pip could not install")


def test_what_runs_beside_a_failed_installation_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "LOG", tmp_path / "install.log")
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    left = tmp_path / "left"
    beside = ["sh", "-c", f"sleep 30; touch {left}"]
    began = time.monotonic()
    with pytest.raises(Stop, match="broken"):
        environment.logged([["sh", "-c", "echo 'ERROR: broken'; exit 1"], beside], "pip could not install")
    assert time.monotonic() - began < 25
    assert not left.exists()


@pytest.mark.parametrize("name", environment.FILES.values())
def test_every_package_is_installed_by_one_pip(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shares: list[str] = []

    def keep(commands: list[list[str | Path]], failure: str) -> None:
        assert all({"--require-hashes", "--no-deps"} <= set(command) for command in commands)
        shares.extend(Path(command[-1]).read_text() for command in commands)

    monkeypatch.setattr(environment, "logged", keep)
    environment.install(name)
    assert len(shares) == environment.PIPS
    whole = (ROOT / name).read_text()
    assert sorted("".join(shares).split()) == sorted(whole.split())


def test_an_environment_that_was_moved_does_not_count(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/nowhere/python3.11\n")
    python.chmod(0o755)
    assert not environment.works(python)
    assert not environment.works(tmp_path / "missing")


def test_too_little_room_is_told_before_anything_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "ROOM_NEEDED", 10**18)
    with pytest.raises(Stop, match="No space left on the disk"):
        environment.check_room()


def test_a_python_without_venv_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Stop, match=r"apt-get install python3\.\d+-venv"):
        environment.make_venv()
