"""The micro-benchmarks run. Nothing is measured here: each function runs once."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.meta.folders import ROOT


MICRO = ROOT / "benchmarks" / "micro"
MODULES = sorted(path.name for path in MICRO.glob("bench_*.py"))


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run pytest on the micro-benchmarks in a process of its own, outside xdist."""
    pytest.importorskip("pytest_benchmark", reason="pytest-benchmark is not installed")
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--benchmark-disable", *arguments],
        cwd=ROOT,
        env={**inherited, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_there_are_benchmarks() -> None:
    """The modules of benchmarks are found."""
    assert "bench_hubs.py" in MODULES


@pytest.mark.parametrize("module", MODULES)
def test_benchmarks_run(module: str) -> None:
    """Each benchmark runs what it measures, and checks the result."""
    ran = run(str(MICRO / module), "-k", "not 1000")  # filling the largest rooms takes long

    assert ran.returncode == 0, ran.stdout
    assert " passed" in ran.stdout
    assert "skipped" not in ran.stdout


def test_code_of_another_tree_is_not_measured(tmp_path: os.PathLike[str]) -> None:
    """Benchmarks that import the servers of another tree refuse to run."""
    package = os.path.join(tmp_path, "implementations")
    os.mkdir(package)
    with open(os.path.join(package, "__init__.py"), "w"):
        pass

    # The path comes even before the folder in which pytest is started.
    ran = run(str(MICRO), "-p", "implementations", PYTHONSAFEPATH="1", PYTHONPATH=str(tmp_path))

    assert ran.returncode == pytest.ExitCode.USAGE_ERROR, ran.stdout
    assert "would measure" in ran.stdout
