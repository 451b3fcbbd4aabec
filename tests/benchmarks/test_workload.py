"""What a run asks of a server, and the plan that follows from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.generator.payload import MIN_PAYLOAD_BYTES
from benchmarks.workload import Workload, parse_address, plan


BASELINE = Workload()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("clients", 0),
        ("messages", 0),
        ("speakers", 0),
        ("speakers", 1001),
        ("warmup_messages", -1),
        ("payload_bytes", MIN_PAYLOAD_BYTES - 1),
        ("rate_hz", 0.0),
        ("stalled_clients", 1000),
    ],
)
def test_workload_that_makes_no_sense_is_refused(field: str, value: Any) -> None:
    """A field that makes no sense is refused."""
    with pytest.raises(ValueError, match="must"):
        replace(BASELINE, **{field: value})


def test_closed_loop_has_no_times() -> None:
    """In a closed loop no message has a time, and speakers take turns."""
    rows = list(plan(Workload(clients=3, speakers=2, warmup_messages=1, messages=3)))

    assert rows == [(0, 0, -1), (1, 0, -1), (1, 1, -1), (1, 0, -1)]


def test_open_loop_is_due_at_fixed_intervals() -> None:
    """At 200 messages/s, messages are due every 5 ms from the start of each phase."""
    rows = list(plan(Workload(rate_hz=200.0, warmup_messages=2, messages=3)))

    assert [row[2] for row in rows] == [0, 5_000_000, 0, 5_000_000, 10_000_000]


def test_poisson_arrivals_are_random_at_the_given_rate() -> None:
    """The gaps between arrivals have the mean of the rate, and a deviation as large as the mean."""
    workload = Workload(rate_hz=100.0, arrivals="poisson", warmup_messages=0, messages=4000)

    gaps_ns = np.diff([offset_ns for _, _, offset_ns in plan(workload)])

    assert np.mean(gaps_ns) == pytest.approx(10_000_000, rel=0.1)
    assert np.std(gaps_ns) == pytest.approx(np.mean(gaps_ns), rel=0.1)


@given(st.integers(0, 100))
def test_plan_is_the_same_each_time(seed: int) -> None:
    """The same workload has the same plan; only the seed changes its random numbers."""
    workload = Workload(rate_hz=50.0, arrivals="poisson", messages=20, seed=seed)

    assert list(plan(workload)) == list(plan(workload))


@given(st.integers(1, 200), st.integers(1, 20), st.data())
def test_stalled_clients_are_as_many_as_asked_for(
    listening: int, speakers: int, data: st.DataObject
) -> None:
    """As many clients stall as asked for, and none of them speaks."""
    stalled = data.draw(st.integers(0, listening))
    workload = Workload(clients=listening + speakers, speakers=speakers, stalled_clients=stalled)

    stalling = [client for client in range(workload.clients) if workload.stalls(client)]

    assert len(stalling) == stalled
    assert workload.listeners == workload.clients - stalled
    assert all(client >= speakers for client in stalling)


@pytest.mark.parametrize(
    ("text", "address"),
    [("127.0.0.1:80", ("127.0.0.1", 80)), ("[::1]:8080", ("::1", 8080))],
)
def test_address_is_split(text: str, address: tuple[str, int]) -> None:
    """An IPv4 and an IPv6 address are split into host and port."""
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["", "80", ":80", "host:", "host:http"])
def test_other_text_is_refused(text: str) -> None:
    """A text without a host and a port is refused."""
    with pytest.raises(ValueError, match="HOST:PORT"):
        parse_address(text)
