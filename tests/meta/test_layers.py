"""Imports run one way: hubbub, benchmarks and schedules, conformance and implementations.

A package imports itself and what stands lower. Nothing imports ``tests``.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.meta.folders import ROOT


# What each package may import of ours, besides itself.
LOWER = {
    "implementations": set[str](),
    "tools": set[str](),
    "conformance": set[str](),
    "schedules": {"conformance", "implementations"},
    "benchmarks": {"conformance", "implementations"},
    "hubbub": {"benchmarks", "schedules", "conformance", "implementations"},
    "lessons": {"hubbub", "benchmarks", "schedules", "conformance", "implementations"},
}
OURS = {*LOWER, "tests"}


def imports(path: Path) -> set[str]:
    """Return the full names of the modules that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module is not None and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def module_files(package: str) -> list[Path]:
    """Return a package's files."""
    return sorted((ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    """Return the dotted name of a file of ours."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("package", LOWER)
def test_package_imports_only_what_stands_lower(package: str) -> None:
    """No import runs from a lower package to a higher one, or to the tests."""
    allowed = {package, *LOWER[package]}

    strays = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in module_files(package)
        for name in imports(path)
        if name.partition(".")[0] in OURS - allowed
    ]

    assert strays == []


def test_imports_make_no_circle() -> None:
    """No module imports itself by way of others, not even inside a function."""
    files = {name_of(path): path for package in LOWER for path in module_files(package)}
    # Importing a package's front door is meant for what it exports; from inside the package, a
    # module names the very module that it needs.
    graph = {name: (imports(path) & files.keys()) - {name} for name, path in files.items()}

    assert circle_in(graph) == []


def circle_in(graph: dict[str, set[str]]) -> list[str]:
    """Return the names along one circle, or nothing."""
    done: set[str] = set()

    def search(name: str, trail: list[str]) -> list[str]:
        if name in trail:
            return [*trail[trail.index(name) :], name]
        if name in done:
            return []
        for following in sorted(graph[name]):
            if found := search(following, [*trail, name]):
                return found
        done.add(name)
        return []

    return next(filter(None, (search(name, []) for name in sorted(graph))), [])


def test_circle_is_found() -> None:
    """The search above finds a circle, and takes a diamond for none."""
    assert circle_in({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle_in({"a": {"b", "c"}, "b": {"d"}, "c": {"d"}, "d": set()}) == []
