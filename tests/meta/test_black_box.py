"""The conformance suite judges from outside: it imports nothing of what it judges."""

import ast
from pathlib import Path

import pytest


SUITE = Path(__file__).resolve().parents[2] / "conformance"
JUDGED = ("implementations", "hubbub", "benchmarks", "websockets", "trio")


@pytest.mark.parametrize("path", sorted(SUITE.rglob("*.py")), ids=lambda path: path.stem)
def test_suite_imports_nothing_of_the_judged(path: Path) -> None:
    """No file of the suite imports a server, the command line, or what servers use."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")

    assert [name for name in names if name.partition(".")[0] in JUDGED] == []
