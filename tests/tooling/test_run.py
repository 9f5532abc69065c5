"""`make run` before anything is started: what stands in its way is told in a sentence."""

import fcntl
import socket
import stat
from pathlib import Path

import pytest

from scripts import console, run
from scripts.console import Stop


def test_a_port_in_use_is_told_with_a_way_out() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        with pytest.raises(Stop, match=rf"Port {number} is in use: take another, as in make run PORT={number + 1}"):
            run.check_port(number)
    run.check_port(number)


@pytest.mark.parametrize("text", ["0", "65536", "eighty", "-1"])
def test_a_port_is_a_number_of_a_port(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", text)
    with pytest.raises(Stop, match="PORT is"):
        run.port()


def test_two_at_once_in_one_checkout_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "VAR", tmp_path)
    with run.alone(), pytest.raises(Stop, match="is running already"):
        run.alone()
    with run.alone() as lock:
        assert not lock.closed
        fcntl.flock(lock, fcntl.LOCK_UN)


def test_the_key_is_made_once_and_is_private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "VAR", tmp_path)
    first = run.secret_key()
    assert len(first) >= 50
    assert run.secret_key() == first
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_what_the_caller_set_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "VAR", tmp_path)
    monkeypatch.setenv("DEMO_MODE", "0")
    environment = run.settings_environment(8010)
    assert environment["DEMO_MODE"] == "0"
    assert environment["HTTPS"] == "0"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(28, "No space left on device", "/data/x"), "No space left on the disk (/data/x)."),
        (PermissionError(13, "Permission denied", "/data/x"), "No permission for /data/x: Permission denied."),
        (FileNotFoundError(2, "No such file or directory", "/data/x"), "No such file or directory (/data/x)."),
    ],
)
def test_system_errors_become_sentences(error: OSError, sentence: str) -> None:
    assert console.sentence_of(error).startswith(sentence)


def test_a_failing_command_tells_one_sentence_and_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> None:
        raise Stop("There is no such thing.")

    with pytest.raises(SystemExit) as left:
        console.run_command(main)
    assert left.value.code == 1
    assert capsys.readouterr().err == "\nThere is no such thing.\n"
