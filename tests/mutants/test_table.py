"""The table of mutants is right: each edit fits its file, and names what there is."""

from __future__ import annotations

import ast

import pytest

from implementations.servers import SERVERS
from tests.meta.folders import ROOT
from tests.mutants.mutant import Mutant, mutants, planted, rule_tests


EVERY_MUTANT = pytest.mark.parametrize("mutant", mutants(), ids=lambda mutant: mutant.name)


@EVERY_MUTANT
def test_edit_fits_its_file(mutant: Mutant) -> None:
    """The text to replace stands in the file once, and what comes of it is Python."""
    source = (ROOT / "implementations" / mutant.file).read_text(encoding="utf-8")

    assert source.count(mutant.old) == 1
    assert mutant.new != mutant.old
    if mutant.file.endswith(".py"):
        ast.parse(source.replace(mutant.old, mutant.new))


@EVERY_MUTANT
def test_something_is_to_catch_it(mutant: Mutant) -> None:
    """A mutant names rules or tests that there are, at a server that there is."""
    assert mutant.caught_by
    rule_tests(mutant.rules)
    for test in mutant.tests:
        file, _, function = test.partition("::")
        source = (ROOT / file).read_text(encoding="utf-8")
        assert not function or f"def {function}(" in source
    assert mutant.server in {server.id for server in SERVERS}


def test_planting_leaves_the_project_as_it_is() -> None:
    """A mutant stands in the copy only."""
    mutant = mutants()[0]
    path = ROOT / "implementations" / mutant.file
    before = path.read_bytes()

    with planted(mutant) as tree:
        assert mutant.new in (tree / "implementations" / mutant.file).read_text(encoding="utf-8")

    assert path.read_bytes() == before
    assert not tree.exists()
