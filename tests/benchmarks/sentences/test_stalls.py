"""What a stalled client did to the others."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.load import Moment
from benchmarks.sentences.stalls import say_policies, say_slow
from tests.benchmarks.made import make_run
from tests.benchmarks.sentences.summaries import groups, stalling


def test_delayed_clients_are_said() -> None:
    """Servers whose other clients are delayed are separated from those whose clients are not."""
    found = say_slow(stalling({"a": 1.1, "b": 50.0}))

    assert found.sentence == (
        "With messages of 64 bytes 1 server delays the other clients: their worst p99 is 150 ms "
        "(b), and the stalled client is cut off after 0.5 s."
    )
    assert groups(found) == {
        "64 bytes, others not delayed": ["a"],
        "64 bytes, others delayed": ["b"],
    }


def test_kept_client_is_said_only_if_open_files_were_counted() -> None:
    """Without a count of its open files it is unknown whether a peer has cut a client off."""
    summary = stalling({"a": 1.1})
    (cell,) = summary.cells
    (run,) = cell.runs

    def kept(open_files: int | None) -> list[str] | None:
        assert run.figures
        assert run.account
        looks = tuple(Moment(0.2 * n, 1, open_files) for n in range(1, 5))
        account = replace(run.account, moments=looks)
        unheard = replace(run, figures=replace(run.figures, cut_off_s=()), account=account)
        found = say_slow(replace(summary, cells=(replace(cell, runs=(unheard,)),)))
        return groups(found).get("64 bytes, stalled client not cut off")

    assert kept(9) == ["a"]
    assert kept(None) is None


def test_stopped_room_is_said() -> None:
    """A server that delivers to no client any more has no figures, and is named all the same."""
    summary = stalling({"a": 1.1, "b": 1.1})
    calm, stopped = summary.cells
    behind = make_run("b", 1.0, scenario="slow", workload=calm.workload, behind=True)
    summary = replace(
        summary, cells=(calm, replace(stopped, runs=(replace(behind, verdict="unknown"),)))
    )

    found = groups(say_slow(summary))

    assert "no server delays the other clients" in say_slow(stalling({"a": 1.1})).sentence
    assert found["64 bytes, others not delayed"] == ["a"]
    assert found["64 bytes, room stopped, messages missing 10 s after the last one"] == ["b"]


def test_policies_are_listed_by_server() -> None:
    """Each server has a group with the others' worst p99 for each policy."""
    found = say_policies(stalling({"a": 1.0, "b": 50.0}))

    assert groups(found) == {
        "a, worst p99": ["disconnect 3.0 ms"],
        "b, worst p99": ["disconnect 150 ms"],
    }
    assert found.sentence == (
        "A stalled client delays the others in some runs, or at some servers, under disconnect."
    )
