"""The second load generator: what it counts, and when the two generators agree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from benchmarks.audit import agreement
from benchmarks.audit.agreement import Cores, Seen, compared, second, verdict
from benchmarks.estimates import Interval
from benchmarks.load import LoadError
from benchmarks.toolchains import Unavailable, c_compiler
from benchmarks.workload import Workload
from tests.benchmarks.relay import ChatRelay, Fault, faithful, relaying


SMALL = Workload(clients=4, messages=40, warmup_messages=2)
LAST = SMALL.warmup_messages + SMALL.messages - 1


@pytest.fixture(autouse=True)
def compiler() -> None:
    try:
        c_compiler()
    except Unavailable as error:
        pytest.skip(str(error))


@contextmanager
def instead(
    monkeypatch: pytest.MonkeyPatch, fault: Fault = faithful, delay_s: float = 0.0
) -> Iterator[None]:
    """Replace every started server by a relay that announces arrivals, as a chat room does."""

    # The second generator's messages hold no number, so the relay numbers them.
    said = iter(range(10**6))

    class Numbered(ChatRelay):
        def __call__(self, connection: object) -> None:
            super().__call__(_Numbering(connection, said))  # type: ignore[arg-type]

    with relaying(fault, kind=Numbered, speaker="127.0.0.1:51234: ", delay_s=delay_s) as address:

        @contextmanager
        def serving(command: object, core: object) -> Iterator[tuple[int, str]]:
            yield 0, address

        monkeypatch.setattr(agreement, "serving", serving)
        yield


class _Numbering:
    """A connection whose lines begin with a number, as the relay needs it."""

    def __init__(self, connection: object, numbers: Iterator[int]) -> None:
        self._connection, self._numbers = connection, numbers

    def __iter__(self) -> Iterator[str]:
        for line in self._connection:  # type: ignore[attr-defined]
            yield f"{next(self._numbers):08d} {line}"

    def send(self, text: str) -> None:
        self._connection.send(text)  # type: ignore[attr-defined]


def test_delay_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the server delays every message by 20 ms, no delivery is measured as faster."""
    with instead(monkeypatch, delay_s=0.020):
        cost_us, p50_ms, p99_ms = second("asyncio-direct", SMALL, None)

    assert cost_us >= 20_000 / SMALL.clients
    assert 20 <= p50_ms <= p99_ms


def test_open_loop_is_charged_from_when_it_was_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages that take 20 ms and are due every 10 ms queue, and the wait is counted."""
    with instead(monkeypatch, delay_s=0.020):
        _, p50_ms, p99_ms = second("asyncio-direct", replace(SMALL, rate_hz=100.0), None)

    assert p50_ms > 100
    assert p99_ms > 300


def test_duplicate_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that gets more messages than were sent ends the run."""

    def repeat(client: int, message: int, text: str) -> list[str]:
        return [text, text] if (client, message) == (1, LAST) else [text]

    with instead(monkeypatch, repeat), pytest.raises(LoadError, match="more marks than messages"):
        second("asyncio-direct", SMALL, None)


def test_failed_run_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that fails is reported, and made again in the next turn."""
    calls: list[str] = []

    def seen(server: str, workload: Workload, cores: Cores) -> Seen:
        calls.append(server)
        if len(calls) == 1:
            raise LoadError("unknown: other programs")
        return 1.0, 2.0, 3.0

    monkeypatch.setattr(agreement, "first", seen)
    monkeypatch.setattr(agreement, "second", seen)
    lines: list[str] = []

    found = agreement.audit(["a"], {"closed": SMALL}, 2, lines.append)

    assert found == {("a", "closed"): ([(1.0, 2.0, 3.0)] * 2, [(1.0, 2.0, 3.0)] * 2)}
    assert "unknown: other programs" in lines[0]
    assert [row.ratio.middle for row in compared(found)] == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("ratio", "word"),
    [
        (Interval(0.8, 1.09, 1.4), "agree"),
        (Interval(0.9, 1.12, 1.3), "cannot tell"),
        (Interval(1.05, 1.12, 1.3), "apart"),
        (Interval(0.6, 0.7, 0.8), "apart"),
    ],
)
def test_verdict_needs_distance_and_certainty(ratio: Interval, word: str) -> None:
    """A ratio is apart if it is further than 10 % from 1, and its interval leaves out 1."""
    assert verdict(ratio) == word
