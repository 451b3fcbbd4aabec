"""``hubbub record``: recordings of real servers, and what prevents one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conformance.checker import check
from conformance.tape import Tape
from hubbub.cli import main
from tests.processes import spelled, started_server


SMALL = ("--talkers", "3", "--lines", "10", "--visitors", "1")


def test_talk_at_a_server_of_ours(tmp_path: Path) -> None:
    """A server named by its id is started, used and ended; its recording breaks no rule."""
    path = tmp_path / "talk.jsonl"

    assert main(["record", "asyncio-mutex", *SMALL, "--output", str(path)]) == 0

    tape = Tape.read(path.read_text(encoding="utf-8").splitlines())
    verdict = check(tape.history())
    assert tape.source == "asyncio-mutex"
    assert len(tape.tracks) == 3 + 4  # three talkers, and four visits
    assert verdict.violations == ()
    assert verdict.coverage.messages >= 3 * 10


def test_talk_at_a_server_that_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """A server named by its doors is used and left running; the recording goes to a pipe."""
    with started_server("asyncio-mutex") as server:
        flags = ("--tcp", spelled(server.tcp), "--ws", spelled(server.ws))
        assert main(["record", *flags, *SMALL]) == 0
        assert not server.has_exited()

    tape = Tape.read(capsys.readouterr().out.splitlines())
    assert check(tape.history()).violations == ()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "name a server"),
        (["asyncio-mutex", "--tcp", "127.0.0.1:1"], "name a server"),
        (["asyncio-nothing"], "unknown server"),
        (["exhibit-of-nothing"], "unknown exhibit"),
        (["asyncio-mutex", "--talkers", "0"], "at least 1"),
        (["--tcp", "127.0.0.1:1"], "refused"),
        (["--tcp", "nowhere"], "nowhere"),
    ],
)
def test_misuse_is_one_clear_line(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What prevents a recording is said in one line, and nothing is written."""
    assert main(["record", *arguments]) == 2

    said = capsys.readouterr()
    assert words in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""


def test_recorded_and_drawn_in_a_pipe() -> None:
    """``hubbub record ID | hubbub draw`` works as it stands."""
    hubbub = [sys.executable, "-P", "-m", "hubbub"]
    made = subprocess.run([*hubbub, "record", "trio-mutex", *SMALL], capture_output=True)

    drawn = subprocess.run([*hubbub, "draw"], input=made.stdout, capture_output=True)

    assert drawn.returncode == 0, drawn.stderr
    assert b"nothing is wrong" in drawn.stdout
