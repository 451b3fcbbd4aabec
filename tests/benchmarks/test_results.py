"""The result file of a measurement: written and read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.results import (
    Results,
    ResultsError,
    document_schema,
    dump_run,
    load_run,
    read,
    write,
)
from tests.benchmarks.made import PEER, SMALL, make_results, make_run


SCHEMA = Path(__file__).parents[2] / "benchmarks" / "results.schema.json"


def some() -> Results:
    stalled = replace(SMALL, rate_hz=40.0, stalled_clients=1, stall_after_s=0.5)
    extra = [
        make_run("a", 2.0, verdict="unknown", reason="too few"),
        make_run("a", 2.0, scenario="slow", workload=stalled),
        make_run("b", 2.0, verdict="unknown", reason="does not keep up", behind=True),
    ]
    return make_results({"asyncio-mutex": [1.5, 1.6, 1.7], PEER: [2.0]}, extra)


@pytest.mark.parametrize("name", ["results.json", "results.json.gz"])
def test_results_are_read_as_they_were_written(tmp_path: Path, name: str) -> None:
    """The results read are equal to those written, compressed or not."""
    path, results = tmp_path / name, some()

    write(results, path)

    assert read(path) == results
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_run_is_one_line() -> None:
    """One run is written as one line, and read back equal."""
    (run,) = make_results({"a": [1.0]}).runs

    assert "\n" not in dump_run(run)
    assert load_run(dump_run(run)) == run


def test_schema_describes_the_document() -> None:
    """The published schema is that of the code; python -m benchmarks.results prints it."""
    assert SCHEMA.read_text("utf-8") == document_schema()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[]", "holds no results"),
        ('{"schema": "other"}', "holds no results"),
        ('{"schema": "hubbub-bench", "version": 1}', "has version 1"),
        ('{"schema": "hubbub-bench", "version": 3}', "environment: Field required"),
    ],
)
def test_foreign_file_is_refused(tmp_path: Path, text: str, words: str) -> None:
    """A file that does not hold results is refused in one line that says why."""
    path = tmp_path / "results.json"
    path.write_text(text)

    with pytest.raises(ResultsError, match=words) as refused:
        read(path)

    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("damage", ["scenario", "verdict", "cost"])
def test_damaged_document_is_refused(tmp_path: Path, damage: str) -> None:
    """A field with a wrong value is named, and so is an unknown scenario."""
    path = tmp_path / "results.json"
    write(some(), path)
    document = json.loads(path.read_text())
    if damage == "cost":
        document["runs"][0]["figures"]["cost_us"] = "much"
    else:
        document["runs"][0][damage] = "no-such"
    path.write_text(json.dumps(document))

    with pytest.raises(ResultsError, match=r"cost_us|verdict|no-such"):
        read(path)


def test_missing_file_is_said(tmp_path: Path) -> None:
    """A missing file is an error with the system's text."""
    with pytest.raises(ResultsError, match="No such file"):
        read(tmp_path / "none.json")


def test_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    """A compressed file that is cut off is refused."""
    path = tmp_path / "results.json.gz"
    write(some(), path)
    path.write_bytes(path.read_bytes()[:-20])

    with pytest.raises(ResultsError, match="not JSON"):
        read(path)


def test_missing_folder_leaves_nothing(tmp_path: Path) -> None:
    """A file that cannot be written is an error, and leaves nothing behind."""
    with pytest.raises(OSError, match="No such file"):
        write(some(), tmp_path / "no" / "results.json")

    assert list(tmp_path.iterdir()) == []


def test_verdict_is_the_worst() -> None:
    """One invalid run makes the whole invalid; a server that does not keep up does not."""
    behind = make_run("b", 1.0, verdict="unknown", behind=True)
    lossy = make_run("b", 1.0, verdict="invalid")

    assert make_results({"a": [1.0]}).verdict == "valid"
    assert make_results({"a": [1.0]}, [behind]).verdict == "valid"
    assert make_results({"a": [1.0]}, [make_run("b", 1.0, verdict="unknown")]).verdict == "unknown"
    assert make_results({"a": [1.0]}, [lossy, behind]).verdict == "invalid"
