"""The notebooks: each runs in a clean kernel, and is committed with its outputs.

The test runs each notebook, which takes up to half a minute per notebook.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from hubbub.learning.lessons import LESSONS, Lesson, lessons
from hubbub.notebook.lint import complaints
from hubbub.notebook.refresh import executed, read


every_lesson = pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.folder.name)

# The last call of a cell whose output is the same in every run: it shows code or judges a file.
STABLE = ("diff(", "show(", "check(")


def stable_outputs(notebook: Any) -> list[tuple[str, str]]:
    """Return source and output of the cells whose output is the same in every run."""
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
    """A notebook asks before it shows, has no copied code and no typed number, and was run."""
    assert complaints(read(lesson), lesson) == []


@every_lesson
def test_notebook_runs_from_a_clean_kernel(lesson: Lesson) -> None:
    """Every cell runs in order, and the committed outputs show the code as it is now."""
    before = read(lesson)

    after = executed(lesson)

    assert complaints(after, lesson) == []
    assert stable_outputs(after) == stable_outputs(before)


@every_lesson
def test_links_lead_somewhere(lesson: Lesson) -> None:
    """Each link of a notebook or a README to a file of the project leads to a file."""
    cells = [cell.source for cell in read(lesson).cells if cell.cell_type == "markdown"]
    text = "\n".join([*cells, (lesson.folder / "README.md").read_text(encoding="utf-8")])
    found = re.findall(r"\]\(([^)]+)\)", text)
    links = [link.partition("#")[0] for link in found if "://" not in link]

    assert links
    assert [link for link in links if not (lesson.folder / link).exists()] == []


def test_overview_lists_every_lesson() -> None:
    """The README of the lessons has one row per lesson, and no other rows."""
    text = (LESSONS / "README.md").read_text(encoding="utf-8")

    listed = re.findall(r"^\| \[\d\d\]\(([^)]+)\)", text, flags=re.MULTILINE)

    assert listed == [str(lesson.notebook.relative_to(LESSONS)) for lesson in lessons()]
