"""The notebooks: each runs from a clean kernel, and is committed as it ran.

That a notebook runs is put to the test by running it, which takes half a minute or less each.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from hubbub.learning.lessons import LESSONS, Lesson, lessons
from hubbub.notebook.lint import complaints
from hubbub.notebook.refresh import executed, read


every_lesson = pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.folder.name)

# What shows code, or judges what is committed, shows the same every time.
STABLE = ("diff(", "show(", "check(")


def stable_outputs(notebook: Any) -> list[tuple[str, str]]:
    """Return what the cells show that show the same every time."""
    return [
        (cell.source, "".join(str(output.get("data", {}).get("text/plain")) for output in outputs))
        for cell in notebook.cells
        if cell.cell_type == "code"
        and (last := cell.source.splitlines()[-1]).startswith(STABLE)
        and last.endswith(")")
        and (outputs := cell.outputs)
    ]


@every_lesson
def test_notebook_keeps_the_style(lesson: Lesson) -> None:
    """It asks before it shows, holds no copied code and no typed measurement, and was run."""
    assert complaints(read(lesson), lesson) == []


@every_lesson
def test_notebook_runs_from_a_clean_kernel(lesson: Lesson) -> None:
    """Every cell runs in its turn, and what is committed shows the code as it is now."""
    before = read(lesson)

    after = executed(lesson)

    assert complaints(after, lesson) == []
    assert stable_outputs(after) == stable_outputs(before)


@every_lesson
def test_links_lead_somewhere(lesson: Lesson) -> None:
    """Each link of a notebook or a README to a file of the project finds it."""
    cells = [cell.source for cell in read(lesson).cells if cell.cell_type == "markdown"]
    text = "\n".join([*cells, (lesson.folder / "README.md").read_text(encoding="utf-8")])
    links = [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]

    assert links
    assert [link for link in links if not (lesson.folder / link).exists()] == []


def test_overview_lists_every_lesson() -> None:
    """The lessons' README has a row for each lesson, and for no other."""
    text = (LESSONS / "README.md").read_text(encoding="utf-8")

    listed = re.findall(r"^\| \[\d\d\]\(([^)]+)\)", text, flags=re.MULTILINE)

    assert listed == [str(lesson.notebook.relative_to(LESSONS)) for lesson in lessons()]
