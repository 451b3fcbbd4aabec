"""Show code from the file where it stands; a copy would have to be kept up to date."""

from __future__ import annotations

import ast
import difflib
import inspect
import textwrap
from pathlib import Path
from typing import Any

from hubbub.learning.lessons import ROOT


__all__ = ["Listing", "diff", "show"]


class Listing:
    """Markdown that a notebook displays."""

    def __init__(self, heading: str, language: str, code: str) -> None:
        self._heading, self._language, self._code = heading, language, code.rstrip("\n")

    def __repr__(self) -> str:
        return f"{self._heading}\n{self._code}"

    def _repr_markdown_(self) -> str:
        return f"**{self._heading}**\n\n```{self._language}\n{self._code}\n```"


def show(thing: Any, *, docstring: bool = False) -> Listing:
    """Return the source of a function, a class, a module, or a file (by its path).

    Args:
        docstring: keep the docstrings of functions and classes.
    """
    name, code = _source(thing, docstring=docstring)
    return Listing(name, _language(name), code)


def diff(one: Any, other: Any) -> Listing:
    """Return how the code of two things differs, without docstrings; `show` says which things."""
    (one_name, one_code), (other_name, other_code) = _source(one), _source(other)
    lines = difflib.unified_diff(one_code.splitlines(), other_code.splitlines(), n=4, lineterm="")
    changed = [line for line in lines if not line.startswith(("---", "+++", "@@"))]
    return Listing(f"{one_name} → {other_name}", "diff", "\n".join(changed) or "(no difference)")


def _source(thing: Any, *, docstring: bool = False) -> tuple[str, str]:
    if isinstance(thing, str | Path):
        path = ROOT / thing
        name, code = str(thing), path.read_text(encoding="utf-8")
    else:
        path = Path(inspect.getsourcefile(thing) or "")
        code = textwrap.dedent(inspect.getsource(thing))
        within = getattr(thing, "__qualname__", "")
        name = path.resolve().relative_to(ROOT).as_posix() + (f" · {within}" if within else "")
    if not docstring and path.suffix == ".py":
        code = _without_docstrings(code)
    return name, code


def _language(name: str) -> str:
    suffix = name.partition(" ")[0].rpartition(".")[2]
    return {"py": "python", "go": "go", "c": "c", "mjs": "javascript"}.get(suffix, "")


def _without_docstrings(code: str) -> str:
    """Return the code without the docstrings of functions and classes; comments stay."""
    lines = code.splitlines()
    gone: set[int] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = node.body[0]
            is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            if is_docstring and isinstance(first.value.value, str) and len(node.body) > 1:  # type: ignore[attr-defined]
                gone.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
                if isinstance(node, ast.ClassDef):  # and the empty line after it
                    gone.add((first.end_lineno or first.lineno) + 1)
    return "\n".join(line for number, line in enumerate(lines, 1) if number not in gone)
