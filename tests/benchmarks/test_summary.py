"""A measurement, summed up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.results import AGAIN, Results
from benchmarks.summary import Cell, Summary, summarise
from tests.benchmarks.made import PEER, SMALL, make_results, make_run


NEAR = {"a": [10.0, 10.4, 10.2], "b": [10.1, 10.3, 10.5], PEER: [20.0, 21.0, 20.5]}


def only(results: Results) -> Summary:
    (summary,) = summarise(results)
    return summary


def cell(summary: Summary, server: str) -> Cell:
    return summary.of(server)[0]


def test_value_is_the_median_over_processes() -> None:
    """A server's value is the median of one number per process."""
    summary = only(make_results({"a": [12.0, 10.0, 11.0]}))

    assert cell(summary, "a").value("cost") == pytest.approx(11.0)
    assert cell(summary, "a").text("cost") == "11.0"


def test_invalid_run_removes_all_values() -> None:
    """A server that lost messages in one run has no values, and is not shown."""
    lossy = make_run("a", 1.0, process=4, verdict="invalid", reason="deliveries: 1 lost")

    summary = only(make_results(NEAR, [lossy]))

    assert cell(summary, "a").value("cost") is None
    assert (cell(summary, "a").verdict, cell(summary, "a").reason) == ("invalid", lossy.reason)
    assert "a" not in [shown.server for shown in summary.shown]


def test_crowded_run_is_left_out_of_the_values() -> None:
    """A disturbed run does not count, and the other runs still do."""
    slow = make_run("a", 99.0, process=4, verdict="unknown", reason="other programs")

    summary = only(make_results(NEAR, [slow]))

    assert cell(summary, "a").values("cost") == pytest.approx([10.0, 10.4, 10.2])
    assert cell(summary, "a").verdict == "valid"
    assert [missing.server for missing in summary.missing] == ["a"]


def test_loss_outranks_lateness() -> None:
    """A server that lost messages and was late is invalid, not behind."""
    lossy = make_run("a", 1.0, verdict="invalid", reason="deliveries: 9 lost")
    late = make_run("a", 1.0, process=2, verdict="unknown", reason="late", behind=True)
    summary = only(make_results({}, [lossy, late]))

    assert cell(summary, "a").outcome == "invalid"


def test_ratio_is_to_the_peer() -> None:
    """A server is compared with the peer of the measurement; the peer itself is not."""
    summary = only(make_results(NEAR))

    ratio = summary.to_peer(cell(summary, "a"), "cost")

    assert ratio
    assert ratio.middle == pytest.approx(10.2 / 20.5)
    assert summary.to_peer(cell(summary, PEER), "cost") is None


def test_servers_that_overlap_are_tied() -> None:
    """Two servers whose processes overlap are tied; a distant server is not."""
    summary = only(make_results(NEAR))

    assert [tied.server for tied in summary.tied("cost", summary.shown)] == ["a", "b"]
    assert summary.differ("cost", cell(summary, "a"), cell(summary, PEER))


def test_difference_within_the_noise_is_a_tie() -> None:
    """A difference below twice that of a server from itself is a tie."""
    near = {"a": [10.0, 10.01, 10.02], "b": [10.1, 10.11, 10.12]}
    quiet = only(make_results({**near, "a" + AGAIN: [10.0, 10.01, 10.02]}))
    noisy = only(make_results({**near, "a" + AGAIN: [10.2, 10.21, 10.22]}))

    assert quiet.differ("cost", cell(quiet, "a"), cell(quiet, "b"))
    assert not noisy.differ("cost", cell(noisy, "a"), cell(noisy, "b"))
    assert AGAIN not in "".join(noisy.servers)


def test_difference_has_no_direction() -> None:
    """Half is as far from 1 as double, so the order of two servers is irrelevant."""
    summary = only(make_results({"a": [5.0] * 3, "b": [10.0] * 3, "a" + AGAIN: [7.0] * 3}))

    assert summary.differ("cost", cell(summary, "a"), cell(summary, "b"))
    assert summary.differ("cost", cell(summary, "b"), cell(summary, "a"))


def test_system_calls_come_from_a_run_of_their_own() -> None:
    """A run that counts system calls gives calls per delivery, and no times."""
    counting = make_run("a", 500.0, process=0)
    assert counting.account
    counting = replace(counting, account=replace(counting.account, syscalls=320))

    summary = only(make_results({"a": [10.0]}, [counting]))

    assert summary.counted == {"a": 2.0}  # of 4 clients times 40 messages
    assert cell(summary, "a").values("cost") == pytest.approx([10.0])


def test_points_of_a_scenario_are_cells_of_their_own() -> None:
    """Each value on a scenario's axis has its own cell."""
    runs = [
        make_run("a", cost_us, scenario="scaling", workload=replace(SMALL, clients=clients))
        for clients, cost_us in ((10, 5.0), (100, 4.0))
    ]
    summary = only(replace(make_results({}), runs=tuple(runs)))

    assert [(one.workload.clients, one.text("cost")) for one in summary.of("a")] == [
        (10, "5.00"),
        (100, "4.00"),
    ]
