"""A whole measurement, small: real processes, and whoever fails ends nothing but its own run."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import fanout
from benchmarks.fanout import main, run_fanout
from benchmarks.processes import serving
from benchmarks.results import Run, read
from benchmarks.workload import Verdict, Workload
from tests.benchmarks.made import PEER, make_run


SMALL = Workload(clients=3, messages=30, warmup_messages=1, payload_bytes=64, processes=1)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_measurement_from_the_command_line_leaves_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One command measures a server and the peer, prints a table and keeps the results."""
    path = tmp_path / "results.json"
    sizes = ["--clients", "3", "--messages", "30", "--processes", "1"]

    exit_code = main(["asyncio-broadcaster", *sizes, "--json", str(path)])

    assert exit_code == 0
    results = read(path)
    assert {run.server for run in results.runs} == {"asyncio-broadcaster", PEER}
    assert all(len(run.last_ns) == 30 and len(run.typical_ns) == 3 for run in results.runs)
    assert "asyncio-broadcaster" in capsys.readouterr().out


def test_servers_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each round has every server once, and no two rounds begin with the same one."""
    monkeypatch.setattr(
        fanout, "_run", lambda server, process, *_: make_run(server, 10.0, process=process)
    )
    workload = Workload(clients=4, messages=40, warmup_messages=0, payload_bytes=64, processes=3)

    results = run_fanout(["a", "b"], workload, peer="c")

    assert [run.server for run in results.runs] == [*"abc", *"bca", *"cab"]


def test_crowded_run_is_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that other programs crowded is kept, and another one is made."""
    verdicts: Iterator[Verdict] = iter(["unknown", "valid"])

    def run(server: str, process: int, *_: object) -> Run:
        verdict = next(verdicts)
        made = make_run(server, 10.0, process=process, verdict=verdict)
        assert made.load is not None
        return replace(made, load=replace(made.load, server_crowding=float(verdict == "unknown")))

    monkeypatch.setattr(fanout, "_run", run)

    results = run_fanout([], SMALL, peer="a")

    assert [run.verdict for run in results.runs] == ["unknown", "valid"]
    assert results.verdict == "valid"


def test_server_that_does_not_start_is_an_invalid_run() -> None:
    """A server that does not start makes its own run invalid, with its last words as the reason."""
    results = run_fanout(["no-such-server"], SMALL)

    broken, *peers = results.runs
    assert broken.verdict == "invalid"
    assert broken.reason.startswith("the server did not start (exit code 2: ")
    assert {run.server for run in peers} == {PEER}
    assert results.verdict_of(PEER) != "invalid"


def test_server_that_dies_is_an_invalid_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that dies while it is measured makes its run invalid in one line."""

    @contextmanager
    def doomed(server: str, core: int | None) -> Iterator[tuple[int, str]]:
        with serving(server, core) as (pid, address):
            os.kill(pid, signal.SIGKILL)
            yield pid, address

    monkeypatch.setattr(fanout, "serving", doomed)

    (run,) = run_fanout([], SMALL).runs

    assert run.verdict == "invalid"
    assert run.reason.startswith("client 0 ")
    assert "\n" not in run.reason


def test_server_ends_with_whoever_measures_it() -> None:
    """An interrupted measurement leaves no server behind."""
    with pytest.raises(KeyboardInterrupt), serving(PEER, None) as (pid, _):
        raise KeyboardInterrupt

    assert not alive(pid)


@pytest.mark.parametrize(
    "arguments",
    [["no-such-server"], ["--clients", "0"], ["--json", "no/such/folder/x.json"], ["--peer", "x"]],
)
def test_bad_usage_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong id, number or folder is refused before anything is measured."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    assert ended.value.code == 2
    assert "error: " in capsys.readouterr().err
