"""Lives in memory: what happens comes when the scene says, and what still waits is let go."""

from __future__ import annotations

from typing import Any

import trio

from hubbub.learning.nurseries import PATIENCE_S, Scene, live


async def two_pumps(client: Any) -> None:
    """Start both pumps, and wait for both."""
    async with trio.open_nursery() as pumps:
        pumps.start_soon(client.read)
        pumps.start_soon(client.write)


def test_ends_come_when_the_scene_says() -> None:
    """Each pump ends at its time, of a clock that takes none."""
    life = live(two_pumps, Scene(read_s=1000 / 500, write_s=3))

    assert [(span.what, span.ended_s) for span in life.spans if span.what == "read"] == [
        ("read", 2)
    ]
    assert life.over_s == 3
    assert life.faults == ["close: never", "leave: never"]


def test_seeds_decide_who_is_first() -> None:
    """What happens at the same time happens in an order of the seed's, the same each time."""
    lives = [live(two_pumps, Scene(read_s=1, write_s=1), seed).log() for seed in range(10)]

    assert len(set(lives)) > 1
    assert live(two_pumps, Scene(read_s=1, write_s=1), 3).log() == lives[3]


def test_what_still_waits_is_let_go_and_named() -> None:
    """A pump that never ends does not keep the check, shielded or not."""

    async def shielded(client: Any) -> None:
        with trio.CancelScope(shield=True):
            await two_pumps(client)

    life = live(shielded, Scene(read_s=1, cancel_s=2))

    assert life.left_over == ["write"]
    assert life.spans[-1].ended_s == PATIENCE_S


def test_a_cancellation_is_told_from_an_error() -> None:
    """What was asked for from outside is no error; what a pump raises is."""
    cancelled = live(two_pumps, Scene(cancel_s=1))
    failed = live(two_pumps, Scene(read_s=1, read_error=ValueError()))

    assert (cancelled.cancelled, cancelled.error) == (True, None)
    assert isinstance(failed.error, ExceptionGroup)
