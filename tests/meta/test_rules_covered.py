"""Every rule of PROTOCOL.md has a test, and every test a claim."""

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.protocol import Rule, rules


SUITE = Path(__file__).resolve().parents[2] / "conformance" / "rules"


def _tests() -> Iterator[tuple[Rule, Callable[..., Any]]]:
    """Yield each rule test of the suite with its rule."""
    for path in sorted(SUITE.glob("test_*.py")):
        module = importlib.import_module(f"conformance.rules.{path.stem}")
        for name, function in vars(module).items():
            if name.startswith("test_"):
                (rule,) = [m.args[0] for m in function.pytestmark if m.name == "rule"]
                yield rule, function


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.id)
def test_rule_has_a_test(rule: Rule) -> None:
    """Some test carries the id of the rule."""
    assert rule in [tested for tested, _ in _tests()]


def test_test_stands_in_a_file_of_its_area() -> None:
    """A rule's tests stand in ``test_AREA.py``, or in a ``test_AREA_*.py`` of a divided area."""
    strays = [
        f"{function.__module__}.{function.__name__}: {rule.id}"
        for rule, function in _tests()
        if not f"{function.__module__.rpartition('.')[2]}_".startswith(f"test_{rule.area}_")
    ]

    assert strays == []


def test_tests_of_a_rule_stand_together() -> None:
    """No rule is divided: all tests of a rule stand in one file."""
    files: dict[str, set[str]] = {}
    for rule, function in _tests():
        files.setdefault(rule.id, set()).add(function.__module__)

    assert {rule_id: names for rule_id, names in files.items() if len(names) > 1} == {}


def test_test_says_its_claim_in_one_sentence() -> None:
    """The docstring of a rule test is one sentence: the report shows it."""
    silent = [
        function.__name__
        for _, function in _tests()
        if not (function.__doc__ or "").strip().endswith(".")
    ]

    assert silent == []
