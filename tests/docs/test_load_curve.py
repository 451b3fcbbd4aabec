"""The README's chart shows what the latest round holds."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType
from xml.etree import ElementTree

import pytest

from benchmarks.results import read
from benchmarks.summary import Summary, summarise
from tests.meta.folders import ROOT


@pytest.fixture(scope="module")
def load_curve() -> ModuleType:
    """The script, as a module: docs/ is no package."""
    path = ROOT / "docs" / "load_curve.py"
    spec = importlib.util.spec_from_file_location("load_curve", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def knee() -> Summary:
    """The load curve of the latest round."""
    results = read(max((ROOT / "benchmarks" / "rounds").iterdir()) / "results.json.gz")
    (summary,) = [one for one in summarise(results) if one.scenario.name == "knee"]
    return summary


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_committed_chart_is_that_of_the_latest_round(
    load_curve: ModuleType, knee: Summary, theme: str
) -> None:
    """Drawing the round again gives the committed file, which is well-formed."""
    committed = (ROOT / "docs" / f"load-curve-{theme}.svg").read_text(encoding="utf-8")

    assert load_curve.drawing(knee, theme) == committed
    ElementTree.fromstring(committed)


def test_line_ends_where_a_server_falls_behind(load_curve: ModuleType, knee: Summary) -> None:
    """The last point of a line is the first rate that the server cannot keep up with."""
    for line in load_curve.LINES:
        behind = [
            cell.workload.rate_hz for cell in knee.of(line.server) if cell.outcome == "behind"
        ]
        drawn = [rate for rate, _ in load_curve._points(knee, line.server)]

        assert not behind or drawn[-1] <= behind[0]
