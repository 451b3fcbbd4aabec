"""The result file, and what a set of runs is worth."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.results import Run, read, write
from tests.benchmarks.made import PEER, make_results, make_run


def test_results_read_back_are_equal(tmp_path: Path) -> None:
    """What is read back is equal to what was written, a run that failed too."""
    failed = Run("broken", 1, "invalid", "the server did not start")
    results = make_results({"asyncio-mutex": [12.0, 13.0], PEER: [10.0]}, extra=[failed])

    write(results, tmp_path / "results.json")

    assert read(tmp_path / "results.json") == results


def test_verdict_comes_before_the_figures(tmp_path: Path) -> None:
    """Whoever opens the file meets its schema and its verdict first."""
    write(make_results({PEER: [10.0] * 3}), tmp_path / "results.json")

    names = list(json.loads((tmp_path / "results.json").read_text()))

    assert names[:3] == ["schema", "version", "verdict"]


def test_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that fails leaves what was there, and nothing beside it."""
    path = tmp_path / "results.json"
    path.write_text("old")
    monkeypatch.setattr(Path, "replace", lambda self, target: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        write(make_results({PEER: [10.0]}), path)

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "text", ["[]", "{}", '{"schema":"hubbub-fanout","version":99}', '{"schema":"other"}', "no json"]
)
def test_other_document_is_refused(tmp_path: Path, text: str) -> None:
    """A document of another kind or version is refused."""
    (tmp_path / "other.json").write_text(text)

    with pytest.raises(ValueError, match=r"not a hubbub-fanout document|Expecting value"):
        read(tmp_path / "other.json")


def test_document_without_a_field_is_refused(tmp_path: Path) -> None:
    """A document that lacks a field is refused with the field's name."""
    write(make_results({PEER: [10.0]}), tmp_path / "results.json")
    document = json.loads((tmp_path / "results.json").read_text())
    del document["peer"]
    (tmp_path / "results.json").write_text(json.dumps(document))

    with pytest.raises(ValueError, match="peer"):
        read(tmp_path / "results.json")


def test_one_invalid_run_makes_all_invalid() -> None:
    """A server with an invalid run is invalid, and so is the whole."""
    lossy = make_run("asyncio-mutex", 5.0, verdict="invalid")
    results = make_results({"asyncio-mutex": [12.0] * 3, PEER: [10.0] * 3}, extra=[lossy])

    assert results.verdict_of("asyncio-mutex") == "invalid"
    assert results.verdict_of(PEER) == "valid"
    assert results.verdict == "invalid"


def test_crowded_run_that_was_made_up_for_does_no_harm() -> None:
    """A server has its verdict from the processes asked for; a crowded one beside them is kept."""
    crowded = make_run(PEER, 50.0, verdict="unknown")

    assert make_results({PEER: [10.0] * 3}, extra=[crowded]).verdict == "valid"
    assert make_results({PEER: [10.0] * 2}, extra=[crowded]).verdict == "unknown"


def test_no_runs_are_unknown() -> None:
    """Nothing measured is nothing known."""
    assert replace(make_results({}), runs=()).verdict == "unknown"
