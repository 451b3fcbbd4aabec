"""Each module has a test file of its name, and each test file its module."""

from __future__ import annotations

import pytest

from tests.meta.folders import ROOT, modules_in


@pytest.mark.parametrize(
    ("code", "tests"),
    [
        ("implementations/core", "tests/implementations/core"),
        ("implementations", "tests/implementations"),
        ("schedules", "tests/schedules"),
        ("benchmarks", "tests/benchmarks"),
        ("benchmarks/audit", "tests/benchmarks/audit"),
        ("benchmarks/generator", "tests/benchmarks/generator"),
        ("benchmarks/sentences", "tests/benchmarks/sentences"),
    ],
)
def test_every_module_has_its_test_file(code: str, tests: str) -> None:
    """No module is without its test file, and no test file without its module."""
    modules = {name.strip("_") for name in modules_in(ROOT / code)}

    tested = {
        name.removeprefix("test_") for name in modules_in(ROOT / tests) if name.startswith("test_")
    }

    assert tested == modules


@pytest.mark.parametrize(
    ("code", "tests"),
    [
        ("conformance", "tests/conformance"),
        ("conformance/checker", "tests/conformance/checker"),
    ],
)
def test_every_test_file_has_its_module(code: str, tests: str) -> None:
    """The name of a test file is that of a module, or ``test_MODULE_something`` for a part."""
    modules = modules_in(ROOT / code)

    strays = [
        name
        for name in modules_in(ROOT / tests)
        if name.startswith("test_")
        and not any(f"{name}_".startswith(f"test_{module}_") for module in modules)
    ]

    assert strays == []
