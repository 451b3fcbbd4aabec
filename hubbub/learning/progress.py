"""How far a learner has got: one small JSON file, outside the project.

It lies at ``HUBBUB_PROGRESS``, else in the folder for state (``XDG_STATE_HOME``, else
``~/.local/state``), so that it outlives updates, other clones and a fresh checkout.

Invariants:
  1. It is written whole or not at all.
  2. A file that cannot be read is put aside, never written over; one that is no file, such as a
     device, is neither read nor moved.
  3. What it says of lessons that are not here, or of what this version does not know, stays in it.
  4. What comes out of it has the types that it says, whatever a person has written into it.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.files import replace_file


__all__ = ["LessonProgress", "Progress", "progress_path"]


def progress_path() -> Path:
    """Return where the file is, or will be."""
    if named := os.environ.get("HUBBUB_PROGRESS"):
        return Path(named)
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "hubbub" / "progress.json"


_MOST_BYTES = 4 << 20  # a file that is larger is not ours
_MOST_HINTS = 99


@dataclass
class LessonProgress:
    """Of one lesson.

    Attributes:
        passed: its exercise passed once.
        hints: how many were read.
        predictions: what was predicted, by question; the first answer stays.
    """

    passed: bool = False
    hints: int = 0
    predictions: dict[str, str] = field(default_factory=dict)


class Progress:
    """The file, read anew for each change: two programs may have it open.

    Attributes:
        complaint: what was wrong with the file, for people; empty when nothing was.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or progress_path()
        self.complaint = ""
        self._known = self._read()

    def of(self, number: str) -> LessonProgress:
        """Return what is known of a lesson."""
        known = self._lessons.get(number)
        known = known if isinstance(known, dict) else {}
        predictions = known.get("predictions")
        hints = known.get("hints")
        return LessonProgress(
            passed=known.get("passed") is True,
            hints=min(max(hints, 0), _MOST_HINTS) if type(hints) is int else 0,
            predictions={
                question: answer
                for question, answer in predictions.items()
                if isinstance(answer, str)
            }
            if isinstance(predictions, dict)
            else {},
        )

    def keep(self, number: str, of_lesson: LessonProgress) -> None:
        """Write what is now known of a lesson. Raises OSError where that cannot be."""
        self._known = self._read()
        self._lessons[number] = asdict(of_lesson)
        self._write()

    def passed(self, number: str) -> None:
        """Write that the exercise of a lesson has passed. Raises OSError where that cannot be."""
        known = self.of(number)
        known.passed = True
        self.keep(number, known)

    def forget(self, number: str) -> None:
        """Write that nothing is known of a lesson. Raises OSError where that cannot be."""
        self._known = self._read()
        self._lessons.pop(number, None)
        self._write()

    @property
    def workspace(self) -> str:
        """The folder with the learner's own copies of the lessons; empty when there is none."""
        found = self._known.get("workspace")
        return found if isinstance(found, str) else ""

    def keep_workspace(self, folder: Path) -> None:
        """Write where the learner's own copies are. Raises OSError where that cannot be."""
        self._known = self._read() | {"workspace": str(folder)}
        self._write()

    @property
    def _lessons(self) -> dict[str, Any]:
        found: dict[str, Any] = self._known["lessons"]
        return found

    def _read(self) -> dict[str, Any]:
        try:
            if self._path.exists() and not self._path.is_file():
                self.complaint = f"{self._path} is no file, so no progress is known or kept"
                return {"lessons": {}}
            if self._path.stat().st_size > _MOST_BYTES:
                raise ValueError
            read = json.loads(self._path.read_text(encoding="utf-8"))
            if not isinstance(read["lessons"], dict):
                raise TypeError
        except (FileNotFoundError, NotADirectoryError):
            return {"lessons": {}}
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            self._put_aside()
            return {"lessons": {}}
        found: dict[str, Any] = read
        return found

    def _put_aside(self) -> None:
        aside = self._path.with_suffix(".unreadable.json")
        number = 1
        while aside.exists():
            number += 1
            aside = self._path.with_suffix(f".unreadable-{number}.json")
        self.complaint = f"the progress file could not be read; it now lies at {aside}"
        try:
            self._path.replace(aside)
        except OSError as error:
            self.complaint = f"the progress file {self._path} cannot be read: {error.strerror}"

    def _write(self) -> None:
        if self._path.exists() and not self._path.is_file():
            raise OSError(f"{self._path} is no file")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self._known | {"version": 1}, indent=2, sort_keys=True)
        replace_file(self._path, f"{text}\n".encode())
