"""``hubbub learn``: list the lessons and the learner's progress, or open one lesson."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys

from hubbub.extras import complaint
from hubbub.learning.lessons import (
    IN_CLONE,
    LESSONS,
    Lesson,
    NoLesson,
    find_lesson,
    lessons,
    shown,
)
from hubbub.learning.progress import Progress


__all__ = ["add_arguments", "run"]

EXAMPLES = """\
examples:
  hubbub learn         list the lessons, and the exercises that you have passed
  hubbub learn 02      open the notebook of lesson 02 in JupyterLab
  hubbub check 02      judge your answer to its exercise
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this sub-command's flags."""
    parser.epilog = EXAMPLES
    parser.add_argument("lesson", nargs="?", metavar="NN", help="the number of the lesson to open")
    parser.add_argument(
        "--no-browser", action="store_true", help="start JupyterLab without opening a window"
    )
    parser.add_argument(
        "--allow-root", action="store_true", help="let JupyterLab run as root, as in a container"
    )


def run(arguments: argparse.Namespace) -> int:
    """List the lessons, or open one."""
    try:
        if arguments.lesson is None:
            return _show_all()
        flags = ["--no-browser"] if arguments.no_browser else []
        flags += ["--allow-root"] if arguments.allow_root else []
        return _open(find_lesson(arguments.lesson), flags)
    except NoLesson as error:
        print(f"hubbub: {error}", file=sys.stderr)
        return 2


def _show_all() -> int:
    there = lessons()
    if not there:
        raise NoLesson(f"there are no lessons in {LESSONS}")
    progress = Progress()
    if progress.complaint:
        print(f"hubbub: {progress.complaint}", file=sys.stderr)
    for lesson in there:
        print(f"  {_mark(progress, lesson)} {lesson.number}  {lesson.title}")
    passed = sum(progress.of(lesson.number).passed for lesson in there)
    print(f"\n{passed} of {len(there)} exercises passed.")
    following = next((one for one in there if not progress.of(one.number).passed), None)
    if following is not None:
        print(f"next:  hubbub learn {following.number}    then  hubbub check {following.number}")
    return 0


def _mark(progress: Progress, lesson: Lesson) -> str:
    known = progress.of(lesson.number)
    return "✓" if known.passed else "·" if known.hints or known.predictions else " "


def _open(lesson: Lesson, flags: list[str]) -> int:
    print(f"{lesson.number}  {lesson.title}")
    print(f"  notebook  {shown(lesson.notebook)}")
    print(f"  exercise  {shown(lesson.exercise)}")
    print(f"  judge it  hubbub check {lesson.number}")
    if not IN_CLONE:
        print("\nThese files belong to the installed package: an update replaces them. Keep a")
        print("copy of your answer in another folder, or work in a clone of the project.")
    if lacking := complaint("learn NN"):
        print(lacking, file=sys.stderr)
        return 2
    if getattr(os, "geteuid", lambda: 1)() == 0 and "--allow-root" not in flags:
        print("\nJupyterLab does not run as root unless it is told to. To allow it:")
        print(f"  hubbub learn {lesson.number} --allow-root")
        return 2
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={LESSONS}"]
    command += [*flags, str(lesson.notebook.relative_to(LESSONS))]
    sys.stdout.flush()
    environment = os.environ | {"PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    return subprocess.run(command, cwd=LESSONS, check=False, env=environment).returncode
