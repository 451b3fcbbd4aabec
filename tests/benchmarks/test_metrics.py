"""The numbers of one run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.load import Moment
from benchmarks.metrics import METRICS
from tests.benchmarks.made import SMALL, make_run


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
    """No more than three digits are written, except for whole numbers."""
    assert METRICS["p99"].text(value) == text


def test_unannounced_cut_off_is_seen_by_the_open_files() -> None:
    """A peer cuts a client off silently; the number of its open files shows when."""
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


@pytest.mark.parametrize("name", list(METRICS))
def test_unfinished_run_has_no_values(name: str) -> None:
    """A run without figures has no value for any metric, and a missing value is a dash."""
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
def test_use_of_the_machine_is_per_delivery_and_client(name: str, value: float) -> None:
    """Processor time and switches are divided by deliveries, memory by clients."""
    assert METRICS[name].of(make_run("a", 1.0)) == pytest.approx(value)


def test_silence_has_its_metrics() -> None:
    """Wake-ups and processor time of an idle server are per second."""
    run = make_run("a", 1.0, workload=replace(SMALL, idle_s=2.0))

    assert METRICS["wakeups"].of(run) == 4.0
    assert METRICS["idle"].of(run) == pytest.approx(0.5)


def test_stall_has_its_metrics() -> None:
    """A stall shows in the others' p99 before and after it, in its end, and in memory."""
    workload = replace(SMALL, rate_hz=40.0, stalled_clients=1, stall_after_s=0.5)
    run = make_run("a", 1000.0, workload=workload)

    assert METRICS["calm"].of(run) == pytest.approx(3.0)
    assert METRICS["stalled"].of(run) == pytest.approx(3.0)
    assert METRICS["cut"].of(run) == pytest.approx(0.5, abs=0.06)
    assert (METRICS["stall_rss"].of(run) or 0) > 1.9


def test_percentile_of_too_few_samples_is_nothing() -> None:
    """Forty messages are too few for a 99th percentile of messages."""
    assert METRICS["last_p99"].of(make_run("a", 1.0)) is None
    assert METRICS["last"].of(make_run("a", 1.0)) is not None
