"""The second load generator: what it counts, and when two generators are said to agree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from benchmarks.audit import __main__ as auditing
from benchmarks.audit.__main__ import Cores, Seen, main, second, told, verdict
from benchmarks.load import LoadError
from benchmarks.measure import Interval
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
    """Let whoever starts a server find a relay, with a room's own words in it, in its place."""

    # This generator's messages have no number in them, so the relay counts them.
    said = iter(range(10**6))

    class Numbered(ChatRelay):
        def __call__(self, connection: object) -> None:
            super().__call__(_Numbering(connection, said))  # type: ignore[arg-type]

    with relaying(fault, kind=Numbered, speaker="127.0.0.1:51234: ", delay_s=delay_s) as address:

        @contextmanager
        def serving(command: object, core: object) -> Iterator[tuple[int, str]]:
            yield 0, address

        monkeypatch.setattr(auditing, "serving", serving)
        yield


class _Numbering:
    """A connection whose lines begin with a number, as the relay wants them."""

    def __init__(self, connection: object, numbers: Iterator[int]) -> None:
        self._connection, self._numbers = connection, numbers

    def __iter__(self) -> Iterator[str]:
        for line in self._connection:  # type: ignore[attr-defined]
            yield f"{next(self._numbers):08d} {line}"

    def send(self, text: str) -> None:
        self._connection.send(text)  # type: ignore[attr-defined]


def test_delay_is_seen_by_the_second_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that holds every message up for 20 ms has no delivery faster than that."""
    with instead(monkeypatch, delay_s=0.020):
        cost_us, p50_ms, p99_ms = second("asyncio-direct", SMALL, None)

    assert cost_us >= 20_000 / SMALL.clients
    assert 20 <= p50_ms <= p99_ms


def test_open_loop_is_charged_from_when_it_was_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages that take 20 ms and are due every 10 wait for one another, and are charged."""
    with instead(monkeypatch, delay_s=0.020):
        _, p50_ms, p99_ms = second("asyncio-direct", replace(SMALL, rate_hz=100.0), None)

    assert p50_ms > 100
    assert p99_ms > 300


def test_what_comes_twice_is_not_taken_for_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that has more than was said ends the run."""

    def repeat(client: int, message: int, text: str) -> list[str]:
        return [text, text] if (client, message) == (1, LAST) else [text]

    with instead(monkeypatch, repeat), pytest.raises(LoadError, match="more marks than messages"):
        second("asyncio-direct", SMALL, None)


def test_both_generators_run_against_a_real_server(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every number is there from both, and every run is told."""
    monkeypatch.setattr(auditing, "_MESSAGES", 40)
    # Whether other programs disturbed it is not asked here: this machine runs other tests.
    monkeypatch.setattr(auditing, "judge", lambda *_: ("valid", ""))

    main(["asyncio-direct", "--processes", "1", "--clients", "4"])

    said = capsys.readouterr().out
    assert "open asyncio-direct, first 1/1: p50 " in said
    assert "open asyncio-direct, second 1/1: p50 " in said
    assert "Of 5 pairs: " in said


def test_run_that_fails_is_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """One failure costs a turn, not the measurement; and it is said."""
    calls: list[str] = []

    def seen(server: str, workload: Workload, cores: Cores) -> Seen:
        calls.append(server)
        if len(calls) == 1:
            raise LoadError("unknown: other programs")
        return 1.0, 2.0, 3.0

    monkeypatch.setattr(auditing, "first", seen)
    monkeypatch.setattr(auditing, "second", seen)
    lines: list[str] = []

    found = auditing.audit(["a"], {"closed": SMALL}, 2, lines.append)

    assert found == {("a", "closed"): ([(1.0, 2.0, 3.0)] * 2, [(1.0, 2.0, 3.0)] * 2)}
    assert "unknown: other programs" in lines[0]
    assert [row.ratio.middle for row in told(found)] == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("ratio", "word"),
    [
        (Interval(0.8, 1.09, 1.4), "agree"),
        (Interval(0.9, 1.12, 1.3), "cannot tell"),
        (Interval(1.05, 1.12, 1.3), "apart"),
        (Interval(0.6, 0.7, 0.8), "apart"),
    ],
)
def test_apart_is_more_than_a_tenth_and_no_chance(ratio: Interval, word: str) -> None:
    """Only what is further than 10 %, with an interval that leaves out 1, is apart."""
    assert verdict(ratio) == word


@pytest.mark.parametrize(
    "words", [["no-such-server"], ["--processes", "0"], ["--clients", "0"], ["--rate", "-1"]]
)
def test_misuse_is_one_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be done is refused before anything is started."""
    assert main(words) == 2
    assert capsys.readouterr().err.count("\n") == 1
