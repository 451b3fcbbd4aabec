"""The programs' command lines: what they refuse, and how they end."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from benchmarks.generator.__main__ import main
from tests.benchmarks.generator.programs import Command
from tests.benchmarks.relay import relaying


def test_generator_ends_with_its_parent(command: Command, tmp_path: Path) -> None:
    """A closed standard input means that the parent has ended: the generator ends too."""
    plan = tmp_path / "plan"
    plan.write_text("1 0 -1\n")
    with relaying() as address:
        words = ["--ws", address, "--plan", str(plan), "--samples", str(tmp_path / "samples")]
        ended = subprocess.run(
            [*command[1], *words, "--clients", "2"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )

    assert ended.returncode == 1
    assert ended.stdout == "connected\n"
    assert ended.stderr == "generator: the program that started the generator has ended\n"


def test_missing_flag_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Without an address, a plan or a file for the samples nothing is started."""
    with pytest.raises(SystemExit) as refused:
        main(["--ws", "127.0.0.1:1"])

    assert refused.value.code == 2
    assert "--plan" in capsys.readouterr().err
