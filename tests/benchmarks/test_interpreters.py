"""The Pythons of a machine: found, described, and skipped by name."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import campaign, interpreters
from benchmarks.campaign import Plan, begin, go_on
from benchmarks.interpreters import DEFAULT, Interpreter, Place, installed, prepare, python_of
from benchmarks.results import Run, dump_results, load_results
from benchmarks.scenarios import PYTHONS, SCENARIOS
from benchmarks.server_process import server_command
from benchmarks.toolchains import Unavailable
from benchmarks.workload import Workload
from tests.benchmarks.made import make_results, make_run


FREE = "3.14t"


def _python(path: Path, name: str, version: tuple[int, int, int], *, finished: bool = True) -> str:
    """Make a program that answers as a Python of that version would."""
    path.parent.mkdir(parents=True, exist_ok=True)
    said = json.dumps([name, version, finished, "CPython", str(path)])
    path.write_text(f"#!/bin/sh\necho '{said}'\n")
    path.chmod(0o755)
    return str(path)


def _found(tmp_path: Path) -> dict[str, Place]:
    return installed({"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)})


def test_every_python_here_is_found_and_the_default_comes_first(tmp_path: Path) -> None:
    """A free-threaded build has a name of its own; the newest release of a name counts."""
    other = next(name for name in ("3.13", "3.12") if name != DEFAULT)
    minor = int(other.partition(".")[2])
    _python(tmp_path / "bin" / f"python{other}", other, (3, minor, 1))
    newer = _python(tmp_path / f".pyenv/versions/{other}.7/bin/python", other, (3, minor, 7))
    free = _python(tmp_path / "bin" / "python3.14t", FREE, (3, 14, 2))
    _python(tmp_path / ".pyenv/versions/3.15.0/bin/python", "3.15", (3, 15, 0))
    _python(tmp_path / ".pyenv/versions/3.14.0b1/bin/python", "3.14", (3, 14, 0), finished=False)

    found = _found(tmp_path)

    assert list(found) == [DEFAULT, other, FREE]
    assert found[DEFAULT].path == sys.executable
    assert found[other] == Place(newer, f"CPython {other}.7")
    assert found[FREE] == Place(free, "CPython 3.14.2")


def test_program_that_is_no_python_is_passed_over(tmp_path: Path) -> None:
    """A version manager's shim of a version that is not chosen is no Python."""
    shim = tmp_path / "bin" / "python3.14"
    _python(shim, "3.14", (3, 14, 0))
    shim.write_text("#!/bin/sh\nexit 127\n")

    assert list(_found(tmp_path)) == [DEFAULT]


def test_missing_pythons_are_skipped_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each missing version has a sentence, and all builds without the lock have one together."""
    here = {DEFAULT: Place(sys.executable, "CPython 3.11.7")}
    monkeypatch.setattr(interpreters, "installed", lambda: here)
    said: list[str] = []

    ready, skipped = prepare(said.append)

    assert list(ready) == [DEFAULT]
    assert ready[DEFAULT].gil
    missing = [name for name in PYTHONS if name != DEFAULT and not name.endswith("t")]
    assert list(skipped) == [*(f"Python {name}" for name in missing), "free-threaded Python"]
    assert skipped["free-threaded Python"] == (
        "there is no python3.13t and no python3.14t on PATH or among the versions of pyenv"
    )
    assert said[-1] == f"skipped free-threaded Python: {skipped['free-threaded Python']}"


@pytest.mark.parametrize("gil", [True, False])
def test_state_of_the_lock_is_asked_of_the_interpreter(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, gil: bool
) -> None:
    """A free-threaded build may have its lock on: what it answers counts, not its name."""
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho {gil}\n")
    python.chmod(0o755)
    monkeypatch.setattr(
        interpreters, "installed", lambda: {FREE: Place(str(python), "CPython 3.14.2")}
    )
    monkeypatch.setattr(interpreters, "_make_environment", lambda name, place: None)
    monkeypatch.setattr(interpreters, "python_of", lambda name: str(python))

    ready, _ = prepare()

    assert ready == {FREE: Interpreter("CPython 3.14.2", free_threaded=True, gil=gil)}


def test_python_that_cannot_run_the_servers_is_skipped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A Python whose environment cannot be made is skipped, with the last line that was said."""
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho 'no wheel for trio' >&2\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(interpreters, "installed", lambda: {FREE: Place(str(python), "CPython")})

    ready, skipped = prepare()

    assert ready == {}
    assert skipped[f"Python {FREE}"] == "its environment cannot be made: no wheel for trio"


def test_server_runs_on_the_python_of_its_workload(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The command begins with the Python of that name; without a name it is this one."""
    python = tmp_path / ".venv-3.14t" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    monkeypatch.setattr(interpreters, "ROOT", tmp_path)

    assert server_command("trio-direct", Workload(python=FREE))[0] == str(python)
    assert server_command("trio-direct", Workload())[0] == sys.executable
    assert python_of(DEFAULT) == sys.executable
    with pytest.raises(Unavailable, match=r"Python 3\.12 has no environment in \.venv-3\.12"):
        python_of("3.12")


def test_measurement_has_a_point_for_each_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers are measured on the Pythons that are ready, the default one first."""
    ready = {
        "3.12": Interpreter("CPython 3.12.1", free_threaded=False, gil=True),
        FREE: Interpreter("CPython 3.14.2", free_threaded=True, gil=False),
    }
    missing = {"Python 3.13": "there is no python3.13"}
    monkeypatch.setattr(campaign, "prepare", lambda on_line: (ready, missing))

    def run(scenario: str, server: str, process: int, workload: Workload, *_: object) -> Run:
        made = make_run(server, 10.0, process=process, scenario=scenario)
        return replace(made, workload=workload)

    monkeypatch.setattr(campaign, "_run", run)
    plan = Plan(("pythons", "unpinned"), servers=("trio-direct",), processes=1)

    results = go_on(plan, begin(plan))

    assert results.skipped == missing
    assert load_results(json.loads(dump_results(results))).interpreters == ready
    at = {(run.scenario, run.workload.python, run.workload.pinned) for run in results.runs}
    assert at == {
        *(("pythons", name, True) for name in ready),
        *(("unpinned", name, False) for name in ready),
    }


def test_scenarios_name_every_python() -> None:
    """Each scenario about Pythons has a point for each that the project supports."""
    for name in ("pythons", "pythons-open", "unpinned"):
        assert [point.python for point in SCENARIOS[name].points] == list(PYTHONS)


def test_result_of_before_has_no_interpreters() -> None:
    """A file that was written before there were several Pythons can still be read."""
    document = json.loads(dump_results(make_results({"a": [1.0]})))
    del document["interpreters"], document["copy_us"]

    assert load_results(document).interpreters == {}
