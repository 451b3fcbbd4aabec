"""The lessons: folders ``lessons/NN_topic``, each with the same files, and a learner's copies.

A folder is a lesson when it has a notebook; what is missing in it is the tests' business.

A *workspace* is a folder of a learner's own, made by ``hubbub learn --into DIR``. It holds the
notebooks and exercises, so that a clone stays as it was and can be updated. The checks, solutions
and hints stay where the project is. The workspace that counts is the one that the current folder is
in, else the one that the progress file names; without one the exercises beside the checks count.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from hubbub.learning.progress import Progress


__all__ = [
    "IS_CLONE",
    "LESSONS",
    "ROOT",
    "Lesson",
    "NoLesson",
    "find_lesson",
    "lessons",
    "make_workspace",
    "shipped_exercise",
    "workspace",
]

_PACKAGE = Path(__file__).resolve().parents[1]
IS_CLONE = not (_PACKAGE / "_tree").is_dir()  # else it was installed, and nothing here is edited
ROOT = _PACKAGE.parent if IS_CLONE else _PACKAGE / "_tree"
LESSONS = ROOT / "lessons"

_FOLDER = re.compile(r"(\d\d)_[a-z_]+")
HINTS = 3
_SHIPPED = Path(__file__).with_name("shipped")  # the exercises as they were shipped
_SIGN = ".hubbub-workspace"  # a file that makes a folder a workspace
_NOT_COPIED = ("solution.py", "check.py", "hints.md", "__pycache__", ".ipynb_checkpoints")


class NoLesson(Exception):
    """There is no such lesson; the text is for people."""


@dataclass(frozen=True)
class Lesson:
    """One lesson, by its folder.

    Attributes:
        folder: what was shipped.
        own: the learner's copy of it in a workspace; None where there is none.
    """

    folder: Path
    own: Path | None = None

    @property
    def number(self) -> str:
        """Two digits."""
        return self.folder.name[:2]

    @property
    def title(self) -> str:
        """The heading of its README, without the number."""
        first = (self.folder / "README.md").read_text(encoding="utf-8").partition("\n")[0]
        return first.lstrip("# ").partition(" · ")[2] or first.lstrip("# ")

    @property
    def notebook(self) -> Path:
        """The notebook."""
        name = f"{self.folder.name}.ipynb"
        mine = (self.own or self.folder) / name
        return mine if mine.is_file() else self.folder / name

    @property
    def exercise(self) -> Path:
        """The file that the learner edits."""
        return (self.own or self.folder) / "exercise.py"

    @property
    def solution(self) -> Path:
        """One good answer, to be looked at after one's own has passed."""
        return self.folder / "solution.py"

    @property
    def check(self) -> Path:
        """What judges the exercise."""
        return self.folder / "check.py"

    @property
    def hints(self) -> list[str]:
        """The hints, from a nudge to nearly the answer: the sections of hints.md."""
        text = (self.folder / "hints.md").read_text(encoding="utf-8")
        return [part.partition("\n")[2].strip() for part in re.split(r"^## ", text, flags=re.M)[1:]]


def lessons() -> list[Lesson]:
    """Return the lessons in order."""
    if not LESSONS.is_dir():
        return []
    own = workspace()
    found = []
    for folder in sorted(path for path in LESSONS.iterdir() if _FOLDER.fullmatch(path.name)):
        mine = own / folder.name if own is not None else None
        lesson = Lesson(folder, mine if mine is not None and mine.is_dir() else None)
        if lesson.notebook.is_file():
            found.append(lesson)
    return found


def find_lesson(wanted: str) -> Lesson:
    """Return a lesson by its number (``2``, ``02``) or its folder's name.

    Raises:
        NoLesson: there is none.
    """
    found = lessons()
    for lesson in found:
        names = (lesson.number, lesson.number.lstrip("0") or "0", lesson.folder.name)
        if wanted.rstrip("/").rpartition("/")[2] in names:
            return lesson
    if not found:
        raise NoLesson(f"there are no lessons in {LESSONS}: download or install hubbub again")
    there = ", ".join(lesson.number for lesson in found)
    raise NoLesson(f"there is no lesson {wanted!r}, there are {there} (see hubbub learn)")


def workspace() -> Path | None:
    """Return the learner's workspace, if there is one."""
    try:
        here = Path.cwd()
    except OSError:  # the current folder is gone
        here = Path("/")
    for folder in (here, *here.parents):
        if (folder / _SIGN).is_file():
            return folder
        if folder == LESSONS:
            return None  # who stands among the shipped lessons means those
    remembered = Progress().workspace
    found = Path(remembered) if remembered else None
    return found if found is not None and (found / _SIGN).is_file() else None


def make_workspace(folder: Path) -> tuple[list[str], list[str]]:
    """Copy the lessons' notebooks and exercises into a folder; what is there already stays.

    Returns:
        The names of the lessons that were copied, and of those that were there.

    Raises:
        OSError: it cannot be written there.
        NoLesson: the folder is the project's own.
    """
    folder = folder.expanduser().resolve()
    if folder == LESSONS or LESSONS in folder.parents:
        raise NoLesson(f"{folder} belongs to the project: choose a folder outside of it")
    folder.mkdir(parents=True, exist_ok=True)
    copied, kept = [], []
    for shipped in sorted(path for path in LESSONS.iterdir() if _FOLDER.fullmatch(path.name)):
        own = folder / shipped.name
        if own.exists():
            kept.append(shipped.name)
            continue
        # Whole or not at all: an interrupted copy is begun anew the next time.
        half = folder / f".{shipped.name}.half"
        shutil.rmtree(half, ignore_errors=True)
        shutil.copytree(shipped, half, ignore=shutil.ignore_patterns(*_NOT_COPIED))
        (half / "exercise.py").write_bytes(shipped_exercise(Lesson(shipped)))
        half.rename(own)
        copied.append(shipped.name)
    (folder / _SIGN).write_text(
        "hubbub check and hubbub learn take the exercises beside this file.\n", encoding="utf-8"
    )
    return copied, kept


def shipped_exercise(lesson: Lesson) -> bytes:
    """Return an exercise as it was shipped, whatever its learner has edited and committed."""
    return (_SHIPPED / f"{lesson.folder.name}.txt").read_bytes()


def keep_shipped() -> None:
    """Take the exercises as they are now for those that are shipped: after an edit of ours."""
    _SHIPPED.mkdir(exist_ok=True)
    for old in _SHIPPED.glob("*.txt"):
        old.unlink()
    for folder in sorted(path for path in LESSONS.iterdir() if _FOLDER.fullmatch(path.name)):
        shutil.copyfile(folder / "exercise.py", _SHIPPED / f"{folder.name}.txt")


if __name__ == "__main__":  # python -m hubbub.learning.lessons
    keep_shipped()
