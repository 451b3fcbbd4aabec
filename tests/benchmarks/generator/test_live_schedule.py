"""When messages are due: by the clock, by the rate, and in bursts."""

from __future__ import annotations

import pytest

from benchmarks.generator.live_schedule import NEVER, LiveSchedule


MS = 1_000_000
SECOND = 1000 * MS


def due(schedule: LiveSchedule, count: int, now_ms: float) -> list[float]:
    """Take some messages; return when they were due, in ms."""
    return [schedule.take(int(now_ms * MS))[0] / MS for _ in range(count)]


def test_messages_are_due_by_the_rate() -> None:
    """Messages are due at equal distances, however late they are taken."""
    schedule = LiveSchedule(0, 100.0)

    assert due(schedule, 3, 500) == [0, 10, 20]
    assert schedule.next_ns() == 30 * MS


def test_rate_changes_between_two_messages() -> None:
    """After a change the next message is due one new step after the last one, or now."""
    schedule = LiveSchedule(0, 10.0)
    due(schedule, 2, 100)

    schedule.set_rate(5.0, 150 * MS)
    assert schedule.next_ns() == 300 * MS
    schedule.set_rate(1000.0, 200 * MS)
    assert schedule.next_ns() == 200 * MS


@pytest.mark.parametrize("rate_hz", [0.0, -3.0, float("nan")])
def test_silence_has_no_message(rate_hz: float) -> None:
    """With a rate that is none, no message is due."""
    schedule = LiveSchedule(0, 10.0)
    schedule.set_rate(rate_hz, 0)

    assert schedule.next_ns() == NEVER


def test_pause_is_not_made_up_for() -> None:
    """What falls due in a pause is not said later."""
    schedule = LiveSchedule(0, 10.0)
    due(schedule, 1, 0)

    schedule.pause()
    assert schedule.next_ns() == NEVER
    schedule.go_on(5 * SECOND)
    assert due(schedule, 2, 5000) == [5000, 5100]


def test_burst_is_due_at_once() -> None:
    """The messages of a burst are all due when it was asked for; the rate goes on after them."""
    schedule = LiveSchedule(0, 10.0)

    schedule.burst(3, 50 * MS)

    assert due(schedule, 4, 200) == [50, 50, 50, 0]


def test_burst_needs_no_rate() -> None:
    """A burst is said in silence, too, and falls away if no speaker is there."""
    schedule = LiveSchedule(0, 0.0)
    schedule.burst(2, 7 * MS)
    assert due(schedule, 1, 7) == [7]

    schedule.nobody_can_speak(8 * MS)

    assert schedule.next_ns() == NEVER


def test_messages_of_long_ago_are_left_out() -> None:
    """A program that was stopped for ten seconds does not say all that was due meanwhile."""
    schedule = LiveSchedule(0, 100.0)

    due_ns, left_out = schedule.take(10 * SECOND)

    assert (due_ns, left_out) == (10 * SECOND, 1000)
    assert schedule.take(10 * SECOND) == (10 * SECOND + 10 * MS, 0)
