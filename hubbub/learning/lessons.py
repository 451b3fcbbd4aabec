"""The lessons: folders ``lessons/NN_topic``, each with the same files.

A folder is a lesson when it has a notebook; what is missing in it is the tests' business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from hubbub import TREE


__all__ = ["IN_CLONE", "LESSONS", "ROOT", "Lesson", "NoLesson", "find_lesson", "lessons", "shown"]

ROOT = Path(TREE)
IN_CLONE = (ROOT / "pyproject.toml").is_file()  # not in a wheel
LESSONS = ROOT / "lessons"

_FOLDER = re.compile(r"(\d\d)_[a-z_]+")
HINTS = 3


class NoLesson(Exception):
    """There is no such lesson; the text is for people."""


@dataclass(frozen=True)
class Lesson:
    """One lesson, by its folder."""

    folder: Path

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
        return self.folder / f"{self.folder.name}.ipynb"

    @property
    def exercise(self) -> Path:
        """The file that the learner edits."""
        return self.folder / "exercise.py"

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


def shown(path: Path) -> str:
    """Return the path of a lesson's file for a person: short in a clone, whole in a wheel."""
    return str(path.relative_to(ROOT) if IN_CLONE else path)


def lessons() -> list[Lesson]:
    """Return the lessons in order."""
    if not LESSONS.is_dir():
        return []
    folders = sorted(path for path in LESSONS.iterdir() if _FOLDER.fullmatch(path.name))
    return [lesson for lesson in map(Lesson, folders) if lesson.notebook.is_file()]


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
        raise NoLesson("the lessons are not here: they come with a clone of the project")
    there = ", ".join(lesson.number for lesson in found)
    raise NoLesson(f"there is no lesson {wanted!r}, there are {there} (see hubbub learn)")
