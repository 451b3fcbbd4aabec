"""The progress file: small, whole, outside the project, and never lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hubbub.learning.progress import LessonProgress, Progress, progress_path


def test_place_is_named_or_the_folder_for_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable wins, then the folder for state, then the one in the home folder."""
    monkeypatch.setenv("HUBBUB_PROGRESS", "/x/mine.json")
    assert progress_path() == Path("/x/mine.json")

    monkeypatch.delenv("HUBBUB_PROGRESS")
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert progress_path() == Path("/state/hubbub/progress.json")

    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", "/h")
    assert progress_path() == Path("/h/.local/state/hubbub/progress.json")


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    """Another look at the file finds what was kept, and nothing of other lessons."""
    path = tmp_path / "deep" / "progress.json"
    Progress(path).keep("02", LessonProgress(True, 1, {"how many?": "3"}))

    again = Progress(path)

    assert again.of("02") == LessonProgress(True, 1, {"how many?": "3"})
    assert again.of("03") == LessonProgress()
    assert list(path.parent.iterdir()) == [path]


def test_two_writers_lose_nothing_of_each_other(tmp_path: Path) -> None:
    """A program that writes one lesson leaves what another one wrote of the next."""
    path = tmp_path / "progress.json"
    first, second = Progress(path), Progress(path)

    first.keep("01", LessonProgress(True))
    second.keep("02", LessonProgress(True))

    assert Progress(path).of("01").passed
    assert Progress(path).of("02").passed


def test_lesson_can_be_forgotten(tmp_path: Path) -> None:
    """One lesson begins anew, the others stay."""
    path = tmp_path / "progress.json"
    progress = Progress(path)
    progress.keep("01", LessonProgress(True))
    progress.keep("02", LessonProgress(True))

    progress.forget("01")

    assert not Progress(path).of("01").passed
    assert Progress(path).of("02").passed


@pytest.mark.parametrize("text", ["", "{", "[]", '{"lessons": 3}'])
def test_unreadable_file_is_put_aside(tmp_path: Path, text: str) -> None:
    """A file that makes no sense is kept under another name, and said so."""
    path = tmp_path / "progress.json"
    path.write_text(text)

    progress = Progress(path)
    progress.keep("01", LessonProgress(True))

    assert "could not be read" in progress.complaint
    assert (tmp_path / "progress.unreadable.json").read_text() == text
    assert Progress(path).of("01").passed


@pytest.mark.parametrize("known", [3, [], {"passed": "yes", "hints": "two", "predictions": 1}])
def test_nonsense_of_one_lesson_harms_no_other(tmp_path: Path, known: object) -> None:
    """An entry that makes no sense counts as none."""
    path = tmp_path / "progress.json"
    path.write_text(json.dumps({"lessons": {"01": known, "02": {"passed": True}}}))

    progress = Progress(path)

    assert progress.of("01") == LessonProgress()
    assert progress.of("02").passed
