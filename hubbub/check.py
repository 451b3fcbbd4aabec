"""``hubbub check``: judge the answer to a lesson's exercise; show hints, the solution; start again.

It never goes on to the next lesson by itself: a learner would read the message of the next lesson
as a message about the answer.
"""

from __future__ import annotations

import argparse
import difflib
import subprocess
import sys
import time
from pathlib import Path

from hubbub.extras import complaint
from hubbub.learning.judge import Report, judge
from hubbub.learning.lessons import ROOT, Lesson, NoLesson, find_lesson, shown
from hubbub.learning.progress import Progress, progress_path
from hubbub.learning.telling import as_text, wrapped


__all__ = ["add_arguments", "run"]

EXAMPLES = """\
examples:
  hubbub check 02              judge the exercise of lesson 02
  hubbub check 02 --watch      judge it each time you save the file
  hubbub check 02 --hint       show the next of three hints
  hubbub check 02 --seed 7     judge only the schedule of seed 7
  hubbub check 02 --solution   compare your answer with ours, once it passed
  hubbub check 02 --reset      start again; a copy of your answer is kept

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
    what.add_argument("--reset", action="store_true", help="restore the exercise as it was")
    parser.add_argument("--seed", type=int, metavar="N", help="judge only the schedule of seed N")


def run(arguments: argparse.Namespace) -> int:
    """Do what the flags ask for, and return the exit code."""
    try:
        lesson = find_lesson(arguments.lesson)
    except NoLesson as error:
        print(f"hubbub: {error}", file=sys.stderr)
        return 2
    if lacking := complaint(f"check {lesson.number}"):
        print(lacking, file=sys.stderr)
        return 2
    progress = Progress()
    if progress.complaint:
        print(f"hubbub: {progress.complaint}", file=sys.stderr)
    try:
        if arguments.hint:
            return _hint(lesson, progress)
        if arguments.solution:
            return _solution(lesson, progress)
        if arguments.reset:
            return _reset(lesson, progress)
        if arguments.watch:
            return _watch(lesson, progress, arguments.seed)
        return 0 if _check(lesson, progress, arguments.seed).passed else 1
    except OSError as error:
        print(f"hubbub: your progress cannot be saved: {error}", file=sys.stderr)
        return 2


def _check(lesson: Lesson, progress: Progress, seed: int | None) -> Report:
    if not lesson.exercise.is_file():
        print(f"There is no {shown(lesson.exercise)}.")
        print(f"To restore it:  hubbub check {lesson.number} --reset")
        return Report(False, ())
    report = judge(lesson, seed=seed)
    print(as_text(report, lesson.number))
    if not report.passed:
        left = len(lesson.hints) - progress.of(lesson.number).hints
        if left:
            print(f"\nA hint ({left} left):  hubbub check {lesson.number} --hint")
    elif seed is not None:
        print(f"\nThat was only seed {seed}. To judge all:  hubbub check {lesson.number}")
    else:
        progress.passed(lesson.number)
        print(f"\nTo compare it with ours:  hubbub check {lesson.number} --solution")
    return report


def _watch(lesson: Lesson, progress: Progress, seed: int | None) -> int:
    saved = None
    print(f"Watching {shown(lesson.exercise)}; press Ctrl-C to stop.\n")
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
    progress.keep(lesson.number, known)
    for number, hint in enumerate(hints[: known.hints], 1):
        print(f"Hint {number} of {len(hints)}\n{wrapped(hint)}")
    return 0


def _solution(lesson: Lesson, progress: Progress) -> int:
    if not progress.of(lesson.number).passed:
        print(
            f"The solution is shown once your answer passes:  hubbub check {lesson.number}\n"
            f"Until then there are hints:  hubbub check {lesson.number} --hint"
        )
        return 1
    print(f"{shown(lesson.solution)}, and how it differs from yours:\n")
    yours, ours = (
        path.read_text(encoding="utf-8").splitlines(keepends=True)
        for path in (lesson.exercise, lesson.solution)
    )
    difference = "".join(difflib.unified_diff(yours, ours, "yours", "ours", n=3))
    print(difference or "There is no difference.")
    return 0


def _reset(lesson: Lesson, progress: Progress) -> int:
    name = lesson.exercise.relative_to(ROOT).as_posix()
    try:
        shipped = subprocess.run(
            ["git", "show", f"HEAD:{name}"], cwd=ROOT, capture_output=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        print(
            f"hubbub: cannot restore {name}: this is not a git clone; "
            "download or install hubbub again",
            file=sys.stderr,
        )
        return 2
    if lesson.exercise.is_file() and lesson.exercise.read_bytes() != shipped:
        aside = _free_name(progress_path().parent / f"{lesson.folder.name}.py")
        aside.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(lesson.exercise.read_bytes())
        print(f"A copy of your answer is kept: {aside}")
    lesson.exercise.write_bytes(shipped)
    progress.forget(lesson.number)
    print(f"{name} is restored, and your progress in lesson {lesson.number} is reset.")
    return 0


def _free_name(path: Path) -> Path:
    number = 1
    while (free := path.with_name(f"{path.stem}-{number}{path.suffix}")).exists():
        number += 1
    return free
