"""``hubbub draw``: it reads a recording and draws what is wrong."""

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from conformance.tape import Tape
from hubbub.cli import main
from tests.conformance.rooms import swapped
from tests.conformance.taped import chat, taped


def write(tape: Tape, path: Path) -> str:
    """Write a recording into a file, and return its name."""
    path.write_text("".join(f"{line}\n" for line in tape.lines()), encoding="utf-8")
    return str(path)


@pytest.fixture
def wrong(tmp_path: Path) -> str:
    """A recording in which anna got two lines in another order than ben."""
    history = swapped(chat(), "anna", "anna:1: anna-1", "ben:1: ben-1")
    return write(taped(history), tmp_path / "wrong.jsonl")


def test_what_is_wrong_is_drawn(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The output has the rule, a sentence and the smallest drawing, 80 columns wide."""
    assert main(["draw", wrong]) == 1

    drawn = capsys.readouterr().out
    assert drawn.startswith("order.")
    assert "● look here" in drawn
    assert max(map(len, drawn.splitlines())) <= 80


def test_pictures_and_traces_are_written(wrong: str, tmp_path: Path) -> None:
    """``--svg`` and ``--trace`` write two more files, and both are valid."""
    svg, trace = tmp_path / "talk.svg", tmp_path / "talk.trace.json"

    main(["draw", wrong, "--svg", str(svg), "--trace", str(trace)])

    assert ET.fromstring(svg.read_text(encoding="utf-8")).tag.endswith("svg")
    assert json.loads(trace.read_text(encoding="utf-8"))["traceEvents"]


def test_talk_in_which_all_is_well(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """If no rule is broken, the output says so and shows the beginning; a pipe works too."""
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(taped(chat()).lines())))

    assert main(["draw", "--steps", "4"]) == 0

    drawn = capsys.readouterr().out
    assert "nothing is wrong: 2 stays" in drawn
    assert "anna" in drawn


def test_rule_that_is_not_broken(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    """For a rule that is not broken, one line says so and names the broken rules."""
    assert main(["draw", wrong, "--rule", "delivery.one-room"]) == 2

    said = capsys.readouterr().err
    assert "delivery.one-room is not broken" in said
    assert "order." in said


@pytest.mark.parametrize("content", ["", "hello\n", '{"schema": "hubbub-bench"}\n'])
def test_foreign_file_is_one_clear_line(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is no recording, or does not exist, is refused in one line."""
    path = tmp_path / "talk.jsonl"
    path.write_text(content, encoding="utf-8")

    for file in (str(path), str(tmp_path / "missing")):
        assert main(["draw", file]) == 2
        assert capsys.readouterr().err.count("\n") == 1
