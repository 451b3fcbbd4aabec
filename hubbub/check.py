"""``hubbub check``: judge the answer to a lesson's exercise; show hints, the solution; start again.

It never goes on to the next lesson by itself: a learner would read the message of the next lesson
as a message about the answer.

Invariant: progress is saved before anything is printed, because the reader of a pipe may end after
the first line.
"""

from __future__ import annotations

import argparse
import difflib
import shlex
import sys
import time
import tokenize
from pathlib import Path

from hubbub.extras import complaint
from hubbub.learning.judge import Report, judge, pasted
from hubbub.learning.lessons import (
    IS_CLONE,
    Lesson,
    NoLesson,
    find_lesson,
    shipped_exercise,
)
from hubbub.learning.progress import Progress, progress_path
from hubbub.learning.telling import as_text, look_of_terminal, wrapped


__all__ = ["add_arguments", "run"]

EXAMPLES = """\
examples:
  hubbub check 02              judge the exercise of lesson 02
  hubbub check 02 --watch      judge it each time you save the file
  hubbub check 02 --hint       show the next of three hints
  hubbub check 02 --seed 7     judge only the schedule of seed 7
  hubbub check 02 --solution   compare your answer with ours, once it passed
  hubbub check 02 --reset      start again; a copy of your answer is kept

It judges the exercise in the workspace (hubbub learn --into DIR) that you are
in. Outside a workspace it judges the newest workspace's exercise, or without a
workspace the exercise in the clone.

exit code: 0 if every promise is kept, 1 if one is broken, 2 after misuse
"""
_LOOK_EVERY_S = 0.3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this sub-command's flags."""
    parser.epilog = EXAMPLES
    parser.add_argument("lesson", metavar="NN", help="the number of the lesson")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--watch", action="store_true", help="judge it each time you save the file")
    what.add_argument("--hint", action="store_true", help="show the next hint")
    what.add_argument(
        "--solution", action="store_true", help="compare your answer with ours, once it passed"
    )
    what.add_argument("--reset", action="store_true", help="restore the shipped exercise")
    parser.add_argument("--seed", type=int, metavar="N", help="judge only the schedule of seed N")


def run(arguments: argparse.Namespace) -> int:
    """Do what the flags ask for, and return the exit code."""
    try:
        lesson = find_lesson(arguments.lesson)
    except NoLesson as error:
        print(f"hubbub: {error}", file=sys.stderr)
        return 2
    if lesson.own is None and not IS_CLONE:
        print(
            "hubbub: make a workspace first:  hubbub learn --into hubbub-lessons",
            file=sys.stderr,
        )
        return 2
    if lacking := complaint(f"check {lesson.number}"):
        print(lacking, file=sys.stderr)
        return 2
    progress = Progress()
    if progress.complaint:
        print(f"hubbub: {progress.complaint}", file=sys.stderr)
    if arguments.hint:
        return _hint(lesson, progress)
    if arguments.solution:
        return _solution(lesson, progress)
    if arguments.reset:
        return _reset(lesson, progress)
    if arguments.watch:
        return _watch(lesson, progress, arguments.seed)
    return _check(lesson, progress, arguments.seed)


def _cannot_keep(error: OSError) -> int:
    print(f"hubbub: your progress cannot be saved: {error}", file=sys.stderr)
    return 2


def _check(lesson: Lesson, progress: Progress, seed: int | None) -> int:
    number = lesson.number
    if not lesson.exercise.is_file():
        print(f"There is no {pasted(lesson.exercise)}.")
        print(f"To restore it:  hubbub check {number} --reset")
        return 1
    report = judge(lesson, seed=seed)
    code = 0 if report.passed else 1
    if report.passed and seed is None:
        try:
            progress.passed(number)
        except OSError as error:
            code = _cannot_keep(error)
    print(as_text(report, number, look_of_terminal()))
    print(_what_next(lesson, progress, report, seed))
    return code


def _what_next(lesson: Lesson, progress: Progress, report: Report, seed: int | None) -> str:
    rows = []
    if lesson.own is not None:
        rows.append(f"Judged: {pasted(lesson.exercise)}")
    if not report.passed:
        left = len(lesson.hints) - progress.of(lesson.number).hints
        if left > 0:
            rows.append(f"A hint ({left} left):  hubbub check {lesson.number} --hint")
    elif seed is not None:
        rows.append(f"That was only seed {seed}. To judge all:  hubbub check {lesson.number}")
    else:
        rows.append(f"To compare it with ours:  hubbub check {lesson.number} --solution")
    return "\n".join(["", *rows]) if rows else ""


def _watch(lesson: Lesson, progress: Progress, seed: int | None) -> int:
    saved = None
    print(f"Watching {pasted(lesson.exercise)}; press Ctrl-C to stop.\n")
    while True:
        now = _stamp(lesson.exercise)
        if now != saved:
            if saved is not None:
                print(f"\n--- saved at {time.strftime('%H:%M:%S')} ---\n")
            saved = now
            _check(lesson, progress, seed)
            sys.stdout.flush()
        time.sleep(_LOOK_EVERY_S)


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:  # some editors remove the file for a moment while they save it
        return (0, 0)
    return status.st_mtime_ns, status.st_size


def _hint(lesson: Lesson, progress: Progress) -> int:
    known = progress.of(lesson.number)
    hints = lesson.hints
    known.hints = min(known.hints + 1, len(hints))
    code = 0
    try:
        progress.keep(lesson.number, known)
    except OSError as error:
        code = _cannot_keep(error)
    look = look_of_terminal()
    for number, hint in enumerate(hints[: known.hints], 1):
        print(look.spelled(f"Hint {number} of {len(hints)}\n{wrapped(hint, look)}"))
    return code


def _solution(lesson: Lesson, progress: Progress) -> int:
    if not progress.of(lesson.number).passed:
        print(
            f"The solution is shown once your answer passes:  hubbub check {lesson.number}\n"
            f"Until then there are hints:  hubbub check {lesson.number} --hint"
        )
        return 1
    yours = _lines(lesson.exercise) if lesson.exercise.is_file() else []
    ours = _lines(lesson.solution)
    difference = difflib.unified_diff(yours, ours, "yours", "ours", "", "", 3, "")
    look = look_of_terminal()
    print(f"{pasted(lesson.solution)}, and how it differs from yours:\n")
    print(look.spelled("\n".join(difference)) or "There is no difference.")
    return 0


def _lines(path: Path) -> list[str]:
    try:
        with tokenize.open(
            path
        ) as file:  # it may declare an encoding or begin with a byte order mark
            return file.read().splitlines()
    except (SyntaxError, ValueError):
        return path.read_text(encoding="utf-8", errors="replace").splitlines()


def _reset(lesson: Lesson, progress: Progress) -> int:
    exercise, name = lesson.exercise, pasted(lesson.exercise)
    aside = None
    try:
        shipped = shipped_exercise(lesson)
        if exercise.is_file() and exercise.read_bytes() != shipped:
            aside = _free_name(progress_path().parent / f"{lesson.folder.name}.py")
            aside.parent.mkdir(parents=True, exist_ok=True)
            aside.write_bytes(exercise.read_bytes())
        exercise.parent.mkdir(parents=True, exist_ok=True)
        exercise.write_bytes(shipped)
    except OSError as error:
        print(f"hubbub: cannot restore {name}: {error}", file=sys.stderr)
        return 2
    try:
        progress.forget(lesson.number)
    except OSError as error:
        return _cannot_keep(error)
    if aside is not None:
        print(f"A copy of your answer is kept: {shlex.quote(str(aside))}")
    print(f"{name} is restored, and your progress in lesson {lesson.number} is reset.")
    return 0


def _free_name(path: Path) -> Path:
    number = 1
    while (free := path.with_name(f"{path.stem}-{number}{path.suffix}")).exists():
        number += 1
    return free
