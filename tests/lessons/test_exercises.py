"""Each lesson's exercise: as shipped it fails and says why, solved it passes, wrong it is told so.

The wrong answers stand in ``wrong/NN_name.py``; each begins with the words that its message must
hold. They are what people write who have understood half of it.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from hubbub.learning.catalogue import HINTS, Lesson, lessons
from hubbub.learning.judge import judge
from tests.conformance.rules import rules


WRONG = sorted(Path(__file__).with_name("wrong").glob("*.py"))
FEWEST_WRONG = 3

# What a learner reads who has not begun.
SHIPPED = {
    "00": "only ben did",
    "01": "Only the owner may touch the map",
    "02": "No lock is ever taken",
    "04": "nothing bounds it",
    "06": "it is empty",
    "07": "What one read brings is not one message",
    "08": "nothing was ever due",
    "09": "at an await others run",
    "12": "a mean hides the one who waits longest",
}

every_lesson = pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.folder.name)


@every_lesson
def test_shipped_exercise_fails_and_says_why(lesson: Lesson) -> None:
    """An exercise that nobody has touched fails with the sentence that was meant for it."""
    report = judge(lesson)

    assert not report.passed
    assert SHIPPED[lesson.number] in report.sentence


@every_lesson
def test_shipped_exercise_says_what_is_to_be_done(lesson: Lesson) -> None:
    """An exercise has at least one TODO, and its header says how to have it judged."""
    text = lesson.exercise.read_text(encoding="utf-8")

    assert "# TODO" in text
    assert f"hubbub check {lesson.number}" in (ast.get_docstring(ast.parse(text)) or "")


@every_lesson
def test_solution_passes(lesson: Lesson) -> None:
    """The solution keeps every promise, and each was put to the test."""
    report = judge(lesson, exercise=lesson.solution)

    assert report.passed, report.sentence + report.detail
    assert report.kept == len(report.promises) >= FEWEST_WRONG


@every_lesson
def test_lesson_is_whole(lesson: Lesson) -> None:
    """A lesson has a title, three hints, and promises with an id that is known or its own."""
    known = {rule.id for rule in rules()}
    report = judge(lesson)

    assert lesson.title
    assert len([hint for hint in lesson.hints if hint]) == HINTS
    assert [
        rule for rule, _ in report.promises if rule not in known and not rule.startswith("lesson.")
    ] == []
    assert [claim for _, claim in report.promises if not claim.endswith(".")] == []


@every_lesson
def test_lesson_has_wrong_answers(lesson: Lesson) -> None:
    """At least three wrong answers are kept for each lesson."""
    assert len([path for path in WRONG if path.name.startswith(lesson.number)]) >= FEWEST_WRONG


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_wrong_answer_is_told_the_cause(path: Path) -> None:
    """A wrong answer gets the sentence that names what is wrong with it."""
    (lesson,) = [lesson for lesson in lessons() if path.name.startswith(lesson.number)]
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    expected = " ".join(docstring.removeprefix("Expect:").split())

    report = judge(lesson, exercise=path)

    assert not report.passed
    assert expected in report.sentence
