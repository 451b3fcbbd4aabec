"""``hubbub check`` and ``hubbub learn``: verdicts, hints, the solution, a reset."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from conformance.timing import TICK
from hubbub.cli import main
from hubbub.learning import lessons
from hubbub.learning.judge import Report
from hubbub.learning.lessons import LESSONS, ROOT
from hubbub.learning.progress import Progress
from hubbub.learning.telling import Look, as_text, wrapped


@pytest.fixture(autouse=True)
def progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the progress of the person who runs the tests out of them."""
    path = tmp_path / "state" / "progress.json"
    monkeypatch.setenv("HUBBUB_PROGRESS", str(path))
    return path


@pytest.fixture
def lesson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the first lesson in a clone of its own; its exercise may be edited."""
    root = tmp_path / "clone"
    folder = root / "lessons" / "00_tour"
    shutil.copytree(LESSONS / "00_tour", folder)
    monkeypatch.setattr(lessons, "LESSONS", root / "lessons")
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

    popen = subprocess.Popen

    def start(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        started.append(command)
        return popen([sys.executable, "-c", ""], **options)

    monkeypatch.setattr("hubbub.learn.subprocess.Popen", start)

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
    """Where nothing can be written, that is a sentence, and the verdict comes all the same."""
    monkeypatch.setenv("HUBBUB_PROGRESS", "/dev/null/progress.json")
    solve(lesson)

    assert main(["check", "00"]) == 2
    said = capsys.readouterr()
    assert "cannot be saved" in said.err
    assert said.out.startswith("Passed.")


@pytest.mark.parametrize("device", ["/dev/full", "/dev/zero"])
def test_progress_file_that_is_a_device_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], device: str
) -> None:
    """What is no file is not read, which might never end."""
    monkeypatch.setenv("HUBBUB_PROGRESS", device)

    assert main(["learn"]) == 0
    assert capsys.readouterr().err == (
        f"hubbub: {device} is no file, so no progress is known or kept\n"
    )


def test_pass_is_kept_though_the_reader_has_gone(lesson: Path, progress: Path) -> None:
    """A pass is written down before anything is printed."""
    solve(lesson)
    script = (
        "import sys\nfrom pathlib import Path\nfrom hubbub.learning import lessons\n"
        f"lessons.LESSONS = Path({str(lesson.parent)!r})\n"
        "from hubbub.cli import main\nsys.exit(main(['check', '00']))\n"
    )
    checking = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    )
    assert checking.stdout is not None
    checking.stdout.close()
    checking.communicate(timeout=300 * TICK)

    assert Progress(progress).of("00").passed


def test_workspace_is_a_learners_own(
    lesson: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A copy is judged from then on, also from inside it; the clone stays as it was."""
    shipped = (lesson / "exercise.py").read_bytes()
    mine = tmp_path / "my lessons"

    assert main(["learn", "--into", str(mine)]) == 0
    (mine / "00_tour" / "exercise.py").write_text((lesson / "solution.py").read_text())
    capsys.readouterr()
    assert main(["check", "00"]) == 0
    assert "Judged: " in capsys.readouterr().out
    assert main(["learn", "--into", str(mine)]) == 0
    assert "already there, not changed: 1\n" in capsys.readouterr().out
    monkeypatch.chdir(mine / "00_tour")
    assert main(["check", "00"]) == 0
    assert "Judged: exercise.py" in capsys.readouterr().out
    assert not (mine / "00_tour" / "solution.py").exists()
    assert (lesson / "exercise.py").read_bytes() == shipped


def test_workspace_inside_the_project_is_refused(
    lesson: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A copy among the lessons would be taken for a lesson."""
    assert main(["learn", "--into", str(lesson / "mine")]) == 2
    assert "belongs to the project" in capsys.readouterr().err


def test_shipped_copies_are_the_exercises() -> None:
    """What --reset restores is what the lessons begin with; to take an edit of ours over, run it.

    The command is ``python -m hubbub.learning.lessons``; an exercise that a learner has edited
    differs too, and ``hubbub check NN --reset`` keeps that aside.
    """
    for one in lessons.lessons():
        shipped = lessons.shipped_exercise(one)
        assert shipped == (one.folder / "exercise.py").read_bytes(), one.folder.name


def test_reset_restores_what_was_shipped_and_not_what_was_committed(
    lesson: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An answer that was committed is no shipped exercise, and a zip has no commits at all."""
    shipped = (lesson / "exercise.py").read_bytes()
    solve(lesson)
    for command in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-q", "-m", "x"],
    ):
        subprocess.run(["git", *command], cwd=lesson, check=True)

    assert main(["check", "00", "--reset"]) == 0

    assert (lesson / "exercise.py").read_bytes() == shipped
    assert "is restored" in capsys.readouterr().out


def test_solution_is_compared_with_an_answer_in_another_encoding(
    lesson: Path, progress: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A declared encoding is read as Python reads it."""
    text = "# -*- coding: latin-1 -*-\n# \u00e4\n" + (lesson / "solution.py").read_text()
    (lesson / "exercise.py").write_bytes(text.encode("latin-1"))

    assert main(["check", "00"]) == 0
    capsys.readouterr()
    assert main(["check", "00", "--solution"]) == 0
    assert "-# \u00e4" in capsys.readouterr().out


@pytest.mark.parametrize("columns", [60, 80])
def test_verdict_fits_the_terminal(
    lesson: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: int
) -> None:
    """No row is wider than the terminal."""
    monkeypatch.setenv("COLUMNS", str(columns))

    main(["check", "00"])

    assert max(map(len, capsys.readouterr().out.splitlines())) <= columns


def test_colour_and_characters_are_those_that_a_terminal_has() -> None:
    """Without colour there is none, and what cannot be shown is spelled."""
    report = Report(False, (("a.rule", "It is so."),), sentence="It is not so.", rule="a.rule")

    plain = as_text(report, "00", Look(60, encoding="ascii"))
    coloured = as_text(report, "00", Look(60, colour=True))

    assert plain == "It is not so.\n\n  x a.rule: It is so."
    assert coloured == ("\x1b[1mIt is not so.\x1b[0m\n\n\x1b[31m  \u2717 a.rule: It is so.\x1b[0m")
