"""``hubbub learn``: how far a learner has got, one lesson opened, or a folder for the answers."""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
from pathlib import Path

from hubbub.extras import complaint
from hubbub.learning.judge import pasted
from hubbub.learning.lessons import (
    IS_CLONE,
    LESSONS,
    ROOT,
    Lesson,
    NoLesson,
    find_lesson,
    lessons,
    make_workspace,
    workspace,
)
from hubbub.learning.progress import Progress
from hubbub.learning.telling import look_of_terminal


__all__ = ["add_arguments", "run"]

EXAMPLES = """\
examples:
  hubbub learn              the lessons, and which exercises you have passed
  hubbub learn 02           open the notebook of lesson 02
  hubbub learn --into mine  copy notebooks and exercises to the folder mine
  hubbub check 02           judge your answer to the exercise of lesson 02

A folder made by --into is yours: git pull and an update of hubbub leave it as
it is. From then on hubbub learn opens its notebooks and hubbub check judges its
exercises. Of several such folders the one you stand in counts, else the one
that was made last.
"""

_END_WITHIN_S = 1.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this sub-command's flags."""
    parser.epilog = EXAMPLES
    parser.add_argument("lesson", nargs="?", metavar="NN", help="the number of the lesson to open")
    parser.add_argument(
        "--into",
        metavar="DIR",
        type=Path,
        help="copy the lessons into a folder of your own; what is there stays",
    )
    parser.add_argument(
        "--no-browser", action="store_true", help="start JupyterLab, and open no window"
    )
    parser.add_argument(
        "--allow-root", action="store_true", help="let JupyterLab run as root, as in a container"
    )


def run(arguments: argparse.Namespace) -> int:
    """List the lessons, open one, or make a workspace."""
    try:
        if arguments.into is not None:
            code = _into(arguments.into)
            if code or arguments.lesson is None:
                return code
        if arguments.lesson is None:
            return _show_all()
        flags = ["--no-browser"] if arguments.no_browser else []
        flags += ["--allow-root"] if arguments.allow_root else []
        return _open(find_lesson(arguments.lesson), flags)
    except NoLesson as error:
        print(f"hubbub: {error}", file=sys.stderr)
        return 2


def _into(folder: Path) -> int:
    folder = folder.expanduser().absolute()
    try:
        copied, kept = make_workspace(folder)
    except OSError as error:
        print(f"hubbub: the lessons cannot be copied: {error}", file=sys.stderr)
        return 2
    try:
        Progress().keep_workspace(folder)
    except OSError as error:
        print(f"hubbub: your progress cannot be kept: {error}", file=sys.stderr)
        return 2
    if copied:
        print(f"{len(copied)} lessons are in {pasted(folder)}")
    if kept:
        print(f"{len(kept)} lessons were there already, and stay as they are.")
    first = [*copied, *kept][0]
    print(f"the first exercise is {pasted(folder / first / 'exercise.py')}")
    print(f"next:  hubbub learn {first[:2]}    then  hubbub check {first[:2]}")
    return 0


def _show_all() -> int:
    there = lessons()
    if not there:
        raise NoLesson(f"there are no lessons at {LESSONS}: is this hubbub whole?")
    progress = Progress()
    if progress.complaint:
        print(f"hubbub: {progress.complaint}", file=sys.stderr)
    look = look_of_terminal()
    for lesson in there:
        mark = f"  {_mark(progress, lesson)} {lesson.number}  "
        print(look.spelled("\n".join(look.wrapped(lesson.title, mark))))
    passed = sum(progress.of(lesson.number).passed for lesson in there)
    print(f"\n{passed} of {len(there)} exercises passed.")
    own = workspace()
    if own is not None:
        print(f"Your exercises are in {pasted(own)}")
    elif not IS_CLONE:
        print("next:  hubbub learn --into hubbub-lessons")
        return 0
    following = next((one for one in there if not progress.of(one.number).passed), None)
    if following is not None:
        print(f"next:  hubbub learn {following.number}    then  hubbub check {following.number}")
    return 0


def _mark(progress: Progress, lesson: Lesson) -> str:
    known = progress.of(lesson.number)
    return "✓" if known.passed else "·" if known.hints or known.predictions else " "


def _open(lesson: Lesson, flags: list[str]) -> int:
    if lesson.own is None and not IS_CLONE:
        raise NoLesson("make a folder for it first:  hubbub learn --into hubbub-lessons")
    print(f"{lesson.number}  {lesson.title}")
    print(f"  notebook  {pasted(lesson.notebook)}")
    print(f"  exercise  {pasted(lesson.exercise)}")
    print(f"  judge it  hubbub check {lesson.number}")
    if lacking := complaint("learn NN"):
        print(f"{lacking}, or in a clone: make lessons", file=sys.stderr)
        return 2
    if getattr(os, "geteuid", lambda: 1)() == 0 and "--allow-root" not in flags:
        print("\nJupyterLab does not run as root unless it is told to. To allow it:")
        print(f"  hubbub learn {lesson.number} --allow-root")
        return 2
    top = lesson.notebook.parent.parent
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={top}"]
    command += [*flags, str(lesson.notebook.relative_to(top))]
    sys.stdout.flush()
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTHONPATH": os.pathsep.join(paths),  # a notebook may import the project's folders
    }
    from conformance.guard import guard, release

    notebooks = subprocess.Popen(command, cwd=top, env=environment)
    guard(notebooks.pid, whole_group=False)  # it shares our group, for it needs the terminal
    try:
        return notebooks.wait()
    finally:  # it ends its kernels when it is terminated, and not when it is killed
        if notebooks.poll() is None:
            notebooks.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                notebooks.wait(_END_WITHIN_S)
        notebooks.kill()
        notebooks.wait()
        release(notebooks.pid)
