"""``hubbub check`` and ``hubbub learn``: verdicts, hints, the solution, a reset."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from conformance.timing import TICK
from hubbub.cli import main
from hubbub.learning import lessons
from hubbub.learning.lessons import LESSONS, ROOT
from hubbub.learning.progress import Progress
from hubbub.learning.telling import wrapped


@pytest.fixture(autouse=True)
def progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the developer's own progress out of the tests."""
    path = tmp_path / "state" / "progress.json"
    monkeypatch.setenv("HUBBUB_PROGRESS", str(path))
    return path


@pytest.fixture
def lesson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the first lesson in a clone of its own, so that its exercise may be edited."""
    root = tmp_path / "clone"
    folder = root / "lessons" / "00_tour"
    shutil.copytree(LESSONS / "00_tour", folder)
    for command in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "-m", "x"],
    ):
        subprocess.run(["git", *command], cwd=root, check=True)
    monkeypatch.setattr(lessons, "LESSONS", root / "lessons")
    monkeypatch.setattr(lessons, "ROOT", root)
    monkeypatch.setattr("hubbub.check.ROOT", root)
    monkeypatch.setattr("hubbub.learn.LESSONS", root / "lessons")
    return folder


def solve(lesson: Path) -> None:
    """Make the solution the answer."""
    (lesson / "exercise.py").write_text((lesson / "solution.py").read_text())


def test_wrong_answer_gets_the_sentence_first(
    lesson: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The output begins with what is wrong; then come the promises, and the way to the hints."""
    assert main(["check", "00"]) == 1

    said = capsys.readouterr().out
    assert said.startswith("ben spoke, and anna and cara heard nothing")
    assert "✗ commands.text" in said
    assert "not looked at yet" in said
    assert "hubbub check 00 --hint" in said


def test_right_answer_passes_and_is_remembered(
    lesson: Path, progress: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Passing is saved, and the output says how to compare with the solution."""
    solve(lesson)

    assert main(["check", "00"]) == 0

    said = capsys.readouterr().out
    assert said.startswith("Passed.")
    assert "--solution" in said
    assert Progress(progress).of("00").passed


def test_solution_opens_after_passing_only(
    lesson: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before passing there are hints; after it, the solution and how the answer differs."""
    assert main(["check", "00", "--solution"]) == 1
    assert "is shown once your answer passes" in capsys.readouterr().out

    text = (lesson / "solution.py").read_text()
    (lesson / "exercise.py").write_text(text.replace("pop(name, None)", "pop(name, False) or None"))
    main(["check", "00"])
    capsys.readouterr()

    assert main(["check", "00", "--solution"]) == 0
    said = capsys.readouterr().out
    assert "-        if self._outboxes.pop(name, False) or None is not None:" in said
    assert "+        if self._outboxes.pop(name, None) is not None:" in said


def test_hints_come_one_at_a_time(lesson: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each call adds one hint, and there are three."""
    shown = []
    for _ in range(4):
        assert main(["check", "00", "--hint"]) == 0
        shown.append(capsys.readouterr().out.count("Hint "))

    assert shown == [1, 2, 3, 3]


def test_reset_puts_it_back_and_keeps_what_was_written(
    lesson: Path, progress: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exercise and the progress are as at the start, and a copy of the answer is kept."""
    shipped = (lesson / "exercise.py").read_text()
    solve(lesson)
    main(["check", "00"])

    assert main(["check", "00", "--reset"]) == 0

    assert (lesson / "exercise.py").read_text() == shipped
    assert not Progress(progress).of("00").passed
    assert (progress.parent / "00_tour-1.py").read_text() == (lesson / "solution.py").read_text()


def test_missing_exercise_is_said_and_can_be_had_back(
    lesson: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A deleted exercise is no traceback, and can be restored."""
    (lesson / "exercise.py").unlink()

    assert main(["check", "00"]) == 1
    assert "--reset" in capsys.readouterr().out
    assert main(["check", "00", "--reset"]) == 0
    assert (lesson / "exercise.py").exists()


@pytest.mark.parametrize("text", ["def broken(:\n", "exit()\n", "import os\nos._exit(0)\n"])
def test_broken_exercise_harms_no_progress(lesson: Path, progress: Path, text: str) -> None:
    """An exercise cannot change the saved progress, whatever it does."""
    solve(lesson)
    main(["check", "00"])
    before = progress.read_text()
    (lesson / "exercise.py").write_text(text)

    assert main(["check", "00"]) == 1
    assert progress.read_text() == before


def test_watch_judges_each_save(lesson: Path, progress: Path) -> None:
    """The answer is judged again each time it is saved."""
    watching = subprocess.Popen(
        [sys.executable, "-P", "-u", "-m", "hubbub", "check", "00", "--watch"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert watching.stdout is not None
    enough = threading.Timer(300 * TICK, watching.kill)  # reached only if it hangs
    enough.start()
    try:
        for line in watching.stdout:
            if "not looked at yet" in line:
                break
    finally:
        enough.cancel()
        watching.kill()
        watching.wait()
        watching.stdout.close()


def test_list_shows_progress_and_what_is_next(
    lesson: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each lesson has its number, its title, and a mark if its exercise has passed."""
    solve(lesson)
    main(["check", "00"])
    capsys.readouterr()

    assert main(["learn"]) == 0

    said = capsys.readouterr().out
    assert "✓ 00  A tour in ten minutes" in said
    assert "1 of 1 exercises passed." in said


def test_hint_fits_a_terminal() -> None:
    """Paragraphs are wrapped, and code stays as it was written."""
    code = "while True:\n    pass"
    hint = f"{'word ' * 40}\nmore\n\n```\n{code}\n```\n\nThe end."

    rows = wrapped(hint).split("\n")

    assert max(map(len, rows)) <= 80
    assert rows[-6:] == ["", "    while True:", "        pass", "", "The end.", ""]


def test_root_is_told_how_to_open_a_lesson(
    lesson: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As root, the output says how to allow JupyterLab; with the flag, JupyterLab gets it."""
    started: list[list[str]] = []
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("hubbub.learn.complaint", lambda _: "")

    def run(command: list[str], **_: object) -> SimpleNamespace:
        started.append(command)
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr("subprocess.run", run)

    assert main(["learn", "00"]) == 2
    assert "hubbub learn 00 --allow-root" in capsys.readouterr().out
    assert started == []

    assert main(["learn", "00", "--allow-root", "--no-browser"]) == 0
    assert {"--allow-root", "--no-browser"} < set(started[0])


@pytest.mark.parametrize("command", ["learn", "check"])
def test_unknown_lesson_is_misuse(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A lesson that does not exist is one line and exit code 2."""
    assert main([command, "77"]) == 2

    assert capsys.readouterr().err.startswith("hubbub: there is no lesson '77'")


def test_progress_that_cannot_be_kept_is_said(
    lesson: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Progress that cannot be saved is one sentence."""
    monkeypatch.setenv("HUBBUB_PROGRESS", "/dev/null/progress.json")
    solve(lesson)

    assert main(["check", "00"]) == 2
    assert "cannot be saved" in capsys.readouterr().err
