"""Check the rules that every lesson's notebook follows.

A notebook asks before it shows: a prediction, a run, the result, and at the end the exercise. It
contains no measured number that was typed by hand, no code copied from the servers, no path of
one machine, and no cell that was not run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from hubbub.learning.lessons import ROOT, Lesson


__all__ = ["complaints"]

# A number with a unit: only a measurement can give it.
_MEASURED = re.compile(
    r"\b\d[\d.,]*\s*(µs|us|ms|ns|MB|MiB|GB|GiB|%|percent|times (as|faster|slower)"
    r"|(messages|lines|deliveries) (a|per) second)(?![\w])"
)
_PATHS = ("/tm" + "p/", "/ro" + "ot/", "/ho" + "me/", "/wo" + "rk/", "/Us" + "ers/")
_FENCE = re.compile(r"```(?:python|py)\n(.*?)```", re.DOTALL)
_PASTED_LINES = 3  # this many equal lines of code in a row are a copy
_COMMON = re.compile(r"(from|import|async def|def|class|try|else|finally|return|pass|[])@]|\"\"\")")
_MOST_OUTPUT_BYTES = 400_000


def complaints(notebook: Any, lesson: Lesson) -> list[str]:
    """Return what is wrong with a notebook, one line per fault."""
    return [*_shape(notebook, lesson), *_prose(notebook), *_code(notebook), *_outputs(notebook)]


def _shape(notebook: Any, lesson: Lesson) -> Iterator[str]:
    first = notebook.cells[0]
    if first.cell_type != "markdown" or not first.source.startswith(f"# {lesson.number} · "):
        yield f"the first cell is not the heading: # {lesson.number} · …"
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    wanted = ("predict(", "serving(", "diff(", "reveal(", f'check("{lesson.number}")')
    places = []
    for word in wanted:
        found = [number for number, source in enumerate(code) if word in source]
        if not found:
            yield f"no cell has {word}"
        places.append(found[0] if found else 0)
    if places[0] > places[1]:
        yield "a server runs before the first prediction"
    if code and wanted[-1] not in code[-1]:
        yield "the last cell is not the exercise's check"


def _prose(notebook: Any) -> Iterator[str]:
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            prose = re.sub(r"```.*?```", "", cell.source, flags=re.DOTALL)
            for found in _MEASURED.finditer(prose):
                yield f"a typed measurement: {found[0]}"
            for block in _FENCE.findall(cell.source):
                yield from _pasted(block)


def _code(notebook: Any) -> Iterator[str]:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            yield from _pasted(cell.source)


def _pasted(code: str) -> Iterator[str]:
    for run in _runs(code):
        if run in _implementations():
            yield f"code copied from the servers: {run[0]}"
            return


def _runs(code: str) -> Iterator[tuple[str, ...]]:
    lines = [line.strip() for line in code.splitlines()]
    lines = [line for line in lines if line and not _COMMON.match(line)]
    for start in range(len(lines) - _PASTED_LINES + 1):
        yield tuple(lines[start : start + _PASTED_LINES])


@cache
def _implementations() -> frozenset[tuple[str, ...]]:
    paths = (ROOT / "implementations").rglob("*.py")
    return frozenset(run for path in paths for run in _runs(path.read_text(encoding="utf-8")))


def _outputs(notebook: Any) -> Iterator[str]:
    size_bytes = 0
    for place, cell in enumerate(c for c in notebook.cells if c.cell_type == "code"):
        if cell.execution_count != place + 1:
            yield f"code cell {place + 1} was not run in order"
        for output in cell.outputs:
            text = str(output)
            size_bytes += len(text)
            if output.output_type == "error":
                yield f"code cell {place + 1} ended with {output.ename}"
            for path in _PATHS:
                if path in text:
                    yield f"the output of code cell {place + 1} contains a path of this machine"
    if size_bytes > _MOST_OUTPUT_BYTES:
        yield f"the outputs take {size_bytes:,} bytes: too many to read on the web"
