"""Each lesson's exercise: as shipped it fails and says why, solved it passes, wrong it is told so.

The wrong answers stand in ``wrong/NN.toml``, as what differs from the lesson's solution, and in
``wrong/NN_name.py`` where nearly all does. With each stand the words that its message must hold, as
``expect``. They are what a learner writes who has understood half of it. Beside them stand answers
that are right though unusual: these have ``passes``, which says what is unusual, and must pass.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from pathlib import Path

import pytest

from conformance.protocol import rules
from hubbub.learning.judge import Report, judge
from hubbub.learning.lessons import HINTS, Lesson, lessons


FOLDER = Path(__file__).with_name("wrong")
FEWEST_WRONG = 3

# What a learner reads who has not begun.
SHIPPED = {
    "00": "only ben did",
    "01": "Only the owner may touch the map",
    "02": "No lock is ever taken",
    "03": "nobody was interrupted",
    "04": "nothing bounds it",
    "05": "Turns go by talker, not by line",
    "06": "it is empty",
    "07": "What one read brings is not one message",
    "08": "nothing was ever due",
    "09": "at an await others run",
    "10": "nothing told it to end",
    "11": "it is idle while work waits",
    "12": "A mean hides the client that waits longest",
    "13": "the rest never came",
    "14": "Wait for the inbox itself",
    "15": "Two clients have one name now",
}


@dataclass(frozen=True)
class Wrong:
    """A wrong answer, and the words that it must be told; none for one that is right."""

    lesson: Lesson
    name: str
    text: str
    expected: str


def wrong_answers(lesson: Lesson) -> Iterator[Wrong]:
    """Yield a lesson's: a few lines of its solution replaced, or an answer of its own."""
    solution = lesson.solution.read_text(encoding="utf-8")
    kept = tomllib.loads((FOLDER / f"{lesson.number}.toml").read_text(encoding="utf-8"))
    for name, answer in kept.items():
        yield Wrong(lesson, name, edited(solution, answer["edits"]), answer.get("expect", ""))
    for path in sorted(FOLDER.glob(f"{lesson.number}_*.py")):
        text = path.read_text(encoding="utf-8")
        said = " ".join((ast.get_docstring(ast.parse(text)) or "").split())
        expected = "" if said.startswith("Passes:") else said.removeprefix("Expect:").strip()
        yield Wrong(lesson, path.stem[3:], text, expected)


def edited(solution: str, edits: Sequence[Mapping[str, str]]) -> str:
    """Return a solution with some of its lines replaced; each stands in it once."""
    assert [edit["of"] for edit in edits if solution.count(edit["of"]) != 1] == []
    places = sorted(((solution.index(edit["of"]), edit) for edit in edits), key=itemgetter(0))
    for place, edit in reversed(places):  # from the end, so that the places before it stay
        solution = solution[:place] + edit["to"] + solution[place + len(edit["of"]) :]
    return solution


WRONG = [wrong for lesson in lessons() for wrong in wrong_answers(lesson)]


@cache
def judged_as_shipped(lesson: Lesson) -> Report:
    """Return what the judge says of an exercise that nobody has touched; it is asked once."""
    return judge(lesson)


every_lesson = pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.folder.name)


@every_lesson
def test_shipped_exercise_fails_and_says_why(lesson: Lesson) -> None:
    """An exercise that nobody has touched fails with the sentence that was meant for it."""
    report = judged_as_shipped(lesson)

    assert not report.passed, f"is it yours? hubbub check {lesson.number} --reset keeps it"
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
    report = judged_as_shipped(lesson)

    assert lesson.title
    assert len([hint for hint in lesson.hints if hint]) == HINTS
    assert [
        rule for rule, _ in report.promises if rule not in known and not rule.startswith("lesson.")
    ] == []
    assert [claim for _, claim in report.promises if not claim.endswith(".")] == []


@every_lesson
def test_lesson_has_wrong_answers(lesson: Lesson) -> None:
    """At least three wrong answers are kept for each lesson."""
    assert len([one for one in wrong_answers(lesson) if one.expected]) >= FEWEST_WRONG


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: f"{wrong.lesson.number} {wrong.name}")
def test_wrong_answer_is_told_the_cause(wrong: Wrong, tmp_path: Path) -> None:
    """A wrong answer gets the sentence that names what is wrong with it; a right one passes."""
    path = tmp_path / "exercise.py"
    path.write_text(wrong.text, encoding="utf-8")

    report = judge(wrong.lesson, exercise=path)

    assert report.passed == (not wrong.expected), report.sentence + report.detail
    assert wrong.expected in report.sentence
