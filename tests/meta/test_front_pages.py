"""The first file of a package is its map: it names every file of the package."""

from __future__ import annotations

import ast

import pytest

from tests.meta.folders import ROOT, modules_in


IMPLEMENTATIONS = ROOT / "implementations"
PACKAGES = ["core", *sorted(path.name for path in IMPLEMENTATIONS.glob("on_*"))]


@pytest.mark.parametrize("package", PACKAGES)
def test_front_page_names_every_module(package: str) -> None:
    """The docstring of a package has a line for each of its modules, and for no other."""
    folder = IMPLEMENTATIONS / package
    page = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) or ""

    firsts = [line.split()[0] for line in page.splitlines() if line.split()]
    named = [first for first in firsts if first.endswith(".py")]

    assert sorted(named) == [f"{name}.py" for name in modules_in(folder)]
