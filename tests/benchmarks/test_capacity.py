"""How long a delivery takes with n clients and r messages per second."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.capacity import Answer, grid, is_load, rank
from benchmarks.results import Results, Run, read
from benchmarks.workload import Workload
from tests.benchmarks.made import make_results, make_run


ROUND = Path(__file__).parents[2] / "benchmarks" / "rounds" / "2026-11" / "results.json.gz"


def load(clients: int, rate_hz: float) -> Workload:
    return Workload(clients=clients, rate_hz=rate_hz, messages=60, warmup_messages=2)


def results(costs_us: Mapping[tuple[str, int, float], Sequence[float]], *extra: Run) -> Results:
    """Return results with one process for each cost of a server, of clients and a rate."""
    runs = [
        make_run(server, cost_us, process=process, scenario="knee", workload=load(clients, rate))
        for (server, clients, rate), costs in costs_us.items()
        for process, cost_us in enumerate(costs, start=1)
    ]
    return replace(make_results({}), runs=(*runs, *extra))


def broken(server: str, clients: int, rate_hz: float) -> Run:
    return make_run(
        server,
        1.0,
        scenario="knee",
        workload=load(clients, rate_hz),
        verdict="unknown",
        reason="did not keep up",
        behind=True,
    )


def of(loads: Mapping[str, Any], server: str, clients: float, rate_hz: float) -> Answer:
    return next(one for one in rank(loads, clients, rate_hz) if one.server == server)


LOADS = grid(
    results(
        {
            ("a", 10, 4.0): [10.0, 10.1, 10.2],
            ("a", 10, 16.0): [40.0, 40.1, 40.2],
            ("a", 40, 4.0): [20.0, 20.1, 20.2],
            ("a", 40, 16.0): [80.0, 80.1, 80.2],
            ("b", 10, 4.0): [30.0, 30.1, 30.2],
            ("b", 10, 16.0): [90.0, 90.1, 90.2],
            ("b", 40, 4.0): [90.0, 90.1, 90.2],
        },
        broken("b", 40, 16.0),
    )
)


def test_grid_is_plain_json() -> None:
    """The grid can be written as JSON and read back without a difference."""
    assert json.loads(json.dumps(LOADS)) == LOADS
    assert (LOADS["clients"], LOADS["rates"]) == ([10, 40], [4.0, 16.0])
    assert LOADS["broke"] == {"a": [None, None], "b": [None, 16.0]}
    assert LOADS["processes"]["a"] == [[3, 3], [3, 3]]
    assert LOADS["p99_ms"]["b"][1][1] is None


def test_measured_load_has_the_measured_values() -> None:
    """At a measured load the answer is the median over processes, the lowest p99 first."""
    first, second = rank(LOADS, 10, 4.0)

    assert (first.server, first.state, second.server) == ("a", "measured", "b")
    assert first.p99_ms == LOADS["p99_ms"]["a"][0][0]
    assert first.tied == second.tied == ()


def test_value_between_two_rates_is_interpolated_on_logarithmic_axes() -> None:
    """Half-way between 4 and 16 on a logarithmic axis is 8, and the value is a geometric mean."""
    low, high = (LOADS["p99_ms"]["a"][0][column] for column in (0, 1))

    between = of(LOADS, "a", 10, 8.0)

    assert between.state == "interpolated"
    assert between.p99_ms == pytest.approx((low * high) ** 0.5)


def test_value_between_two_numbers_of_clients_is_interpolated() -> None:
    """With 20 clients the value lies between those with 10 and with 40."""
    corners = [LOADS["p99_ms"]["a"][row][column] for row in (0, 1) for column in (0, 1)]

    between = of(LOADS, "a", 20, 8.0)

    product = corners[0] * corners[1] * corners[2] * corners[3]
    assert between.state == "interpolated"
    assert between.p99_ms == pytest.approx(product**0.25)


@pytest.mark.parametrize(
    ("clients", "rate_hz"), [(10, 3.9), (10, 16.1), (9, 4.0), (41, 4.0), (1, 1.0)]
)
def test_nothing_is_extrapolated(clients: float, rate_hz: float) -> None:
    """Outside the measured loads there is no value."""
    answer = of(LOADS, "a", clients, rate_hz)

    assert (answer.state, answer.p99_ms) == ("not measured", None)


@pytest.mark.parametrize(
    ("clients", "rate_hz", "state"),
    [
        (40, 16.0, "broken"),
        (40, 400.0, "broken"),
        (400, 16.0, "broken"),  # it broke at this rate with fewer clients
        (40, 8.0, "at its limit"),
        (20, 16.0, "at its limit"),
        (20, 8.0, "at its limit"),
        (20, 4.0, "interpolated"),
        (400, 4.0, "not measured"),
    ],
)
def test_broken_server_has_no_value_beyond_its_limit(
    clients: float, rate_hz: float, state: str
) -> None:
    """A server that broke is broken under more load, and between it is at its limit."""
    answer = of(LOADS, "b", clients, rate_hz)

    assert answer.state == state
    assert (answer.p99_ms is not None) == (state == "interpolated")


def test_servers_that_cannot_be_told_apart_are_tied() -> None:
    """Two servers with overlapping processes are tied; with one process each they are, too."""
    near = grid(
        results(
            {
                ("a", 10, 4.0): [10.0, 10.4, 10.2],
                ("b", 10, 4.0): [10.1, 10.3, 10.5],
                ("c", 10, 4.0): [50.0, 50.1, 50.2],
                ("a", 10, 16.0): [10.0],
                ("b", 10, 16.0): [99.0],
                ("c", 10, 16.0): [50.0],
            }
        )
    )

    assert of(near, "a", 10, 4.0).tied == ("b",)
    assert of(near, "c", 10, 4.0).tied == ()
    assert of(near, "a", 10, 16.0).tied == ("b", "c")
    assert of(near, "c", 10, 8.0).tied == ("a", "b")


def test_only_plain_loads_count() -> None:
    """A workload with a stall, with more speakers or with longer messages is no plain load."""
    plain = load(10, 4.0)

    assert is_load(plain)
    assert not is_load(replace(plain, speakers=2))
    assert not is_load(replace(plain, payload_bytes=65))
    assert not is_load(replace(plain, stalled_clients=1))
    assert not is_load(replace(plain, arrivals="poisson"))
    assert not is_load(replace(plain, rate_hz=None))


def test_published_round_answers_a_question() -> None:
    """1,000 clients and 500 messages per second: measured, ranked, and the broken servers last."""
    answers = rank(grid(read(ROUND)), 1000, 500)

    values = [one.p99_ms for one in answers if one.p99_ms is not None]
    assert values == sorted(values)
    assert {one.state for one in answers} == {"measured", "broken"}
