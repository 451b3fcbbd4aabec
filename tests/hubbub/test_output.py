"""Files are written whole, or one line says why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubbub.cli import main
from hubbub.output import CannotWrite, write
from tests.conformance.taped import chat, taped


def test_written_whole(tmp_path: Path) -> None:
    """The file holds the text as UTF-8."""
    write(tmp_path / "it", "né\n")

    assert (tmp_path / "it").read_bytes() == "né\n".encode()


def test_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """If the file cannot be written, the error says which file and why."""
    with pytest.raises(CannotWrite, match=r"nowhere/it: No such file"):
        write(tmp_path / "nowhere" / "it", "text")


def test_command_says_it_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A command whose picture cannot be written ends with one line and exit code 2."""
    tape = tmp_path / "talk.jsonl"
    tape.write_text("\n".join(taped(chat()).lines()), encoding="utf-8")

    assert main(["draw", str(tape), "--svg", str(tmp_path / "nowhere" / "it.svg")]) == 2

    said = capsys.readouterr().err
    assert said.startswith("hubbub: cannot write ")
    assert said.count("\n") == 1
