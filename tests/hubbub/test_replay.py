"""``hubbub replay``: one schedule, step by step, and what it broke."""

from __future__ import annotations

import re
import sys
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from hubbub.cli import main
from hubbub.replay import told
from schedules.explore import first_failure, play
from tests.schedules.tools import needs


EXHIBIT = "exhibit-task-per-message"  # runs on trio, so every Python can play it
WITHIN = 60  # seeds


def exit_code(*argv: str) -> int:
    """Return the exit code of ``hubbub replay *argv``, also if argparse exits."""
    try:
        return main(["replay", *argv])
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 1


@pytest.fixture(scope="module")
def failing_seed() -> int:
    """A seed with which the exhibit breaks a rule."""
    run = first_failure(EXHIBIT, range(WITHIN))
    assert run is not None
    return run.seed


def test_steps_are_numbered_and_told_by_their_actors(capsys: pytest.CaptureFixture[str]) -> None:
    """Each step has a number and stands below its actor; the end says that no rule is broken."""
    assert exit_code("trio-mutex", "--seed", "1") == 0

    lines = capsys.readouterr().out.splitlines()
    numbers = [int(found[1]) for line in lines if (found := re.match(r" *(\d+)  ", line))]
    actors = [line.removeprefix("-- ") for line in lines if line.startswith("-- ")]
    assert numbers == list(range(1, len(numbers) + 1))
    assert actors[0] == "olga's write pump"
    assert all(a != b for a, b in pairwise(actors))
    assert lines[-1] == "trio-mutex, seed 1: no rule is broken"


def test_violation_is_drawn_after_the_steps(
    failing_seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that broke a rule ends with a sentence and the smallest history that shows it."""
    assert exit_code(EXHIBIT, "--seed", str(failing_seed)) == 1

    printed = capsys.readouterr().out
    assert re.search(r"^order\.speaker: \w+", printed, re.MULTILINE)
    assert "● look here" in printed
    assert re.search(r"^ *\d+ ● ", printed, re.MULTILINE)
    assert max(map(len, printed.splitlines())) <= 80


def test_same_seed_prints_the_same_bytes(
    failing_seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """The output for a seed is the same each time."""
    printed = []
    for _ in range(2):
        exit_code(EXHIBIT, "--seed", str(failing_seed))
        printed.append(capsys.readouterr().out)

    assert printed[0] == printed[1]


def test_search_finds_the_first_and_says_how_to_see_it_again(
    failing_seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a seed, the first failing seed is shown, with the command to see it again."""
    assert exit_code(EXHIBIT) == 1

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith(f"hubbub replay {EXHIBIT} --seed {failing_seed}")


def test_search_that_finds_nothing_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """The search for a good server ends with one line and exit code 0."""
    assert exit_code("trio-mutex", "--seeds", "5") == 0

    assert capsys.readouterr().out == "trio-mutex: none of 5 seeds breaks a rule\n"


def test_picture_is_written(
    failing_seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``--svg`` writes the drawing as a picture; if that fails, one line says so."""
    picture = tmp_path / "violation.svg"

    assert exit_code(EXHIBIT, "--seed", str(failing_seed), "--svg", str(picture)) == 1
    assert ElementTree.parse(picture).getroot().tag.endswith("svg")

    capsys.readouterr()
    assert exit_code(EXHIBIT, "--seed", str(failing_seed), "--svg", str(tmp_path)) == 2
    assert capsys.readouterr().err == f"hubbub: cannot write {tmp_path}: Is a directory\n"


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["asyncio-magic"], "unknown server 'asyncio-magic'"),
        (["exhibit-of-nothing"], "unknown exhibit"),
        (["trio-mutex", "--seed", "-1"], "invalid"),
        (["trio-mutex", "--seed", "1", "--seeds", "2"], "not allowed"),
        ([], "required"),
    ],
)
def test_bad_usage_is_one_line(
    argv: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Misuse is one line on standard error and exit code 2."""
    assert exit_code(*argv) == 2

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("hubbub: ")
    assert words in printed.err


def test_missing_tool_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """If the Python is too old for a server's schedules, one line says what is needed."""
    monkeypatch.setattr(sys, "version_info", (3, 11, 9))

    assert exit_code("threads-mutex", "--seed", "1") == 2
    line = capsys.readouterr().err
    assert line.startswith("hubbub replay needs Python 3.12 or newer for servers on threads")
    assert line.count("\n") == 1


@needs("threads")
def test_deadlock_is_told_with_who_waits_for_whom() -> None:
    """After a deadlock, each actor that has not ended is shown."""
    run = first_failure("exhibit-two-locks", range(WITHIN))
    assert run is not None

    story = "\n".join(told(run))

    assert "waits for a lock that" in story
    assert "deadlock: " in " ".join(story.split())
    assert max(map(len, story.splitlines())) <= 80


def test_what_one_does_to_several_is_one_step() -> None:
    """The same step for several clients in a row is one line."""
    run = play("trio-mutex", 1)

    story = list(told(run))

    assert any(re.search(r"offers '[^']*' to \w+, \w+", line) for line in story)
    assert len([line for line in story if re.match(r" *\d+  ", line)]) < len(run.steps)
