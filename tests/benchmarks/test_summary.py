"""What runs come to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.load import Moment
from benchmarks.metrics import METRICS
from benchmarks.results import AGAIN, Results
from benchmarks.scenarios import SCENARIOS
from benchmarks.summary import Cell, Summary, summarise
from tests.benchmarks.made import PEER, SMALL, make_results, make_run


NEAR = {"a": [10.0, 10.4, 10.2], "b": [10.1, 10.3, 10.5], PEER: [20.0, 21.0, 20.5]}


def only(results: Results) -> Summary:
    (summary,) = summarise(results)
    return summary


def cell(summary: Summary, server: str) -> Cell:
    return summary.of(server)[0]


def test_value_is_the_median_over_processes() -> None:
    """A server's value is the median of one number a process."""
    summary = only(make_results({"a": [12.0, 10.0, 11.0]}))

    assert cell(summary, "a").value("cost") == pytest.approx(11.0)
    assert cell(summary, "a").text("cost") == "11.0"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.334, "0.33"),
        (4.567, "4.57"),
        (9.8, "9.80"),
        (9.999, "10.0"),
        (27.09, "27.1"),
        (1471.58, "1,472"),
    ],
)
def test_value_is_written_to_three_digits(value: float, text: str) -> None:
    """More digits than a measurement carries are not written."""
    assert METRICS["p99"].text(value) == text


def test_who_hears_nothing_of_its_end_is_seen_by_the_sockets() -> None:
    """A peer closes the socket of a client that reads nothing, and so never learns of it."""
    workload = replace(SMALL, rate_hz=40.0, stalled_clients=1, stall_after_s=0.5)
    run = make_run("a", 10.0, scenario="slow", workload=workload)
    assert run.account
    assert run.figures
    unheard = replace(run.figures, cut_off_s=())
    cut = METRICS["cut"].of

    def looked(*open_files: int | None) -> float | None:
        looks = tuple(Moment(0.2 * n, 1, files) for n, files in enumerate(open_files, start=1))
        assert run.account
        return cut(replace(run, figures=unheard, account=replace(run.account, moments=looks)))

    assert looked(9, 9, 9, 9, 8) == pytest.approx(0.5)
    assert looked(9, 9, 9, 9, 9) is None
    assert looked(None, None, None, None, None) is None
    assert cut(run) == run.figures.cut_off_s[-1]


def test_invalid_run_takes_all_values_away() -> None:
    """A server that lost messages once is compared with nobody."""
    lossy = make_run("a", 1.0, process=4, verdict="invalid", reason="deliveries: 1 lost")

    summary = only(make_results(NEAR, [lossy]))

    assert cell(summary, "a").value("cost") is None
    assert (cell(summary, "a").verdict, cell(summary, "a").reason) == ("invalid", lossy.reason)
    assert "a" not in [shown.server for shown in summary.shown]


def test_crowded_run_is_left_out_of_the_values() -> None:
    """A run that was disturbed does not count, and does the others no harm."""
    slow = make_run("a", 99.0, process=4, verdict="unknown", reason="other programs")

    summary = only(make_results(NEAR, [slow]))

    assert cell(summary, "a").values("cost") == pytest.approx([10.0, 10.4, 10.2])
    assert cell(summary, "a").verdict == "valid"
    assert [missing.server for missing in summary.missing] == ["a"]


def test_outcome_of_a_loss_is_not_that_it_was_late() -> None:
    """Who lost something is invalid, and not merely behind."""
    lossy = make_run("a", 1.0, verdict="invalid", reason="deliveries: 9 lost")
    late = make_run("a", 1.0, process=2, verdict="unknown", reason="late", behind=True)
    summary = only(make_results({}, [lossy, late]))

    assert cell(summary, "a").outcome == "invalid"


def test_ratio_is_to_the_peer() -> None:
    """A server is set against the peer of the measurement; the peer against nobody."""
    summary = only(make_results(NEAR))

    ratio = summary.to_peer(cell(summary, "a"), "cost")

    assert ratio
    assert ratio.middle == pytest.approx(10.2 / 20.5)
    assert summary.to_peer(cell(summary, PEER), "cost") is None


def test_equal_servers_are_not_told_apart() -> None:
    """Two servers whose processes lie among each other tie; one far off does not."""
    summary = only(make_results(NEAR))

    assert [tied.server for tied in summary.tied("cost", summary.shown)] == ["a", "b"]
    assert summary.differ("cost", cell(summary, "a"), cell(summary, PEER))


def test_difference_within_the_noise_is_none() -> None:
    """What is less than twice the difference between equals is not called a difference."""
    near = {"a": [10.0, 10.01, 10.02], "b": [10.1, 10.11, 10.12]}
    quiet = only(make_results({**near, "a" + AGAIN: [10.0, 10.01, 10.02]}))
    noisy = only(make_results({**near, "a" + AGAIN: [10.2, 10.21, 10.22]}))

    assert quiet.differ("cost", cell(quiet, "a"), cell(quiet, "b"))
    assert not noisy.differ("cost", cell(noisy, "a"), cell(noisy, "b"))
    assert AGAIN not in "".join(noisy.servers)


def test_telling_apart_has_no_direction() -> None:
    """Half is as far from one as double: a against b is judged as b against a."""
    summary = only(make_results({"a": [5.0] * 3, "b": [10.0] * 3, "a" + AGAIN: [7.0] * 3}))

    assert summary.differ("cost", cell(summary, "a"), cell(summary, "b"))
    assert summary.differ("cost", cell(summary, "b"), cell(summary, "a"))


def test_system_calls_come_from_a_run_of_their_own() -> None:
    """The run that counts system calls is in no time, and gives calls a delivery."""
    counting = make_run("a", 500.0, process=0)
    assert counting.account
    counting = replace(counting, account=replace(counting.account, syscalls=320))

    summary = only(make_results({"a": [10.0]}, [counting]))

    assert summary.counted == {"a": 2.0}  # of 4 clients times 40 messages
    assert cell(summary, "a").values("cost") == pytest.approx([10.0])


def test_points_of_a_scenario_are_cells_of_their_own() -> None:
    """Each value on a scenario's axis has its own figures."""
    runs = [
        make_run("a", cost_us, scenario="scaling", workload=replace(SMALL, clients=clients))
        for clients, cost_us in ((10, 5.0), (100, 4.0))
    ]
    summary = only(replace(make_results({}), runs=tuple(runs)))

    assert [(one.workload.clients, one.text("cost")) for one in summary.of("a")] == [
        (10, "5.00"),
        (100, "4.00"),
    ]


@pytest.mark.parametrize("name", list(METRICS))
def test_metric_of_a_run_that_came_to_nothing_is_nothing(name: str) -> None:
    """A run without figures has no value, whatever is asked, and none is written as a dash."""
    run = replace(make_run("a", 1.0), account=None, figures=None)

    assert METRICS[name].of(run) is None
    assert METRICS[name].text(None) == "-"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("server", 0.9e6 / 160),
        ("switches", 80 * 1000 / 160),
        ("client", 2.0),
        ("rss", 21.0),
        ("tasks", 3.0),
        ("generator", 50.0),
    ],
)
def test_use_of_the_machine_is_by_delivery_and_client(name: str, value: float) -> None:
    """Processor time and switches are shared out over deliveries, memory over clients."""
    assert METRICS[name].of(make_run("a", 1.0)) == pytest.approx(value)


def test_silence_has_its_metrics() -> None:
    """Wake-ups and processor time of an idle server are by the second."""
    run = make_run("a", 1.0, workload=replace(SMALL, idle_s=2.0))

    assert METRICS["wakeups"].of(run) == 4.0
    assert METRICS["idle"].of(run) == pytest.approx(0.5)


def test_stall_has_its_metrics() -> None:
    """What the others felt before and after a stall, when it ended, and what it cost."""
    workload = replace(SMALL, rate_hz=40.0, stalled_clients=1, stall_after_s=0.5)
    run = make_run("a", 1000.0, workload=workload)

    assert METRICS["calm"].of(run) == pytest.approx(3.0)
    assert METRICS["stalled"].of(run) == pytest.approx(3.0)
    assert METRICS["cut"].of(run) == pytest.approx(0.5, abs=0.06)
    assert (METRICS["stall_rss"].of(run) or 0) > 1.9


def test_percentile_of_too_few_samples_is_nothing() -> None:
    """With forty messages there is no 99th percentile of messages to tell."""
    assert METRICS["last_p99"].of(make_run("a", 1.0)) is None
    assert METRICS["last"].of(make_run("a", 1.0)) is not None


def test_every_scenario_has_something_to_say_for_itself() -> None:
    """Each scenario says what it expects before it is run, and is found by its name."""
    for name, scenario in SCENARIOS.items():
        assert scenario.name == name
        assert len(scenario.expects) > 40
        assert scenario.points
        assert (len(scenario.points) > 1) == bool(scenario.axis)
        values = [scenario.value(point) for point in scenario.points]
        assert len(set(values)) == len(values)
        differing = {
            field
            for point in scenario.points
            for field in point.__dataclass_fields__
            if getattr(point, field) != getattr(scenario.points[0], field)
        }
        assert differing <= {scenario.axis, "messages"}
