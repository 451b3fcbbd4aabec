"""Run the notebooks in a clean kernel and save their outputs: ``make notebooks``.

Notebooks are committed with their outputs, so that they can be read without being run. Details
that hold for one machine or one moment only, such as paths and execution times, are left out.

Invariants:
  1. A notebook that raises is not written.
  2. The predictions and the progress of the person at this machine are neither read nor changed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError

from hubbub.learning.lessons import ROOT, Lesson, find_lesson, lessons
from hubbub.notebook.lint import complaints
from hubbub.notebook.pictures import STATIC


__all__ = ["executed", "main", "read"]

CELL_S = 300  # time limit per cell; on an idle machine no cell needs a tenth of it
_FORMAT: Any = nbformat  # nbformat has no type annotations
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def read(lesson: Lesson) -> Any:
    """Return a lesson's notebook as it is committed."""
    return _FORMAT.read(lesson.notebook, as_version=4)


def executed(lesson: Lesson) -> Any:
    """Return a lesson's notebook after a run in a clean kernel.

    Raises:
        CellExecutionError: a cell raised.
        CellTimeoutError: a cell did not end in time.
    """
    notebook = read(lesson)
    with tempfile.TemporaryDirectory(prefix="hubbub-") as folder:
        environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("HUBBUB_")},
            "HUBBUB_PROGRESS": str(Path(folder, "progress.json")),
            STATIC: "1",
            "PYTHONPATH": str(ROOT),
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
            "IPYTHONDIR": folder,
        }
        client: Any = NotebookClient(
            notebook,
            timeout=CELL_S,
            kernel_name="python3",
            resources={"metadata": {"path": str(lesson.folder)}},
            record_timing=False,
            extra_arguments=["--IPKernelApp.log_level=40"],  # errors only: no word on its transport
        )
        client.execute(env=environment)
    return scrubbed(notebook)


def scrubbed(notebook: Any) -> Any:
    """Remove what holds for one machine or one moment only; return the same notebook."""
    version = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python"}
    notebook.metadata = _FORMAT.from_dict({"kernelspec": _KERNEL, "language_info": version})
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02}"
        cell.metadata = _FORMAT.from_dict(
            {name: cell.metadata[name] for name in ("tags",) if name in cell.metadata}
        )
        for output in cell.get("outputs", []):
            output.pop("transient", None)
            if "metadata" in output:
                output["metadata"] = _FORMAT.from_dict({})
    return notebook


def main() -> int:
    """Run and save the named notebooks, or all of them; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m hubbub.notebook.refresh")
    parser.add_argument("lessons", nargs="*", metavar="NN")
    chosen = [find_lesson(number) for number in parser.parse_args().lessons] or lessons()
    wrong = 0
    for lesson in chosen:
        started = time.monotonic()
        try:
            notebook = executed(lesson)
        except (CellExecutionError, CellTimeoutError) as error:
            print(f"{lesson.notebook.name}: {error}", file=sys.stderr)
            wrong += 1
            continue
        found = complaints(notebook, lesson)
        wrong += bool(found)
        print(f"{lesson.notebook.name}: {time.monotonic() - started:.1f} s")
        print(*(f"  {complaint}" for complaint in found), sep="\n", end="\n" if found else "")
        _FORMAT.write(notebook, lesson.notebook)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
