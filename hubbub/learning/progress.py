"""How far one has got: one small JSON file, outside the project.

It lies at ``HUBBUB_PROGRESS``, else in the folder for state (``XDG_STATE_HOME``, else
``~/.local/state``), so that it outlives updates, other clones and a fresh checkout.

Invariants:
  1. It is written whole or not at all.
  2. A file that cannot be read is put aside, never written over.
  3. What it says of lessons that are not here stays in it.
"""

from __future__ import annotations

import contextlib
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
        self._lessons = self._read()

    def of(self, number: str) -> LessonProgress:
        """Return what is known of a lesson."""
        known = self._lessons.get(number)
        known = known if isinstance(known, dict) else {}
        predictions = known.get("predictions")
        hints = known.get("hints")
        return LessonProgress(
            passed=known.get("passed") is True,
            hints=hints if isinstance(hints, int) else 0,
            predictions=predictions if isinstance(predictions, dict) else {},
        )

    def keep(self, number: str, of_lesson: LessonProgress) -> None:
        """Write what is now known of a lesson. Raises OSError where that cannot be."""
        self._lessons = self._read() | {number: asdict(of_lesson)}
        self._write()

    def passed(self, number: str) -> None:
        """Write that the exercise of a lesson has passed. Raises OSError where that cannot be."""
        known = self.of(number)
        known.passed = True
        self.keep(number, known)

    def forget(self, number: str) -> None:
        """Write that nothing is known of a lesson. Raises OSError where that cannot be."""
        self._lessons = self._read()
        self._lessons.pop(number, None)
        self._write()

    def _read(self) -> dict[str, Any]:
        try:
            read = json.loads(self._path.read_text(encoding="utf-8"))
            found = read["lessons"]
            if not isinstance(found, dict):
                raise TypeError
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError):
            aside = self._path.with_suffix(".unreadable.json")
            with contextlib.suppress(OSError):
                self._path.replace(aside)
            self.complaint = f"the progress file could not be read; it now lies at {aside}"
            return {}
        return found

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"version": 1, "lessons": self._lessons}, indent=2, sort_keys=True)
        replace_file(self._path, f"{text}\n".encode())
